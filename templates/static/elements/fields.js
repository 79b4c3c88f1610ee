// Fields: a native one inside each element, which the element speaks for.

import { CrowdElement, make, unique } from "./element.js";

const inner = { attributes: { "data-inner": "" } };

class Field extends CrowdElement {
  /** The native field. */
  field;

  get value() {
    return this.field?.value ?? this.text("value");
  }

  set value(value) {
    if (this.field) this.field.value = value;
    else this.setAttribute("value", value);
  }

  get answer() {
    return this.has("disabled") ? undefined : this.value;
  }

  focus() {
    this.field.focus();
  }

  /** A label above the field; without one the field is named by what else is known of it. */
  labelled() {
    const text = this.text("label");
    if (!text) this.field.setAttribute("aria-label", this.text("placeholder") || this.name || "Answer");
    return text ? make("label", { className: "crowd-label" }, make("span", {}, text), this.field) : this.field;
  }

  limit() {
    const field = this.field;
    field.required = this.has("required");
    field.disabled = this.has("disabled");
    field.placeholder = this.text("placeholder");
    for (const [attribute, property] of [["max-length", "maxLength"], ["min-length", "minLength"]]) {
      if (this.hasAttribute(attribute)) field[property] = Number(this.text(attribute));
    }
    if (this.has("auto-focus")) field.autofocus = true;
  }
}

export class Input extends Field {
  build() {
    const given = this.text("value") || this.textContent.trim();
    this.taken();
    this.field = make("input", { type: this.text("type") || "text", value: given, ...inner });
    this.limit();
    if (this.has("auto-validate") && this.text("allowed-pattern")) this.#validate();
    this.append(this.labelled());
  }

  /** Let only what the pattern allows stay in the field. */
  #validate() {
    const allowed = new RegExp(`^(?:${this.text("allowed-pattern")})*$`);
    let kept = this.field.value;
    this.field.addEventListener("input", () => {
      if (allowed.test(this.field.value)) kept = this.field.value;
      else this.field.value = kept;
    });
    if (this.text("error-message")) this.field.title = this.text("error-message");
  }
}

export class TextArea extends Field {
  build() {
    const given = this.text("value") || this.textContent.trim();
    this.taken();
    this.field = make("textarea", { rows: Number(this.text("rows")) || 3, value: given, ...inner });
    this.limit();
    this.append(this.labelled());
    if (this.has("char-counter")) this.#count();
  }

  #count() {
    const shown = make("p", { className: "crowd-hint" });
    const count = () => (shown.textContent = `${this.field.value.length}${this.hasAttribute("max-length") ? ` of ${this.text("max-length")}` : ""} characters`);
    this.field.addEventListener("input", count);
    this.append(shown);
    count();
  }
}

export class Slider extends Field {
  build() {
    this.taken();
    const [min, max] = [Number(this.text("min") || 0), Number(this.text("max") || 100)];
    this.field = make("input", { type: "range", min, max, step: this.text("step") || 1, ...inner });
    this.field.value = this.text("value") || min;
    this.field.disabled = this.has("disabled");
    this.field.setAttribute("aria-label", this.text("label") || this.name || "Value");
    const shown = make("output", {}, this.field.value);
    this.field.addEventListener("input", () => (shown.value = this.field.value));
    this.append(make("span", { className: "crowd-slide" }, make("span", {}, String(min)), this.field, make("span", {}, String(max)), shown));
  }

  get answer() {
    return this.has("disabled") ? undefined : Number(this.value);
  }
}

/** A field that is on or off; its answer says so under its value. */
class Switch extends Field {
  type = "checkbox";

  build() {
    const label = this.taken();
    this.field = make("input", { type: this.type, checked: this.has("checked"), ...inner });
    this.field.required = this.has("required");
    this.field.disabled = this.has("disabled");
    if (!label.some((node) => node.textContent.trim())) this.field.setAttribute("aria-label", this.text("label") || this.text("value") || this.name || "Choice");
    this.append(make("label", { className: "crowd-option" }, this.field, make("span", {}, ...label)));
  }

  get value() {
    return this.getAttribute("value") ?? "on";
  }

  set value(value) {
    this.setAttribute("value", value);
  }

  get checked() {
    return this.field?.checked ?? this.has("checked");
  }

  set checked(value) {
    if (this.field) this.field.checked = value;
  }

  get answer() {
    return this.has("disabled") ? undefined : { [this.value]: this.checked };
  }
}

export class Checkbox extends Switch {}

export class Toggle extends Switch {
  build() {
    super.build();
    this.field.setAttribute("role", "switch");
    this.classList.add("crowd-toggle");
  }
}

export class RadioButton extends Switch {
  type = "radio";

  build() {
    super.build();
    // In a group each button may have a name of its own, and still only one of them is on.
    const group = this.closest("crowd-radio-group");
    this.field.name = group ? group.group : `crowd-radio-${this.name}`;
  }
}

export class RadioGroup extends CrowdElement {
  group = unique("group");

  build() {
    this.setAttribute("role", "radiogroup");
    if (!this.hasAttribute("aria-label")) this.setAttribute("aria-label", this.text("label") || "Choose one");
  }

  get answer() {
    return undefined;
  }
}

// What stands around the questions: instructions, tabs, cards, alerts, dialogs.

import { CrowdElement, make, opener, part, unique } from "./element.js";

const SECTIONS = {
  "short-summary": "Summary",
  "detailed-instructions": "Instructions",
  "positive-example": "Good example",
  "negative-example": "Bad example",
};

export class Instructions extends CrowdElement {
  build() {
    const text = this.text("link-text") || "View instructions";
    const content = Object.entries(SECTIONS).flatMap(([tag, title]) => {
      const found = part(this, tag);
      return found ? [make("h3", {}, found.getAttribute("header") || title), found] : [];
    });
    const rest = this.taken();
    const isButton = this.text("link-type") === "button";
    this.append(...opener("Instructions", [...content, ...rest], text, make("button", { type: "button", className: isButton ? "crowd-second" : "crowd-link" }, text)));
  }
}

export class Modal extends CrowdElement {
  build() {
    const text = this.text("link-text") || "Open";
    const isButton = this.text("link-type") === "button";
    this.append(...opener(text, this.taken(), text, make("button", { type: "button", className: isButton ? "crowd-second" : "crowd-link" }, text)));
  }
}

export class Tabs extends CrowdElement {
  build() {
    const tabs = [...this.querySelectorAll(":scope > crowd-tab")];
    const list = make("div", { className: "crowd-tabs", attributes: { role: "tablist" } });
    const buttons = tabs.map((tab, index) => {
      const button = make("button", { type: "button", id: unique("tab"), attributes: { role: "tab" } }, tab.getAttribute("header") || `Part ${index + 1}`);
      tab.id ||= unique("panel");
      button.setAttribute("aria-controls", tab.id);
      tab.setAttribute("role", "tabpanel");
      tab.setAttribute("aria-labelledby", button.id);
      button.addEventListener("click", () => choose(index));
      return button;
    });
    function choose(index) {
      tabs.forEach((tab, at) => (tab.hidden = at !== index));
      buttons.forEach((button, at) => {
        button.setAttribute("aria-selected", String(at === index));
        button.tabIndex = at === index ? 0 : -1;
      });
    }
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
      choose(next);
      buttons[next].focus();
    });
    list.append(...buttons);
    this.prepend(list);
    if (tabs.length) choose(0);
  }
}

export class Tab extends CrowdElement {
  build() {}
}

export class Card extends CrowdElement {
  build() {
    if (this.text("image")) this.prepend(make("img", { src: this.text("image"), alt: "", referrerPolicy: "no-referrer" }));
    if (this.text("heading")) this.prepend(make("h2", {}, this.text("heading")));
  }
}

export class Alert extends CrowdElement {
  build() {
    this.setAttribute("role", "status");
    if (!this.has("dismissible")) return;
    const close = make("button", { type: "button", className: "crowd-link" }, "Dismiss");
    close.addEventListener("click", () => this.remove());
    this.append(close);
  }
}

export class Toast extends CrowdElement {
  static observedAttributes = ["opened"];
  #timer;

  build() {
    this.setAttribute("role", "status");
    this.attributeChangedCallback();
  }

  attributeChangedCallback() {
    this.hidden = !this.has("opened");
    clearTimeout(this.#timer);
    const shown = Number(this.text("duration") || 10_000);
    if (!this.hidden && shown) this.#timer = setTimeout(() => this.removeAttribute("opened"), shown);
  }
}

export class Badge extends CrowdElement {
  build() {
    if (!this.textContent.trim()) this.append(this.text("label") || this.text("icon"));
  }
}

/** A button with a word or a sign on it; what it does is up to the page. */
export class SignButton extends CrowdElement {
  build() {
    const shown = this.text("label") || this.text("title") || this.text("icon").replace(/^.*:/, "").replaceAll("-", " ") || "Button";
    const button = make("button", { type: "button", className: "crowd-second", disabled: this.has("disabled") }, shown);
    this.removeAttribute("title");
    this.append(button);
  }
}

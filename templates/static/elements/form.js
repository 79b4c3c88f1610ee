// <crowd-form>: collects what all fields inside it say, and hands it in as one answer.

import { CrowdElement, make } from "./element.js";

const NOT_ACCEPTED = "ASSIGNMENT_ID_NOT_AVAILABLE";
const SUBMITS = "crowd-button[form-action=submit], crowd-button[type=submit], button[type=submit], button:not([type]), input[type=submit]";
const parameters = new URLSearchParams(location.search);

/** While a HIT is only looked at, nothing can be handed in. */
export const isPreview = (parameters.get("assignmentId") ?? NOT_ACCEPTED) === NOT_ACCEPTED;

export class Form extends CrowdElement {
  #form;
  #isSent = false;

  build() {
    this.#form = make("form", { method: "post", autocomplete: "off" });
    this.#form.append(...this.taken());
    if (!this.#form.querySelector(SUBMITS)) {
      const button = make("crowd-button", { attributes: { "form-action": "submit", variant: "primary" } }, "Submit");
      this.#form.append(make("div", { className: "crowd-end" }, button));
    }
    if (isPreview) this.#form.append(make("p", { className: "crowd-hint" }, "You are looking at a preview: accept the HIT to answer it."));
    this.append(this.#form);
    // At the document: whatever the page itself does with the event has then been done.
    document.addEventListener("submit", (event) => {
      if (event.target !== this.#form || event.defaultPrevented) return;
      event.preventDefault();
      this.#send();
    });
  }

  /** Hand in, as a click on the button would. */
  submit() {
    this.#form.requestSubmit();
  }

  reset() {
    this.#form.reset();
  }

  #send() {
    if (isPreview || this.#isSent || document.querySelector("[data-crowd-unsupported]")) return;
    this.#isSent = true;
    const answers = collect(this.#form);
    const fields = this.text("answer-format") === "flatten-objects" ? flat(answers) : [["taskAnswers", JSON.stringify([answers])]];
    const post = make("form", { method: "post", action: `${(parameters.get("turkSubmitTo") ?? "").replace(/\/+$/, "")}/mturk/externalSubmit`, hidden: true });
    for (const [name, value] of [["assignmentId", parameters.get("assignmentId")], ...fields]) {
      // A field for one line would lose the ends of lines.
      post.append(make("textarea", { name, value }));
    }
    document.body.append(post);
    post.submit();
  }
}

/** Return every answer inside a form by its name; equal names whose answers are objects become one. */
export function collect(form) {
  const answers = {};
  for (const node of form.querySelectorAll("[name]")) {
    const answer = node instanceof CrowdElement ? node.answer : native(node);
    if (answer === undefined || !node.getAttribute("name")) continue;
    const name = node.getAttribute("name");
    const isJoined = typeof answer === "object" && typeof answers[name] === "object";
    answers[name] = isJoined ? { ...answers[name], ...answer } : answer;
  }
  return answers;
}

function native(node) {
  if ("inner" in node.dataset || node.disabled || !/^(input|select|textarea)$/.test(node.localName)) return undefined;
  if (/^(submit|button|reset|image|file)$/.test(node.type)) return undefined;
  if (/^(radio|checkbox)$/.test(node.type)) return { [node.value]: node.checked };
  if (node.type === "select-multiple") return [...node.selectedOptions].map((option) => option.value);
  return node.value;
}

function flat(value, path = "") {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  if (Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, path ? `${path}.${key}` : key));
}

export class Button extends CrowdElement {
  #button;

  build() {
    const isLink = this.has("href");
    const submits = [this.text("form-action"), this.text("type")].includes("submit");
    const label = this.taken();
    this.#button = make(isLink ? "a" : "button", { className: this.text("variant") === "primary" || submits ? "crowd-primary" : "crowd-second" }, ...label);
    if (isLink) Object.assign(this.#button, { href: this.text("href"), target: this.text("target") || "_blank", rel: "noopener" });
    else this.#button.type = submits ? "submit" : this.text("form-action") === "reset" ? "reset" : "button";
    if (!isLink) this.#button.disabled = this.has("disabled") || (submits && isPreview);
    this.append(this.#button);
  }

  static observedAttributes = ["disabled"];

  attributeChangedCallback() {
    if (this.#button) this.#button.disabled = this.has("disabled");
  }

  get disabled() {
    return this.has("disabled");
  }

  set disabled(value) {
    this.toggleAttribute("disabled", value);
  }
}

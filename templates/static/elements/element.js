// What all elements share: they are built once, out of native fields that carry no names of their own.

let last = 0;

/** Make a node: `make("p", { className: "x" }, "text", other)`; what is null is left out. */
export function make(tag, properties = {}, ...children) {
  const { attributes = {}, ...own } = properties;
  const node = Object.assign(document.createElement(tag), own);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A name that nothing else on the page has. */
export const unique = (word = "crowd") => `${word}-${++last}`;

export class CrowdElement extends HTMLElement {
  #isBuilt = false;

  connectedCallback() {
    if (this.#isBuilt) return; // a move to another place connects again
    this.#isBuilt = true;
    this.build();
  }

  /** The attribute's text; empty where there is none. */
  text(name) {
    return this.getAttribute(name) ?? "";
  }

  has(name) {
    return this.hasAttribute(name) && this.getAttribute(name) !== "false";
  }

  get name() {
    return this.text("name");
  }

  set name(value) {
    this.setAttribute("name", value);
  }

  /** Take everything out of the element, and return it. */
  taken() {
    const nodes = [...this.childNodes];
    this.replaceChildren();
    return nodes;
  }
}

/** Take the child with this tag out of an element. */
export function part(element, tag) {
  const found = [...element.children].find((child) => child.localName === tag) ?? null;
  found?.remove();
  return found;
}

/** Short instructions to be read at once, and the full ones behind a button; null where there are none. */
export function instructions(element) {
  const [short, full] = ["short-instructions", "full-instructions"].map((tag) => part(element, tag));
  if (!short && !full) return null;
  const aside = make("div", { className: "crowd-instructions" });
  if (short) aside.append(make("h2", {}, short.getAttribute("header") || "Instructions"), short);
  if (full) aside.append(...opener(full.getAttribute("header") || "Full instructions", [full], "View full instructions"));
  return aside;
}

/** A button, and the dialog that it opens. */
export function opener(title, content, text, button = make("button", { type: "button", className: "crowd-link" }, text)) {
  const heading = unique();
  const close = make("button", { type: "button", className: "crowd-second" }, "Close");
  const dialog = make(
    "dialog",
    { className: "crowd-dialog", attributes: { "aria-labelledby": heading } },
    make("div", { className: "crowd-dialog-top" }, make("h2", { id: heading }, title), close),
    ...content,
  );
  close.addEventListener("click", () => dialog.close());
  button.addEventListener("click", () => dialog.showModal());
  return [button, dialog];
}

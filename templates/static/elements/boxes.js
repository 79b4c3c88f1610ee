// <crowd-bounding-box>: boxes with labels on an image, in pixels of its own size, by pointer or by keys.

import { CrowdElement, instructions, make, unique } from "./element.js";
import { literal } from "./literal.js";

const SMALLEST = 3; // pixels of the image, on each side
const COLOURS = ["#0a5fb4", "#b3261e", "#1b7f4b", "#7a4a00", "#7b3fb5", "#00707a", "#a0306f", "#4d5a00"];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export class BoundingBox extends CrowdElement {
  #boxes = [];
  #chosen = null;
  #label = "";
  #image;
  #stage;
  #list;

  build() {
    const labels = (literal(this.text("labels")) ?? []).map(String);
    const help = instructions(this);
    this.taken();
    this.#label = labels[0] ?? "";
    this.labels = labels;
    this.#boxes = (literal(this.text("initial-value")) ?? []).map((box) => ({ ...box }));
    this.#image = make("img", { src: this.text("src"), alt: this.text("alt") || "The image to draw on", draggable: false, referrerPolicy: "no-referrer" });
    this.#stage = make("div", { className: "crowd-stage" }, this.#image);
    const canvas = make("div", { className: "crowd-canvas", tabIndex: 0, attributes: { role: "group", "aria-label": "Image and boxes" } }, this.#stage);
    this.#list = make("ol", { className: "crowd-boxes", attributes: { "aria-label": "Boxes" } });
    const heading = unique();
    this.append(
      make("h1", { id: heading, className: "crowd-header" }, this.text("header") || "Draw a box around each object"),
      make("div", { className: "crowd-tool" }, ...[help, make("div", { className: "crowd-shown" }, canvas), this.#side(labels, heading)].filter(Boolean)),
    );
    this.#image.addEventListener("load", () => this.#draw());
    this.#stage.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    this.#draw();
  }

  get answer() {
    const { naturalWidth: width, naturalHeight: height } = this.#image;
    const boundingBoxes = this.#boxes.map(({ height, label, left, top, width }) => ({ height, label, left, top, width }));
    return { boundingBoxes, inputImageProperties: { height, width } };
  }

  /** The labels to choose from, the tools, and the boxes there are. */
  #side(labels, heading) {
    const group = unique("label");
    const choices = labels.map((label, index) => {
      const input = make("input", { type: "radio", name: group, value: label, checked: index === 0, attributes: { "data-inner": "" } });
      input.addEventListener("change", () => this.#relabel(label));
      const mark = make("span", { className: "crowd-mark" });
      mark.style.background = this.#colour(label);
      return make("label", { className: "crowd-option" }, input, mark, make("span", {}, label));
    });
    const add = make("button", { type: "button", className: "crowd-second" }, "New box");
    add.addEventListener("click", () => this.#add());
    const hint = make("p", { className: "crowd-hint" }, "Choose a label, then draw. By keys: N for a new box, arrows to move it, Shift+arrows to resize it, Delete to remove it.");
    const options = make("fieldset", { className: "crowd-options", attributes: { "aria-labelledby": heading } }, ...choices);
    return make("div", {}, options, add, hint, this.#list);
  }

  #colour(label) {
    return COLOURS[Math.max(0, this.labels.indexOf(label)) % COLOURS.length];
  }

  #size() {
    const { naturalWidth: width, naturalHeight: height } = this.#image;
    return width && height ? { width, height } : null;
  }

  #draw() {
    const whole = this.#size();
    if (!whole) return;
    const nodes = this.#boxes.map((box, index) => this.#node(box, index, whole));
    this.#stage.replaceChildren(this.#image, ...nodes);
    this.#list.replaceChildren(...this.#boxes.map((box, index) => this.#entry(box, index)));
  }

  #node(box, index, whole) {
    const node = make("div", { className: "crowd-box", tabIndex: 0, attributes: { role: "group", "data-index": index, "data-label": box.label } });
    node.setAttribute("aria-label", `Box ${index + 1}, ${box.label}: ${box.width} by ${box.height} at ${box.left}, ${box.top}`);
    node.toggleAttribute("data-chosen", index === this.#chosen);
    node.style.setProperty("--own", this.#colour(box.label));
    const share = (part, all) => `${(100 * part) / all}%`;
    Object.assign(node.style, {
      left: share(box.left, whole.width),
      top: share(box.top, whole.height),
      width: share(box.width, whole.width),
      height: share(box.height, whole.height),
    });
    if (index === this.#chosen) node.append(make("i", { attributes: { "data-corner": "" } }));
    node.addEventListener("focus", () => index !== this.#chosen && this.#choose(index));
    return node;
  }

  #entry(box, index) {
    const remove = make("button", { type: "button", className: "crowd-link", attributes: { "aria-label": `Remove box ${index + 1}, ${box.label}` } }, "Remove");
    remove.addEventListener("click", () => this.#remove(index));
    return make("li", {}, make("span", {}, `${box.label} (${box.width} × ${box.height})`), remove);
  }

  #choose(index) {
    this.#chosen = index;
    this.#draw();
    if (index !== null) this.#stage.children[index + 1].focus({ preventScroll: true });
  }

  #relabel(label) {
    this.#label = label;
    if (this.#chosen === null) return;
    this.#boxes[this.#chosen].label = label;
    this.#draw();
  }

  #remove(index) {
    this.#boxes.splice(index, 1);
    this.#chosen = null;
    this.#draw();
    this.#stage.parentElement.focus({ preventScroll: true });
  }

  #add() {
    const whole = this.#size();
    if (!whole) return;
    const [width, height] = [Math.round(whole.width / 4), Math.round(whole.height / 4)];
    this.#boxes.push({ height, label: this.#label, left: Math.round(whole.width * 0.375), top: Math.round(whole.height * 0.375), width });
    this.#choose(this.#boxes.length - 1);
  }

  // --- By pointer

  #point(event) {
    const shown = this.#stage.getBoundingClientRect();
    const { width, height } = this.#size();
    return { x: ((event.clientX - shown.left) / shown.width) * width, y: ((event.clientY - shown.top) / shown.height) * height };
  }

  #begin(event) {
    if (event.button !== 0 || !this.#size()) return;
    event.preventDefault();
    const start = this.#point(event);
    const node = event.target.closest(".crowd-box");
    const index = node ? Number(node.dataset.index) : this.#boxes.length;
    const before = node && { ...this.#boxes[index] };
    const resizes = "corner" in event.target.dataset;
    if (node) this.#choose(index);
    const move = (next) => {
      const at = this.#point(next);
      if (!node) this.#boxes[index] = { ...this.#between(start, at), label: this.#label };
      else if (resizes) this.#boxes[index] = { ...before, ...this.#between({ x: before.left, y: before.top }, at) };
      else this.#boxes[index] = this.#moved(before, at.x - start.x, at.y - start.y);
      this.#draw();
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      this.#settle(index, before);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  /** A click beside all boxes leaves the chosen one; what is too small to be meant is not kept. */
  #settle(index, before) {
    const box = this.#boxes[index];
    if (!box) return this.#choose(null);
    if (Math.min(box.width, box.height) < SMALLEST) {
      if (before) this.#boxes[index] = before;
      else this.#boxes.splice(index, 1);
    }
    if (!before) this.#chosen = null;
    this.#draw();
  }

  #between(one, other) {
    const whole = this.#size();
    const [left, right] = [one.x, other.x].map((at) => Math.round(clamp(at, 0, whole.width))).sort((a, b) => a - b);
    const [top, bottom] = [one.y, other.y].map((at) => Math.round(clamp(at, 0, whole.height))).sort((a, b) => a - b);
    return { height: bottom - top, left, top, width: right - left };
  }

  #moved(box, across, down) {
    const whole = this.#size();
    const left = Math.round(clamp(box.left + across, 0, whole.width - box.width));
    return { ...box, left, top: Math.round(clamp(box.top + down, 0, whole.height - box.height)) };
  }

  // --- By keys

  #key(event) {
    const direction = ARROWS[event.key];
    if (event.key === "n" || event.key === "N") this.#add();
    else if (this.#chosen === null) return;
    else if (event.key === "Delete" || event.key === "Backspace") this.#remove(this.#chosen);
    else if (event.key === "Escape") this.#choose(null);
    else if (direction) this.#step(direction, event.shiftKey);
    else return;
    event.preventDefault();
  }

  #step(direction, resizes) {
    const whole = this.#size();
    const [across, down] = direction.map((sign) => sign * Math.max(1, Math.round(whole.width / 100)));
    const box = this.#boxes[this.#chosen];
    if (resizes) {
      box.width = clamp(box.width + across, SMALLEST, whole.width - box.left);
      box.height = clamp(box.height + down, SMALLEST, whole.height - box.top);
    } else this.#boxes[this.#chosen] = this.#moved(box, across, down);
    this.#choose(this.#chosen);
  }
}

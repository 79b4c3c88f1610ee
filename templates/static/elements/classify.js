// Classifiers: something to look at, and the categories to choose from.

import { CrowdElement, instructions, make, part, unique } from "./element.js";
import { literal } from "./literal.js";

class Classifier extends CrowdElement {
  type = "radio";
  #inputs = [];

  build() {
    const categories = literal(this.text("categories"));
    const help = instructions(this);
    const shown = this.shown();
    this.taken();
    const heading = unique();
    const options = make("fieldset", { className: "crowd-options", attributes: { "aria-labelledby": heading } });
    if (Array.isArray(categories)) options.append(...categories.map((each) => this.#option(String(each))));
    else options.append(make("p", { className: "crowd-problem" }, "This page gives no list of categories."));
    const excluded = literal(this.text("exclusion-category"));
    if (excluded) options.append(this.#excluded(excluded.text ?? String(excluded)));
    const header = make("h1", { id: heading, className: "crowd-header" }, this.text("header") || "Choose a category");
    this.append(header, make("div", { className: "crowd-tool" }, ...[help, make("div", { className: "crowd-shown" }, shown), options].filter(Boolean)));
  }

  /** What is to be classified. */
  shown() {
    return part(this, "classification-target") ?? "";
  }

  #option(value) {
    const input = make("input", { type: this.type, value, attributes: { "data-inner": "" } });
    if (this.type === "radio") {
      input.name = this.#group;
      input.required = true;
    }
    this.#inputs.push(input);
    return make("label", { className: "crowd-option" }, input, make("span", {}, value));
  }

  #group = unique("class");

  /** "None of these": chosen alone, and then a choice is demanded. */
  #excluded(value) {
    const label = this.#option(value);
    const own = this.#inputs.at(-1);
    const judge = () => own.setCustomValidity(this.#inputs.some((input) => input.checked) ? "" : "Choose at least one.");
    for (const input of this.#inputs) {
      input.addEventListener("change", () => {
        if (input.checked) for (const other of this.#inputs) if (other !== input && (input === own || other === own)) other.checked = false;
        judge();
      });
    }
    judge();
    return label;
  }

  get chosen() {
    return this.#inputs.filter((input) => input.checked).map((input) => input.value);
  }

  get answer() {
    return { label: this.chosen[0] ?? "" };
  }
}

class MultiClassifier extends Classifier {
  type = "checkbox";

  get answer() {
    return { labels: this.chosen };
  }
}

const image = (element) =>
  make("img", { src: element.text("src"), alt: element.text("alt") || "The image to classify", referrerPolicy: "no-referrer" });

class ImageClassifier extends Classifier {
  shown() {
    return image(this);
  }
}

class MultiImageClassifier extends MultiClassifier {
  shown() {
    return image(this);
  }
}

export { Classifier, ImageClassifier, MultiClassifier, MultiImageClassifier };

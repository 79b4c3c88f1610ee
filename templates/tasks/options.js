"use strict";
// Radio buttons and checkboxes of a label set: keys that choose, definitions, own words.
(() => {
  const PRESS = 500; // milliseconds within which a click follows its press
  const inputs = ({ asked }) => [...asked.querySelectorAll("input[data-keys]")];

  const byKey = (question, key) =>
    inputs(question).find((input) => (input.dataset.keys || "").split(" ").includes(key));

  // Move the focus, not the choice: looking at the next label must not answer.
  function walk(question, step) {
    const all = inputs(question).filter((input) => input.offsetParent !== null);
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    const chosen = all.findIndex((input) => input.checked);
    const start = at >= 0 ? at : chosen >= 0 ? chosen - step : step > 0 ? -1 : all.length;
    all[(start + step + all.length) % all.length].focus();
  }

  function open(input) {
    for (let branch = input.closest("details"); branch; branch = branch.parentElement.closest("details")) {
      branch.open = true;
    }
  }

  // Go on unless the label asks for words of one's own.
  function settled(question, input, goOn) {
    const words = input.checked && input.dataset.kind === "other";
    crowd.changed(question, { goOn: goOn && !words });
    if (words) input.closest(".option").querySelector(".own input").focus();
  }

  function choose(question, input, goOn) {
    open(input);
    input.checked = input.type === "radio" || !input.checked;
    input.focus();
    settled(question, input, goOn);
  }

  crowd.labels = {
    inputs,
    mount(question, { goOn }) {
      for (const input of inputs(question)) {
        // A click of a mouse or finger chooses and goes on; a choice by the keyboard's own ways does not.
        const press = { at: -PRESS, wasChosen: false };
        const isPressed = () => goOn && performance.now() - press.at < PRESS;
        input.closest("label").addEventListener("pointerup", () => {
          press.at = performance.now();
          press.wasChosen = input.type === "radio" && input.checked;
        });
        input.addEventListener("change", () => settled(question, input, isPressed()));
        input.addEventListener("click", () => {
          if (isPressed() && press.wasChosen && input.dataset.kind !== "other") crowd.goOn();
        });
      }
      for (const field of question.asked.querySelectorAll(".own input")) {
        field.addEventListener("input", () => crowd.changed(question, { merge: true }));
      }
    },
    write(question, values) {
      for (const input of inputs(question)) input.checked = values.includes(input.value);
    },
    press(question, event, { goOn }) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        walk(question, event.key === "ArrowDown" ? 1 : -1);
        return true;
      }
      const input = byKey(question, event.key.toLowerCase());
      if (!input) return false;
      choose(question, input, goOn);
      return true;
    },
    byKey: (question, event) => byKey(question, event.key.toLowerCase()),
    choose,
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".about");
    if (!button) return;
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    button.closest(".option").toggleAttribute("data-open", !isOpen);
  });
})();

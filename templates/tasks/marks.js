"use strict";
// What spans and boxes share: the label in hand, its colour, and the list of what is marked.
(() => {
  const COLOURS = 8;

  crowd.marks = {
    // The label the next mark gets; the first one where none was chosen.
    label(question) {
      const inputs = crowd.labels.inputs(question);
      return (inputs.find((input) => input.checked) || inputs[0]).value;
    },
    colour(question, label) {
      const index = crowd.labels.inputs(question).findIndex((input) => input.value === label);
      return `var(--c${index % COLOURS})`;
    },
    mount(question) {
      for (const input of crowd.labels.inputs(question)) {
        input.closest(".option").style.setProperty("--own", crowd.marks.colour(question, input.value));
      }
      crowd.labels.inputs(question)[0].checked = true;
    },
    // `choose` is told the label of a key, or of a click on a label.
    press(question, event, choose) {
      const input = crowd.labels.byKey(question, event);
      if (!input) return false;
      input.checked = true;
      choose(input.value);
      return true;
    },
    list(question, entries, { remove, select }) {
      const list = question.asked.querySelector(".marked ul");
      list.replaceChildren(
        ...entries.map(({ label, text }, index) => {
          const row = document.createElement("li");
          const name = document.createElement("button");
          const gone = document.createElement("button");
          for (const button of [name, gone]) button.type = "button";
          name.className = "mark";
          name.style.setProperty("--own", crowd.marks.colour(question, label));
          name.textContent = `${label}: ${text}`;
          name.addEventListener("click", () => select(index));
          gone.textContent = "Remove";
          gone.setAttribute("aria-label", `Remove ${label}: ${text}`);
          gone.addEventListener("click", () => remove(index));
          row.append(name, gone);
          return row;
        }),
      );
    },
  };
})();

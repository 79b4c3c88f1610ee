"use strict";
// Words of one's own, in a field that grows with them.
(() => {
  const { max_length: longest = 10000 } = crowd.options;
  const field = ({ asked }) => asked.querySelector("textarea");

  function grow(question) {
    const area = field(question);
    area.style.height = "auto";
    if (area.scrollHeight) area.style.height = `${area.scrollHeight + 4}px`;
    question.asked.querySelector(".count").textContent = `${[...area.value].length} of ${longest} characters`;
  }

  crowd.type = {
    keys: [
      ["Esc", "leave the field, so that single keys work"],
      ["Ctrl+Enter", "go on, also from within several lines"],
    ],
    mount(question) {
      field(question).addEventListener("input", () => {
        grow(question);
        crowd.changed(question, { merge: true });
      });
    },
    shown: grow,
    focus: field,
    read(question) {
      const { value } = field(question);
      return value.trim() ? value : null;
    },
    write(question, value) {
      field(question).value = value || "";
      grow(question);
    },
    press: () => false,
    problem: (question) => (crowd.type.read(question) === null ? "Write something, or skip the question." : ""),
  };
})();

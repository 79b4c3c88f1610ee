"use strict";
// Left, right or neither: the arrows point to the answer.
(() => {
  const ARROWS = { ArrowLeft: 0, ArrowRight: 1, ArrowDown: 2 };

  crowd.type = {
    ownsArrows: true,
    keys: [
      ["← →", "choose left, choose right, and go on"],
      ["↓", "choose neither, where there is a tie"],
      ["1–3, letters", "choose and go on"],
    ],
    mount: (question) => crowd.labels.mount(question, { goOn: true }),
    read: (question) => crowd.labels.inputs(question).find((input) => input.checked)?.value ?? null,
    write: (question, value) => crowd.labels.write(question, value === null ? [] : [value]),
    press(question, event) {
      const input = crowd.labels.inputs(question)[ARROWS[event.key]] || crowd.labels.byKey(question, event);
      if (!input) return event.key.startsWith("Arrow");
      crowd.labels.choose(question, input, true);
      return true;
    },
    problem: (question) => (crowd.type.read(question) === null ? "Choose one of them, or skip the question." : ""),
  };
})();

"use strict";
// One step of a scale: choosing it is the whole answer.
crowd.type = {
  keys: [
    ["1–9, letters", "choose the step and go on"],
    ["↑ ↓ Space", "walk over the scale, choose"],
  ],
  mount: (question) => crowd.labels.mount(question, { goOn: true }),
  read: (question) => {
    const chosen = crowd.labels.inputs(question).find((input) => input.checked);
    return chosen ? chosen.value : null;
  },
  write: (question, value) => crowd.labels.write(question, value === null ? [] : [value]),
  press: (question, event) => crowd.labels.press(question, event, { goOn: true }),
  problem: (question) => (crowd.type.read(question) === null ? "Choose a step of the scale, or skip the question." : ""),
};

"use strict";
// Several labels; "cannot tell" goes with no other.
(() => {
  const least = crowd.options.min ?? 1;
  const most = crowd.options.max ?? Infinity;
  const chosen = (question) => crowd.labels.inputs(question).filter((input) => input.checked);

  function settle(question, input) {
    const alone = (other) => other.dataset.kind === "cannot_tell";
    if (!input.checked) return;
    for (const other of chosen(question)) if (other !== input && (alone(input) || alone(other))) other.checked = false;
  }

  crowd.type = {
    keys: [
      ["1–9, letters", "choose a label, or no longer"],
      ["↑ ↓ Space", "walk over the labels, choose"],
    ],
    mount(question) {
      for (const input of crowd.labels.inputs(question)) input.addEventListener("change", () => settle(question, input));
      crowd.labels.mount(question, { goOn: false });
    },
    read(question) {
      const labels = chosen(question).map((input) => input.value);
      return labels.length || least === 0 ? labels : null;
    },
    write: (question, value) => crowd.labels.write(question, value || []),
    press(question, event) {
      const input = crowd.labels.byKey(question, event);
      if (!input) return crowd.labels.press(question, event, { goOn: false });
      input.checked = !input.checked;
      settle(question, input);
      input.checked = !input.checked;
      crowd.labels.choose(question, input, false);
      return true;
    },
    problem(question) {
      const count = chosen(question).length;
      if (count < least) return least === 1 ? "Choose at least one label, or skip the question." : `Choose at least ${least} labels.`;
      return count > most ? `Choose at most ${most}.` : "";
    },
  };
})();

"use strict";
// A number; the arrows count up and down.
(() => {
  const { min, max, step, unit } = crowd.options;
  const NUMBER = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/;
  const field = ({ asked, name }) => asked.querySelector(`input[name="${name}"]`);

  // As text, so that no digit is lost; a comma is the decimal mark of half the world.
  function parse(question) {
    const text = field(question).value.trim().replace("−", "-");
    return NUMBER.test(text) ? text.replace(",", ".").replace(/\.$/, "") : null;
  }

  function explain(question) {
    const value = parse(question);
    const hasComma = field(question).value.includes(",");
    question.asked.querySelector(".read-as").textContent = value !== null && hasComma ? `Read as ${value} ${unit || ""}` : "";
  }

  function count(question, direction) {
    const by = step || 1;
    const now = Number(parse(question) ?? (direction > 0 ? (min ?? 0) - by : (max ?? 0) + by));
    const places = Math.max(...[now, by].map((number) => (String(number).split(".")[1] || "").length));
    const next = Math.min(max ?? Infinity, Math.max(min ?? -Infinity, now + direction * by));
    field(question).value = next.toFixed(places);
    explain(question);
    crowd.changed(question, { merge: true });
  }

  crowd.type = {
    keys: [["↑ ↓", "count up, count down"]],
    mount(question) {
      field(question).addEventListener("input", () => {
        explain(question);
        crowd.changed(question, { merge: true });
      });
      field(question).addEventListener("keydown", (event) => {
        if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
        event.preventDefault();
        count(question, event.key === "ArrowUp" ? 1 : -1);
      });
    },
    focus: field,
    read: parse,
    write(question, value) {
      field(question).value = value === null ? "" : String(value);
      explain(question);
    },
    press: () => false,
    problem(question) {
      const text = parse(question);
      if (text === null) return "Write a number such as 12 or 1.5, or skip the question.";
      const value = Number(text);
      if (value < min) return `The number must be at least ${min}.`;
      if (value > max) return `The number must be at most ${max}.`;
      const steps = (value - (min || 0)) / step;
      return step && Math.abs(steps - Math.round(steps)) > 1e-9 ? `The number must lie on a step of ${step}.` : "";
    },
  };
})();

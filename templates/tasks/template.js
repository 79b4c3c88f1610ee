"use strict";
// A page of the requester's own: whatever field carries the question's name holds the answer.
(() => {
  const fields = ({ asked, name }) => [...asked.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const kindOf = (all) => (all.length ? all[0].type : "");

  function read(question) {
    const all = fields(question);
    const kind = kindOf(all);
    if (kind === "radio") return all.find((field) => field.checked)?.value ?? null;
    if (kind === "checkbox") {
      const chosen = all.filter((field) => field.checked).map((field) => field.value);
      return chosen.length ? chosen : null;
    }
    if (kind === "select-multiple") {
      const chosen = [...all[0].selectedOptions].map((option) => option.value);
      return chosen.length ? chosen : null;
    }
    if (kind === "submit" || kind === "button") return all.find((field) => field.getAttribute("aria-pressed") === "true")?.value ?? null;
    return all.length && all[0].value.trim() ? all[0].value : null;
  }

  function write(question, value) {
    const values = value === null ? [] : [value].flat().map(String);
    const all = fields(question);
    for (const field of all) {
      if (/radio|checkbox/.test(field.type)) field.checked = values.includes(field.value);
      else if (field.type === "select-multiple") for (const option of field.options) option.selected = values.includes(option.value);
      else if (/submit|button/.test(field.type)) field.setAttribute("aria-pressed", String(values.includes(field.value)));
      else field.value = values[0] ?? "";
    }
  }

  crowd.type = {
    keys: [["Tab", "from field to field"]],
    mount(question) {
      for (const field of fields(question)) {
        if (/submit|button/.test(field.type)) {
          field.addEventListener("click", (event) => {
            event.preventDefault();
            write(question, field.value);
            crowd.changed(question, { goOn: true });
          });
        } else field.addEventListener("input", () => crowd.changed(question, { merge: !/radio|checkbox/.test(field.type) }));
      }
    },
    focus: (question) => fields(question).find((field) => /text|number|search/.test(field.type)) || null,
    read,
    write,
    press: () => false,
    problem: (question) => (read(question) === null ? "Answer the question, or skip it." : ""),
  };
})();

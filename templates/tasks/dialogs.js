"use strict";
// The two dialogs: why a question is skipped, and which keys there are.
(() => {
  const skipping = document.getElementById("skipping");
  const keys = document.getElementById("keys");
  const skipForm = skipping.querySelector("form");
  const problem = skipping.querySelector(".problem");

  crowd.REASONS = { cannot_tell: "cannot tell", broken: "broken", other: "other" };
  crowd.inDialog = () => skipping.open || keys.open;

  crowd.askSkip = () => {
    if (crowd.locked) return;
    const skip = crowd.skips[crowd.current().name];
    skipForm.elements.reason.value = skip ? skip.reason : "cannot_tell";
    skipForm.elements.note.value = skip ? skip.note : "";
    problem.textContent = "";
    skipping.showModal();
    skipForm.querySelector("input[name=reason]:checked").focus();
  };

  skipForm.addEventListener("submit", (event) => {
    const reason = skipForm.elements.reason.value;
    const note = skipForm.elements.note.value.trim();
    if (reason === "other" && !note) {
      event.preventDefault();
      problem.textContent = "Say in your own words why.";
      skipForm.elements.note.focus();
      return;
    }
    crowd.setSkip(crowd.current(), { reason, note });
    skipping.close();
    event.preventDefault();
    crowd.goOn();
  });
  skipping.querySelector("button[value=cancel]").addEventListener("click", () => skipping.close());
  skipping.addEventListener("keydown", (event) => {
    if (event.target.type === "text" || event.ctrlKey || event.metaKey || event.altKey) return;
    const radio = skipForm.elements.reason["123".indexOf(event.key)];
    if (!radio) return;
    radio.checked = true;
    (event.key === "3" ? skipForm.elements.note : radio).focus();
    event.preventDefault();
  });

  crowd.showKeys = () => {
    const rows = [
      ...(crowd.type.keys || []),
      ...(crowd.type.ownsArrows ? [] : [["← →", "question before, question after"]]),
      ["Enter", "confirm and go on; at the end: hand in"],
      ["Shift+Enter", "question before"],
      ...(document.querySelector("audio, video") ? crowd.mediaKeys : []),
      ["Ctrl+Z, Ctrl+Y", "take back, do again"],
      ["S", "skip this question"],
      ["R", "report a problem"],
      ["?", "this list"],
    ];
    const list = keys.querySelector("dl");
    list.replaceChildren();
    for (const [key, does] of rows) {
      const row = document.createElement("div");
      row.append(document.createElement("dt"), document.createElement("dd"));
      row.firstChild.textContent = key;
      row.lastChild.textContent = does;
      list.append(row);
    }
    for (const name of ["single", "onward"]) keys.querySelector("form").elements[name].checked = crowd.settings[name];
    keys.showModal();
  };

  keys.addEventListener("change", ({ target }) => {
    crowd.settings[target.name] = target.checked;
    crowd.post({ crowd: "settings", settings: crowd.settings });
  });
})();

"use strict";
// What a QuestionForm demands beyond what fields can say of themselves: formats, and how many to choose.
(() => {
  const form = document.querySelector("form.posed");

  /** The message of the first format that a field does not keep; an expression that fails demands nothing. */
  function broken(field) {
    if (!field.value) return "";
    const found = JSON.parse(field.dataset.formats).find(({ regex, flags }) => {
      try {
        return !new RegExp(regex, flags.replace(/[^gimsuy]/g, "")).test(field.value);
      } catch {
        return false;
      }
    });
    return found ? found.message : "";
  }

  /** What is wrong with the number of selections. */
  function miscounted(question) {
    const [least, most] = [Number(question.dataset.least), Number(question.dataset.most)];
    const words = question.querySelector("[name$='.other']");
    const chosen = question.querySelectorAll("input:checked:not([value='']), option:checked:not([value=''])").length;
    const count = chosen + (words && words.value.trim() && (most > 1 || !chosen) ? 1 : 0);
    if (count < least) return least === 1 ? "Answer this question." : `Choose ${least} or more.`;
    return count > most ? `Choose ${most} at most.` : "";
  }

  function judge() {
    for (const field of form.querySelectorAll("[data-formats]")) field.setCustomValidity(broken(field));
    for (const question of form.querySelectorAll("[data-least]")) {
      question.querySelector("input, select, textarea").setCustomValidity(miscounted(question));
    }
  }

  // Words of one's own are an answer of their own: choosing it is part of typing them.
  form.addEventListener("input", ({ target }) => {
    const own = target.name?.endsWith(".other") && target.value && target.closest("fieldset").querySelector("input[type=radio][value='']");
    if (own) own.checked = true;
    judge();
  });
  judge();
})();

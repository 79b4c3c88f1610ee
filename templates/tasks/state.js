"use strict";
// What was answered on this page, how to take it back, and the talk with the page around it.
const crowd = {};

(() => {
  const data = JSON.parse(document.getElementById("page-data").textContent);
  const host = data.host || location.origin;
  const past = [];
  let future = [];

  crowd.options = data.options;
  crowd.texts = data.texts;
  crowd.questions = data.questions.map((name, index) => {
    const node = document.getElementById(name);
    return { name, index, node, asked: node.querySelector(".asked") };
  });
  crowd.answers = {};
  crowd.notes = {};
  crowd.skips = {};
  crowd.position = 0;
  crowd.settings = { single: true, onward: true };
  crowd.locked = false;
  crowd.current = () => crowd.questions[crowd.position];
  crowd.isDone = (question) =>
    question.name in crowd.skips || (question.name in crowd.answers && !crowd.problemOf(question));

  // The policy lets only pages of our own origin hold this document, and only they are told anything.
  crowd.post = (message) => {
    if (window.parent !== window) window.parent.postMessage(message, host);
  };

  crowd.onMessage = (handlers) => {
    window.addEventListener("message", (event) => {
      if (event.source !== window.parent || event.origin !== host || !event.data) return;
      const handler = handlers[event.data.crowd];
      if (handler) handler(event.data);
    });
  };

  const { answers, notes, skips } = crowd;
  const noteField = ({ asked, name }) => {
    if (crowd.type.takesWords === false) return null;
    const chosen = asked.querySelector("input[data-kind=other]:checked");
    return chosen && chosen.closest(".option").querySelector(`input[name="${name}.note"]`);
  };

  const snapshot = ({ name }) => ({ name, answer: answers[name], note: notes[name], skip: skips[name] });

  const set = (store, name, value) => {
    if (value === undefined || value === null) delete store[name];
    else store[name] = value;
  };

  function remember(question, merge) {
    const last = past[past.length - 1];
    const now = Date.now();
    // One stretch of typing or dragging is taken back as one.
    if (merge && last && last.name === question.name && last.merge && now - last.at < 2000) last.at = now;
    else past.push({ ...snapshot(question), merge, at: now });
    future = [];
  }

  function put({ name, answer, note, skip }) {
    const question = crowd.questions.find((other) => other.name === name);
    set(answers, name, answer);
    set(notes, name, note);
    set(skips, name, skip);
    crowd.type.write(question, answer === undefined ? null : answer);
    question.asked.querySelectorAll(`input[name="${name}.note"]`).forEach((field) => (field.value = note || ""));
    return question;
  }

  // Called by a type after every change of its own; `goOn`: the answer is complete, `merge`: part of a longer one.
  crowd.changed = (question, { goOn = false, merge = false } = {}) => {
    if (crowd.locked) return;
    remember(question, merge);
    set(skips, question.name, null);
    crowd.store(question);
    if (goOn) crowd.goOn();
  };

  crowd.store = (question) => {
    const field = noteField(question);
    set(answers, question.name, crowd.type.read(question));
    set(notes, question.name, field && field.value.trim() ? field.value.trim() : null);
    crowd.refresh(question);
    crowd.saveDraft();
  };

  crowd.setSkip = (question, skip) => {
    remember(question, false);
    set(skips, question.name, skip);
    if (skip) set(answers, question.name, null);
    else set(answers, question.name, crowd.type.read(question));
    crowd.refresh(question);
    crowd.saveDraft();
  };

  crowd.canUndo = () => past.length > 0;
  crowd.undo = () => step(past, future);
  crowd.redo = () => step(future, past);

  function step(from, to) {
    const entry = from.pop();
    if (!entry || crowd.locked) return;
    const question = crowd.questions.find((other) => other.name === entry.name);
    to.push(snapshot(question));
    put(entry);
    crowd.show(question.index);
    crowd.refresh(question);
    crowd.saveDraft();
    crowd.say(from === past ? "Undone" : "Done again");
  }

  crowd.draft = () => ({ answers, notes, skips, times: crowd.clock.times(), position: crowd.position });
  crowd.saveDraft = () => crowd.post({ crowd: "draft", draft: crowd.draft() });

  crowd.restore = (draft) => {
    const known = (store) => (store && typeof store === "object" ? store : {});
    const kept = { answers: known(draft.answers), notes: known(draft.notes), skips: known(draft.skips) };
    for (const { name } of crowd.questions) {
      put({ name, answer: kept.answers[name], note: kept.notes[name], skip: kept.skips[name] });
    }
    crowd.clock.restore(known(draft.times));
    crowd.questions.forEach(crowd.refresh);
    crowd.show(Math.min(Math.max(Number(draft.position) || 0, 0), crowd.questions.length - 1));
  };

  // What keeps a question from being answered, in words; empty if nothing does.
  crowd.problemOf = (question) => {
    const field = noteField(question);
    if (field && !field.value.trim()) return "Say it in your own words.";
    return crowd.type.problem ? crowd.type.problem(question) : "";
  };
  crowd.needsWords = (question) => Boolean(noteField(question));

  crowd.say = (text) => (document.getElementById("said").textContent = text);
  document.documentElement.classList.add("js");
})();

"use strict";
// One question at a time: what is on screen, where one goes next, and the end of the page.
(() => {
  const element = (id) => document.getElementById(id);
  const [overview, progress, next] = [element("overview"), element("progress"), element("next")];
  const count = crowd.questions.length;
  const open = () => crowd.questions.filter((question) => !crowd.isDone(question));
  const isLast = () => crowd.position === count - 1;
  let sentHeight = 0;

  const chips = crowd.questions.map((question) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.addEventListener("click", () => {
      unfold(false);
      crowd.show(question.index, { focus: true });
    });
    overview.append(chip);
    return chip;
  });
  overview.hidden = element("all").hidden = count < 2;
  // On a narrow screen the overview unfolds on demand.
  function unfold(isOpen) {
    overview.toggleAttribute("data-open", isOpen);
    element("all").setAttribute("aria-expanded", String(isOpen));
  }
  element("all").addEventListener("click", () => unfold(!overview.hasAttribute("data-open")));

  function markChip(question) {
    const { name, index } = question;
    const chip = chips[index];
    const state = name in crowd.skips ? "skipped" : crowd.isDone(question) ? "answered" : "open";
    chip.dataset.state = state;
    chip.textContent = { skipped: "–", answered: "✓", open: index + 1 }[state];
    chip.setAttribute("aria-label", `Question ${index + 1}, ${state}`);
    if (index === crowd.position) chip.setAttribute("aria-current", "step");
    else chip.removeAttribute("aria-current");
  }

  crowd.refresh = (question) => {
    const skip = crowd.skips[question.name];
    const banner = question.node.querySelector(".skipped");
    banner.hidden = !skip;
    if (skip) banner.textContent = `Skipped: ${skip.note || crowd.REASONS[skip.reason]}. Answer it, or skip it again to change this.`;
    question.node.querySelector(".problem").textContent = "";
    markChip(question);
    element("undo").disabled = !crowd.canUndo();
    element("next-text").textContent = isLast() && open().every(({ index }) => index === crowd.position) ? "Hand in" : "Next";
  };

  crowd.show = (index, { focus = false } = {}) => {
    crowd.clock.settle();
    const left = crowd.questions[crowd.position];
    left.node.querySelectorAll("audio, video").forEach((medium) => medium.pause());
    crowd.position = index;
    for (const question of crowd.questions) question.node.hidden = question.index !== index;
    progress.textContent = `${index + 1} of ${count}`;
    element("back").disabled = index === 0;
    [left, crowd.current()].forEach(crowd.refresh);
    if (crowd.type.shown) crowd.type.shown(crowd.current());
    if (focus) place();
  };

  // Put the focus where work goes on: into a field to write in, else on the question's heading.
  function place() {
    const target = crowd.type.focus ? crowd.type.focus(crowd.current()) : null;
    (target || crowd.current().node.querySelector("h2")).focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  function move(index) {
    if (index < 0 || index >= count) return;
    crowd.show(index, { focus: true });
    crowd.saveDraft();
  }

  crowd.back = () => move(crowd.position - 1);
  crowd.forward = () => move(crowd.position + 1);

  // An answer is complete: show what is next, but never hand in by itself.
  crowd.goOn = () => {
    if (!crowd.settings.onward) return;
    if (isLast()) next.focus();
    else crowd.forward();
  };

  crowd.confirm = () => {
    const question = crowd.current();
    if (crowd.locked) return;
    if (!(question.name in crowd.skips)) {
      const problem = crowd.problemOf(question);
      if (problem) return complain(question, problem);
      crowd.store(question);
    }
    if (!isLast()) return crowd.forward();
    const left = open();
    if (!left.length) return finish();
    move(left[0].index);
    crowd.say(left.length === 1 ? "One question is still open." : `${left.length} questions are still open.`);
  };

  function complain(question, problem) {
    const node = question.node.querySelector(".problem");
    node.textContent = problem;
    if (crowd.needsWords(question)) question.asked.querySelector("input[data-kind=other]:checked").closest(".option").querySelector(".own input").focus();
  }

  function finish() {
    crowd.clock.stop();
    const { answers, notes, skips, times } = crowd.draft();
    lock("Handed in.");
    crowd.post({ crowd: "done", answers, notes, skips, times });
  }

  function lock(message) {
    crowd.locked = Boolean(message);
    element("locked").hidden = !message;
    element("locked").textContent = message || "";
    for (const node of [element("page"), ...document.querySelectorAll(".live")]) node.inert = crowd.locked;
  }

  crowd.report = () => crowd.post({ crowd: "report", question: crowd.current().name });

  function measure() {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height !== sentHeight) crowd.post({ crowd: "height", height });
    sentHeight = height;
  }

  const buttons = { back: crowd.back, undo: crowd.undo, skip: crowd.askSkip, report: crowd.report, help: crowd.showKeys, next: crowd.confirm };
  for (const [id, action] of Object.entries(buttons)) element(id).addEventListener("click", () => action());
  element("page").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("error", ({ target }) => target.closest && target.closest(".medium, .canvas")?.setAttribute("data-failed", ""), true);

  crowd.onMessage({
    restore: ({ draft, settings }) => {
      Object.assign(crowd.settings, settings);
      lock("");
      if (draft) crowd.restore(draft);
    },
    focus: () => {
      crowd.clock.start();
      window.focus();
      place();
    },
    lock: ({ message }) => {
      crowd.clock.stop();
      lock(message || "This page can no longer be answered.");
    },
  });

  crowd.questions.forEach((question) => crowd.type.mount(question));
  crowd.questions.forEach(markChip);
  crowd.show(0);
  new ResizeObserver(measure).observe(document.body);
  crowd.post({ crowd: "ready", questions: crowd.questions.map((question) => question.name) });
  measure();
})();

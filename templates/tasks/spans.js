"use strict";
// Passages of a text. Positions count code points, so that an emoji is one character as it is in Python.
(() => {
  const state = new Map();
  const passage = ({ asked }) => asked.querySelector(".passage");
  const of = (question) => state.get(question.name);
  const overlaps = crowd.options.overlap !== false;

  // Words with their ends, by code points: what the arrows walk over.
  function split(signs) {
    const words = [];
    let start = null;
    signs.forEach((sign, index) => {
      const isInside = /[\p{L}\p{M}\p{N}_]/u.test(sign);
      if (isInside && start === null) start = index;
      if (!isInside && start !== null) words.push([start, index]);
      if (!isInside) start = null;
      if (!isInside && /\S/.test(sign)) words.push([index, index + 1]);
    });
    if (start !== null) words.push([start, signs.length]);
    return words;
  }

  function draw(question) {
    const { signs, spans, caret } = of(question);
    const cuts = new Set([0, signs.length, ...spans.flatMap(({ start, end }) => [start, end])]);
    if (caret) caret.forEach((at) => cuts.add(at));
    const ends = [...cuts].sort((one, other) => one - other);
    const pieces = ends.slice(1).map((end, index) => piece(question, ends[index], end));
    passage(question).replaceChildren(...pieces);
    const entries = spans.map(({ start, end, label }) => ({ label, text: signs.slice(start, end).join("") }));
    crowd.marks.list(question, entries, {
      remove: (index) => remove(question, spans[index]),
      select: (index) => {
        of(question).caret = [spans[index].start, spans[index].end];
        draw(question);
        passage(question).focus();
      },
    });
  }

  function piece(question, start, end) {
    const { signs, spans, caret } = of(question);
    const inside = spans.filter((span) => span.start <= start && end <= span.end);
    const node = document.createElement(inside.length ? "mark" : "span");
    node.textContent = signs.slice(start, end).join("");
    if (caret && caret[0] <= start && end <= caret[1]) node.setAttribute("data-at", "");
    if (!inside.length) return node;
    // One line below the words for each span, so that overlapping ones stay apart.
    const colours = inside.map(({ label }) => crowd.marks.colour(question, label));
    node.style.setProperty("--own", colours[0]);
    node.style.boxShadow = colours.map((colour, line) => `0 ${3 * (line + 1)}px 0 ${colour}`).join(", ");
    const begun = inside.filter((span) => span.start === start).map(({ label }) => label);
    if (begun.length) node.dataset.labels = begun.join(", ");
    return node;
  }

  const before = (one, other) => one.start - other.start || one.end - other.end || (one.label < other.label ? -1 : 1);

  function add(question, start, end, label) {
    const { signs, spans } = of(question);
    while (start < end && /\s/.test(signs[start])) start += 1;
    while (start < end && /\s/.test(signs[end - 1])) end -= 1;
    if (start >= end) return;
    const same = spans.find((span) => span.start === start && span.end === end && span.label === label);
    if (same) return remove(question, same);
    if (!overlaps && spans.some((span) => span.start < end && start < span.end)) return crowd.say("Spans must not overlap here.");
    of(question).spans = [...spans, { start, end, label }].sort(before);
    settle(question, `${label}: ${signs.slice(start, end).join("")}`);
  }

  function remove(question, gone) {
    of(question).spans = of(question).spans.filter((span) => span !== gone);
    settle(question, "Removed");
    passage(question).focus();
  }

  function settle(question, words) {
    draw(question);
    crowd.changed(question);
    crowd.say(words);
  }

  // What the mouse or a finger has selected, in code points.
  function selected(question, { orCaret = false } = {}) {
    const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
    if (!range || (range.collapsed && !orCaret) || !passage(question).contains(range.commonAncestorContainer)) return null;
    const length = (node, offset) => {
      const lead = document.createRange();
      lead.selectNodeContents(passage(question));
      lead.setEnd(node, offset);
      return [...lead.toString()].length;
    };
    return [length(range.startContainer, range.startOffset), length(range.endContainer, range.endOffset)];
  }

  function mark(question, label, { keep = true } = {}) {
    const at = of(question).picked || of(question).caret;
    getSelection().removeAllRanges();
    of(question).picked = null;
    if (!keep) of(question).caret = null;
    if (at) add(question, ...at, label);
  }

  // A mouse marks when it lets go. A finger first selects, or taps a word, and then taps a label.
  function release(question, event) {
    if (!passage(question).contains(event.target) && event.pointerType !== "mouse") return;
    const at = selected(question);
    if (at && event.pointerType === "mouse") {
      of(question).picked = at;
      mark(question, crowd.marks.label(question), { keep: false });
    } else if (!at && passage(question).contains(event.target)) tap(question);
  }

  function tap(question) {
    const at = selected(question, { orCaret: true });
    const word = at && of(question).words.find(([start, end]) => start <= at[0] && at[0] <= end);
    of(question).caret = word ? [...word] : null;
    draw(question);
  }

  function walk(question, event) {
    const { signs, words, caret } = of(question);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !words.length) return false;
    if (!caret) of(question).caret = [...(step > 0 ? words[0] : words[words.length - 1])];
    else if (event.shiftKey) {
      // To the end of the next word; back again over the last one.
      const ends = words.map(([, end]) => end);
      const next = step > 0 ? ends.find((end) => end > caret[1]) : ends.filter((end) => end < caret[1] && end > caret[0]).pop();
      of(question).caret = [caret[0], next ?? caret[1]];
    } else {
      const next = step > 0 ? words.find(([start]) => start >= caret[1]) : words.filter(([, end]) => end <= caret[0]).pop();
      if (next) of(question).caret = [...next];
    }
    draw(question);
    crowd.say(signs.slice(...of(question).caret).join(""));
    return true;
  }

  // Letter by letter, for what is less than a word.
  function nudge(question, event) {
    const { signs, caret } = of(question);
    const move = { "[": [0, -1], "]": [0, 1], "{": [-1, 0], "}": [1, 0] }[event.key];
    if (!move || !caret) return false;
    const [start, end] = [caret[0] + move[0], caret[1] + move[1]];
    if (start < 0 || end > signs.length || start >= end) return true;
    of(question).caret = [start, end];
    draw(question);
    crowd.say(signs.slice(start, end).join(""));
    return true;
  }

  function removeHere(question, event) {
    const { spans, caret } = of(question);
    if ((event.key !== "Delete" && event.key !== "Backspace") || !caret) return false;
    const here = spans.filter((span) => span.start < caret[1] && caret[0] < span.end).pop();
    if (here) remove(question, here);
    return true;
  }

  document.addEventListener("pointerup", (event) => setTimeout(() => crowd.locked || release(crowd.current(), event)));
  document.addEventListener("selectionchange", () => {
    const at = selected(crowd.current());
    if (at) of(crowd.current()).picked = at;
  });

  crowd.type = {
    ownsArrows: true,
    takesWords: false,
    keys: [
      ["← →", "walk over the words"],
      ["Shift+← →", "mark several words"],
      ["[ ] and { }", "move the end, move the start by one character"],
      ["1–9, letters", "label what is marked; again: no longer"],
      ["Delete", "remove the label"],
    ],
    mount(question) {
      const signs = [...crowd.texts[question.name]];
      state.set(question.name, { signs, words: split(signs), spans: [], caret: null, picked: null });
      crowd.marks.mount(question);
      draw(question);
      for (const input of crowd.labels.inputs(question)) {
        input.addEventListener("click", (event) => mark(question, input.value, { keep: event.detail === 0 }));
      }
    },
    focus: passage,
    read: (question) => of(question).spans.map(({ start, end, label }) => ({ start, end, label })),
    write(question, value) {
      of(question).spans = (value || []).map((span) => ({ ...span })).sort(before);
      draw(question);
    },
    press: (question, event) =>
      walk(question, event) || nudge(question, event) || removeHere(question, event) || crowd.marks.press(question, event, (label) => mark(question, label)),
    problem(question) {
      const least = crowd.options.min || 0;
      return of(question).spans.length < least ? `Mark at least ${least}, or skip the question.` : "";
    },
  };
})();

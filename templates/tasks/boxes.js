"use strict";
// Boxes on an image, in pixels of its own size, drawn by pointer or by keys.
(() => {
  const state = new Map();
  const SMALLEST = crowd.options.min_size || 1;
  const CORNERS = { nw: [0, 0], ne: [1, 0], sw: [0, 1], se: [1, 1] };
  const of = (question) => state.get(question.name);
  const stage = ({ asked }) => asked.querySelector(".stage");
  const image = ({ asked }) => asked.querySelector(".stage img");
  const round = (pixels) => Math.round(pixels * 10) / 10;
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // The image's own size; nothing can be drawn before it is known.
  function size(question) {
    const { naturalWidth: width, naturalHeight: height } = image(question) || {};
    return width && height ? { width, height } : null;
  }

  function draw(question) {
    const { boxes, chosen } = of(question);
    const whole = size(question);
    if (!whole) return;
    const nodes = boxes.map((box, index) => boxNode(question, box, index, whole));
    stage(question).replaceChildren(image(question), ...nodes);
    const entries = boxes.map(({ label, width, height }) => ({ label, text: `${Math.round(width)} × ${Math.round(height)}` }));
    crowd.marks.list(question, entries, { remove: (index) => remove(question, index), select: (index) => choose(question, index) });
    question.asked.querySelector("[data-tool=remove]").disabled = chosen === null;
  }

  function boxNode(question, box, index, whole) {
    const node = document.createElement("div");
    const isChosen = of(question).chosen === index;
    node.className = "box";
    node.tabIndex = 0;
    node.setAttribute("role", "group");
    node.setAttribute("aria-label", `Box ${index + 1}, ${box.label}: ${Math.round(box.width)} by ${Math.round(box.height)} at ${Math.round(box.x)}, ${Math.round(box.y)}`);
    node.toggleAttribute("data-chosen", isChosen);
    node.dataset.label = box.label;
    node.dataset.index = index;
    node.style.setProperty("--own", crowd.marks.colour(question, box.label));
    Object.assign(node.style, {
      left: `${(100 * box.x) / whole.width}%`,
      top: `${(100 * box.y) / whole.height}%`,
      width: `${(100 * box.width) / whole.width}%`,
      height: `${(100 * box.height) / whole.height}%`,
    });
    node.addEventListener("focus", () => of(question).chosen !== index && choose(question, index));
    for (const corner of isChosen ? Object.keys(CORNERS) : []) {
      const handle = document.createElement("i");
      handle.dataset.corner = corner;
      node.append(handle);
    }
    return node;
  }

  function choose(question, index) {
    of(question).chosen = index;
    draw(question);
    if (index !== null) stage(question).children[index + 1].focus({ preventScroll: true });
  }

  function settle(question, how) {
    draw(question);
    crowd.changed(question, how);
  }

  function remove(question, index) {
    if (index === null) return;
    of(question).boxes.splice(index, 1);
    of(question).chosen = null;
    settle(question);
    question.asked.querySelector(".canvas").focus({ preventScroll: true });
    crowd.say("Removed");
  }

  // A box from two opposite corners, inside the image and no smaller than allowed.
  function between(question, one, other) {
    const { width, height } = size(question);
    const [x, right] = [one.x, other.x].map((at) => clamp(at, 0, width)).sort((a, b) => a - b);
    const [y, bottom] = [one.y, other.y].map((at) => clamp(at, 0, height)).sort((a, b) => a - b);
    return { x: round(x), y: round(y), width: round(right - x), height: round(bottom - y) };
  }

  function point(question, event) {
    const shown = stage(question).getBoundingClientRect();
    const { width, height } = size(question);
    return { x: ((event.clientX - shown.left) / shown.width) * width, y: ((event.clientY - shown.top) / shown.height) * height };
  }

  // Follow one pointer until it is lifted, or until `letGo` is called, which undoes what it did.
  function drag(question, { pointerId }, onMove, onEnd, onUndo) {
    const move = (event) => event.pointerId === pointerId && onMove(point(question, event));
    const stop = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      of(question).letGo = null;
    };
    const end = (event) => event.pointerId === pointerId && (stop(), onEnd());
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
    of(question).letGo = () => (stop(), onUndo());
  }

  function begin(question, event) {
    if (event.button !== 0 || !event.isPrimary || !size(question)) return;
    event.preventDefault();
    const start = point(question, event);
    const node = event.target.closest(".box");
    const corner = event.target.dataset.corner;
    const { boxes } = of(question);
    const index = node ? Number(node.dataset.index) : boxes.length;
    const before = node && { ...boxes[index] };
    if (node) choose(question, index);
    let moved = false;
    const shape = (at) => {
      if (!node) return { ...between(question, start, at), label: crowd.marks.label(question) };
      if (corner) return { ...before, ...between(question, at, opposite(before, corner)) };
      return moveTo(question, before, before.x + at.x - start.x, before.y + at.y - start.y);
    };
    drag(
      question,
      event,
      (at) => {
        moved = true;
        boxes[index] = shape(at);
        draw(question);
      },
      () => {
        if (!moved) return node || choose(question, null);
        const { width, height } = boxes[index];
        const isTooSmall = Math.min(width, height) < SMALLEST;
        if (isTooSmall && node) boxes[index] = before;
        if (isTooSmall && !node) boxes.pop();
        // Just drawn it is left alone: the next label is meant for the next box.
        of(question).chosen = node ? index : null;
        settle(question);
        if (isTooSmall) crowd.say(`Too small: a box has at least ${SMALLEST} pixels on each side.`);
      },
      () => {
        if (moved) boxes.splice(index, 1, ...(before ? [before] : []));
        draw(question);
      },
    );
  }

  const opposite = (box, corner) => ({ x: box.x + (1 - CORNERS[corner][0]) * box.width, y: box.y + (1 - CORNERS[corner][1]) * box.height });

  function moveTo(question, box, x, y) {
    const { width, height } = size(question);
    return { ...box, x: round(clamp(x, 0, width - box.width)), y: round(clamp(y, 0, height - box.height)) };
  }

  function addByKey(question) {
    const whole = size(question);
    if (!whole) return;
    const [width, height] = [whole.width / 4, whole.height / 4].map((side) => round(Math.max(side, SMALLEST)));
    const box = moveTo(question, { width, height, label: crowd.marks.label(question) }, (whole.width - width) / 2, (whole.height - height) / 2);
    of(question).boxes.push(box);
    settle(question);
    choose(question, of(question).boxes.length - 1);
  }

  function arrow(question, event) {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const { boxes, chosen } = of(question);
    if (!direction || chosen === null) return false;
    const whole = size(question);
    const box = boxes[chosen];
    const step = crowd.fine ? 1 : Math.max(1, Math.round(whole.width / 100));
    const [across, down] = direction.map((sign) => sign * step);
    if (event.shiftKey) {
      const width = round(clamp(box.width + across, SMALLEST, whole.width - box.x));
      boxes[chosen] = { ...box, width, height: round(clamp(box.height + down, SMALLEST, whole.height - box.y)) };
    } else boxes[chosen] = moveTo(question, box, box.x + across, box.y + down);
    settle(question, { merge: true });
    choose(question, chosen);
    return true;
  }

  function zoom(question, factor) {
    const now = of(question).zoom;
    of(question).zoom = factor === 0 ? 1 : clamp(now * factor, 1, 8);
    stage(question).style.width = `${100 * of(question).zoom}%`;
  }

  // Larger or smaller, with what was at `from` then at `to`.
  function zoomAt(question, factor, from, to) {
    const before = stage(question).getBoundingClientRect();
    zoom(question, factor);
    const after = stage(question).getBoundingClientRect();
    question.asked.querySelector(".canvas").scrollBy({
      left: after.left + ((from.x - before.left) / before.width) * after.width - to.x,
      top: after.top + ((from.y - before.top) / before.height) * after.height - to.y,
      behavior: "instant",
    });
  }

  function relabel(question, label) {
    const { boxes, chosen } = of(question);
    if (chosen === null || boxes[chosen].label === label) return;
    boxes[chosen].label = label;
    settle(question);
    choose(question, chosen);
  }

  const tools = {
    add: addByKey,
    remove: (question) => remove(question, of(question).chosen),
    in: (question) => zoom(question, 1.5),
    out: (question) => zoom(question, 1 / 1.5),
    fit: (question) => zoom(question, 0),
  };
  const keys = { n: "add", Delete: "remove", Backspace: "remove", "+": "in", "=": "in", "-": "out", 0: "fit" };

  crowd.type = {
    takesWords: false,
    keys: [
      ["1–9, letters", "the label of the next box, or of the chosen one"],
      ["N", "new box in the middle"],
      ["Tab", "from box to box"],
      ["← → ↑ ↓", "move the chosen box"],
      ["Shift+arrows", "make it larger or smaller"],
      [".", "steps of one pixel, or of a hundredth of the width"],
      ["Delete, Esc", "remove the chosen box, leave it"],
      ["+ − 0", "zoom in, zoom out, fit; with two fingers, or Ctrl and the wheel, too"],
    ],
    mount(question) {
      state.set(question.name, { boxes: [], chosen: null, zoom: 1, letGo: null });
      crowd.marks.mount(question);
      if (!image(question)) return;
      image(question).addEventListener("load", () => draw(question));
      stage(question).addEventListener("pointerdown", (event) => begin(question, event));
      crowd.pinch(question.asked.querySelector(".canvas"), {
        begin: () => of(question).letGo?.(),
        zoom: (factor, from, to) => zoomAt(question, factor, from, to),
      });
      for (const input of crowd.labels.inputs(question)) input.addEventListener("change", () => relabel(question, input.value));
      for (const button of question.asked.querySelectorAll("[data-tool]")) button.addEventListener("click", () => tools[button.dataset.tool](question));
      draw(question);
    },
    focus: ({ asked }) => asked.querySelector(".canvas"),
    read: (question) => of(question).boxes.map((box) => ({ ...box })),
    write(question, value) {
      Object.assign(of(question), { boxes: (value || []).map((box) => ({ ...box })), chosen: null });
      draw(question);
    },
    press(question, event) {
      if (arrow(question, event)) return true;
      if (event.key === ".") return (crowd.fine = !crowd.fine), crowd.say(crowd.fine ? "Small steps" : "Large steps"), true;
      const tool = tools[keys[event.key.length === 1 ? event.key.toLowerCase() : event.key]];
      if (!tool) return crowd.marks.press(question, event, (label) => relabel(question, label));
      tool(question);
      return true;
    },
    leave: (question) => of(question).chosen !== null && choose(question, null),
    problem(question) {
      if (!size(question)) return "The image has not been loaded. Skip the question as broken if it stays so.";
      const least = crowd.options.min || 0;
      return of(question).boxes.length < least ? `Draw at least ${least}, or skip the question.` : "";
    },
  };
})();

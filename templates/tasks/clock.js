"use strict";
// How long each question was worked on: pauses count 30 seconds at most, a hidden tab not at all.
(() => {
  const IDLE = 30000;
  const TELL = 1000;
  const spent = {};
  let last = null;
  let told = -TELL;

  function credit(now) {
    const { name } = crowd.current();
    if (last !== null) spent[name] = (spent[name] || 0) + Math.min(now - last, IDLE);
    last = now;
  }

  // Someone did something: count the time since the last sign of life.
  function touch() {
    if (document.hidden || crowd.locked) return;
    const now = performance.now();
    credit(now);
    if (now - told < TELL) return;
    told = now;
    crowd.post({ crowd: "active" });
  }

  function turn() {
    if (document.hidden) {
      if (last !== null) credit(performance.now());
      last = null;
    } else if (last === null) last = performance.now();
  }

  crowd.clock = {
    touch,
    // The page may wait out of sight for its turn: time runs from when it is shown or first touched.
    start: () => {
      if (last === null && !document.hidden) last = performance.now();
    },
    // Time up to now belongs to the question on screen, which is about to change.
    settle: () => {
      if (last !== null) credit(performance.now());
    },
    stop: () => {
      crowd.clock.settle();
      last = null;
    },
    times: () => {
      const seconds = Object.entries(spent).map(([name, time]) => [name, Math.round(time / 100) / 10]);
      return Object.fromEntries(seconds);
    },
    restore: (times) => {
      for (const [name, seconds] of Object.entries(times)) spent[name] = 1000 * Number(seconds) || 0;
    },
  };

  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "input", "scroll", "timeupdate"]) {
    document.addEventListener(kind, touch, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", turn);
})();

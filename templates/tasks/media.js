"use strict";
// Sound and film are steered by keys that also work while one writes.
(() => {
  const STEP = 3; // seconds

  crowd.mediaKeys = [
    ["Ctrl+Space", "play or pause"],
    ["Ctrl+, Ctrl+.", "3 seconds back, 3 seconds on"],
  ];
  const actions = {
    " ": (medium) => (medium.paused ? medium.play() : medium.pause()),
    ",": (medium) => (medium.currentTime = Math.max(0, medium.currentTime - STEP)),
    ".": (medium) => (medium.currentTime += STEP),
  };

  document.addEventListener("keydown", (event) => {
    const medium = crowd.current().node.querySelector("audio, video");
    const action = actions[event.key];
    if (!medium || !action || !(event.ctrlKey || event.metaKey) || crowd.inDialog()) return;
    event.preventDefault();
    Promise.resolve(action(medium)).catch(() => crowd.say("This cannot be played."));
  });
})();

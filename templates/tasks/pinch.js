"use strict";
// Two fingers: apart to look closer, together to step back, side by side to move about. And Ctrl with the wheel.
crowd.pinch = (area, { begin, zoom }) => {
  const fingers = new Map();
  const at = ({ clientX: x, clientY: y }) => ({ x, y });

  function between() {
    const [one, other] = fingers.values();
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, apart: Math.hypot(one.x - other.x, one.y - other.y) };
  }

  // In the capture phase: what one finger has begun is given up before the second one begins anything.
  area.addEventListener(
    "pointerdown",
    (event) => {
      if (event.pointerType !== "touch") return;
      fingers.set(event.pointerId, at(event));
      if (fingers.size === 2) begin();
    },
    true,
  );
  addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = fingers.size === 2 && between();
    fingers.set(event.pointerId, at(event));
    if (!before) return;
    const now = between();
    zoom(now.apart / Math.max(before.apart, 1), before, now);
  });
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, (event) => fingers.delete(event.pointerId));
  area.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 200), at(event), at(event));
    },
    { passive: false },
  );
};

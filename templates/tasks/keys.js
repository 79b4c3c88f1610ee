"use strict";
// Everything can be done by keyboard. Keys that make text stay with the field one writes in.
(() => {
  const WRITES = /^(text|number|search|email|url|tel|range)$/;
  const isWriting = (node) => node.tagName === "TEXTAREA" || node.tagName === "SELECT" || (node.tagName === "INPUT" && WRITES.test(node.type));
  const isControl = (node) => /^(BUTTON|SUMMARY|A|AUDIO|VIDEO)$/.test(node.tagName);

  const isMedium = (node) => /^(AUDIO|VIDEO)$/.test(node.tagName);

  function withControl(event) {
    const key = event.key.toLowerCase();
    if (key === "enter") return crowd.confirm();
    if (isWriting(event.target)) return false;
    if (key === "z") return event.shiftKey ? crowd.redo() : crowd.undo();
    return key === "y" ? crowd.redo() : false;
  }

  function enter(event) {
    if (isControl(event.target) || (event.target.tagName === "TEXTAREA" && "multiline" in event.target.dataset)) return false;
    if (event.target.type === "radio" && !event.target.checked) event.target.click();
    return event.shiftKey ? crowd.back() : crowd.confirm();
  }

  const plain = {
    "?": () => crowd.showKeys(),
    s: () => crowd.askSkip(),
    r: () => crowd.report(),
    ArrowLeft: () => crowd.back(),
    ArrowRight: () => crowd.forward(),
  };

  function single(event) {
    if (!crowd.settings.single || isWriting(event.target)) return false;
    if (isControl(event.target) && event.key === " ") return false;
    if (isMedium(event.target) && event.key.startsWith("Arrow")) return false;
    if (!crowd.skips[crowd.current().name] && crowd.type.press(crowd.current(), event)) return true;
    const action = plain[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    return action ? action() : false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || crowd.locked || crowd.inDialog()) return;
    const act = event.ctrlKey || event.metaKey ? withControl : event.key === "Enter" ? enter : single;
    if (event.key === "Escape") {
      if (isWriting(event.target)) crowd.current().node.querySelector("h2").focus();
      else if (crowd.type.leave) crowd.type.leave(crowd.current());
      return;
    }
    if (act(event) !== false) event.preventDefault();
  });
})();

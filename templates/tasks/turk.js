"use strict";
// The page stands in the frame of an MTurk endpoint: it reads its parameters, and hands in as a plain form.
(() => {
  const { hosts } = JSON.parse(document.getElementById("page-data").textContent);
  const query = new URLSearchParams(location.search);
  const assignment = query.get("assignmentId") || "";
  const isPreview = !assignment || assignment === "ASSIGNMENT_ID_NOT_AVAILABLE";
  const form = document.getElementById("page");

  // Anybody can write an address: only hosts that the requester named get the answers.
  function target() {
    const given = query.get("turkSubmitTo");
    let base = new URL(hosts[0]);
    try {
      if (hosts.includes(new URL(given).origin)) base = new URL(given);
    } catch {
      // None was given, or none that is an address.
    }
    return `${base.origin}${base.pathname.replace(/\/+$/, "")}/mturk/externalSubmit`;
  }

  function field(name, value) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    return input;
  }

  function submit({ answers, notes, skips, times }) {
    if (isPreview) return;
    const seconds = Object.values(times).reduce((sum, each) => sum + each, 0);
    for (const control of form.elements) control.disabled = true;
    form.append(field("assignmentId", assignment), field("crowd", JSON.stringify({ answers, notes, skips, times, seconds })));
    form.action = target();
    // The form may have a field called `submit`, which would hide the method.
    HTMLFormElement.prototype.submit.call(form);
  }

  crowd.post = (message) => {
    if (message.crowd === "done") submit(message);
  };

  // Nobody around the page has a say in it. What it may be told, it tells itself once it is ready.
  crowd.onMessage = ({ lock }) =>
    queueMicrotask(() => {
      if (isPreview) lock({ message: "This is a preview. Accept the HIT to answer it." });
      else crowd.clock.start();
    });
})();

// Training: one question at a time, not paid, and after each answer what is right and why.

import { notice } from "./board.js";

let isAnnounced = false;

export function announce(page) {
  if (page.kind !== "training" || isAnnounced) return;
  isAnnounced = true;
  notice("You begin with a few training questions, not paid. After each you are told what is right, and why.");
}

/** Only after an answer is the next question known: none is fetched ahead. */
export const isTraining = (page) => page?.kind === "training";

export function tell(lessons = []) {
  for (const { correct, label, explanation } of lessons) {
    const why = explanation ? ` ${explanation}` : "";
    if (correct) notice(`Right: ${label}.${why}`, "good");
    else notice(`Not quite. Right is: ${label}.${why}`, "warn");
  }
}

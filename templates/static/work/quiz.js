// The entrance quiz: announced as what it is, and told as a whole once it is over; no answer is judged.

import { notice } from "./board.js";

const handedIn = new Set(); // tokens of quizzes whose outcome is not known yet

export function announce(page) {
  if (page.kind !== "quiz") return;
  const size = page.questions.length;
  notice(`This is the entrance quiz: ${size} questions, not paid. You learn afterwards whether you passed.`);
}

export const isQuiz = (page) => page?.kind === "quiz";
export const note = (token) => handedIn.add(token);
export const has = (token) => handedIn.has(token);
export const forget = (token) => handedIn.delete(token);

/** What the server offers after a quiz tells how it went. */
export function tell(page) {
  if (!handedIn.size) return;
  handedIn.clear();
  if (isQuiz(page)) notice("Not passed yet. You may try once more, with other questions.", "warn");
  else notice("You passed the quiz. Welcome!", "good");
}

/** After a quiz a refusal means that it was the last attempt; true where that is so. */
export function isLost() {
  const lost = handedIn.size > 0;
  handedIn.clear();
  return lost;
}

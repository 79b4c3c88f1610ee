// One page of questions after another: claimed, answered, handed in behind the scenes, the next one ready.

import * as board from "./board.js";
import { Lease, clock, spoken } from "./lease.js";
import { Outbox } from "./outbox.js";
import { Lost, Server } from "./server.js";
import { Stage } from "./stage.js";
import { drafts, read, write } from "./store.js";

const [SOONEST_LOOK, LATEST_LOOK] = [15, 120]; // seconds between two looks for new work

const bench = document.getElementById("bench");
const { project, worker, csrf, home } = bench.dataset;
const settingsKey = `crowd:settings:${worker}`;
const today = {
  answers: Number(bench.dataset.answers),
  micros: Number(bench.dataset.micros),
  pays: bench.dataset.pays === "1",
};

const server = new Server({ project, csrf });
const stage = new Stage(document.getElementById("stage"), { hear, slow });
const outbox = new Outbox(server, worker, { taken, refused, waiting, empty });
const lease = new Lease({ tick, warn, over, renew });

let current = null; // the frame that is seen
let next = null; // the frame behind it
let quizzes = new Set(); // tokens of quiz pages handed in, whose outcome is not known yet
let turn = 0; // claims under way are void once this has moved on
let pause = SOONEST_LOOK;
let looking = 0;
let isLeaving = false;

// --- Pages come

/** Ask for the page to work on, and show it unless it is the one that is seen already. */
async function proceed() {
  clearTimeout(looking);
  if (isLeaving) return;
  const mine = ++turn;
  if (!current) board.showState("One moment", "Your questions are on their way.", [], { focus: false });
  try {
    const page = await server.claim(false);
    if (mine === turn) await arrived(page);
  } catch (error) {
    if (mine === turn) unclaimed(error);
  }
}

async function arrived(page) {
  if (page && outbox.has(page.token)) return; // answered already; it is on its way
  tellQuiz(page);
  if (!page) return current ? undefined : nothingLeft();
  pause = SOONEST_LOOK;
  if (!current) show(next?.token === page.token ? next : stage.load(page));
  if (current.token !== page.token) return renew(); // an older page waits; is this one still ours?
  hold(page);
  await lookAhead();
}

function hold(page) {
  lease.hold(server.ours(page.lease_until), page.lease_seconds);
  board.showInstructions(page.instructions);
}

async function lookAhead() {
  if (next || current?.page.kind === "quiz") return;
  try {
    const page = await server.claim(true);
    if (!page || page.token === current?.token || outbox.has(page.token)) return;
    if (isLeaving) await server.giveBack(page.token);
    else next ??= stage.load(page);
  } catch {
    // It was only a convenience: the page is asked for again when its turn has come.
  }
}

function show(frame) {
  if (frame === next) next = null;
  current = frame;
  board.hideState();
  if (frame.isReady) begin(frame);
  frame.show();
  if (frame.page.kind === "quiz") announceQuiz(frame.page);
}

/** Give a frame what was begun in it before. */
function begin(frame) {
  frame.send({ crowd: "restore", draft: drafts.read(frame.token), settings: read(settingsKey, {}) });
  frame.focus();
}

// --- What the questions say

function hear(frame, message) {
  const acts = {
    ready: () => frame === current && begin(frame),
    draft: () => drafts.write(frame.token, message.draft),
    active: () => frame === current && lease.active(),
    done: () => frame === current && finish(frame, message),
    report: () => report(frame, message.question),
    settings: () => write(settingsKey, message.settings),
  };
  acts[message.crowd]?.();
}

function slow(frame) {
  if (frame !== current) return forget(frame);
  board.showState("The questions do not load", "Your connection may be slow, or the page may have ended.", [
    { text: "Try again", act: startOver },
  ]);
}

function finish(frame, { answers, notes, skips, times }) {
  const seconds = Object.values(times).reduce((sum, each) => sum + each, 0);
  if (frame.page.kind === "quiz") quizzes.add(frame.token);
  leave(frame);
  // First what comes next, then the post: the next question has to be there at once.
  if (next) show(next);
  else board.showState("One moment", "Your answers are being handed in.");
  if (!outbox.add(frame.token, { answers, notes, skips, times, seconds })) {
    board.notice("This browser keeps nothing: stay on this page until your answers are handed in.", "warn");
  }
}

function leave(frame) {
  lease.end();
  board.showLease("");
  stage.drop(frame);
  if (frame === current) current = null;
}

function forget(frame) {
  stage.drop(frame);
  if (frame === next) next = null;
}

// --- Pages go

function taken(token, receipt) {
  drafts.remove(token);
  board.showNetwork("");
  if (quizzes.has(token)) return;
  today.answers += receipt.answers;
  today.micros += Math.round(Number(receipt.amount) * 1e6);
  board.showToday(today);
  board.say(`Page handed in: ${receipt.answers} answers${today.pays ? `, $${receipt.amount}` : ""}.`);
}

function refused(token, error) {
  quizzes.delete(token);
  if (error.status === 422) {
    board.notice(`A page was not accepted and comes back to you: ${error.problems.join("; ") || error.message}.`, "bad");
    return;
  }
  drafts.remove(token);
  const why = error.stale
    ? "Its time was over and it had gone to others. Your answers are kept, but they do not count."
    : error.message;
  board.notice(`One page did not count. ${why}`, "bad");
}

function waiting(count, error) {
  const pages = `${count} ${count === 1 ? "page is" : "pages are"} kept on this device`;
  if (error.status === 401) {
    const back = encodeURIComponent(location.pathname);
    board.showNetwork(`You are signed out; ${pages}.`, { text: "Sign in again", href: `/work/signin?next=${back}` });
  } else if (error.status === 403) {
    board.showNetwork(`${error.message}; ${pages}.`, { text: "Load this page again", href: location.pathname });
  } else {
    const cause = error instanceof Lost ? "No connection" : "The server is busy";
    board.showNetwork(`${cause}: ${pages} and will be handed in by itself.`);
  }
  if (!current) {
    board.showState("Waiting for the connection", "Your answers are safe on this device. Keep this page open, or come back later.", [
      { text: "Try now", act: () => outbox.flush() },
    ]);
  }
}

function empty() {
  proceed();
}

// --- The lease

function tick(left) {
  board.showLease(`${clock(left)} left`, left);
}

function warn(left) {
  board.say(`${spoken(left)} left for this page. Go on answering and you get more time.`);
}

async function renew() {
  const frame = current;
  if (!frame) return;
  try {
    const { lease_until } = await server.renew(frame.token);
    if (frame === current) lease.hold(server.ours(lease_until), frame.page.lease_seconds);
  } catch (error) {
    if (error.status === 409 || error.status === 404) ended(frame);
  }
}

/** The time is up: nobody may have taken the page yet, so whoever comes back can try to go on. */
async function over() {
  const frame = current;
  if (!frame) return;
  frame.send({ crowd: "lock", message: "The time for this page is up." });
  const choice = await board.ask("asking");
  if (frame !== current) return;
  if (choice === "leave") return stop();
  try {
    const { lease_until } = await server.renew(frame.token);
    begin(frame);
    lease.hold(server.ours(lease_until), frame.page.lease_seconds);
  } catch (error) {
    if (error instanceof Lost || error.isPassing) {
      board.notice("There is no connection. What you answered is kept on this device.", "warn");
      begin(frame);
    } else ended(frame);
  }
}

function ended(frame) {
  if (frame !== current) return;
  leave(frame);
  forget(next);
  board.notice("The time for that page was over, and its questions have gone to others. Here is a new one.", "warn");
  drafts.remove(frame.token);
  proceed();
}

// --- Without a question

function unclaimed(error) {
  if (current) return;
  if (error instanceof Lost || error.isPassing) {
    board.showState("No connection", "Trying again in a moment.", [{ text: "Try now", act: proceed }], { focus: false });
    return again(5);
  }
  if (error.status === 401) location.assign(`/work/signin?next=${encodeURIComponent(location.pathname)}`);
  const failed = quizzes.size > 0;
  quizzes.clear();
  board.showState(failed ? "The quiz was not passed" : "No work for you here", `${error.message}.`, [
    { text: "Home", href: home, second: false },
  ]);
}

function nothingLeft() {
  board.showState("Nothing left for now", "You have done all that is open to you here. This page looks for new work by itself.", [
    { text: "Look now", act: proceed },
    { text: "Home", href: home, second: true },
  ], { focus: pause === SOONEST_LOOK });
  again(pause);
  pause = Math.min(LATEST_LOOK, pause * 1.5);
}

function again(seconds) {
  clearTimeout(looking);
  looking = setTimeout(() => (document.hidden ? again(seconds) : proceed()), seconds * 1000);
}

function announceQuiz(page) {
  board.notice(`This is the entrance quiz: ${page.questions.length} questions, not paid. You learn afterwards whether you passed.`);
}

/** What the server offers after a quiz tells how it went; single answers are never judged. */
function tellQuiz(page) {
  if (!quizzes.size) return;
  quizzes.clear();
  if (page?.kind === "quiz") board.notice("Not passed yet. You may try once more, with other questions.", "warn");
  else board.notice("You passed the quiz. Welcome!", "good");
}

// --- The buttons

async function report(frame, question) {
  const text = document.getElementById("reporting-text");
  text.value = "";
  if ((await board.ask("reporting")) !== "send" || !text.value.trim()) return frame.focus();
  try {
    await server.report(frame.token, { question, text: text.value.trim() });
    board.notice("Thank you. The requester gets your message.", "good");
  } catch (error) {
    board.notice(`Your message was not sent: ${error.message}.`, "bad");
  }
  frame.focus();
}

async function askToStop() {
  const begun = current && Object.keys(drafts.read(current.token)?.answers ?? {}).length;
  if (begun && (await board.ask("stopping")) !== "stop") return current?.focus();
  stop();
}

/** Give back what is held, hand in what is done, and go home. */
async function stop() {
  isLeaving = true;
  turn++;
  const held = [current, next].filter(Boolean);
  current = next = null;
  lease.end();
  await Promise.allSettled([outbox.flush(), ...held.map((frame) => server.giveBack(frame.token))]);
  held.forEach((frame) => drafts.remove(frame.token));
  location.assign(home);
}

function startOver() {
  [current, next].forEach((frame) => frame && forget(frame));
  current = null;
  lease.end();
  proceed();
}

document.getElementById("stop").addEventListener("click", askToStop);
document.getElementById("open-instructions").addEventListener("click", async () => {
  await board.ask("instructions");
  current?.focus();
});

// What was only fetched ahead goes back at once; the page in hand stays, with its draft, for a reload.
window.addEventListener("pagehide", () => next && server.giveBack(next.token).catch(() => {}));
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

/** Work in one tab only: two would answer the same page, and only one of them would count. */
function work(options) {
  const begin = () => {
    outbox.flush();
    return new Promise(() => {}); // held until this tab closes, or another takes it over
  };
  if (!navigator.locks) return begin();
  navigator.locks.request(`crowd:${worker}:${project}`, options, begin).catch(() => {
    turn++;
    [current, next].forEach((frame) => frame && forget(frame));
    current = null;
    lease.end();
    board.showLease("");
    board.showState("You are labeling in another tab", "One tab at a time, so that no answer is given twice.", [
      { text: "Go on here instead", act: () => work({ steal: true }) },
      { text: "Home", href: home, second: true },
    ]);
  });
}

drafts.sweep();
board.showToday(today);
work({ signal: AbortSignal.timeout(1000) });

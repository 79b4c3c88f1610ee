// One page of questions after another: claimed, answered, handed in behind the scenes, the next one ready.

import * as board from "./board.js";
import { Lease } from "./lease.js";
import { Lookout } from "./lookout.js";
import { Outbox } from "./outbox.js";
import * as quiz from "./quiz.js";
import { Lost, Server } from "./server.js";
import { Stage } from "./stage.js";
import { drafts, read, write } from "./store.js";
import { alone } from "./tab.js";
import * as training from "./training.js";

const SOON = 5; // seconds after which a claim is tried again that found no server

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
const outbox = new Outbox(server, worker, { taken, refused, waiting, empty: goOn, wantsNext });
const lease = new Lease({ tick: board.showLease, warn: board.warn, over, renew });
const lookout = new Lookout(proceed);

let current = null; // the frame that is seen
let next = null; // the frame behind it
let turn = 0; // claims under way are void once this has moved on
let looking = null; // the page ahead, while it is on its way
let answered = ""; // the token of the page that was answered here last
let isAway = false; // on the way home, or at work in another tab
let isStopping = false; // on the way home: nothing stays held

// --- Pages come

/** Ask for the page to work on, and show it unless it is the one that is seen already. */
async function proceed() {
  if (isAway) return;
  const mine = ++turn;
  if (!current) board.showState("One moment", "Your questions are on their way.", [], { focus: false });
  try {
    const page = await server.claim(false);
    if (mine === turn) await arrived(page);
  } catch (error) {
    if (mine === turn) unclaimed(error);
  }
}

/** Go on with the page that came with a receipt; where none did, ask for it. */
async function goOn(page) {
  if (!page) return proceed();
  if (isAway) return isStopping && giveBack(page);
  turn++;
  await arrived(page);
}

async function arrived(page) {
  if (page && outbox.has(page.token)) return; // answered already; it is on its way
  quiz.tell(page);
  if (!page) return current ? undefined : nothingLeft();
  lookout.rest();
  if (!current) show(next?.token === page.token ? next : stage.load(page));
  if (current.token !== page.token) return renew(); // an older page waits; is this one still ours?
  hold(page);
  await (looking = lookAhead());
}

function hold(page) {
  lease.hold(server.ours(page.lease_until), page.lease_seconds);
  board.showInstructions(page.instructions);
}

async function lookAhead() {
  if (next || quiz.isQuiz(current?.page) || training.isTraining(current?.page)) return;
  try {
    const page = await server.claim(true);
    if (!page || page.token === current?.token || outbox.has(page.token)) return;
    if (isAway) await server.giveBack(page.token);
    else next ??= stage.load(page);
  } catch {
    // It was only a convenience: the page is asked for again when its turn has come.
  }
}

function show(frame) {
  if (frame === next) next = null;
  current = frame;
  board.hideState();
  if (frame.isReady) fill(frame);
  frame.show();
  quiz.announce(frame.page);
  training.announce(frame.page);
}

/** Give a frame what was begun in it before. */
function fill(frame) {
  frame.send({ crowd: "restore", draft: drafts.read(frame.token), settings: read(settingsKey, {}) });
  frame.focus();
}

// --- What the questions say

function hear(frame, message) {
  const acts = {
    ready: () => frame === current && fill(frame),
    draft: () => drafts.write(frame.token, message.draft),
    active: () => frame === current && lease.active(),
    done: () => frame === current && finish(frame, message),
    report: () => report(frame, message.question),
    settings: () => write(settingsKey, message.settings),
  };
  acts[message.crowd]?.();
}

function slow(frame) {
  forget(frame);
  if (frame !== current) return;
  leave(frame);
  board.showState("The questions do not load", "Your connection may be slow, or the page may have ended.", [
    { text: "Try again", act: proceed },
  ]);
}

function finish(frame, { answers, notes, skips, times }) {
  const seconds = Object.values(times ?? {}).reduce((sum, each) => sum + each, 0);
  if (quiz.isQuiz(frame.page)) quiz.note(frame.token);
  leave(frame);
  answered = frame.token;
  // First what comes next, then the post: the next question has to be there at once.
  if (next) show(next);
  else board.showState("One moment", "Your answers are being handed in.");
  if (!outbox.add(frame.token, { answers, notes, skips, times, seconds })) {
    board.notice("This browser keeps nothing: stay on this page until your answers are handed in.", "warn");
  }
}

/** A page that waited here from before may be another project's, and what follows it would be too. */
function wantsNext(token) {
  return !isAway && token === answered;
}

function giveBack(page) {
  server.giveBack(page.token).catch(() => {});
}

function leave(frame) {
  lease.end();
  board.showLease(null);
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
  training.tell(receipt.lessons);
  if (quiz.has(token) || receipt.lessons?.length) return; // neither is work
  today.answers += receipt.answers;
  today.micros += Math.round(Number(receipt.amount) * 1e6);
  board.showToday(today);
  board.say(`Page handed in: ${receipt.answers} answers${today.pays ? `, $${receipt.amount}` : ""}.`);
}

function refused(token, error) {
  quiz.forget(token);
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
  board.showWaiting(count, error.status, error.message);
  if (!current) {
    board.showState("Waiting for the connection", "Your answers are safe on this device. Keep this page open, or come back later.", [
      { text: "Try now", act: () => outbox.flush() },
    ]);
  }
}

// --- The lease

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
    fill(frame);
    lease.hold(server.ours(lease_until), frame.page.lease_seconds);
  } catch (error) {
    if (error instanceof Lost || error.isPassing) {
      board.notice("There is no connection. What you answered is kept on this device.", "warn");
      fill(frame);
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
    return lookout.wait(SOON);
  }
  if (error.status === 401) location.assign(`/work/signin?next=${encodeURIComponent(location.pathname)}`);
  board.showState(quiz.isLost() ? "The quiz was not passed" : "No work for you here", `${error.message}.`, [
    { text: "Home", href: home, second: false },
  ]);
}

function nothingLeft() {
  board.showState("Nothing left for now", "You have done all that is open to you here. This page looks for new work by itself.", [
    { text: "Look now", act: proceed },
    { text: "Home", href: home, second: true },
  ], { focus: lookout.isFresh });
  lookout.wait();
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
  isAway = isStopping = true;
  turn++;
  const held = [current, next].filter(Boolean);
  current = next = null;
  lease.end();
  // A page that is still on its way here could not be given back once this one is gone.
  await Promise.allSettled([looking, outbox.flush(), ...held.map((frame) => server.giveBack(frame.token))]);
  held.forEach((frame) => drafts.remove(frame.token));
  location.assign(home);
}

document.getElementById("stop").addEventListener("click", askToStop);
document.getElementById("open-instructions").addEventListener("click", async () => {
  await board.ask("instructions");
  current?.focus();
});

// What was only fetched ahead goes back at once; the page in hand stays, with its draft, for a reload.
window.addEventListener("pagehide", () => next && giveBack(next));
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

/** Another tab goes on with the work: nothing is given back, for it is what that tab works on. */
function elsewhere(takeOver) {
  isAway = true;
  turn++;
  [current, next].forEach((frame) => frame && forget(frame));
  current = null;
  lease.end();
  board.showLease(null);
  board.showState("You are labeling in another tab", "One tab at a time, so that no answer is given twice.", [
    { text: "Go on here instead", act: takeOver },
    { text: "Home", href: home, second: true },
  ]);
}

function begin() {
  isAway = false;
  outbox.flush();
}

drafts.sweep();
board.showToday(today);
alone(`crowd:${worker}:${project}`, { begin, elsewhere });

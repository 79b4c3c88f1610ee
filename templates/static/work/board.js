// What stands around the questions: the bar, notices, the states without a question, the dialogs.

import { clock, spoken } from "./lease.js";

const MICROS = 1_000_000;
const MOST_NOTICES = 3;
const find = (id) => document.getElementById(id);

export const money = (micros) =>
  `$${(micros / MICROS).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`;

/** Say something to whoever does not see the screen. */
export function say(text) {
  find("say").textContent = text;
}

export function showToday({ answers, micros, pays }) {
  const long = document.createElement("span");
  long.className = "long";
  long.textContent = answers === 1 ? " answer" : " answers";
  find("today").replaceChildren(String(answers), long, pays ? ` today · ${money(micros)}` : " today");
}

/** Show how many seconds the page is still held; null: none is. */
export function showLease(left) {
  const element = find("lease");
  element.hidden = left === null;
  element.textContent = left === null ? "" : `${clock(left)} left`;
  element.classList.toggle("soon", left <= 120);
  element.classList.toggle("last", left <= 30);
}

export function warn(left) {
  say(`${spoken(left)} left for this page. Go on answering and you get more time.`);
}

/** Show what keeps pages that are done from being handed in. */
export function showWaiting(count, status, message) {
  const pages = `${count} ${count === 1 ? "page is" : "pages are"} kept on this device`;
  const here = location.pathname;
  if (status === 401) {
    const href = `/work/signin?next=${encodeURIComponent(here)}`;
    showNetwork(`You are signed out; ${pages}.`, { text: "Sign in again", href });
  } else if (status === 403) {
    showNetwork(`${message}; ${pages}.`, { text: "Load this page again", href: here });
  } else {
    showNetwork(`${status ? "The server is busy" : "No connection"}: ${pages} and will be handed in by itself.`);
  }
}

/** Show one line about the connection; none with an empty text. */
export function showNetwork(text, link) {
  const element = find("network");
  element.hidden = !text;
  element.replaceChildren(text, ...(link ? [" ", anchor(link)] : []));
}

/** Show something that stays until it is dismissed. */
export function notice(text, kind = "") {
  const element = document.createElement("div");
  element.className = `notice ${kind}`;
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "second";
  close.textContent = "OK";
  close.addEventListener("click", () => element.remove());
  element.append(words, close);
  const notices = find("notices");
  notices.append(element);
  if (notices.children.length > MOST_NOTICES) notices.firstElementChild.remove();
  say(text);
}

/** Show a state instead of a question; `does` lists what can be done: {text, href} or {text, act}. */
export function showState(title, text, does = [], { focus = true } = {}) {
  const section = find("state");
  section.hidden = false;
  find("state-title").textContent = title;
  find("state-text").textContent = text;
  find("state-does").replaceChildren(...does.map((each) => (each.href ? anchor(each) : button(each))));
  if (focus) find("state-title").focus({ preventScroll: true });
}

export function hideState() {
  find("state").hidden = true;
}

/** Open a dialog; resolves to what was chosen in it, or "" where it was closed. */
export function ask(id) {
  const dialog = find(id);
  if (dialog.open) return Promise.resolve("");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}

export function showInstructions(text) {
  const changed = text !== find("instructions-text").dataset.now && find("instructions-text").dataset.now;
  find("instructions-text").dataset.now = text;
  if (!changed) return;
  find("instructions-new").hidden = false;
  const words = document.createElement("div");
  words.className = "prose told";
  words.textContent = text;
  find("instructions-text").replaceChildren(words);
  notice("The instructions have changed. Please read them again.", "warn");
}

function anchor({ text, href, second }) {
  const element = document.createElement("a");
  element.href = href;
  element.textContent = text;
  element.className = second === undefined ? "" : `button${second ? " second" : ""}`;
  return element;
}

function button({ text, act, second }) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = second ? "second" : "";
  element.textContent = text;
  element.addEventListener("click", act, { once: true });
  return element;
}

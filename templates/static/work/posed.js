// A program's HIT in hand: how long it is ours, returning it, and going on once its page was handed in.

import { clock, Lease, spoken } from "./lease.js";

const find = (id) => document.getElementById(id);
const frame = find("posed");
const shown = find("lease");
const next = find("accept-next");
const left = Number(find("bench").dataset.left);
const { receipt } = find("bench").dataset;
const KEY = "crowd:accept-next";

const lease = new Lease({
  tick(left) {
    shown.textContent = `${clock(left)} left`;
    shown.classList.toggle("soon", left <= 120);
    shown.classList.toggle("last", left <= 30);
  },
  warn: (left) => (find("say").textContent = `${spoken(left)} left for this HIT.`),
  over() {
    find("over").hidden = false;
    frame.inert = true;
  },
  renew() {}, // programs give a HIT for one time, however long somebody works on it
});
lease.hold(Date.now() + left * 1000, left);

// Whatever stands in the frame can say that it was handed in; only our server's reply knows the receipt.
window.addEventListener("message", ({ source, data }) => {
  const isReply = source === frame.contentWindow && data?.crowd === "submitted" && data.receipt === receipt;
  if (isReply) find("onward").requestSubmit();
});

find("giving").addEventListener("submit", (event) => {
  const dialog = find("returning");
  if (dialog.returnValue === "return") return;
  event.preventDefault();
  dialog.returnValue = "stay";
  dialog.showModal();
  dialog.addEventListener("close", () => dialog.returnValue === "return" && find("giving").requestSubmit(), { once: true });
});

try {
  next.checked = localStorage.getItem(KEY) === "1";
} catch {
  // A browser that keeps nothing is asked each time.
}
next.addEventListener("change", () => {
  try {
    localStorage.setItem(KEY, next.checked ? "1" : "0");
  } catch {
    // as above
  }
});

// Not before it is there: a frame that gets the keyboard while it is loading does not hear what is typed.
const begin = () => document.activeElement === document.body && frame.focus();
if (document.readyState === "complete") begin();
else window.addEventListener("load", begin);

// Pages that are answered leave from here, one after another, until the server has taken each or refused it.

import { Lost } from "./server.js";
import * as store from "./store.js";

const LONGEST_WAIT = 60; // seconds

export class Outbox {
  #server;
  #key;
  #on;
  #failures = 0;
  #timer = 0;
  #sending = null;
  #page = null; // what came with the last receipt

  /**
   * `on`: taken(token, receipt), refused(token, error), waiting(count, error), empty(page), and wantsNext(token),
   * which tells whether the page after this one is to come with its receipt: empty() then gets it, or null.
   * What waits belongs to one worker: on a shared computer nobody hands in another's work.
   */
  constructor(server, worker, on) {
    this.#server = server;
    this.#key = `crowd:outbox:${worker}`;
    this.#on = on;
    window.addEventListener("online", () => this.flush());
  }

  get waiting() {
    return store.read(this.#key, []);
  }

  has(token) {
    return this.waiting.some((each) => each.token === token);
  }

  /** Take a page in; false where it would not outlive this tab. */
  add(token, body) {
    if (this.has(token)) return true;
    const kept = store.write(this.#key, [...this.waiting, { token, body }]);
    this.flush();
    return kept;
  }

  /** Send what waits; resolves when nothing is left or the way is blocked. */
  flush() {
    this.#sending ??= this.#run().finally(() => (this.#sending = null));
    return this.#sending;
  }

  async #run() {
    clearTimeout(this.#timer);
    this.#page = null;
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      if (!(await this.#send(first))) return;
    }
    this.#on.empty(this.#page);
  }

  async #send({ token, body }) {
    try {
      const next = this.waiting.length === 1 && this.#on.wantsNext(token);
      const receipt = await this.#server.submit(token, next ? { ...body, next } : body);
      this.#drop(token);
      this.#page = receipt.next ?? null;
      this.#on.taken(token, receipt);
    } catch (error) {
      if (error instanceof Lost || error.isPassing || error.status === 401 || error.status === 403) {
        this.#wait(error);
        return false;
      }
      this.#drop(token);
      this.#on.refused(token, error);
    }
    this.#failures = 0;
    return true;
  }

  #drop(token) {
    store.write(this.#key, this.waiting.filter((each) => each.token !== token));
  }

  #wait(error) {
    const seconds = error.retryAfter || Math.min(LONGEST_WAIT, 2 ** this.#failures++);
    // Somewhat apart, so that not everybody comes back at once after a restart.
    this.#timer = setTimeout(() => this.flush(), seconds * 1000 * (1 + Math.random() / 4));
    this.#on.waiting(this.waiting.length, error);
  }
}

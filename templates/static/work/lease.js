// How long a page is still ours: counted down in sight, prolonged while somebody works on it.

const WARNINGS = [120, 30]; // seconds left at which one is told
const SHORTEST_PAUSE = 5; // seconds between two renewals
const IDLE = 60; // seconds without input after which a page is no longer prolonged

export class Lease {
  #on;
  #until = 0;
  #length = 0;
  #renewed = 0;
  #active = 0;
  #told = Infinity;
  #timer = 0;

  /** `on`: tick(seconds), warn(seconds), over(), renew(). */
  constructor(on) {
    this.#on = on;
  }

  /** Begin, or go on, with a lease that ends at this moment of our clock and is so many seconds long. */
  hold(until, length) {
    this.#until = until;
    this.#length = length;
    this.#renewed = Date.now();
    this.#told = Infinity;
    this.#timer ||= setInterval(() => this.#tick(), 1000);
    this.#tick();
  }

  end() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  /** Somebody is at work. */
  active() {
    this.#active = Date.now();
    this.#prolong();
  }

  get left() {
    return Math.max(0, Math.ceil((this.#until - Date.now()) / 1000));
  }

  #prolong() {
    const pause = Math.max(SHORTEST_PAUSE, this.#length / 4) * 1000;
    if (!this.#timer || Date.now() - this.#renewed < pause) return;
    this.#renewed = Date.now(); // also where it fails: it is tried again after the same pause
    this.#on.renew();
  }

  #tick() {
    const left = this.left;
    this.#on.tick(left);
    if (left === 0) {
      this.end();
      this.#on.over();
      return;
    }
    if (Date.now() - this.#active < Math.min(IDLE, this.#length / 4) * 1000) this.#prolong();
    const due = WARNINGS.filter((seconds) => left <= seconds && seconds < this.#length).pop();
    if (due !== undefined && due < this.#told) {
      this.#told = due;
      this.#on.warn(left);
    }
  }
}

/** Write seconds as a clock: "9:05". */
export function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Write seconds as they are said: "2 minutes", "30 seconds". */
export function spoken(seconds) {
  const [count, unit] = seconds >= 60 ? [Math.round(seconds / 60), "minute"] : [seconds, "second"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

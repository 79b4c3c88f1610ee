// Looking for new work now and then, less often the longer there is none, and never in a tab nobody sees.

const [SOONEST, LATEST, SLOWER] = [15, 120, 1.5]; // seconds, and by how much the pause grows

export class Lookout {
  #look;
  #pause = SOONEST;
  #timer = 0;

  constructor(look) {
    this.#look = look;
  }

  /** Tell whether this is the first look after there was work. */
  get isFresh() {
    return this.#pause === SOONEST;
  }

  /** There is work: the next wait begins anew. */
  rest() {
    clearTimeout(this.#timer);
    this.#pause = SOONEST;
  }

  /** Look again after a while; after so many seconds where these are given. */
  wait(seconds = this.#pause) {
    if (seconds === this.#pause) this.#pause = Math.min(LATEST, this.#pause * SLOWER);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (document.hidden ? this.wait(seconds) : this.#look()), seconds * 1000);
  }
}

// The frames with the questions: one is seen, the next lies loaded behind it.

// How long questions may take to load in all, and to speak once they are there: an error page never does.
const [SLOW, MUTE] = [20_000, 3_000];

/** One page of questions in a document without an origin; it can reach us by messages only. */
class Frame {
  constructor(page, parent) {
    this.page = page;
    this.token = page.token;
    this.isReady = false;
    this.element = document.createElement("iframe");
    this.element.setAttribute("sandbox", "allow-scripts allow-forms");
    this.element.title = "Questions";
    this.element.src = `/work/pages/${page.token}/frame`;
    this.#hide();
    parent.append(this.element);
  }

  send(message) {
    this.element.contentWindow?.postMessage(message, "*"); // the document has no origin to name
  }

  show() {
    this.element.classList.remove("ahead");
    this.element.inert = false;
    this.focus();
  }

  focus() {
    this.element.focus({ preventScroll: true });
    this.send({ crowd: "focus" });
  }

  #hide() {
    this.element.classList.add("ahead");
    this.element.inert = true;
  }
}

export class Stage {
  #element;
  #frames = new Set();
  #hear;
  #slow;

  /** `hear(frame, message)` gets what the questions say; `slow(frame)` is called for one that does not load. */
  constructor(element, { hear, slow }) {
    this.#element = element;
    this.#hear = hear;
    this.#slow = slow;
    window.addEventListener("message", (event) => this.#receive(event));
  }

  load(page) {
    const frame = new Frame(page, this.#element);
    this.#frames.add(frame);
    const judge = () => !frame.isReady && this.#frames.has(frame) && this.#slow(frame);
    setTimeout(judge, SLOW);
    frame.element.addEventListener("load", () => setTimeout(judge, MUTE));
    return frame;
  }

  drop(frame) {
    if (!frame) return;
    this.#frames.delete(frame);
    frame.element.remove();
  }

  #receive(event) {
    const frame = [...this.#frames].find((each) => each.element.contentWindow === event.source);
    const message = event.data;
    if (!frame || typeof message !== "object" || message === null || typeof message.crowd !== "string") return;
    if (message.crowd === "ready") frame.isReady = true;
    this.#hear(frame, message);
  }
}

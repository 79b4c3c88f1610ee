// The worker API, called with the session's cookie.

/** The server answered, and the answer is no. */
export class Refused extends Error {
  constructor(status, body, retryAfter) {
    super(body?.title ?? `the server answered with ${status}`);
    this.status = status;
    this.stale = String(body?.type ?? "").endsWith("#stale");
    this.problems = (body?.errors ?? []).map((each) => `${each.where}: ${each.message}`);
    this.detail = body?.detail ?? "";
    this.retryAfter = Number(retryAfter) || 0;
  }

  /** Nothing is wrong with what was sent: the same again may succeed. */
  get isPassing() {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** No answer came. */
export class Lost extends Error {}

const TIMEOUT = 20_000;

export class Server {
  #csrf;
  #project;
  #ahead = 0; // how far the server's clock is ahead of ours, in milliseconds

  constructor({ project, csrf }) {
    this.#project = project;
    this.#csrf = csrf;
  }

  claim = (ahead) => this.#call(`projects/${this.#project}/claim`, { ahead });
  submit = (token, body) => this.#call(`pages/${token}/submit`, body);
  renew = (token) => this.#call(`pages/${token}/renew`);
  report = (token, body) => this.#call(`pages/${token}/report`, body);
  giveBack = (token) => this.#call(`pages/${token}/return`, undefined, true);

  /** Return what moment of our clock a moment of the server's is, in milliseconds. */
  ours = (moment) => Date.parse(moment) - this.#ahead;

  async #call(path, body, keepalive = false) {
    const response = await this.#send(path, body, keepalive);
    // The header is cut to whole seconds: better to think it later than it is than to promise too much time.
    this.#ahead = Date.parse(response.headers.get("Date") ?? "") + 999 - Date.now() || this.#ahead;
    if (response.status === 204) return null;
    const parsed = await response.json().catch(() => null);
    if (!response.ok) throw new Refused(response.status, parsed, response.headers.get("Retry-After"));
    return parsed;
  }

  async #send(path, body, keepalive) {
    const headers = { "X-CSRF-Token": this.#csrf };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
      return await fetch(`/api/v1/work/${path}`, {
        method: "POST",
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        keepalive, // goes out even when the page is being left
        signal: AbortSignal.timeout(TIMEOUT),
      });
    } catch (error) {
      throw new Lost(error.message);
    }
  }
}

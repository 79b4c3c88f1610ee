// Work in one tab only: two would answer the same page, and only one of them would count.

const PATIENCE = 1000; // a page that is being reloaded needs a moment to let go

/** Call `begin` once this tab alone holds the name; `elsewhere(takeOver)` where another has it or takes it. */
export function alone(name, { begin, elsewhere }) {
  const work = (options) => {
    const held = () => {
      begin();
      return new Promise(() => {}); // until this tab closes, or another takes over
    };
    if (!navigator.locks) return held(); // only on pages that did not come over TLS
    navigator.locks.request(name, options, held).catch(() => elsewhere(() => work({ steal: true })));
  };
  work({ signal: AbortSignal.timeout(PATIENCE) });
}

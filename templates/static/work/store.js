// What is kept on this device: drafts of pages, and pages that wait to be handed in.

const WEEK = 7 * 24 * 3600 * 1000;
const memory = new Map(); // where the browser gives us no storage, this tab remembers

function storage() {
  try {
    const found = window.localStorage;
    found.getItem("crowd");
    return found;
  } catch {
    return null;
  }
}

export function read(key, otherwise = null) {
  try {
    const text = storage()?.getItem(key) ?? memory.get(key);
    return text === undefined || text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Keep a value; false where only this tab will remember it. */
export function write(key, value) {
  const text = JSON.stringify(value);
  memory.set(key, text);
  try {
    storage().setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

export function remove(key) {
  memory.delete(key);
  storage()?.removeItem(key);
}

const draftKey = (token) => `crowd:draft:${token}`;

export const drafts = {
  read: (token) => read(draftKey(token))?.draft ?? null,
  write: (token, draft) => write(draftKey(token), { draft, at: Date.now() }),
  remove: (token) => remove(draftKey(token)),

  /** Forget drafts of pages that ended long ago elsewhere. */
  sweep() {
    const kept = storage();
    if (!kept) return;
    for (const key of Object.keys(kept)) {
      if (key.startsWith(draftKey("")) && !(read(key)?.at > Date.now() - WEEK)) remove(key);
    }
  },
};

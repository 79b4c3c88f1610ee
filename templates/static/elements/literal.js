// Values in attributes as templates write them: JSON, or the same with 'single quotes' and bare names.

const TOKEN = /\s*(?:([[\]{},:])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?\d+(?:\.\d+)?)(?![\w.])|([A-Za-z_$][\w$]*))\s*/y;
const WORDS = { true: true, false: false, null: null };

/** Return the value of an attribute; undefined where it is empty or cannot be read. */
export function literal(text) {
  if (!text || !text.trim()) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return lenient(text);
  }
}

function lenient(text) {
  try {
    const tokens = scan(text);
    const value = read(tokens);
    return tokens.length ? undefined : value;
  } catch {
    return undefined;
  }
}

function scan(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) throw new SyntaxError(text);
    const [, sign, double, single, number, word] = match;
    if (sign) found.push({ sign });
    else if (number !== undefined) found.push({ value: Number(number) });
    else if (word !== undefined) found.push({ value: word in WORDS ? WORDS[word] : word });
    else found.push({ value: (double ?? single).replace(/\\(.)/gs, "$1") });
  }
  return found;
}

function read(tokens) {
  const token = tokens.shift();
  if (token.sign === "[") return list(tokens, "]", () => read(tokens));
  if (token.sign === "{") return Object.fromEntries(list(tokens, "}", () => pair(tokens)));
  if (token.sign) throw new SyntaxError(token.sign);
  return token.value;
}

function pair(tokens) {
  const key = String(read(tokens));
  if (tokens.shift().sign !== ":") throw new SyntaxError(key);
  return [key, read(tokens)];
}

function list(tokens, end, one) {
  const found = [];
  while (tokens[0].sign !== end) {
    found.push(one());
    if (tokens[0].sign === ",") tokens.shift();
    else if (tokens[0].sign !== end) throw new SyntaxError(end);
  }
  tokens.shift();
  return found;
}

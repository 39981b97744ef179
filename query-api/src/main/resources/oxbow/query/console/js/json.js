// JSON that keeps whole numbers as they were written, however large: a double would cut them.

/** Reads JSON; integers beyond what a double holds are BigInts where the browser tells them. */
export function parse(text) {
  return JSON.parse(text, keepInteger);
}

function keepInteger(_, value, context) {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** Writes JSON with its large integers as they are. @param {number} [indent] zero: on one line */
export function stringify(value, indent = 0) {
  return write(value, indent, '');
}

function write(value, indent, margin) {
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const isList = Array.isArray(value);
  const inner = margin + ' '.repeat(indent);
  const parts = isList
    ? value.map((each) => write(each, indent, inner))
    : Object.entries(value).map(
        ([name, each]) => `${JSON.stringify(name)}:${indent ? ' ' : ''}${write(each, indent, inner)}`,
      );
  const [open, close] = isList ? '[]' : '{}';
  if (!parts.length) return open + close;
  if (!indent) return open + parts.join(',') + close;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
}

/** JSON in lines for reading; a text that isn't JSON stays as it is. */
export function pretty(text) {
  try {
    return stringify(parse(text), 2);
  } catch {
    return text;
  }
}

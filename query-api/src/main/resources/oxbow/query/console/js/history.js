// The values of late, for lines that grow while one looks.

/**
 * @param {number} length how many are kept
 */
export function history(length = 60) {
  const values = [];
  return {
    values,
    add(value) {
      if (!Number.isFinite(value)) return;
      values.push(value);
      if (values.length > length) values.shift();
    },
  };
}

const APART_MS = 500;

/** How fast a total grows, in units a second, from one look at it to the next; null: not known yet. */
export function rate() {
  let before = null;
  return (total, atMs) => {
    const last = before;
    // Looks in quick succession would make a wild guess.
    if (last && atMs - last.atMs < APART_MS && total >= last.total) return null;
    before = { total, atMs };
    // A total that shrinks was counted anew: topics go, records expire.
    if (!last || total < last.total) return null;
    return ((total - last.total) * 1000) / (atMs - last.atMs);
  };
}

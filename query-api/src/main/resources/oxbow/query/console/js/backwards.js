// Reads a topic from its end to its start, although its log is read the other way: piece by piece,
// each partition for itself, merged by time.

const PIECE_MIN = 16;
const PIECE_MAX = 100_000;

/**
 * @param {{partition: number, start: number, end: number}[]} partitions bounds; the end is exclusive
 * @param {(partition: number, from: number, to: number) => Promise<object[]>} read gives the records
 *     of a range in the order of their offsets; fewer than offsets where some were filtered out
 * @param {{offsetsMax?: number, offsetsFirst?: number}} [bounds] offsets looked through for one page
 *     at most, and at first: more where most are filtered out, because each read has its price
 */
export function backwards(partitions, read, { offsetsMax = 200_000, offsetsFirst = 0 } = {}) {
  const all = partitions.map(({ partition, start, end }) =>
    ({ partition, start, end, records: [], piece: 0 }));

  const hasMore = (each) => each.records.length > 0 || each.end > each.start;

  async function refill(each, wanted) {
    each.piece ||= Math.max(PIECE_MIN, Math.ceil(Math.max(wanted, offsetsFirst) / all.length));
    const from = Math.max(each.start, each.end - each.piece);
    each.records = await read(each.partition, from, each.end);
    const looked = each.end - from;
    each.end = from;
    // What gives too little is looked through in ever larger pieces.
    if (each.records.length * all.length < wanted) each.piece = Math.min(4 * each.piece, PIECE_MAX);
    return looked;
  }

  return {
    /**
     * The next records, the newest first. What is left when too much was looked through in vain
     * comes with the next call.
     *
     * @param {number} wanted
     * @returns {Promise<{records: object[], isAtStart: boolean, isEarly: boolean}>} isEarly: it
     *     stopped because it had looked through enough
     */
    async next(wanted) {
      const records = [];
      let looked = 0;
      while (records.length < wanted) {
        const dry = all.filter((each) => !each.records.length && each.end > each.start);
        if (dry.length) {
          if (looked >= offsetsMax) return { records, isAtStart: false, isEarly: true };
          const pieces = await Promise.all(dry.map((each) => refill(each, wanted)));
          looked += pieces.reduce((sum, piece) => sum + piece, 0);
          continue;
        }
        const newest = all.filter((each) => each.records.length).reduce(later, null);
        if (!newest) break;
        records.push(newest.records.pop());
      }
      return { records, isAtStart: !all.some(hasMore), isEarly: false };
    },
  };
}

function later(best, each) {
  return best === null || each.records.at(-1).timestamp > best.records.at(-1).timestamp ? each : best;
}

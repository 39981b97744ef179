// Where the page of records gets them from: forwards by cursors, backwards piece by piece, live.

import { events, get, path } from './api.js';
import { backwards } from './backwards.js';
import { parse } from './json.js';

const PIECE_BYTES = 4 << 20;
const FILTERED_FIRST = 8000;

/**
 * What the page looks for. All but from is left out where it isn't wanted.
 *
 * @typedef {{from: string, partition?: string, key?: string, filter?: string, decode?: string,
 *     schema?: string}} Wanted from: `newest`, or a position as the server takes it
 */

/** The parameters of a request for what is looked for. @param {Wanted} wanted */
export function parametersOf({ partition, key, filter, decode, schema }) {
  return { partition, key, filter, decode: decode === 'auto' ? undefined : decode, schema };
}

/**
 * Reads a topic's records in both directions from a place.
 *
 * @param {string} topic
 * @param {Wanted} wanted
 * @param {AbortSignal} signal
 */
export async function recordSource(topic, wanted, signal) {
  const records = path`/api/v1/topics/${topic}/records`;
  const parameters = parametersOf(wanted);
  const isNewest = wanted.from === 'newest';
  const anchor = await get(path`/api/v1/topics/${topic}/offsets`, {
    signal, params: { at: isNewest ? 'latest' : wanted.from, partition: wanted.partition },
  });
  const starts = await get(path`/api/v1/topics/${topic}/offsets`, {
    signal, params: { at: 'earliest', partition: wanted.partition },
  });
  const startOf = new Map(starts.partitions.map((each) => [each.partition, each.offset]));
  const tiers = { hot: 0, cold: 0 };
  let cursor = `cursor:${anchor.cursor}`;

  const page = async (params) => {
    const answer = await get(records, { signal, params: { ...parameters, ...params } });
    tiers.hot += answer.tier.hot;
    tiers.cold += answer.tier.cold;
    return answer;
  };

  /** A range of one partition, whole, whatever it weighs. */
  async function range(partition, from, to) {
    const all = [];
    let next = `offset:${from}`;
    for (;;) {
      const answer = await page({
        partition, from: next, to: `offset:${to}`, limit: Math.min(Math.max(to - from, 1), 10_000), max_bytes: PIECE_BYTES,
      });
      all.push(...answer.records);
      if (answer.end || !answer.next) return all;
      next = `cursor:${answer.next}`;
    }
  }

  const before = backwards(
    anchor.partitions.map(({ partition, offset }) =>
      ({ partition, start: startOf.get(partition) ?? 0, end: offset })),
    range,
    { offsetsFirst: wanted.filter || wanted.key ? FILTERED_FIRST : 0 });

  return {
    isNewest,
    tiers,
    /** Older ones than all that were given, the newest first. */
    older: (count) => before.next(count),
    /** Newer ones than all that were given, the oldest first. */
    async newer(count) {
      const answer = await page({ from: cursor, limit: count, order: 'time' });
      if (answer.next) cursor = `cursor:${answer.next}`;
      return { records: answer.records, isAtEnd: answer.end };
    },
    /** Those that come from now on. @param {AbortSignal} until */
    async *live(until) {
      const stream = events(records, { signal: until, params: { ...parameters, from: cursor, follow: true } });
      for await (const { event, id, data } of stream) {
        if (id) cursor = `cursor:${id}`;
        const told = parse(data);
        if (event === 'error') throw Object.assign(new Error(told.message), { status: 503 });
        if (event === 'message') yield told;
      }
    },
  };
}

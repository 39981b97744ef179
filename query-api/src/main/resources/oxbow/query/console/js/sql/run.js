// Runs a statement: its rows as they come, how far it is meanwhile, and its end.

import { ApiError, get, isAbort, ndjson, path, send } from '../api.js';
import { pause } from '../live.js';

const FIRST_LOOK_MS = 200;
const LOOK_EVERY_MS = 350;

/**
 * @typedef {Object} Watcher
 * @property {(columns: {name: string, type: string}[], isContinuous: boolean) => void} began
 * @property {(rows: any[][]) => void} rows
 * @property {(status: {percent: number, state: string, stats: object}) => void} progress
 */

/**
 * Runs one and tells of it until it has ended.
 *
 * @param {string} sql
 * @param {{limit?: number, signal: AbortSignal, watcher: Watcher}} how
 * @returns {Promise<object>} its stats
 * @throws {ApiError} it failed; AbortError: it was stopped by the signal
 */
export async function run(sql, { limit, signal, watcher }) {
  const queryId = `console-${crypto.randomUUID?.() ?? Math.random().toString(36).slice(2)}`;
  const ended = new AbortController();
  watch(queryId, AbortSignal.any([signal, ended.signal]), watcher);
  try {
    const body = { query: sql, queryId, limit, timezone: zone() };
    const lines = ndjson('/api/v1/sql', { method: 'POST', body, signal });
    return await receive(lines, watcher);
  } catch (error) {
    if (isAbort(error)) cancel(queryId);
    throw error;
  } finally {
    ended.abort();
  }
}

function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

async function receive(lines, watcher) {
  let waiting = [];
  let drawn = performance.now();
  const hand = () => {
    if (waiting.length) watcher.rows(waiting);
    waiting = [];
    drawn = performance.now();
  };
  let isContinuous = false;
  for await (const line of lines) {
    if (Array.isArray(line)) {
      waiting.push(line);
      // A screen shows no more than some frames a second, and drawing takes time of the reading.
      if (isContinuous || performance.now() - drawn > 100) hand();
    } else if (line.columns) {
      isContinuous = Boolean(line.continuous);
      watcher.began(line.columns, isContinuous);
    } else if (line.progress) {
      watcher.progress({ state: 'running', percent: 0, stats: line.progress });
    } else if (line.error) {
      hand();
      throw new ApiError(200, line.error);
    } else if (line.stats) {
      hand();
      return line.stats;
    }
  }
  hand();
  throw new ApiError(0, { message: 'the answer broke off: it is not whole' });
}

/** Asks how far it is; nobody has to know if that fails. */
async function watch(queryId, signal, watcher) {
  try {
    await pause(FIRST_LOOK_MS, signal);
    for (;;) {
      const status = await get(path`/api/v1/queries/${queryId}`, { signal });
      if (!signal.aborted) watcher.progress(status);
      await pause(LOOK_EVERY_MS, signal);
    }
  } catch {
    // It has ended, or it waits to be known.
  }
}

/** Closing the connection stops it as well; this is for proxies that keep theirs open. */
function cancel(queryId) {
  send('DELETE', path`/api/v1/queries/${queryId}`).catch(() => {});
}

// What was run before, kept in this browser.

import { keep, kept } from '../kept.js';

const NAME = 'sql.history';
const KEPT_MAX = 200;
const TEXT_MAX = 20_000;

/** @typedef {{sql: string, at: number, ms?: number, rows?: number, error?: string}} Past */

/** The youngest first; none twice. @returns {Past[]} */
export function past() {
  const all = kept(NAME, []);
  return Array.isArray(all) ? all.filter((each) => typeof each?.sql === 'string') : [];
}

/** @param {Past} entry */
export function remember(entry) {
  if (entry.sql.length > TEXT_MAX) return;
  const others = past().filter(({ sql }) => sql !== entry.sql);
  keep(NAME, [entry, ...others].slice(0, KEPT_MAX));
}

export function forgetAll() {
  keep(NAME, undefined);
}

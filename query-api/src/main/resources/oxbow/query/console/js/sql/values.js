// What a result's values are, and how they are written. Pure but for the elements that are made.

import { h } from '../dom.js';
import { stringify } from '../json.js';

const NUMBERS = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/;
const TIMES = /^(?:TIMESTAMP|DATE$)/;
const BYTES_SHOWN = 64;

/** @returns {'number'|'time'|'bytes'|'boolean'|'nested'|'text'} */
export function kindOf(type) {
  if (/(?:\[\d*\]|^STRUCT|^MAP|^LIST|^UNION)/.test(type)) return 'nested';
  if (NUMBERS.test(type)) return 'number';
  if (TIMES.test(type)) return 'time';
  if (type === 'BLOB') return 'bytes';
  if (type === 'BOOLEAN') return 'boolean';
  return 'text';
}

/** A number for drawing and sorting; NaN: it is none. Long decimals come as texts. */
export function numeric(value) {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.trim() === '') return NaN;
  return Number(value);
}

/** Milliseconds since the epoch; NaN: it is no time. */
export function instant(value) {
  if (typeof value !== 'string') return NaN;
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(value);
  return Date.parse(/^\d{4}-\d\d-\d\d$/.test(value) || hasZone ? value : `${value}Z`);
}

/** What two values of a column are sorted by. */
export function sortKey(kind, value) {
  if (value === null || value === undefined) return null;
  if (kind === 'number') return typeof value === 'string' ? numeric(value) : value;
  if (kind === 'boolean') return Number(value);
  if (kind === 'nested') return stringify(value);
  return value;
}

/** A value as one line of text; null is told by `null`. */
export function lineText(kind, value) {
  if (value === null || value === undefined) return 'NULL';
  if (kind === 'bytes') return hex(value, BYTES_SHOWN);
  if (typeof value === 'object') return stringify(value);
  return String(value);
}

/** A value as it is copied: nothing for null. */
export function plainText(kind, value) {
  if (value === null || value === undefined) return '';
  if (kind === 'bytes') return hex(value, Infinity);
  return typeof value === 'object' ? stringify(value) : String(value);
}

/** A value in full, for reading. */
export function wholeText(kind, value) {
  if (value !== null && typeof value === 'object') return stringify(value, 2);
  if (kind === 'bytes' && value !== null) return hex(value, Infinity);
  return lineText(kind, value);
}

function hex(base64, shownMax) {
  let bytes;
  try {
    bytes = atob(base64);
  } catch {
    return String(base64);
  }
  let text = '0x';
  for (let i = 0; i < Math.min(bytes.length, shownMax); i++) {
    text += bytes.charCodeAt(i).toString(16).padStart(2, '0');
  }
  return bytes.length > shownMax ? `${text}… (${bytes.length} bytes)` : text;
}

/** A value as it stands in a cell. Texts longer than a screen is wide are cut: Enter shows all. */
export function cell(kind, value) {
  if (value === null || value === undefined) return h('span.is-null', {}, 'NULL');
  const text = lineText(kind, value);
  const shown = text.length > 400 ? `${text.slice(0, 400)}…` : text;
  if (kind === 'text' && text === '') return h('span.is-null', {}, 'empty');
  if (kind === 'bytes') return h('span.is-bytes', {}, shown);
  if (kind === 'boolean') return h('span.tok-word', {}, shown);
  return shown.replaceAll('\n', '⏎');
}

// What keys, values and headers of records look like. Texts stay texts; bytes are in base64.

import { stringify } from './json.js';

/** Bytes that couldn't be shown as anything else. */
export function isBytes(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value) &&
    typeof value.base64 === 'string' && Object.keys(value).length === 1;
}

/** On one line. */
export function brief(value, length = 400) {
  if (value === null || value === undefined) return 'null';
  const text = typeof value === 'string' ? value : isBytes(value) ? hexOf(value.base64, 24) : stringify(value);
  // Control characters would hide or break the line.
  const line = text.replace(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]+/g, '␣');
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

/** For reading: JSON in lines, text as it is, bytes as a dump. @returns {{text: string, language: 'json'|'text', kind: string}} */
export function whole(value) {
  if (value === null || value === undefined) return { text: 'null', language: 'json', kind: 'null' };
  if (typeof value === 'string') return { text: value, language: 'text', kind: 'text' };
  if (isBytes(value)) return { text: dump(bytesOf(value.base64)), language: 'text', kind: 'bytes' };
  return { text: stringify(value, 2), language: 'json', kind: 'JSON' };
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

function hex(byte) {
  return byte.toString(16).padStart(2, '0');
}

function hexOf(base64, max) {
  const bytes = bytesOf(base64);
  const shown = [...bytes.subarray(0, max)].map(hex).join(' ');
  return `${shown}${bytes.length > max ? ' …' : ''}`;
}

/** Offsets, bytes and letters, sixteen to a line. */
export function dump(bytes, max = 64 << 10) {
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, max); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const letters = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${row.map(hex).join(' ').padEnd(47)}  ${letters}`);
  }
  if (bytes.length > max) lines.push(`… ${bytes.length - max} more bytes`);
  return lines.join('\n');
}

// How numbers, sizes, spans and times are written. Pure: no element is touched here.

const WHOLE = new Intl.NumberFormat('en-US');
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** What stands where nothing is known. */
export const NOTHING = '–';

const isNumber = (n) => (typeof n === 'number' && Number.isFinite(n)) || typeof n === 'bigint';

/** `1,234,567` */
export function number(n) {
  return isNumber(n) ? WHOLE.format(n) : NOTHING;
}

/** `1.2M` from ten thousand on, all digits below. */
export function count(n) {
  if (!isNumber(n)) return NOTHING;
  return Math.abs(Number(n)) < 10_000 ? WHOLE.format(n) : COMPACT.format(n);
}

/** `1.5 MiB`, with three digits or so. */
export function bytes(n) {
  if (!isNumber(n)) return NOTHING;
  let size = Number(n);
  let unit = 0;
  // 1023.95 KiB would be written as 1024 KiB.
  while (Math.abs(size) >= 1023.95 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || Math.abs(size) >= 99.95 ? 0 : Math.abs(size) >= 9.995 ? 1 : 2;
  return `${trimmed(size.toFixed(digits))} ${UNITS[unit]}`;
}

function trimmed(text) {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`: two units at most. */
export function duration(ms) {
  if (!isNumber(ms)) return NOTHING;
  const span = Math.abs(Number(ms));
  const sign = ms < 0 ? '−' : '';
  if (span < 1) return span === 0 ? '0 ms' : `${sign}${trimmed(span.toFixed(2))} ms`;
  if (span < 1000) return `${sign}${Math.round(span)} ms`;
  if (span < 59_950) return `${sign}${trimmed((span / 1000).toFixed(span < 9_950 ? 1 : 0))} s`;
  const seconds = Math.round(span / 1000);
  if (seconds < 3600) return sign + two(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return sign + two(minutes, 60, 'h', 'min');
  return sign + two(Math.round(minutes / 60), 24, 'd', 'h');
}

function two(amount, per, large, small) {
  const rest = amount % per;
  return `${Math.floor(amount / per)} ${large}${rest ? ` ${rest} ${small}` : ''}`;
}

const pad = (n, digits = 2) => String(n).padStart(digits, '0');

/** `2026-01-31 14:05:09.123` in the reader's own zone. */
export function time(ms) {
  if (!isNumber(ms)) return NOTHING;
  const t = new Date(Number(ms));
  if (Number.isNaN(t.getTime())) return NOTHING;
  return `${date(ms)} ${clock(ms)}.${pad(t.getMilliseconds(), 3)}`;
}

/** `2026-01-31` in the reader's own zone. */
export function date(ms) {
  const t = new Date(Number(ms));
  return `${t.getFullYear()}-${pad(t.getMonth() + 1)}-${pad(t.getDate())}`;
}

/** `14:05:09` in the reader's own zone. */
export function clock(ms) {
  const t = new Date(Number(ms));
  return `${pad(t.getHours())}:${pad(t.getMinutes())}:${pad(t.getSeconds())}`;
}

/** `2026-01-31T13:05:09.123Z` */
export function utc(ms) {
  const t = new Date(Number(ms));
  return Number.isNaN(t.getTime()) ? NOTHING : t.toISOString();
}

/** `4 s ago`, `in 2 h`, `now`. */
export function ago(ms, now = Date.now()) {
  if (!isNumber(ms)) return NOTHING;
  const span = now - Number(ms);
  if (Math.abs(span) < 1000) return 'now';
  const rough = duration(span < 0 ? -span : span).split(' ').slice(0, 2).join(' ');
  return span < 0 ? `in ${rough}` : `${rough} ago`;
}

/** `1 topic`, `2 topics`. */
export function plural(n, one, many = `${one}s`) {
  return `${number(n)} ${Number(n) === 1 ? one : many}`;
}

/** `12.5 %` */
export function percent(part, whole) {
  if (!isNumber(part) || !isNumber(whole) || Number(whole) === 0) return NOTHING;
  const share = (100 * Number(part)) / Number(whole);
  return `${trimmed(share.toFixed(share > 0 && share < 10 ? 1 : 0))} %`;
}

/** A point in time in epoch milliseconds, of a number or an ISO 8601 text; NaN: it is none. */
export function millis(value) {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? Date.parse(value) : NaN;
}

/** A word for the command line: as it is if it is harmless, quoted else. */
export function shellWord(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

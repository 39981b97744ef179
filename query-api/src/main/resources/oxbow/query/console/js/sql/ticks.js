// Where an axis has its marks, and what stands at them. Pure.

import { clock, count, date } from '../format.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SPANS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500,
  SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY,
];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];

/** The next larger of 1, 2, 5, 10, 20, 50, ... */
export function niceStep(rough) {
  if (!(rough > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

/**
 * An axis of numbers whose ends are marks.
 *
 * @returns {{from: number, to: number, ticks: {at: number, label: string}[]}}
 */
export function numberAxis(min, max, wanted = 5) {
  let [from, to] = [min, max];
  if (!(to > from)) {
    const room = Math.abs(from) * 0.1 || 1;
    from -= from === 0 ? 0 : room;
    to += room;
  }
  const step = niceStep((to - from) / wanted);
  from = Math.floor(from / step + 1e-9) * step;
  to = Math.ceil(to / step - 1e-9) * step;
  const ticks = [];
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  for (let i = Math.round(from / step); i <= Math.round(to / step); i++) {
    const at = i * step;
    ticks.push({ at, label: numberLabel(at, digits, step, Math.max(Math.abs(from), Math.abs(to))) });
  }
  return { from, to, ticks };
}

function numberLabel(value, digits, step, largest) {
  if (digits > 6) return value.toExponential(Math.max(1, Math.ceil(Math.log10(largest / step))));
  const unit = 1000 ** Math.floor(Math.log10(largest) / 3);
  if (largest >= 10_000 && step >= unit / 10) return count(Math.round(value));
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** An axis of times in the reader's zone; its ends are those of the data. */
export function timeAxis(min, max, wanted = 6) {
  const [from, to] = max > min ? [min, max] : [min - SECOND, min + SECOND];
  const rough = (to - from) / wanted;
  const span = SPANS.find((each) => each >= rough);
  const ticks = span === undefined ? monthTicks(from, to, rough) : spanTicks(from, to, span);
  return { from, to, ticks };
}

function spanTicks(from, to, span) {
  const ticks = [];
  // Days begin at midnight where the reader is.
  const shift = new Date(from).getTimezoneOffset() * MINUTE;
  for (let at = Math.ceil((from - shift) / span) * span + shift; at <= to; at += span) {
    ticks.push({ at, label: timeLabel(at, span) });
  }
  return ticks;
}

function timeLabel(at, span) {
  if (span >= DAY) return date(at).slice(5);
  if (span >= MINUTE) return clock(at) === '00:00:00' ? date(at).slice(5) : clock(at).slice(0, 5);
  if (span >= SECOND) return clock(at);
  return `${clock(at).slice(6)}.${String(new Date(at).getMilliseconds()).padStart(3, '0')}`;
}

function monthTicks(from, to, rough) {
  const months = MONTHS.find((each) => each * 30 * DAY >= rough) ?? MONTHS.at(-1);
  const ticks = [];
  const first = new Date(from);
  let month = Math.ceil((first.getFullYear() * 12 + first.getMonth() + (first.getDate() > 1 ? 1 : 0)) / months) * months;
  for (;;) {
    const at = new Date(Math.floor(month / 12), month % 12, 1).getTime();
    if (at > to) return ticks;
    ticks.push({ at, label: months >= 12 ? date(at).slice(0, 4) : date(at).slice(0, 7) });
    month += months;
  }
}

// Bars and lines, drawn to scale in SVG. Colours come from the style sheet.

import { h, svg } from '../dom.js';

/** Between parts: their colours alone don't tell them apart to everybody. */
const GAP_PX = 2;

/**
 * Parts side by side, each as wide as its share of the whole.
 *
 * @param {{kind: string, from: number, to: number, title?: string}[]} parts kind: its class, as `hot`
 * @param {{from?: number, to: number, label: string, height?: number}} scale
 */
export function bar(parts, { from = 0, to, label, height = 10 }) {
  const whole = Math.max(to - from, 1e-9);
  const x = (value) => (100 * (value - from)) / whole;
  return svg('svg', { class: 'bar', role: 'img', 'aria-label': label, height, width: '100%' },
    svg('rect', { class: 'bar-back', width: '100%', height }),
    parts.filter((part) => part.to > part.from).map((part, i, all) =>
      piece(part, {
        x: x(part.from), width: x(part.to) - x(part.from), y: 0, height, gap: i < all.length - 1 ? GAP_PX : 0,
      })));
}

/** A rectangle at shares of the width; one that is there is seen, however small. */
function piece({ kind, title }, { x, width, y, height, gap = 0 }) {
  const rect = svg('rect', { class: `bar-${kind}`, x: `${x}%`, y, height },
    title && svg('title', {}, title));
  rect.style.width = `max(${width}% - ${gap}px, 1.5px)`;
  return rect;
}

/**
 * A partition's log to scale: what lies on the disk above, what lies in the bucket below.
 *
 * @param {{logStart: number, localStart: number, coldEnd: number, highWatermark: number, logEnd: number}} log
 * @param {{from?: number, to?: number, label: string}} scale other bounds than the log's own, to compare
 */
export function lanes(log, { from = log.logStart, to = log.logEnd, label }) {
  const whole = Math.max(to - from, 1e-9);
  const x = (offset) => (100 * (offset - from)) / whole;
  const lane = (kind, start, end, y, height) =>
    end > start && piece({ kind }, { x: x(start), width: x(end) - x(start), y, height });
  return svg('svg', { class: 'lanes', role: 'img', 'aria-label': label, width: '100%', height: 14 },
    svg('rect', { class: 'bar-back', width: '100%', height: 14, rx: 2 }),
    lane('hot', log.localStart, log.logEnd, 0, 7),
    lane('cold', log.logStart, log.coldEnd, 8, 6));
}

/**
 * A line of the values of late, with the area below it.
 *
 * @param {number[]} values
 * @param {{label: string, width?: number, height?: number, max?: number, kind?: string}} how
 */
export function sparkline(values, { label, width = 120, height = 28, max, kind = 'accent' }) {
  const top = max ?? Math.max(...values, 1e-9);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const y = (value) => height - 1.5 - (height - 3) * Math.min(1, Math.max(0, value / top));
  const points = values.map((value, i) => `${(i * step).toFixed(1)},${y(value).toFixed(1)}`);
  return svg('svg', {
    class: `spark spark-${kind}`, role: 'img', 'aria-label': label,
    viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', width: '100%', height,
  },
    points.length > 1 && [
      svg('polygon', { class: 'spark-area', points: `0,${height} ${points.join(' ')} ${width},${height}` }),
      svg('polyline', { class: 'spark-line', points: points.join(' ') }),
    ]);
}

/** How far something is, of zero to one; null: nobody knows. */
export function progress(share, label) {
  return h('div.progress', {
    role: 'progressbar', 'aria-label': label,
    'aria-valuemin': '0', 'aria-valuemax': '100',
    'aria-valuenow': share === null ? undefined : String(Math.round(share * 100)),
  }, bar(share === null ? [] : [{ kind: 'accent', from: 0, to: Math.min(1, share) }],
    { to: 1, label, height: 6 }));
}

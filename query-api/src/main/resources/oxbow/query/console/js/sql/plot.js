// Draws a result: bars, lines or points, as its columns' types suggest.

import { h, put, svg } from '../dom.js';
import { number, time } from '../format.js';
import { choice, field, select } from '../ui/parts.js';
import { empty } from '../ui/states.js';
import { numberAxis, timeAxis } from './ticks.js';
import { instant, kindOf, lineText, numeric } from './values.js';

const HEIGHT = 320;
const BARS_MAX = 200;
const LINE_POINTS_MAX = 4000;
const POINTS_MAX = 5000;
const SERIES_MAX = 6;
const MARGIN = { top: 12, right: 26, bottom: 30, left: 58 };

/** What a result may be drawn as at first; null: as nothing. */
export function suggestion(columns, rowCount) {
  const kinds = columns.map(({ type }) => kindOf(type));
  const numbers = kinds.flatMap((kind, i) => (kind === 'number' ? [i] : []));
  if (!numbers.length || rowCount < 2) return null;
  const timeAt = kinds.indexOf('time');
  if (timeAt >= 0) return { type: 'line', x: timeAt, ys: numbers.slice(0, SERIES_MAX) };
  const textAt = kinds.findIndex((kind) => ['text', 'boolean'].includes(kind));
  if (textAt >= 0) return { type: 'bar', x: textAt, ys: numbers.slice(0, 1) };
  if (numbers.length === 1) return null;
  return { type: 'scatter', x: numbers[0], ys: numbers.slice(1, 2) };
}

/**
 * A drawing of a result, with what it shows to be chosen.
 *
 * @param {{columns: {name: string, type: string}[], rows: () => any[][], signal: AbortSignal}} how
 */
export function plot({ columns, rows, signal }) {
  const kinds = columns.map(({ type }) => kindOf(type));
  const numbers = kinds.flatMap((kind, i) => (kind === 'number' ? [i] : []));
  let chosen = null;
  const controls = h('div.toolbar');
  const canvas = h('div.plot-canvas');
  const tip = h('div.plot-tip', { hidden: true });
  const note = h('p.faint');
  const element = h('div.plot', {}, controls, h('div.plot-box', {}, canvas, tip), note);
  let drawnWidth = 0;
  const size = new ResizeObserver(() => canvas.clientWidth !== drawnWidth && draw());
  size.observe(canvas);
  signal.addEventListener('abort', () => size.disconnect());

  function controlled() {
    put(controls,
      choice({
        label: 'Drawn as', name: 'plot-type', value: chosen.type,
        options: [{ value: 'bar', label: 'Bars' }, { value: 'line', label: 'Lines' }, { value: 'scatter', label: 'Points' }],
        onchange: (type) => change({ type }),
      }),
      field('Across', select({
        label: 'Across', value: String(chosen.x),
        options: columns.map(({ name }, i) => ({ value: String(i), label: name })),
        onchange: (x) => change({ x: Number(x) }),
      })),
      h('fieldset.plot-series', {}, h('legend.field-label', {}, 'Up'),
        numbers.slice(0, 12).map((i) => h('label.check', {},
          h('input', {
            type: 'checkbox', checked: chosen.ys.includes(i),
            onchange: (event) => toggle(i, event.target.checked),
          }),
          h('span.swatch', { class: `swatch series-${chosen.ys.indexOf(i)}` }), columns[i].name))));
  }

  function toggle(i, isOn) {
    const ys = isOn ? [...chosen.ys, i].slice(-SERIES_MAX) : chosen.ys.filter((each) => each !== i);
    change({ ys: ys.sort((a, b) => a - b) });
  }

  function change(what) {
    chosen = { ...chosen, ...what };
    controlled();
    draw();
  }

  function update() {
    if (!chosen) {
      chosen = suggestion(columns, rows().length);
      if (!chosen) {
        put(canvas, empty({
          title: 'Nothing to draw',
          text: 'A drawing needs two rows and a column of numbers; with a column of times it becomes lines, with one of texts bars.',
        }));
        return;
      }
      controlled();
    }
    draw();
  }

  function draw() {
    const width = canvas.clientWidth;
    if (!chosen || !width) return;
    drawnWidth = width;
    tip.hidden = true;
    if (!chosen.ys.length) {
      put(canvas, h('p.muted', {}, 'Choose a column to draw.'));
      note.textContent = '';
      return;
    }
    const all = rows();
    const drawing = chosen.type === 'bar' ? bars(all, width) : points(all, width);
    put(canvas, drawing.element);
    note.textContent = drawing.note;
  }

  // ---- bars

  function bars(all, width) {
    const shown = all.slice(0, BARS_MAX);
    const y = valueAxis(shown.flatMap((row) => chosen.ys.map((i) => numeric(row[i]))), true);
    const frame = framed(width, y);
    const { inner } = frame;
    const step = inner.width / Math.max(shown.length, 1);
    const wide = Math.max(1, Math.min(step * 0.78, 64 * chosen.ys.length) / chosen.ys.length);
    const labels = shown.map((row) => lineText(kinds[chosen.x], row[chosen.x]));
    const every = Math.ceil(shown.length / Math.max(1, Math.floor(inner.width / 74)));
    shown.forEach((row, r) => {
      const middle = inner.left + step * (r + 0.5);
      chosen.ys.forEach((column, s) => {
        const value = numeric(row[column]);
        if (Number.isNaN(value)) return;
        const [top, bottom] = [frame.y(Math.max(value, 0)), frame.y(Math.min(value, 0))];
        frame.plot.append(svg('rect', {
          class: `series-${s}`, x: middle + (s - chosen.ys.length / 2) * wide, width: Math.max(wide - 1, 1),
          y: top, height: Math.max(bottom - top, 1), rx: wide > 8 ? 2 : 0,
        }));
      });
      if (r % every === 0) {
        const room = Math.max(3, Math.floor((step * every) / 6.4) - 1);
        frame.axis.append(tickText(middle, inner.bottom + 18, cut(labels[r], room), 'middle'));
      }
    });
    hover(frame, (x) => {
      const r = Math.floor((x - inner.left) / step);
      if (r < 0 || r >= shown.length) return null;
      return { x: inner.left + step * (r + 0.5), title: labels[r], row: shown[r] };
    });
    const note_ = all.length > shown.length ? `The first ${number(BARS_MAX)} of ${number(all.length)} rows.` : '';
    return { element: frame.element, note: note_ };
  }

  // ---- lines and points

  function points(all, width) {
    const isTime = kinds[chosen.x] === 'time';
    const place = isTime ? instant : numeric;
    let data = all.map((row) => ({ x: place(row[chosen.x]), row })).filter(({ x }) => !Number.isNaN(x));
    if (!data.length) { // texts in their order
      data = all.map((row, i) => ({ x: i, row }));
    }
    const isLine = chosen.type === 'line';
    if (isLine) data.sort((a, b) => a.x - b.x);
    const whole = data.length;
    if (!isLine && data.length > POINTS_MAX) data = thinned(data, POINTS_MAX);
    const [min, max] = bounds(data.map(({ x }) => x));
    const x = isTime ? timeAxis(min, max, Math.max(2, Math.floor(width / 110)))
      : numberAxis(min, max, Math.max(2, Math.floor(width / 110)));
    const y = valueAxis(data.flatMap(({ row }) => chosen.ys.map((i) => numeric(row[i]))), false);
    const frame = framed(width, y);
    const { inner } = frame;
    const at = (value) => inner.left + (inner.width * (value - x.from)) / (x.to - x.from);
    for (const tick of x.ticks) {
      frame.axis.append(
        svg('line', { class: 'plot-tick', x1: at(tick.at), x2: at(tick.at), y1: inner.bottom, y2: inner.bottom + 4 }),
        tickText(at(tick.at), inner.bottom + 18, tick.label, 'middle'));
    }
    chosen.ys.forEach((column, s) => {
      const drawn = data
        .map((each) => ({ x: at(each.x), value: numeric(each.row[column]) }))
        .map(({ x: left, value }) => ({ x: left, y: frame.y(value), isGap: Number.isNaN(value) }));
      if (isLine) frame.plot.append(svg('path', { class: `plot-line series-${s}`, d: line(extremes(drawn)) }));
      const isDotted = !isLine || drawn.length <= 60;
      if (isDotted) {
        frame.plot.append(...drawn.filter(({ isGap }) => !isGap).map((each) =>
          svg('circle', { class: `series-${s}${isLine ? '' : ' plot-point'}`, cx: each.x, cy: each.y, r: isLine ? 2.5 : 3 })));
      }
    });
    hover(frame, (left, top) => {
      let best = null;
      for (const each of data) {
        const far = Math.abs(at(each.x) - left) +
          (isLine ? 0 : Math.min(...chosen.ys.map((i) => Math.abs(frame.y(numeric(each.row[i])) - top))));
        if (!best || far < best.far) best = { far, each };
      }
      if (!best || (!isLine && best.far > 40)) return null;
      const value = best.each.row[chosen.x];
      return {
        x: at(best.each.x), row: best.each.row, isPoint: !isLine,
        title: isTime ? time(best.each.x) : `${columns[chosen.x].name} ${lineText(kinds[chosen.x], value)}`,
      };
    });
    const note_ = data.length < whole ? `${number(data.length)} of ${number(whole)} points, evenly chosen.` : '';
    return { element: frame.element, note: note_ };
  }

  // ---- what all have

  function valueAxis(values, isFromZero) {
    const [min, max] = bounds(values.filter((value) => Number.isFinite(value)));
    // A line far above zero would be flat if zero had to be seen.
    const isNearZero = min >= 0 && min < max * 0.5;
    return numberAxis(isFromZero || isNearZero ? Math.min(min, 0) : min, isFromZero ? Math.max(max, 0) : max);
  }

  function framed(width, y) {
    const inner = {
      left: MARGIN.left, top: MARGIN.top, width: Math.max(width - MARGIN.left - MARGIN.right, 40),
      bottom: HEIGHT - MARGIN.bottom,
    };
    const place = (value) =>
      inner.bottom - ((inner.bottom - inner.top) * (value - y.from)) / (y.to - y.from);
    const axis = svg('g', { class: 'plot-axis' },
      y.ticks.map((tick) => [
        svg('line', {
          class: tick.at === 0 ? 'plot-zero' : 'plot-grid',
          x1: inner.left, x2: inner.left + inner.width, y1: place(tick.at), y2: place(tick.at),
        }),
        tickText(inner.left - 8, place(tick.at) + 4, tick.label, 'end'),
      ]));
    const plotted = svg('g');
    const cross = svg('line', { class: 'plot-cross', y1: inner.top, y2: inner.bottom, visibility: 'hidden' });
    const names = chosen.ys.map((i) => columns[i].name).join(', ');
    const element = svg('svg', {
      class: 'plot-svg', width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img',
      'aria-label': `${names} by ${columns[chosen.x].name}`,
    }, axis, cross, plotted);
    return { element, axis, plot: plotted, cross, inner, y: place };
  }

  function hover(frame, find) {
    const leave = () => {
      tip.hidden = true;
      frame.cross.setAttribute('visibility', 'hidden');
    };
    frame.element.addEventListener('pointermove', (event) => {
      const box = frame.element.getBoundingClientRect();
      const found = find(event.clientX - box.left, event.clientY - box.top);
      if (!found) return leave();
      frame.cross.setAttribute('visibility', found.isPoint ? 'hidden' : 'visible');
      frame.cross.setAttribute('x1', found.x);
      frame.cross.setAttribute('x2', found.x);
      put(tip, h('strong', {}, cut(found.title, 60)), h('dl.plot-values', {},
        chosen.ys.map((i, s) => h('div', {},
          h('dt', {}, h('span.swatch', { class: `swatch series-${s}` }), columns[i].name),
          h('dd', {}, lineText('number', found.row[i]))))));
      tip.hidden = false;
      const left = found.x + 14 + tip.offsetWidth > frame.inner.left + frame.inner.width
        ? found.x - 14 - tip.offsetWidth : found.x + 14;
      tip.style.left = `${Math.max(0, left)}px`;
      tip.style.top = `${frame.inner.top + 4}px`;
      return undefined;
    });
    frame.element.addEventListener('pointerleave', leave);
  }

  return { element, update };
}

function tickText(x, y, label, anchor) {
  return svg('text', { class: 'plot-label', x, y, 'text-anchor': anchor }, label);
}

function cut(text, chars) {
  return text.length > chars ? `${text.slice(0, Math.max(1, chars - 1))}…` : text;
}

function bounds(values) {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return max < min ? [0, 1] : [min, max];
}

function thinned(all, wanted) {
  const step = all.length / wanted;
  return Array.from({ length: wanted }, (_, i) => all[Math.floor(i * step)]);
}

/** Of a line with more points than can be seen, the ends of each piece. */
function extremes(all) {
  if (all.length <= LINE_POINTS_MAX) return all;
  const kept = [];
  const step = Math.ceil(all.length / (LINE_POINTS_MAX / 2));
  for (let i = 0; i < all.length; i += step) {
    const piece = all.slice(i, i + step);
    const low = piece.reduce((a, b) => (b.y > a.y ? b : a));
    const high = piece.reduce((a, b) => (b.y < a.y ? b : a));
    kept.push(...(low.x <= high.x ? [low, high] : [high, low]));
  }
  return kept;
}

function line(all) {
  let isBroken = true;
  return all.map(({ x, y, isGap }) => {
    if (isGap) {
      isBroken = true;
      return '';
    }
    const move = isBroken ? 'M' : 'L';
    isBroken = false;
    return `${move}${x.toFixed(1)} ${y.toFixed(1)}`;
  }).join('');
}

// A table of any length: only the rows that are seen are there. It is walked with the arrows, Enter
// shows a value in full, Ctrl-C copies it.

import { h, put } from '../dom.js';
import { icon } from '../icons.js';
import { code } from '../ui/code.js';
import { dialog } from '../ui/dialog.js';
import { badge } from '../ui/parts.js';
import { compare } from '../ui/table.js';
import { copy } from '../ui/toast.js';
import { cell, kindOf, lineText, plainText, sortKey, wholeText } from './values.js';

const ROW_PX = 28;
const AROUND = 12;
const LOOKED_AT = 60;
const CHAR_PX = 7.3;

/**
 * @param {{columns: {name: string, type: string}[], signal: AbortSignal}} how
 */
export function results({ columns, signal }) {
  const kinds = columns.map(({ type }) => kindOf(type));
  let rows = [];
  let order = null; // of the rows; null: as they came
  let sorted = { column: -1, isDown: false };
  let at = { row: 0, column: 0 };
  let widths = null;
  let isDrawing = false;

  const head = h('div.grid-head', { role: 'row', 'aria-rowindex': '1' },
    h('div.grid-number', { role: 'columnheader' }, h('span.sr', {}, 'Row')),
    columns.map(headCell));
  const body = h('div.grid-body', { role: 'presentation' });
  const box = h('div.grid', {
    role: 'grid', tabindex: '0', 'aria-label': 'Result', 'aria-colcount': columns.length + 1,
    'aria-multiselectable': 'false', onscroll: soon, onkeydown: keydown,
  }, head, body);
  const size = new ResizeObserver(soon);
  size.observe(box);
  signal.addEventListener('abort', () => size.disconnect());

  function headCell({ name, type }, i) {
    return h('div.grid-cell', { role: 'columnheader', class: `grid-cell is-${kinds[i]}` },
      h('button.sort', { type: 'button', tabindex: '-1', title: `${name}: ${type}`, onclick: () => sort(i) },
        h('span.grid-name', {}, name)),
      h('span.grid-type', {}, type.length > 24 ? `${type.slice(0, 22)}…` : type));
  }

  function sort(column) {
    if (sorted.column !== column) sorted = { column, isDown: kinds[column] === 'number' };
    else if (sorted.isDown === (kinds[column] === 'number')) sorted.isDown = !sorted.isDown;
    else sorted = { column: -1, isDown: false };
    arrange();
    draw();
  }

  function arrange() {
    [...head.children].slice(1).forEach((each, i) => {
      if (i === sorted.column) each.setAttribute('aria-sort', sorted.isDown ? 'descending' : 'ascending');
      else each.removeAttribute('aria-sort');
    });
    if (sorted.column < 0) {
      order = null;
      return;
    }
    const { column, isDown } = sorted;
    const keys = rows.map((row) => sortKey(kinds[column], row[column]));
    order = rows.map((_, i) => i);
    // Nulls stay behind either way.
    order.sort((a, b) => {
      const isNull = Number(keys[a] === null) - Number(keys[b] === null);
      return isNull || (isDown ? compare(keys[b], keys[a]) : compare(keys[a], keys[b])) || a - b;
    });
  }

  function measure() {
    widths = columns.map(({ name, type }, i) => {
      let chars = Math.max(name.length + 2, Math.min(type.length, 24));
      for (const row of rows.slice(0, LOOKED_AT)) {
        chars = Math.max(chars, Math.min(lineText(kinds[i], row[i]).length, 64));
      }
      return Math.round(Math.min(Math.max(chars * CHAR_PX + 26, 64), 460));
    });
    const numberPx = Math.max(44, String(rows.length).length * CHAR_PX + 22);
    box.style.setProperty('--columns', `${numberPx}px ${widths.map((px) => `minmax(${px}px, ${px}fr)`).join(' ')}`);
    box.style.setProperty('--whole', `${numberPx + widths.reduce((sum, px) => sum + px, 0)}px`);
  }

  function soon() {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      draw();
    });
  }

  function draw() {
    if (!widths && rows.length) measure();
    body.style.height = `${rows.length * ROW_PX}px`;
    box.setAttribute('aria-rowcount', String(rows.length + 1));
    const first = Math.max(0, Math.floor((box.scrollTop - head.offsetHeight) / ROW_PX) - AROUND);
    const last = Math.min(rows.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW_PX) + AROUND);
    const drawn = [];
    for (let i = first; i < last; i++) drawn.push(rowElement(i));
    put(body, drawn);
    const active = rows.length ? `${gridId}-${at.row}-${at.column}` : '';
    if (active && at.row >= first && at.row < last) box.setAttribute('aria-activedescendant', active);
    else box.removeAttribute('aria-activedescendant');
  }

  const gridId = `grid-${Math.random().toString(36).slice(2, 8)}`;

  function rowElement(i) {
    const from = order ? order[i] : i;
    const row = rows[from];
    const element = h('div.grid-row', { role: 'row', 'aria-rowindex': i + 2 },
      h('div.grid-number', { role: 'rowheader' }, from + 1),
      columns.map((_, column) => {
        const isAt = i === at.row && column === at.column;
        return h('div.grid-cell', {
          role: 'gridcell', class: `grid-cell is-${kinds[column]}${isAt ? ' is-at' : ''}`,
          id: isAt ? `${gridId}-${i}-${column}` : undefined,
          onmousedown: () => moveTo(i, column, false), ondblclick: show,
        }, cell(kinds[column], row[column]));
      }));
    element.style.top = `${i * ROW_PX}px`;
    return element;
  }

  function value() {
    const row = rows[order ? order[at.row] : at.row];
    return row?.[at.column];
  }

  function moveTo(row, column, isScrolling = true) {
    at = {
      row: Math.min(Math.max(row, 0), rows.length - 1),
      column: Math.min(Math.max(column, 0), columns.length - 1),
    };
    if (isScrolling) {
      const top = at.row * ROW_PX;
      const room = box.clientHeight - head.offsetHeight - ROW_PX;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top > box.scrollTop + room) box.scrollTop = top - room;
      const numberPx = head.firstElementChild.offsetWidth;
      const cellAt = head.children[at.column + 1];
      if (cellAt.offsetLeft < box.scrollLeft + numberPx) box.scrollLeft = cellAt.offsetLeft - numberPx;
      else if (cellAt.offsetLeft + cellAt.offsetWidth > box.scrollLeft + box.clientWidth) {
        box.scrollLeft = cellAt.offsetLeft + cellAt.offsetWidth - box.clientWidth;
      }
    }
    soon();
  }

  function keydown(event) {
    if (!rows.length || event.altKey) return;
    const isMain = event.ctrlKey || event.metaKey;
    const page = Math.max(1, Math.floor(box.clientHeight / ROW_PX) - 2);
    const { row, column } = at;
    const moves = {
      ArrowDown: [row + 1, column], ArrowUp: [row - 1, column],
      ArrowRight: [row, column + 1], ArrowLeft: [row, column - 1],
      PageDown: [row + page, column], PageUp: [row - page, column],
      Home: isMain ? [0, 0] : [row, 0], End: isMain ? [rows.length - 1, columns.length - 1] : [row, columns.length - 1],
    };
    if (isMain && event.key === 'c' && !String(getSelection())) copyCell();
    else if (event.key === 'Enter') show();
    else if (event.key === 's' && !isMain) sort(column);
    else if (moves[event.key] && (!isMain || /Home|End/.test(event.key))) moveTo(...moves[event.key]);
    else return;
    event.preventDefault();
  }

  function copyCell() {
    copy(plainText(kinds[at.column], value()), 'Value copied');
  }

  /** A value in full. */
  function show() {
    if (!rows.length) return;
    const { name, type } = columns[at.column];
    const kind = kinds[at.column];
    const text = wholeText(kind, value());
    dialog({
      title: name,
      wide: text.length > 300,
      signal,
      body: h('div.stack', {},
        h('p.row', {}, badge(type), value() === null && badge('null', 'warn')),
        code(text, { language: kind === 'nested' || isJson(text) ? 'json' : 'text', label: 'Value' })),
    });
  }

  function isJson(text) {
    return /^\s*[[{]/.test(text) && text.length < 100_000;
  }

  return {
    element: box,
    columns,
    rows: () => rows,
    /** Adds rows behind the others; of more than there may be the first ones go. */
    add(more, rowsMax = Infinity) {
      const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - ROW_PX;
      const isFollowing = rowsMax !== Infinity && isAtEnd && rows.length > 0;
      rows = rows.length + more.length > rowsMax ? [...rows, ...more].slice(-rowsMax) : rows.concat(more);
      if (widths && rows.length - more.length < LOOKED_AT) widths = null;
      if (sorted.column >= 0) arrange();
      draw();
      if (isFollowing) box.scrollTop = box.scrollHeight;
    },
    /** All rows as lines with tabs between, for spreadsheets. */
    copyAll() {
      const line = (fields) => fields.map((each) => each.replace(/[\t\n\r]+/g, ' ')).join('\t');
      const all = rows.map((_, i) => rows[order ? order[i] : i])
        .map((row) => line(row.map((each, column) => plainText(kinds[column], each))));
      copy([line(columns.map(({ name }) => name)), ...all].join('\n'), 'Rows copied');
    },
    redraw: soon,
  };
}

/** A word in place of rows that don't come. */
export function noRows() {
  return h('p.grid-none.muted', {}, icon('check'), 'No rows.');
}

import { h, put } from '../dom.js';
import { stringify } from '../json.js';

const TOLD_ANEW_MS = 10_000;

/**
 * @typedef {Object} Column
 * @property {string} name
 * @property {string} label
 * @property {(row: any) => Node|string|number} cell
 * @property {(row: any) => string|number|bigint|null} [value] sorts by it; without it, it can't be sorted
 * @property {boolean} [isNumber] stands at the right, and sorts the largest first
 * @property {boolean} [isMinor] left out where there is little room
 * @property {string} [title] for the head
 */

/**
 * A table that sorts, and that is walked with j, k, arrows and Enter.
 *
 * @param {{columns: Column[], caption: string, key: (row: any) => string,
 *     open?: (row: any) => void, sort?: string, class?: string}} how
 *     open: what Enter or a click on a row does; sort: a column's name, -name for the largest first
 * @returns {{element: HTMLElement, update: (rows: any[], state?: any) => void}} state: what
 *     cells depend on beside their rows; where nothing has changed nothing is drawn anew
 */
export function table({ columns, caption, key, open, sort = '', class: named = '' }) {
  let rows = [];
  let drawnFor = '';
  let by = sort.replace(/^-/, '');
  let isDown = sort.startsWith('-');
  const heads = new Map();
  const body = h('tbody');
  const element = h('div.table-box', {},
    h(`table.table${named ? `.${named}` : ''}`, {},
      h('caption.sr', {}, caption),
      h('thead', {}, h('tr', {}, columns.map(head))),
      body));

  function head(column) {
    const classes = cellClass(column);
    const cell = h('th', { scope: 'col', class: classes, title: column.title });
    heads.set(column.name, cell);
    if (!column.value) return put(cell, column.label);
    return put(cell, h('button.sort', {
      type: 'button',
      onclick: () => {
        isDown = by === column.name ? !isDown : Boolean(column.isNumber);
        by = column.name;
        draw();
      },
    }, column.label));
  }

  function cellClass({ isNumber, isMinor }) {
    return [isNumber && 'num', isMinor && 'minor'].filter(Boolean).join(' ') || undefined;
  }

  function sorted() {
    const column = columns.find((each) => each.name === by);
    if (!column?.value) return rows;
    const sign = isDown ? -1 : 1;
    return rows
      .map((row, at) => ({ row, at, value: column.value(row) }))
      .sort((a, b) => sign * compare(a.value, b.value) || a.at - b.at)
      .map(({ row }) => row);
  }

  function draw() {
    for (const [name, cell] of heads) {
      if (name === by) cell.setAttribute('aria-sort', isDown ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    }
    const focused = body.contains(document.activeElement) &&
      document.activeElement.closest('tr')?.dataset.key;
    const drawn = sorted().map((row) =>
      h('tr', {
        data: { key: key(row) },
        tabindex: open ? '0' : undefined,
        class: open ? 'opens' : undefined,
        onclick: open && ((event) => opened(event, row)),
        onkeydown: open && ((event) => {
          if (event.key === 'Enter' && event.target === event.currentTarget) open(row);
        }),
      }, columns.map((column) => h('td', { class: cellClass(column) }, column.cell(row)))));
    body.replaceChildren(...drawn);
    if (focused) drawn.find((row) => row.dataset.key === focused)?.focus({ preventScroll: true });
  }

  function isSelected() {
    const selection = getSelection();
    return selection.type === 'Range' && body.contains(selection.anchorNode);
  }

  function opened(event, row) {
    // A link or button in the row does its own; a selection is no click.
    if (event.target.closest('a, button, input, label') || String(getSelection())) return;
    open(row);
  }

  return {
    element,
    update(next, state = null) {
      // What is said of times, as "4 s ago", gets old.
      const wanted = stringify([next, state, Math.floor(Date.now() / TOLD_ANEW_MS)]);
      // Who selects something in it goes on undisturbed.
      if (wanted === drawnFor || isSelected()) return;
      drawnFor = wanted;
      rows = next;
      draw();
    },
  };
}

/** Nothing stands behind everything. */
export function compare(a, b) {
  const isA = a === null || a === undefined;
  const isB = b === null || b === undefined;
  if (isA || isB) return Number(isA) - Number(isB);
  if (typeof a === 'string' && typeof b === 'string') {
    return a.localeCompare(b, 'en', { numeric: true });
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Moves the focus to the next row, or the one before: of the table it is in, or the first one. */
export function moveRow(step) {
  const row = document.activeElement?.closest?.('tbody tr[tabindex]');
  if (!row) {
    document.querySelector('main tbody tr[tabindex]')?.focus();
    return;
  }
  let next = row;
  do {
    next = step > 0 ? next.nextElementSibling : next.previousElementSibling;
  } while (next && next.tabIndex < 0);
  next?.focus();
}

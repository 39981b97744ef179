// A text field for SQL: the browser's own, so that everything works as people are used to, with
// its words painted in colour behind it, line numbers, and a list of what may come next.

import { h, put, uniqueId } from '../dom.js';
import { complete } from './complete.js';
import { placeOf, tokens } from './words.js';

const PAINTED_MAX = 60_000;
const TOKENS = { comment: 'comment', string: 'string', quoted: 'name', number: 'number', keyword: 'word' };

/**
 * @param {{value: string, label: string, tables: () => import('./complete.js').Table[],
 *     onrun: () => void, onchange: (text: string) => void}} how
 */
export function editor({ value, label, tables, onrun, onchange }) {
  const listId = uniqueId('completion');
  const paint = h('pre.sql-paint', { 'aria-hidden': 'true' });
  const numbers = h('div.sql-numbers', { 'aria-hidden': 'true' });
  const list = h('ul.sql-list', { id: listId, role: 'listbox', 'aria-label': 'Completions', hidden: true });
  const probe = h('span.sql-probe', { 'aria-hidden': 'true' }, 'x'.repeat(50));
  const area = h('textarea.sql-text', {
    'aria-label': label, spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', autocorrect: 'off',
    wrap: 'off', role: 'combobox', 'aria-multiline': 'true', 'aria-autocomplete': 'list', 'aria-expanded': 'false',
    'aria-controls': listId, data: { search: '' }, value,
    oninput: typed, onscroll: follow, onkeydown: keydown, onblur: hide, onclick: hide,
  });
  const sheet = h('div.sql-sheet', {}, h('div.sql-window', {}, paint, probe), area, list);
  const element = h('div.sql-editor', {}, h('div.sql-margin', {}, numbers), sheet);

  let mark = null; // where something is wrong
  let offered = { from: 0, candidates: [] };
  let chosen = 0;

  function typed() {
    mark = null;
    draw();
    onchange(area.value);
    offer(false);
  }

  function draw() {
    const text = area.value;
    const lines = text.split('\n').length;
    area.rows = Math.min(Math.max(lines + 1, 5), 22);
    put(paint, text.length > PAINTED_MAX ? text : painted(text), '\n');
    if (numbers.childElementCount !== lines || mark) {
      const bad = mark && placeOf(text, mark.from).line;
      put(numbers, Array.from({ length: lines }, (_, i) =>
        h(i + 1 === bad ? 'span.bad' : 'span', {}, i + 1)));
    } else {
      numbers.querySelector('.bad')?.classList.remove('bad');
    }
    follow();
  }

  function painted(text) {
    return tokens(text).map(({ kind, text: piece, from, to }) => {
      const isBad = mark && from < mark.to && to > mark.from;
      const name = TOKENS[kind];
      if (!name && !isBad) return piece;
      return h(`span${name ? `.tok-${name}` : ''}${isBad ? '.sql-bad' : ''}`, {}, piece);
    });
  }

  function follow() {
    paint.style.transform = `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`;
    numbers.style.transform = `translateY(${-area.scrollTop}px)`;
    if (!list.hidden) place();
  }

  // ---- completion

  function offer(isAsked) {
    const caret = area.selectionStart;
    if (caret !== area.selectionEnd) return hide();
    offered = complete(area.value, caret, tables(), isAsked);
    if (!offered.candidates.length) return hide();
    chosen = 0;
    list.hidden = false;
    area.setAttribute('aria-expanded', 'true');
    put(list, offered.candidates.map((each, i) =>
      h('li', {
        role: 'option', id: `${listId}-${i}`, class: `sql-option is-${each.kind}`,
        // The field keeps the focus.
        onmousedown: (event) => { event.preventDefault(); take(i); },
      }, h('span.sql-option-name', {}, each.label), h('span.sql-option-note', {}, each.note))));
    list.scrollTop = 0;
    choose(0);
    place();
    return undefined;
  }

  function place() {
    const { line, column } = placeOf(area.value, offered.from);
    const style = getComputedStyle(area);
    const lineHeight = parseFloat(style.lineHeight);
    const wide = probe.getBoundingClientRect().width / 50;
    const left = parseFloat(style.paddingLeft) + (column - 1) * wide - area.scrollLeft;
    const top = parseFloat(style.paddingTop) + line * lineHeight - area.scrollTop;
    list.style.left = `${Math.max(0, Math.min(left, sheet.clientWidth - list.offsetWidth))}px`;
    list.style.top = `${top + 2}px`;
  }

  function choose(at) {
    list.children[chosen]?.removeAttribute('aria-selected');
    chosen = (at + list.children.length) % list.children.length;
    const option = list.children[chosen];
    option.setAttribute('aria-selected', 'true');
    option.scrollIntoView({ block: 'nearest' });
    area.setAttribute('aria-activedescendant', option.id);
  }

  function hide() {
    list.hidden = true;
    area.setAttribute('aria-expanded', 'false');
    area.removeAttribute('aria-activedescendant');
  }

  function take(at) {
    const { text } = offered.candidates[at];
    area.setSelectionRange(offered.from, area.selectionEnd);
    write(text);
    hide();
  }

  /** Writes in the place of what is chosen, so that the browser's undo knows of it. */
  function write(text) {
    area.focus();
    if (!document.execCommand('insertText', false, text)) {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
      typed();
    }
  }

  function keydown(event) {
    const isMain = event.ctrlKey || event.metaKey;
    if (isMain && event.key === 'Enter') {
      event.preventDefault();
      hide();
      onrun();
    } else if (isMain && event.key === ' ') {
      event.preventDefault();
      offer(true);
    } else if (isMain && event.key === '/') {
      event.preventDefault();
      comment();
    } else if (!list.hidden && !isMain && !event.altKey) {
      inList(event);
    } else if (event.key === 'Enter' && !event.shiftKey && !isMain) {
      indent(event);
    }
  }

  function inList(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === 'Enter' || event.key === 'Tab') take(chosen);
    else if (event.key === 'Escape') hide();
    else return;
    event.preventDefault();
  }

  /** A new line begins where the one before does. */
  function indent(event) {
    const before = area.value.slice(0, area.selectionStart);
    const margin = /^[ \t]*/.exec(before.slice(before.lastIndexOf('\n') + 1))[0];
    if (!margin) return;
    event.preventDefault();
    write(`\n${margin}`);
    hide();
  }

  /** Makes comments of the lines that are chosen, or statements of comments. */
  function comment() {
    const text = area.value;
    const from = text.lastIndexOf('\n', area.selectionStart - 1) + 1;
    const end = text.indexOf('\n', area.selectionEnd);
    const to = end < 0 ? text.length : end;
    const lines = text.slice(from, to).split('\n');
    const isOff = lines.every((line) => /^\s*--/.test(line) || !line.trim());
    const next = lines.map((line) => (isOff ? line.replace(/^(\s*)-- ?/, '$1') : line && `-- ${line}`)).join('\n');
    area.setSelectionRange(from, to);
    write(next);
    area.setSelectionRange(from, from + next.length);
    hide();
  }

  draw();
  return {
    element,
    area,
    value: () => area.value,
    /** Puts another text in. */
    set(text) {
      area.value = text;
      mark = null;
      hide();
      draw();
      onchange(text);
    },
    /** Writes where the caret is. */
    insert(text) {
      write(text);
      hide();
    },
    /** What is chosen, else null. */
    chosen() {
      const { selectionStart: from, selectionEnd: to } = area;
      return to > from ? { from, to } : null;
    },
    caret: () => area.selectionStart,
    focus: () => area.focus(),
    /** Shows where something is wrong: from an offset to the end of the word there. */
    mark(from) {
      const text = area.value;
      const token = tokens(text).find((each) => each.to > from && each.kind !== 'space');
      mark = { from, to: token && token.from <= from ? token.to : from + 1 };
      draw();
    },
    unmark() {
      if (!mark) return;
      mark = null;
      draw();
    },
    /** Brings the caret to an offset. */
    goTo(offset) {
      area.focus();
      area.setSelectionRange(offset, offset);
    },
  };
}


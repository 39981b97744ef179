// Keys. Pages add theirs for as long as they are shown; all are listed under ?.

import { h } from './dom.js';
import { dialog } from './ui/dialog.js';

/** @type {Set<{keys: string, what: string, action?: (event: KeyboardEvent) => void}>} */
const known = new Set();
let prefix = '';
let prefixTimer = 0;

/**
 * Adds a key, or two after each other as in `g t`.
 *
 * @param {string} keys
 * @param {string} what it does, for the list
 * @param {(event: KeyboardEvent) => void} [action] none: it is only listed
 * @param {AbortSignal} [signal] takes it away
 */
export function shortcut(keys, what, action, signal) {
  const entry = { keys, what, action };
  known.add(entry);
  signal?.addEventListener('abort', () => known.delete(entry));
}

function isTyping(target) {
  return target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Begins to listen. */
export function listen() {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && isTyping(event.target)) {
      event.target.blur();
      return;
    }
    if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
    const keys = prefix ? `${prefix} ${event.key}` : event.key;
    prefix = '';
    const found = [...known].reverse().find((each) => each.keys === keys && each.action);
    if (found) {
      event.preventDefault();
      found.action(event);
    } else if ([...known].some((each) => each.keys.startsWith(`${event.key} `))) {
      prefix = event.key;
      clearTimeout(prefixTimer);
      prefixTimer = setTimeout(() => (prefix = ''), 1500);
    }
  });
}

/** Shows all keys there are now. */
export function showShortcuts() {
  const rows = [...known].map(({ keys, what }) =>
    h('div.keys-row', {},
      h('dt', {}, keys.split(' ').map((key) => h('kbd', {}, key))),
      h('dd', {}, what)));
  dialog({ title: 'Keyboard', body: h('dl.keys', {}, rows) });
}

import { h } from '../dom.js';
import { icon } from '../icons.js';

const SHOWN_MS = 5000;

/**
 * Tells something in passing; screen readers speak it.
 *
 * @param {string} message
 * @param {'info'|'good'|'bad'} [kind] what is bad stays longer
 */
export function toast(message, kind = 'info') {
  const element = h(`div.toast.${kind}`, {},
    kind !== 'info' && icon(kind === 'bad' ? 'warn' : 'check'),
    h('span', {}, message),
    h('button.ghost.square', { type: 'button', 'aria-label': 'Dismiss', onclick: () => element.remove() },
      icon('close')));
  document.getElementById('toasts').append(element);
  setTimeout(() => element.remove(), kind === 'bad' ? 2 * SHOWN_MS : SHOWN_MS);
}

/** Puts a text into the clipboard and says so. */
export async function copy(text, what = 'Copied') {
  try {
    await navigator.clipboard.writeText(text);
    toast(what, 'good');
  } catch {
    toast('The browser doesn’t let this page copy; it takes https or localhost', 'bad');
  }
}

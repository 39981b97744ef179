// What stands in a page's place while there is nothing to show, and why.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { copy } from './toast.js';

/** Grey lines while something is fetched; they come late, so that quick answers don't flicker. */
export function loading(rows = 4) {
  return h('div.loading', { role: 'status' },
    h('span.sr', {}, 'Loading'),
    Array.from({ length: rows }, () => h('div.loading-row')));
}

/**
 * Nothing is there yet, and what to do about it.
 *
 * @param {{title: string, text?: string|Node, command?: string, action?: Node}} what
 */
export function empty({ title, text, command, action }) {
  return h('div.empty', {},
    h('h2', {}, title),
    text && h('p', {}, text),
    command && commandLine(command),
    action);
}

/** A command to copy. */
export function commandLine(command) {
  return h('div.command', {},
    h('pre', {}, h('code', {}, command)),
    h('button.ghost.square', {
      type: 'button', 'aria-label': 'Copy command', title: 'Copy',
      onclick: () => copy(command, 'Command copied'),
    }, icon('copy')));
}

/** What to do about an error, by what it is. */
function advice(error) {
  if (error.hint) return error.hint;
  switch (error.status) {
    case 0: return 'Is Oxbow running? ./oxbow start starts it.';
    case 400: case 422: return 'Change what was asked and try again.';
    case 404: return 'It may have been deleted meanwhile.';
    case 429: return 'Others are being served; try again in a moment.';
    case 503: return 'It isn’t ready, or something it needs is away: /ready tells which part.';
    case 500: return 'The server’s log tells why.';
    default: return undefined;
  }
}

/** An error in a page's place. @param {() => void} [again] what tries again */
export function failure(error, again) {
  return h('div.failure', { role: 'alert' },
    icon('warn'),
    h('div', {},
      h('p.failure-title', {}, error.message),
      advice(error) && h('p.muted', {}, advice(error)),
      again && h('button', { type: 'button', onclick: again }, 'Try again')));
}

/** A line that comes and goes above what is shown, while it can't be renewed. */
export function staleness() {
  const element = h('div.stale', { role: 'status', hidden: true });
  return {
    element,
    fine() { element.hidden = true; },
    failed(error) {
      element.hidden = false;
      element.replaceChildren(icon('warn'),
        h('span', {}, `${error.message}. What is shown is from before; trying again.`));
    },
  };
}

// Small things that many pages show.

import { h } from '../dom.js';
import { ago, NOTHING, time, utc } from '../format.js';

/**
 * A page's head: its name, what may be done, and the way back.
 *
 * @param {{title: string|Node, crumbs?: {label: string, href: string}[], note?: string|Node, actions?: Node[]}} what
 */
export function pageHead({ title, crumbs = [], note, actions = [] }) {
  return h('header.page-head', {},
    h('div.page-title', {},
      crumbs.length > 0 && h('nav.crumbs', { 'aria-label': 'Breadcrumb' },
        crumbs.map(({ label, href }) => [h('a', { href }, label), h('span', { 'aria-hidden': 'true' }, '/')])),
      h('h1', { tabindex: '-1' }, title),
      note && h('p.muted', {}, note)),
    actions.length > 0 && h('div.actions', {}, actions));
}

/** A figure with its name; `set` changes it in place. */
export function stat(label, value = NOTHING, note = '') {
  const shown = h('dd.stat-value', {}, value);
  const below = h('dd.stat-note', {}, note);
  return {
    element: h('div.stat', {}, h('dt', {}, label), shown, below),
    set(next, more = '') {
      shown.replaceChildren(next);
      below.replaceChildren(more);
    },
  };
}

/** A point in time in the reader's zone; UTC is told on hover. */
export function when(ms) {
  if (ms === null || ms === undefined || ms < 0) return NOTHING;
  return h('time', { datetime: utc(ms), title: `${utc(ms)} (${ago(ms)})` }, time(ms));
}

/** How long ago, with both times on hover. */
export function since(ms) {
  if (ms === null || ms === undefined || !(ms >= 0)) return NOTHING;
  return h('time', { datetime: utc(ms), title: `${time(ms)}\n${utc(ms)}` }, ago(ms));
}

/** A word in a small box. @param {'plain'|'good'|'warn'|'bad'|'hot'|'cold'} [kind] */
export function badge(text, kind = 'plain', title) {
  return h(`span.badge.${kind}`, { title }, text);
}

/** A labelled field: label and control belong together. */
export function field(label, control, { hint } = {}) {
  return h('label.field', {}, h('span.field-label', {}, label), control, hint && h('span.field-hint', {}, hint));
}

/** One of a few, side by side. @param {{value: string, label: string}[]} options */
export function choice({ label, name, options, value, onchange }) {
  return h('fieldset.choice', {},
    h('legend.sr', {}, label),
    options.map((option) => h('label', {},
      h('input', {
        type: 'radio', name, value: option.value, checked: option.value === value,
        onchange: () => onchange(option.value),
      }),
      h('span', {}, option.label))));
}

/** A drop-down. @param {{value: string, label: string}[]} options */
export function select({ options, value, onchange, label }) {
  return h('select', { 'aria-label': label, onchange: (event) => onchange?.(event.target.value) },
    options.map((option) => h('option', { value: option.value, selected: option.value === value }, option.label)));
}

/** A field to look for something; `/` brings one there. */
export function searchField({ label, placeholder, value = '', oninput }) {
  return h('input.search', {
    type: 'search', 'aria-label': label, placeholder, value, autocomplete: 'off', spellcheck: 'false',
    data: { search: '' }, oninput: (event) => oninput(event.target.value),
  });
}

/** What hot and cold look like. */
export function tierLegend() {
  return h('ul.legend', { 'aria-label': 'Legend' },
    h('li', {}, h('span.swatch.hot'), 'hot: on the local disk'),
    h('li', {}, h('span.swatch.cold'), 'cold: in the bucket'));
}

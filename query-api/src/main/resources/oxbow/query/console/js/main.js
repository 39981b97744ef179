// Begins here: the frame around the pages, and the pages as the address changes.

import { ApiError, get, isAbort } from './api.js';
import { h, put } from './dom.js';
import { icon, logo } from './icons.js';
import { keepTheme, theme } from './themes.js';
import { go, match, ROUTES } from './router.js';
import { listen, shortcut, showShortcuts } from './shortcuts.js';
import { empty, failure, loading } from './ui/states.js';
import { moveRow } from './ui/table.js';

const NAV = [
  { page: 'overview', label: 'Overview', path: '', key: 'o', has: ['overview'] },
  { page: 'topics', label: 'Topics', path: 'topics', key: 't', has: ['topics', 'topic', 'records'] },
  { page: 'schemas', label: 'Schemas', path: 'schemas', key: 's', has: ['schemas', 'schema'] },
  { page: 'groups', label: 'Groups', path: 'groups', key: 'g', has: ['groups', 'group'] },
  { page: 'sql', label: 'SQL', path: 'sql', key: 'q', has: ['sql'] },
  { page: 'work', label: 'Activity', path: 'work', key: 'a', has: ['work'] },
];
const LOADING_AFTER_MS = 150;
const LOAD_ALL_AFTER_MS = 500;

const main = document.getElementById('main');
const links = new Map();
let leave = new AbortController();
let shownPath = null;

function frame() {
  const themes = h('button.ghost.square', { type: 'button', onclick: () => nextTheme(themes) });
  showTheme(themes);
  put(document.getElementById('side'),
    h('a.brand', { href: '#/' }, logo(), h('span', {}, 'Oxbow')),
    h('nav.nav', { 'aria-label': 'Pages' }, NAV.map(({ page, label, path }) => {
      const link = h('a', { href: `#/${path}` }, icon(page), h('span', {}, label));
      links.set(page, link);
      return link;
    })),
    h('div.side-foot', {},
      h('span.product-version.faint', { id: 'version' }),
      h('button.ghost.square.keys-button', {
        type: 'button', 'aria-label': 'Keyboard shortcuts', title: 'Keyboard shortcuts (?)',
        onclick: showShortcuts,
      }, icon('help')),
      themes));
  get('/api/v1/version')
    .then(({ version }) => (document.getElementById('version').textContent = version))
    .catch(() => {}); // the page itself tells what is wrong
  document.getElementById('skip').addEventListener('click', (event) => {
    event.preventDefault(); // the address belongs to the pages
    main.focus();
  });
}

function showTheme(button) {
  const name = theme();
  put(button, icon({ auto: 'auto', light: 'sun', dark: 'moon' }[name]));
  const label = `Colours: ${name === 'auto' ? 'as the system’s' : name}`;
  button.setAttribute('aria-label', label);
  button.title = label;
}

function nextTheme(button) {
  keepTheme({ auto: 'light', light: 'dark', dark: 'auto' }[theme()]);
  showTheme(button);
}

function keys() {
  shortcut('?', 'This list', showShortcuts);
  shortcut('/', 'Search or filter', () => {
    const field = main.querySelector('[data-search]');
    field?.focus();
    field?.select?.();
  });
  shortcut('j', 'Next row', () => moveRow(1));
  shortcut('k', 'Row before', () => moveRow(-1));
  shortcut('Enter', 'Open the row');
  shortcut('Escape', 'Leave a field, close a dialog');
  for (const { key, label, path } of NAV) shortcut(`g ${key}`, label, () => go(...(path ? [path] : [])));
}

async function show() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const route = match(location.hash);
  const isOther = route?.path !== shownPath;
  const isFirst = shownPath === null;
  shownPath = route?.path ?? '';
  for (const { page, has } of NAV) {
    if (route && has.includes(route.name)) links.get(page).setAttribute('aria-current', 'page');
    else links.get(page).removeAttribute('aria-current');
  }
  const view = h('div.view');
  const waiting = setTimeout(() => put(main, loading()), LOADING_AFTER_MS);
  try {
    if (!route) {
      name('Not found');
      put(view, empty({ title: 'There is no such page', text: 'The list at the side has them all.' }));
    } else {
      const page = await load(route.name);
      if (signal.aborted) return;
      name(typeof page.title === 'function' ? page.title(route) : page.title);
      await page.render(view, { ...route, signal });
    }
  } catch (error) {
    if (isAbort(error) || signal.aborted) return;
    if (!error.status && error.name !== 'ApiError') console.error(error);
    put(view, failure(error, error.isLoading ? () => location.reload() : show));
  } finally {
    clearTimeout(waiting);
  }
  if (signal.aborted) return;
  put(main, view);
  if (isOther) {
    scrollTo(0, 0);
    // Who reads by ear hears the new page's name; the first one is read anyway.
    if (!isFirst) (view.querySelector('h1') ?? main).focus({ preventScroll: true });
  }
}

/** A page's module. Browsers remember that one couldn't be fetched: only a reload tries again. */
async function load(page) {
  try {
    return await import(`./pages/${page}.js`);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw Object.assign(new ApiError(0, { message: 'the server can’t be reached' }), { isLoading: true });
  }
}

/** Fetches the other pages while there is nothing to do, so that they open at once, and without the server. */
function loadAll() {
  for (const [, page] of ROUTES) load(page).catch(() => {}); // told when it is opened
}

function name(title) {
  document.title = title === 'Overview' ? 'Oxbow' : `${title} · Oxbow`;
}

frame();
keys();
listen();
addEventListener('hashchange', show);
await show();
setTimeout(loadAll, LOAD_ALL_AFTER_MS);

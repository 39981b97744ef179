// From an address behind the # to a page and back. Pure: main.js shows the pages.

/**
 * @typedef {{name: string, params: Object<string, string>, query: URLSearchParams,
 *     path: string, signal?: AbortSignal}} Route
 */

/** Patterns, and the module in pages/ that shows them. */
export const ROUTES = [
  ['/', 'overview'],
  ['/topics', 'topics'],
  ['/topics/:topic', 'topic'],
  ['/topics/:topic/records', 'records'],
  ['/schemas', 'schemas'],
  ['/schemas/:subject', 'schema'],
  ['/groups', 'groups'],
  ['/groups/:group', 'group'],
  ['/sql', 'sql'],
  ['/work', 'work'],
];

/**
 * The page that an address means; null: there is none.
 *
 * @param {string} hash with its #, or empty
 * @returns {Route|null}
 */
export function match(hash) {
  const [path, query = ''] = split(hash.replace(/^#/, '') || '/');
  const wanted = segments(path);
  for (const [pattern, name] of ROUTES) {
    const params = fit(segments(pattern), wanted);
    if (params) return { name, params, query: new URLSearchParams(query), path };
  }
  return null;
}

function split(address) {
  const mark = address.indexOf('?');
  return mark < 0 ? [address] : [address.slice(0, mark), address.slice(mark + 1)];
}

function segments(path) {
  return path.split('/').filter((part) => part !== '');
}

function fit(pattern, path) {
  if (pattern.length !== path.length) return null;
  const params = {};
  for (let i = 0; i < pattern.length; i++) {
    if (!pattern[i].startsWith(':')) {
      if (pattern[i] !== path[i]) return null;
      continue;
    }
    try {
      params[pattern[i].slice(1)] = decodeURIComponent(path[i]);
    } catch {
      return null;
    }
  }
  return params;
}

/**
 * The address of a page: href('topics', name, 'records', {partition: 2}). Empty parameters are left
 * out.
 *
 * @param {...(string|number|object)} parts
 */
export function href(...parts) {
  const query = typeof parts.at(-1) === 'object' ? parts.pop() : {};
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, value);
  }
  const text = params.toString();
  return `#/${parts.map((part) => encodeURIComponent(part)).join('/')}${text ? `?${text}` : ''}`;
}

/** Goes to a page. */
export function go(...parts) {
  location.hash = href(...parts);
}

/** Changes the address without a new page: what is chosen on one can be shared and reloaded. */
export function stay(...parts) {
  history.replaceState(null, '', href(...parts));
}

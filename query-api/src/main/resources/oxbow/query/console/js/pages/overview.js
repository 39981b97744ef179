import { get } from '../api.js';
import { pageHead } from '../ui/parts.js';
import { h, add } from '../dom.js';

export const title = 'Overview';

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { signal }) {
  const version = await get('/api/v1/version', { signal });
  add(view, [pageHead({ title: 'Overview' }), h('p', {}, version.version)]);
}

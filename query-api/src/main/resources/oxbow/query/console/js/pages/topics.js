import { get } from '../api.js';
import { add, h, put, text } from '../dom.js';
import { plural } from '../format.js';
import { keep, kept } from '../kept.js';
import { poll } from '../live.js';
import { go, stay } from '../router.js';
import { pageHead, searchField, tierLegend } from '../ui/parts.js';
import { empty, staleness } from '../ui/states.js';
import { table } from '../ui/table.js';
import { topicColumns, widestOf } from './overview.js';
import { produceDialog } from './produce.js';

const EVERY_MS = 3000;

export const title = 'Topics';

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { query, signal }) {
  let search = query.get('search') ?? '';
  let isShowingInternal = kept('internal-topics', false);
  let all = (await get('/api/v1/topics', { signal })).topics;
  const stale = staleness();
  const note = h('p.muted', { role: 'status' });
  const place = h('div');
  let scale = 1;
  const list = table({
    caption: 'Topics', sort: 'name', columns: topicColumns(() => scale),
    key: (topic) => topic.name,
    open: (topic) => go('topics', topic.name),
  });
  const field = searchField({
    label: 'Filter topics', placeholder: 'Filter by name  /', value: search,
    oninput: (typed) => {
      search = typed;
      stay('topics', { search });
      show();
    },
  });
  add(view, [
    pageHead({
      title: 'Topics', note,
      actions: [h('button', { type: 'button', onclick: () => produceDialog({ signal }) }, 'Produce a record')],
    }),
    stale.element,
    h('div.toolbar', {},
      field,
      h('label.check', {},
        h('input', {
          type: 'checkbox', checked: isShowingInternal,
          onchange: (event) => {
            isShowingInternal = event.target.checked;
            keep('internal-topics', isShowingInternal);
            show();
          },
        }), 'Internal topics'),
      h('span.grow'),
      tierLegend()),
    place,
  ]);
  show();
  poll(signal, EVERY_MS, async () => {
    all = (await get('/api/v1/topics', { signal })).topics;
    stale.fine();
    show();
  }, stale.failed);

  function show() {
    const wanted = search.trim().toLowerCase();
    const shown = all.filter((topic) =>
      (isShowingInternal || !topic.isInternal) && topic.name.toLowerCase().includes(wanted));
    const own = all.filter((topic) => !topic.isInternal).length;
    text(note, `${plural(own, 'topic')}, ${plural(all.length - own, 'internal one')}` +
      (wanted ? `; ${plural(shown.length, 'fits', 'fit')}` : ''));
    if (shown.length) {
      if (list.element.parentNode !== place) put(place, list.element);
      scale = widestOf(shown);
      list.update(shown);
    } else if (wanted) {
      put(place, empty({ title: 'No topic fits', text: `Nothing has “${search}” in its name.` }));
    } else {
      put(place, empty({
        title: 'No topics yet',
        text: 'Any client of Apache Kafka makes one, and so does this:',
        command: './oxbow topics create orders --partitions 3',
      }));
    }
  }
}

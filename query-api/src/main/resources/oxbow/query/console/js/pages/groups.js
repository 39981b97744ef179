import { get } from '../api.js';
import { add, h, put, text } from '../dom.js';
import { count, number, plural } from '../format.js';
import { poll } from '../live.js';
import { go, href, stay } from '../router.js';
import { badge, pageHead, searchField } from '../ui/parts.js';
import { empty, staleness } from '../ui/states.js';
import { table } from '../ui/table.js';

const EVERY_MS = 3000;

export const title = 'Groups';

/** A group's state, coloured by whether it works. */
export function groupState(state) {
  const kinds = { stable: 'good', empty: 'plain', dead: 'bad' };
  return badge(state, kinds[String(state).toLowerCase()] ?? 'warn');
}

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { query, signal }) {
  let search = query.get('search') ?? '';
  let all = (await get('/api/v1/groups', { signal })).groups;
  const stale = staleness();
  const note = h('p.muted', { role: 'status' });
  const place = h('div');
  const list = table({
    caption: 'Groups', sort: 'name', key: (group) => group.name, open: (group) => go('groups', group.name),
    columns: [
      {
        name: 'name', label: 'Group', value: (group) => group.name,
        cell: (group) => h('a.name-link', { href: href('groups', group.name) }, group.name),
      },
      { name: 'state', label: 'State', value: (group) => group.state, cell: (group) => groupState(group.state) },
      { name: 'type', label: 'Type', isMinor: true, value: (group) => group.type, cell: (group) => group.type },
      {
        name: 'topics', label: 'Topics', isMinor: true, value: (group) => names(group.topics).join(),
        cell: (group) => h('span.topic-list', {}, topicLinks(group.topics)),
      },
      {
        name: 'members', label: 'Members', isNumber: true, isMinor: true, value: (group) => size(group.members),
        cell: (group) => number(size(group.members)),
      },
      {
        name: 'lag', label: 'Lag', isNumber: true, value: (group) => group.lag,
        cell: (group) => h('span', { title: plural(group.lag ?? 0, 'record') }, count(group.lag)),
      },
    ],
  });
  add(view, [
    pageHead({ title: 'Groups', note }),
    stale.element,
    h('div.toolbar', {}, searchField({
      label: 'Filter groups', placeholder: 'Filter by name  /', value: search,
      oninput: (text) => {
        search = text;
        stay('groups', { search });
        show();
      },
    })),
    place,
  ]);
  show();
  poll(signal, EVERY_MS, async () => {
    all = (await get('/api/v1/groups', { signal })).groups;
    stale.fine();
    show();
  }, stale.failed);

  function show() {
    const wanted = search.trim().toLowerCase();
    const shown = all.filter((group) => group.name.toLowerCase().includes(wanted));
    text(note, plural(all.length, 'group') + (wanted ? `; ${plural(shown.length, 'fits', 'fit')}` : ''));
    if (shown.length) {
      if (list.element.parentNode !== place) put(place, list.element);
      list.update(shown);
    } else if (wanted) {
      put(place, empty({ title: 'No group fits', text: `Nothing has “${search}” in its name.` }));
    } else {
      put(place, empty({
        title: 'No groups yet',
        text: 'Consumers that share a topic’s partitions are a group, and so is this one:',
        command: './oxbow consume orders --group shop --from-beginning',
      }));
    }
  }
}

const size = (value) => (Array.isArray(value) ? value.length : value);
const names = (topics) => (Array.isArray(topics) ? topics : []);

function topicLinks(topics) {
  if (!Array.isArray(topics)) return number(topics);
  const shown = topics.slice(0, 3).map((topic, i) => [i > 0 && ', ', h('a', { href: href('topics', topic) }, topic)]);
  return [shown, topics.length > 3 && h('span.muted', {}, ` and ${topics.length - 3} more`)];
}

import { registry, path } from '../api.js';
import { add, h, put } from '../dom.js';
import { number, plural } from '../format.js';
import { go, href, stay } from '../router.js';
import { badge, pageHead, searchField } from '../ui/parts.js';
import { empty } from '../ui/states.js';
import { table } from '../ui/table.js';
import { registerDialog } from './register.js';

const LEVELS_ASKED_MAX = 200;

export const title = 'Schemas';

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { query, signal }) {
  if (query.get('id') !== null) {
    await findById(query.get('id'), signal);
    return;
  }
  let search = query.get('search') ?? '';
  const [all, config] = await Promise.all([
    // A registry of many schemas gives them page by page.
    pages((offset, limit) => registry('/schemas', {
      signal, params: { subjectPrefix: ':*:', latestOnly: true, offset, limit },
    })),
    registry('/config', { signal }),
  ]);
  const levels = new Map();
  const note = h('p.muted', { role: 'status' });
  const place = h('div');
  const list = table({
    caption: 'Subjects', sort: 'subject', key: (schema) => schema.subject,
    open: (schema) => go('schemas', schema.subject),
    columns: [
      {
        name: 'subject', label: 'Subject', value: (schema) => schema.subject,
        cell: (schema) => h('a.name-link', { href: href('schemas', schema.subject) }, schema.subject),
      },
      { name: 'type', label: 'Type', value: typeOf, cell: (schema) => badge(typeOf(schema)) },
      {
        name: 'version', label: 'Latest', isNumber: true, value: (schema) => schema.version,
        cell: (schema) => `v${schema.version}`,
      },
      {
        name: 'id', label: 'Id', isNumber: true, isMinor: true, value: (schema) => schema.id,
        cell: (schema) => number(schema.id),
      },
      {
        name: 'level', label: 'Compatibility', isMinor: true, value: (schema) => levels.get(schema.subject) ?? '',
        cell: (schema) => levelText(levels.get(schema.subject), config.compatibilityLevel),
      },
    ],
  });
  add(view, [
    pageHead({
      title: 'Schemas', note,
      actions: [h('button', { type: 'button', onclick: () => registerDialog({ signal }) }, 'Register a schema')],
    }),
    h('div.toolbar', {}, searchField({
      label: 'Filter subjects', placeholder: 'Filter by name  /', value: search,
      oninput: (text) => {
        search = text;
        stay('schemas', { search });
        show();
      },
    })),
    place,
  ]);
  show();
  askLevels();

  function show() {
    const wanted = search.trim().toLowerCase();
    const shown = all.filter((schema) => schema.subject.toLowerCase().includes(wanted));
    put(note, plural(all.length, 'subject'), wanted && `; ${plural(shown.length, 'fits', 'fit')}`,
      ', compatibility ', config.compatibilityLevel, ' unless a subject says otherwise');
    if (shown.length) {
      if (list.element.parentNode !== place) put(place, list.element);
      list.update(shown);
    } else if (wanted) {
      put(place, empty({ title: 'No subject fits', text: `Nothing has “${search}” in its name.` }));
    } else {
      put(place, empty({
        title: 'No schemas yet',
        text: 'Serializers register theirs by themselves; by hand it goes so:',
        command: './oxbow schemas register orders-value < order.avsc',
        action: h('button.primary', { type: 'button', onclick: () => registerDialog({ signal }) }, 'Register a schema'),
      }));
    }
  }

  /** Most subjects have the registry's level; what holds for each is asked one by one. */
  async function askLevels() {
    await Promise.all(all.slice(0, LEVELS_ASKED_MAX).map(async ({ subject }) => {
      try {
        levels.set(subject, (await registry(path`/config/${subject}`, { signal, params: { defaultToGlobal: true } })).compatibilityLevel);
      } catch {
        // It was deleted meanwhile, or the registry is away: the default is shown.
      }
    }));
    if (!signal.aborted && levels.size) show();
  }
}

async function pages(ask, limit = 1000) {
  const all = [];
  for (;;) {
    const page = await ask(all.length, limit);
    all.push(...page);
    if (page.length < limit) return all;
  }
}

/** `avro`, `json`, `protobuf`; Avro where nothing is said. */
export function typeOf(schema) {
  return (schema.schemaType ?? 'AVRO').toLowerCase();
}

function levelText(own, global) {
  return own && own !== global ? h('span', {}, own) : h('span.muted', {}, global);
}

/** From an id, as records have it, to a subject that uses it. */
async function findById(id, signal) {
  const uses = await registry(path`/schemas/ids/${id}/versions`, { signal });
  if (!uses.length) throw Object.assign(new Error(`no subject uses the schema ${id} any more`), { status: 404 });
  location.replace(href('schemas', uses[0].subject, { version: uses[0].version }));
}

import { address, get, isAbort, path } from '../api.js';
import { add, h, put } from '../dom.js';
import { number, plural, shellWord } from '../format.js';
import { icon } from '../icons.js';
import { pause } from '../live.js';
import { parametersOf, recordSource } from '../record-source.js';
import { href, stay } from '../router.js';
import { shortcut } from '../shortcuts.js';
import { brief, whole } from '../values.js';
import { code } from '../ui/code.js';
import { badge, choice, field, select, when } from '../ui/parts.js';
import { empty, failure, loading } from '../ui/states.js';
import { copy } from '../ui/toast.js';
import { produceDialog } from './produce.js';
import { queryOf, topicHead } from './topic.js';

const PAGE = 50;
const ROWS_MAX = 2000;
const LIVE_MAX = 500;
const DRAW_EVERY_MS = 120;

export const title = (route) => `Records of ${route.params.topic}`;

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { params: { topic: name }, query, signal }) {
  const topic = await get(path`/api/v1/topics/${name}`, { signal });
  const bounds = new Map((topic.partitionList ?? []).map((each) => [each.partition, each]));
  const wanted = wantedOf(query);
  const status = h('p.muted.grow', { role: 'status' });
  const body = h('tbody');
  const [above, below] = [h('div.pager'), h('div.pager')];
  const trouble = h('div');
  const list = h('div.table-box', {},
    h('table.table.records', {},
      h('caption.sr', {}, `Records of ${name}`),
      h('thead', {}, h('tr', {},
        h('th', { scope: 'col' }, 'Time'),
        h('th.minor', { scope: 'col' }, 'Partition'),
        h('th.num', { scope: 'col' }, 'Offset'),
        h('th', { scope: 'col' }, 'Key'),
        h('th.value', { scope: 'col' }, 'Value'))),
      body));
  const place = h('div.stack');
  const curl = h('button', { type: 'button', onclick: () => copy(curlOf(name, wanted), 'curl command copied') },
    icon('copy'), 'Copy as curl');
  const liveButton = h('button', { type: 'button', 'aria-pressed': 'false', onclick: toggleLive }, icon('play'), 'Live');
  let source = null;
  let reading = new AbortController();
  let following = null;

  signal.addEventListener('abort', () => {
    reading.abort();
    following?.abort();
  });
  const produce = () => produceDialog({ topic: name, signal, produced: () => following || load() });
  shortcut('l', 'Follow live, or stop', toggleLive, signal);
  shortcut('r', 'Read again', () => load(), signal);
  shortcut('c', 'Copy as curl', () => curl.click(), signal);
  shortcut('p', 'Produce a record', produce, signal);
  add(view, [
    topicHead(name, 'records', {
      note: plural(topic.records, 'record'),
      actions: [
        h('a.button', { href: href('sql', { q: queryOf(name) }) }, icon('sql'), 'Query'),
        h('button', { type: 'button', onclick: produce }, icon('plus'), 'Produce'),
      ],
    }),
    toolbar(topic, wanted, load),
    h('div.toolbar.status', {}, status, liveButton,
      h('button', { type: 'button', onclick: () => load() }, icon('refresh'), 'Read again'), curl),
    trouble,
    place,
  ]);
  load();

  /** Reads anew, from what is wanted now. */
  async function load() {
    following?.abort();
    reading.abort();
    reading = new AbortController();
    const own = reading.signal;
    stay('topics', name, 'records', addressOf(wanted));
    put(trouble);
    put(place, loading());
    put(status, 'Reading');
    try {
      const made = await recordSource(name, wanted, own);
      source = made;
      body.replaceChildren();
      const page = made.isNewest ? await made.older(PAGE) : await made.newer(PAGE);
      if (own.aborted) return;
      body.append(...rowsOf(page.records));
      put(place, above, list, below);
      show(made, page);
    } catch (error) {
      if (isAbort(error) || own.aborted) return;
      put(status);
      put(place);
      put(trouble, failure(error, load));
    }
  }

  /** What is beside the records: how many, where they came from, and what more there is. */
  function show(from, page) {
    const shown = body.querySelectorAll('tr.record').length;
    const { hot, cold } = from.tiers;
    put(status, plural(shown, 'record'), hot + cold > 0 && [', read ',
      hot > 0 && h('span.hot-text', {}, `${number(hot)} from the disk`),
      hot > 0 && cold > 0 && ', ',
      cold > 0 && h('span.cold-text', {}, `${number(cold)} from the bucket`)]);
    put(above, !from.isNewest && pagerButton('Earlier ones', () => more(true)));
    if (from.isNewest) {
      const isOver = page.isAtStart;
      put(below, isOver
        ? shown > 0 && h('span.faint', {}, 'The log starts here')
        : pagerButton(page.isEarly ? 'None among the last ones: look further back' : 'Older ones', () => more(true)));
    } else {
      put(below, page.isAtEnd
        ? [h('span.faint', {}, 'The log ends here'), pagerButton('Look again', () => more(false))]
        : pagerButton('Later ones', () => more(false)));
    }
    const isNone = shown === 0 && (page.isAtStart || page.isAtEnd);
    if (isNone && !following) put(place, above, nothing(), !from.isNewest && below);
  }

  function nothing() {
    const isNarrowed = wanted.key || wanted.filter || wanted.partition;
    if (topic.records === 0 && !isNarrowed) {
      return empty({
        title: 'No records yet', text: 'Produce one here, by any client, or so:',
        command: `echo 'alice:{"item":"tea"}' | ./oxbow produce ${shellWord(name)} -k :`,
        action: h('button.primary', { type: 'button', onclick: produce }, 'Produce a record'),
      });
    }
    return empty({
      title: 'No records here',
      text: isNarrowed ? 'None fits what is asked for.' : 'There are none from here on; earlier ones there may be.',
    });
  }

  /** Goes on at one of the ends. */
  async function more(isBack) {
    const from = source;
    const own = reading.signal;
    const end = isBack && !from.isNewest ? above : below;
    put(end, h('span.faint', {}, 'Reading'));
    try {
      const page = isBack ? await from.older(PAGE) : await from.newer(PAGE);
      if (own.aborted) return;
      if (isBack && !from.isNewest) body.prepend(...rowsOf(page.records.reverse()));
      else body.append(...rowsOf(page.records));
      trim(!isBack || from.isNewest);
      show(from, isBack && !from.isNewest ? { ...page, isAtEnd: false } : page);
      if (isBack && !from.isNewest && page.isAtStart) put(above, h('span.faint', {}, 'The log starts here'));
    } catch (error) {
      if (isAbort(error) || own.aborted) return;
      put(end, failure(error, () => more(isBack)));
    }
  }

  /** A browser holds only so many rows; those at the other end go. */
  function trim(isGrownBelow, max = ROWS_MAX) {
    while (body.children.length > max) (isGrownBelow ? body.firstChild : body.lastChild).remove();
  }

  function rowsOf(records) {
    return records.map((record) => row(record, bounds.get(record.partition), name));
  }

  async function toggleLive() {
    if (following) {
      following.abort();
      return;
    }
    if (wanted.from !== 'newest') {
      wanted.from = 'newest';
      view.querySelector('input[value="newest"]').checked = true;
      view.querySelector('.position-value').hidden = true;
      await load();
    }
    if (!source || signal.aborted) return;
    following = new AbortController();
    const own = following.signal;
    liveButton.setAttribute('aria-pressed', 'true');
    put(liveButton, icon('pause'), 'Stop');
    put(place, list, below);
    put(below, h('span.live', {}, 'waiting for records'));
    try {
      await follow(own);
    } catch (error) {
      if (!isAbort(error) && !own.aborted) put(trouble, failure(error, toggleLive));
    } finally {
      following = null;
      liveButton.setAttribute('aria-pressed', 'false');
      put(liveButton, icon('play'), 'Live');
      if (!signal.aborted) put(below, h('span.faint', {}, 'Stopped. Read again for older ones.'));
    }
  }

  async function follow(own) {
    let waiting = [];
    let seen = 0;
    let timer = 0;
    const draw = () => {
      timer = 0;
      const fresh = waiting.slice(-LIVE_MAX);
      waiting = [];
      body.prepend(...rowsOf(fresh.reverse()));
      trim(false, LIVE_MAX);
      put(status, `${plural(seen, 'record')} since you follow`);
      put(below, h('span.live', {}, 'following'));
    };
    try {
      for await (const record of source.live(own)) {
        seen++;
        waiting.push(record);
        // Faster ones than can be read are counted, and the last of them shown.
        if (waiting.length > 2 * LIVE_MAX) waiting.splice(0, LIVE_MAX);
        timer ||= setTimeout(draw, DRAW_EVERY_MS);
      }
    } finally {
      clearTimeout(timer);
    }
    await pause(0, own);
  }
}

// ---- what is wanted

/** @returns {import('../record-source.js').Wanted} */
function wantedOf(query) {
  const of = (name) => query.get(name) ?? undefined;
  return {
    from: of('from') ?? 'newest', partition: of('partition'), key: of('key'), filter: of('filter'),
    decode: of('decode') ?? 'auto', schema: of('schema'),
  };
}

function addressOf({ from, decode, ...rest }) {
  return { from: from === 'newest' ? undefined : from, decode: decode === 'auto' ? undefined : decode, ...rest };
}

const POSITIONS = [
  { value: 'newest', label: 'Newest' },
  { value: 'earliest', label: 'Oldest' },
  { value: 'offset', label: 'Offset' },
  { value: 'time', label: 'Time' },
];

function kindOf(from) {
  if (from === 'newest' || from === 'earliest') return from;
  return from.startsWith('offset:') ? 'offset' : 'time';
}

/** What is chosen above the records; each change reads anew. */
function toolbar(topic, wanted, load) {
  const positionValue = h('input.position-value', { spellcheck: 'false', autocomplete: 'off' });
  const show = (kind) => {
    positionValue.hidden = kind === 'newest' || kind === 'earliest';
    positionValue.setAttribute('aria-label', kind === 'offset' ? 'Offset' : 'Time');
    positionValue.placeholder = kind === 'offset' ? '0' : '-15m, or 2026-01-31T12:00:00Z';
  };
  const kind = kindOf(wanted.from);
  show(kind);
  if (kind === 'offset') positionValue.value = wanted.from.slice(7);
  if (kind === 'time') positionValue.value = wanted.from;
  let chosen = kind;
  const text = (which, attributes) => h('input', {
    value: wanted[which] ?? '', spellcheck: 'false', autocomplete: 'off', ...attributes,
    onchange: (event) => {
      wanted[which] = event.target.value.trim() || undefined;
      load();
    },
  });
  const position = () => {
    const value = positionValue.value.trim();
    if (chosen === 'offset') wanted.from = `offset:${value || 0}`;
    else if (chosen === 'time') wanted.from = value || '-15m';
    else wanted.from = chosen;
    load();
  };
  positionValue.addEventListener('change', position);
  return h('form.toolbar.records-bar', { onsubmit: (event) => event.preventDefault() },
    h('div.field', {}, h('span.field-label', {}, 'From'), h('div.row', {},
      choice({
        label: 'From', name: 'position', value: kind, options: POSITIONS,
        onchange: (value) => {
          chosen = value;
          show(value);
          if (!positionValue.hidden) {
            positionValue.value = value === 'offset' ? '0' : '-15m';
            positionValue.focus();
            positionValue.select();
          }
          position();
        },
      }), positionValue)),
    field('Partition', select({
      label: 'Partition', value: wanted.partition ?? '',
      options: [{ value: '', label: 'All' }, ...Array.from({ length: topic.partitions }, (_, i) => ({ value: String(i), label: String(i) }))],
      onchange: (value) => {
        wanted.partition = value || undefined;
        load();
      },
    })),
    field('Key', text('key', { class: 'key-field', placeholder: 'any' })),
    h('div.grow', {}, field('Filter', text('filter', {
      class: 'mono filter-field', data: { search: '' }, placeholder: 'price > 10 AND country = \'DE\'',
      title: 'A condition of SQL on the topic’s columns',
    }))),
    field('Decode', select({
      label: 'Decode', value: wanted.decode,
      options: [['auto', 'By schema'], ['json', 'JSON'], ['string', 'Text'], ['base64', 'Bytes']]
        .map(([value, label]) => ({ value, label })),
      onchange: (value) => {
        wanted.decode = value;
        load();
      },
    })),
    field('Schema', select({
      label: 'Schema to read through', value: wanted.schema ?? '',
      options: [{ value: '', label: 'as written' }, { value: 'latest', label: 'the latest' }],
      onchange: (value) => {
        wanted.schema = value || undefined;
        load();
      },
    })));
}

/** What gives the same at a terminal. */
function curlOf(name, wanted) {
  const isNewest = wanted.from === 'newest';
  const url = address(path`/api/v1/topics/${name}/records`, {
    from: isNewest ? '-15m' : wanted.from, ...parametersOf(wanted), order: 'time', limit: isNewest ? undefined : PAGE,
  });
  return `curl ${shellWord(url.href)}`;
}

// ---- one record

function row(record, bounds, topic) {
  let detail = null;
  const isCold = bounds && record.offset < bounds.localStart;
  const element = h('tr.record.opens', {
    tabindex: '0', 'aria-expanded': 'false',
    onclick: (event) => {
      if (!event.target.closest('a, button') && !String(getSelection())) toggle();
    },
    onkeydown: (event) => {
      if (event.target === element && (event.key === 'Enter' || event.key === ' ')) {
        event.preventDefault();
        toggle();
      }
    },
  },
    h('td.nowrap.time', {}, when(record.timestamp)),
    h('td.minor.num', {}, record.partition),
    h('td.num', {}, h('span.of-partition.faint', {}, `${record.partition} / `), h('span', { class: isCold ? 'cold-text' : undefined, title: isCold ? 'in the bucket only' : undefined },
      number(record.offset))),
    h('td.key', {}, cell(record.key, record.keyError)),
    h('td.value', {}, cell(record.value, record.valueError)));

  function toggle() {
    if (detail) {
      detail.remove();
      detail = null;
    } else {
      detail = h('tr.detail', {}, h('td', { colspan: '5' }, detailOf(record, topic)));
      element.after(detail);
    }
    element.setAttribute('aria-expanded', String(Boolean(detail)));
  }

  return element;
}

function cell(value, error) {
  if (value === null || value === undefined) return h('span.null', {}, 'null');
  return h('span.brief.mono', {}, error && h('span.cell-error', { title: error }, icon('warn')), brief(value));
}

function detailOf(record, topic) {
  const shown = whole(record.value);
  const key = whole(record.key);
  const schema = (id) => id !== null && id !== undefined &&
    h('a', { href: href('schemas', { id }) }, `schema ${id}`);
  const here = address(path`/api/v1/topics/${topic}/records`, {
    partition: record.partition, from: `offset:${record.offset}`, limit: 1,
  });
  return h('div.record-detail', {},
    h('div.record-side', {},
      h('dl.facts', {},
        h('dt', {}, 'Partition'), h('dd', {}, record.partition),
        h('dt', {}, 'Offset'), h('dd', {}, number(record.offset)),
        h('dt', {}, 'Time'), h('dd', {}, when(record.timestamp), h('div.faint', {}, record.timestampType)),
        h('dt', {}, 'Key'), h('dd', {}, h('pre.wrap', {}, key.text), schema(record.keySchemaId)),
        record.keyError && [h('dt', {}, ''), h('dd.bad-text', {}, record.keyError)],
        record.headers.map(({ key: header, value }, i) => [
          h('dt', {}, i === 0 ? 'Headers' : ''),
          h('dd.mono', {}, h('span.tok-name', {}, header), ': ', brief(value))])),
      h('div.row', {},
        h('button', { type: 'button', onclick: () => copy(shown.text, 'Value copied') }, icon('copy'), 'Value'),
        h('button', { type: 'button', onclick: () => copy(`curl ${shellWord(here.href)}`, 'curl command copied') }, 'curl'),
        h('a.button', { href: href('topics', topic, 'records', { partition: record.partition, from: `offset:${record.offset}` }) }, 'From here'))),
    h('div.record-value', {},
      h('div.row', {}, badge(shown.kind), schema(record.valueSchemaId)),
      record.valueError && h('p.bad-text', {}, record.valueError),
      code(shown.text, { language: shown.language, label: 'Value' })));
}

function pagerButton(label, onclick) {
  return h('button', { type: 'button', onclick }, label);
}

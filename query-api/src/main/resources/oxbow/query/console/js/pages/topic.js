import { get, isAbort, path, registry } from '../api.js';
import { add, h, put } from '../dom.js';
import { bytes, count, duration, millis, number, plural } from '../format.js';
import { history, rate } from '../history.js';
import { icon } from '../icons.js';
import { keep, kept } from '../kept.js';
import { poll } from '../live.js';
import { go, href } from '../router.js';
import { shortcut } from '../shortcuts.js';
import { lagBadge, lagText, setting } from '../tiers.js';
import { lanes, sparkline } from '../ui/bars.js';
import { badge, choice, pageHead, searchField, since, stat, tierLegend } from '../ui/parts.js';
import { staleness } from '../ui/states.js';
import { table } from '../ui/table.js';
import { linkTabs } from '../ui/tabs.js';
import { produceDialog } from './produce.js';

const EVERY_MS = 2000;

export const title = (route) => route.params.topic;

/** The head that all pages of a topic have. */
export function topicHead(name, here, { note, actions = [] } = {}) {
  return [
    pageHead({ title: name, crumbs: [{ label: 'Topics', href: href('topics') }], note, actions }),
    linkTabs(`Topic ${name}`, [
      { label: 'Partitions', href: href('topics', name), isHere: here === 'partitions' },
      { label: 'Records', href: href('topics', name, 'records'), isHere: here === 'records' },
    ]),
  ];
}

/** A query for a topic, with its name quoted where SQL needs that. */
export function queryOf(name) {
  const quoted = /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
  return `SELECT * FROM ${quoted} LIMIT 100`;
}

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { params: { topic: name }, signal }) {
  const ask = () => get(path`/api/v1/topics/${name}`, { signal });
  let topic = await ask();
  let isToScale = kept('partitions-to-scale', false);
  const stale = staleness();
  const note = h('p.muted');
  const stats = {
    records: stat('Records'), rate: stat('Coming in'), hot: stat('Hot'), cold: stat('Cold'), lag: stat('Cold lag'),
  };
  const [rates, lags, perSecond] = [history(), history(), rate()];
  const partitions = partitionTable(name, () => isToScale ? widest(topic) : null);
  const refresh = poll(signal, EVERY_MS, async () => {
    topic = await ask();
    stale.fine();
    show();
  }, stale.failed);
  const produce = () => produceDialog({ topic: name, signal, produced: refresh });
  shortcut('p', 'Produce a record', produce, signal);
  shortcut('r', 'Records of this topic', () => go('topics', name, 'records'), signal);
  show();
  add(view, [
    topicHead(name, 'partitions', {
      note,
      actions: [
        h('a.button', { href: href('sql', { q: queryOf(name) }) }, icon('sql'), 'Query'),
        h('button', { type: 'button', onclick: produce }, icon('plus'), 'Produce'),
        h('a.button.primary', { href: href('topics', name, 'records') }, 'Browse records'),
      ],
    }),
    stale.element,
    h('dl.stats', {}, Object.values(stats).map((each) => each.element)),
    h('section.card.flush', {},
      h('div.card-head', {},
        h('h2', {}, 'Partitions'),
        h('div.row', {}, tierLegend(), choice({
          label: 'Scale of the bars', name: 'scale', value: isToScale ? 'common' : 'own',
          options: [{ value: 'own', label: 'Each its own scale' }, { value: 'common', label: 'One scale' }],
          onchange: (value) => {
            isToScale = value === 'common';
            keep('partitions-to-scale', isToScale);
            show();
          },
        }))),
      partitions.element),
    h('div.cards', {}, settingsCard(topic), await schemasCard(name, signal)),
  ]);

  function show() {
    const now = Date.now();
    const ends = topic.partitionList.reduce((sum, each) => sum + (each.highWatermark ?? 0), 0);
    const speed = perSecond(ends, now);
    if (speed !== null) rates.add(speed);
    lags.add(topic.lagMs ?? 0);
    const wantedMs = Number(setting(topic, 'oxbow.cold.max.lag.ms'));
    put(note, plural(topic.partitions, 'partition'), ', cleanup ', topic.cleanup,
      topic.isInternal ? ', internal' : '', ', id ', h('span.mono', {}, topic.id));
    stats.records.set(count(topic.records), h('span', { title: number(topic.records) }, span(topic)));
    stats.rate.set(rates.values.length ? `${count(Math.round(rates.values.at(-1)))}/s` : '–',
      sparkline(rates.values, { label: 'Records a second, of late', height: 18 }));
    stats.hot.set(bytes(topic.hotBytes), 'on the local disk');
    stats.cold.set(topic.hasColdTier ? bytes(topic.coldBytes) : '–',
      topic.hasColdTier ? plural(topic.coldFiles, 'file') : 'no cold tier');
    stats.lag.set(topic.hasColdTier ? lagText(topic.lagMs) : '–', topic.hasColdTier
      ? sparkline(lags.values, { label: 'Cold lag, of late', kind: 'cold', height: 18, max: Math.max(wantedMs || 0, ...lags.values, 1) })
      : h('code', {}, 'remote.storage.enable=false'));
    partitions.update(topic.partitionList, isToScale);
  }
}

/** From the first record to the last. */
function span(topic) {
  const times = (which) => topic.partitionList.map((each) => millis(each[which])).filter((t) => t >= 0);
  const [first, last] = [times('firstTimestamp'), times('lastTimestamp')];
  if (!first.length || !last.length) return '';
  const all = Math.max(...last) - Math.min(...first);
  return all > 0 ? `over ${duration(all)}` : '';
}

function widest(topic) {
  return {
    from: Math.min(...topic.partitionList.map((each) => each.logStart ?? 0)),
    to: Math.max(1, ...topic.partitionList.map((each) => each.logEnd ?? 0)),
  };
}

function partitionTable(name, scale) {
  return table({
    caption: `Partitions of ${name}`, class: 'partitions', sort: 'partition',
    key: (each) => String(each.partition),
    open: (each) => go('topics', name, 'records', { partition: each.partition }),
    columns: [
      {
        name: 'partition', label: '#', value: (each) => each.partition,
        cell: (each) => h('a.name-link', {
          href: href('topics', name, 'records', { partition: each.partition }),
          'aria-label': `Records of partition ${each.partition}`,
        }, each.partition),
      },
      { name: 'log', label: 'Log', cell: (each) => logCell(each, scale()) },
      {
        name: 'records', label: 'Records', isNumber: true, isMinor: true,
        value: (each) => each.highWatermark - each.logStart,
        cell: (each) => number(each.highWatermark - each.logStart),
      },
      {
        name: 'hot', label: 'Hot', isNumber: true, isMinor: true, value: (each) => each.hotBytes,
        cell: (each) => bytes(each.hotBytes),
      },
      {
        name: 'cold', label: 'Cold', isNumber: true, isMinor: true, value: (each) => each.coldBytes,
        cell: (each) => h('span', { title: plural(each.coldFiles, 'file') }, bytes(each.coldBytes)),
      },
      {
        name: 'last', label: 'Last record', isMinor: true, isNumber: true, value: (each) => each.lastTimestamp,
        cell: (each) => since(millis(each.lastTimestamp)),
      },
      {
        name: 'lag', label: 'Cold lag', isNumber: true, value: (each) => each.lagMs,
        cell: (each) => lagBadge(each.lagMs),
      },
      {
        name: 'state', label: 'State', isMinor: true, value: (each) => each.state,
        cell: (each) => stateBadge(each),
      },
    ],
  });
}

function stateBadge({ state, reason, leader }) {
  const kinds = { online: 'good', degraded: 'warn', offline: 'bad' };
  return h('span', { title: reason ?? `led by broker ${leader}` }, badge(state, kinds[state]));
}

function logCell(each, scale) {
  if (each.logEnd === null || each.logEnd === undefined) return h('span.muted', {}, each.reason ?? 'not here');
  const records = (from, to) => plural(Math.max(0, to - from), 'record');
  const hasCold = each.coldEnd > each.logStart;
  const label = `offsets ${number(each.logStart)} to ${number(each.logEnd)}; ` +
    `hot from ${number(each.localStart)}; ${hasCold ? `cold up to ${number(each.coldEnd)}` : 'nothing cold'}`;
  const note = [
    h('span', {}, number(each.logStart)),
    h('span.lane-note', {},
      hasCold && h('span.cold-text', {}, `${records(each.logStart, each.coldEnd)} cold`),
      hasCold && h('span.hot-text', {}, `${records(each.localStart, each.logEnd)} hot`),
      each.coldEnd < each.highWatermark && hasCold &&
        h('span.muted', {}, `${records(each.coldEnd, each.highWatermark)} to go`)),
    h('span', {}, number(each.logEnd)),
  ];
  return h('div.log-cell', { title: label },
    lanes(each, { ...(scale ?? {}), label }),
    h('div.log-ends', {}, note));
}

function settingsCard(topic) {
  let search = '';
  let isAll = false;
  const body = h('div');
  const show = () => {
    const shown = (topic.settings ?? []).filter((each) =>
      (isAll || search || !each.isDefault) && each.name.includes(search));
    put(body, shown.length
      ? h('dl.facts.settings', {}, shown.map((each) => [
        h('dt.mono', {}, each.name),
        h('dd.mono', {}, each.value === '' || each.value === null ? '–' : each.value,
          !each.isDefault && [' ', badge('set', 'accent')])]))
      : h('p.muted', {}, search ? 'No setting fits.' : 'All settings are the server’s.'));
  };
  show();
  return h('section.card', {},
    h('div.card-head', {}, h('h2', {}, 'Settings'), h('div.row', {},
      searchField({ label: 'Filter settings', placeholder: 'Filter', oninput: (text) => { search = text.trim(); show(); } }),
      h('label.check', {}, h('input', {
        type: 'checkbox', onchange: (event) => { isAll = event.target.checked; show(); },
      }), 'All'))),
    body);
}

async function schemasCard(name, signal) {
  let subjects = [];
  try {
    subjects = await registry('/subjects', { signal, params: { subjectPrefix: `${name}-` } });
  } catch (error) {
    if (isAbort(error)) throw error; // else the page is worth having without them
  }
  const sides = await Promise.all(['value', 'key'].map(async (side) => {
    const subject = `${name}-${side}`;
    const latest = subjects.includes(subject)
      ? await registry(path`/subjects/${subject}/versions/latest`, { signal })
      : null;
    return { side, subject, latest };
  }));
  return h('section.card', {},
    h('div.card-head', {}, h('h2', {}, 'Schemas')),
    h('dl.facts', {}, sides.map(({ side, subject, latest }) => [
      h('dt', {}, side === 'key' ? 'Key' : 'Value'),
      h('dd', {}, latest
        ? [h('a', { href: href('schemas', subject) }, subject), ' ',
          badge((latest.schemaType ?? 'AVRO').toLowerCase()), h('span.muted', {}, ` version ${latest.version}, id ${latest.id}`)]
        : h('span.muted', {}, 'none under ', h('code', {}, subject)))])));
}

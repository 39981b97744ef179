import { get, isAbort } from '../api.js';
import { add, h, put } from '../dom.js';
import { bytes, count, duration, number, percent, plural } from '../format.js';
import { history, rate } from '../history.js';
import { icon } from '../icons.js';
import { poll } from '../live.js';
import { go, href } from '../router.js';
import { lagBadge, lagText } from '../tiers.js';
import { bar, sparkline } from '../ui/bars.js';
import { badge, pageHead, stat, tierLegend } from '../ui/parts.js';
import { empty, staleness } from '../ui/states.js';
import { table } from '../ui/table.js';
import { copy } from '../ui/toast.js';

const EVERY_MS = 2000;
const TOPICS_SHOWN = 8;
/** Those that aren't Kafka's listeners, whose names are the operator's. */
const DOORS = {
  http: 'HTTP, SQL and this page', registry: 'Schema registry', flight: 'JDBC, ODBC, ADBC (Flight SQL)',
};

export const title = 'Overview';

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { signal }) {
  const stale = staleness();
  const note = h('p.muted');
  const stats = {
    records: stat('Records'), rate: stat('Coming in'), topics: stat('Topics'),
    hot: stat('Hot'), cold: stat('Cold'), heap: stat('Heap'),
  };
  const tiers = h('div.stack');
  const doors = h('div');
  const work = h('div');
  let scale = 1;
  const largest = topicsTable(() => scale);
  const largestBox = h('div');
  const rates = history();
  const lags = history();
  const perSecond = rate();

  const [first, topics] = await both(signal);
  show(first, topics);
  add(view, [
    pageHead({ title: 'Overview', note }),
    stale.element,
    h('dl.stats', {}, Object.values(stats).map((each) => each.element)),
    h('div.cards.two-one', {},
      h('section.card', {}, h('div.card-head', {}, h('h2', {}, 'Tiers'), tierLegend()), tiers),
      h('section.card', {}, h('div.card-head', {}, h('h2', {}, 'Under way')), work)),
    h('section.card.flush', {},
      h('div.card-head', {}, h('h2', {}, 'Largest topics'), h('a', { href: href('topics') }, 'All topics')),
      largestBox),
    h('section.card', {}, h('div.card-head', {}, h('h2', {}, 'Where to connect')), doors),
  ]);
  showDoors(first);
  poll(signal, EVERY_MS, async () => {
    show(...await both(signal));
    stale.fine();
  }, stale.failed);
  poll(signal, 2 * EVERY_MS, async () => put(work, await underWay(signal)), () => {});

  function show(cluster, { topics: all }) {
    const now = Date.now();
    const records = all.reduce((sum, topic) => sum + topic.records, 0);
    const speed = perSecond(all.reduce((sum, topic) => sum + (topic.produced ?? topic.records), 0), now);
    if (speed !== null) rates.add(speed);
    lags.add(cluster.cold.lagMs ?? 0);
    put(note, `Oxbow ${cluster.version}, up ${duration(now - Date.parse(cluster.startedAt))}, cluster `,
      h('span.mono', {}, cluster.clusterId));
    const own = all.filter((topic) => !topic.isInternal).length;
    stats.records.set(count(records), h('span', { title: number(records) }, 'kept in all topics'));
    stats.rate.set(rates.values.length ? `${count(Math.round(rates.values.at(-1)))}/s` : '–',
      sparkline(rates.values, { label: 'Records a second, of late', height: 18 }));
    stats.topics.set(number(own), plural(cluster.partitions, 'partition'));
    stats.hot.set(bytes(cluster.hotBytes), 'on the local disk');
    stats.cold.set(bytes(cluster.coldBytes),
      cluster.cold.isOn ? plural(cluster.coldFiles, 'file') : 'no bucket');
    stats.heap.set(bytes(cluster.heapUsed), `of ${bytes(cluster.heapMax)}`);
    put(tiers, tierCard(cluster, lags.values));
    const shown = [...all].filter((topic) => !topic.isInternal)
      .sort((a, b) => b.hotBytes + b.coldBytes - a.hotBytes - a.coldBytes).slice(0, TOPICS_SHOWN);
    scale = widestOf(shown);
    put(largestBox, shown.length ? largest.element : noTopics());
    largest.update(shown);
  }

  function showDoors(cluster) {
    const rows = Object.entries(cluster.listeners).map(([name, where]) => [
      h('dt', {}, DOORS[name] ?? `Kafka clients (${name})`),
      h('dd.row', {}, h('code', {}, where), h('button.ghost.square', {
        type: 'button', 'aria-label': `Copy the address of ${name}`, title: 'Copy',
        onclick: () => copy(where, 'Address copied'),
      }, icon('copy')))]);
    put(doors, h('dl.facts.doors', {}, rows));
  }
}

function both(signal) {
  return Promise.all([
    get('/api/v1/cluster', { signal }),
    get('/api/v1/topics', { signal }),
  ]);
}

function noTopics() {
  return empty({
    title: 'No topics yet',
    text: 'Any client of Apache Kafka makes one, and so does this:',
    command: './oxbow topics create orders --partitions 3',
  });
}

function tierCard({ cold, hotBytes, coldBytes }, lags) {
  const whole = hotBytes + coldBytes;
  const parts = h('div.tier-bar', {},
    bar([
      { kind: 'cold', from: 0, to: coldBytes, title: `cold: ${bytes(coldBytes)}` },
      { kind: 'hot', from: coldBytes, to: whole, title: `hot: ${bytes(hotBytes)}` },
    ], { to: Math.max(whole, 1), height: 18, label: `cold ${bytes(coldBytes)}, hot ${bytes(hotBytes)}` }),
    h('div.tier-ends', {},
      h('span', {}, h('b', {}, bytes(coldBytes)), whole > 0 ? ` cold, ${percent(coldBytes, whole)}` : ' cold'),
      h('span', {}, h('b', {}, bytes(hotBytes)), whole > 0 ? ` hot, ${percent(hotBytes, whole)}` : ' hot')));
  if (!cold.isOn) {
    return [parts, h('p.muted', {}, 'No bucket is configured: all records stay on the local disk. ',
      h('code', {}, 'cold.bucket'), ' names one.')];
  }
  const state = cold.isReachable ? badge('reachable', 'good') : badge('away', 'bad');
  return [
    parts,
    h('div.lag', {},
      h('dl.facts', {},
        h('dt', {}, 'Bucket'), h('dd.row', {}, h('code', {}, cold.store), state),
        h('dt', {}, 'Behind by'), h('dd', {}, lagText(cold.lagMs))),
      h('figure.lag-line', {},
        sparkline(lags, { label: 'How far the bucket was behind, of late', kind: 'cold', height: 36 }),
        h('figcaption.faint', {}, 'lag while this page is open'))),
    !cold.isReachable && h('p.warn-line', {}, icon('warn'),
      h('span', {}, cold.trouble && `${cold.trouble}. `,
        'Records stay on the local disk until the bucket answers; producing and consuming go on. ',
        h('code', {}, 'oxbow cold check'), ' says what is wrong with it.')),
  ];
}

function topicsTable(scale) {
  return table({
    caption: 'The largest topics',
    key: (topic) => topic.name,
    open: (topic) => go('topics', topic.name),
    columns: topicColumns(scale).filter(({ name }) => !['cleanup', 'files'].includes(name))
      .map(({ value: _, ...column }) => column),
  });
}

/** The bytes of the largest of some topics: what bars beside each other are drawn against. */
export function widestOf(topics) {
  return Math.max(1, ...topics.map((topic) => topic.coldBytes + topic.hotBytes));
}

/**
 * What lists of topics show.
 *
 * @param {() => number} scale bytes that fill a bar
 * @returns {import('../ui/table.js').Column[]}
 */
export function topicColumns(scale) {
  return [
    {
      name: 'name', label: 'Topic', value: (topic) => topic.name,
      cell: (topic) => [
        h('a.name-link', { href: href('topics', topic.name) }, topic.name),
        topic.isInternal && [' ', badge('internal')],
      ],
    },
    {
      name: 'tiers', label: 'Hot and cold', isMinor: true,
      cell: (topic) => bar([
        { kind: 'cold', from: 0, to: topic.coldBytes },
        { kind: 'hot', from: topic.coldBytes, to: topic.coldBytes + topic.hotBytes },
      ], {
        to: scale(), height: 8,
        label: `cold ${bytes(topic.coldBytes)}, hot ${bytes(topic.hotBytes)}`,
      }),
    },
    {
      name: 'records', label: 'Records', isNumber: true, value: (topic) => topic.records,
      cell: (topic) => h('span', { title: number(topic.records) }, count(topic.records)),
    },
    {
      name: 'hot', label: 'Hot', isNumber: true, isMinor: true, value: (topic) => topic.hotBytes,
      cell: (topic) => bytes(topic.hotBytes),
    },
    {
      name: 'cold', label: 'Cold', isNumber: true, isMinor: true, value: (topic) => topic.coldBytes,
      cell: (topic) => (topic.hasColdTier ? bytes(topic.coldBytes) : '–'),
    },
    {
      name: 'files', label: 'Files', isNumber: true, isMinor: true, value: (topic) => topic.coldFiles,
      cell: (topic) => (topic.hasColdTier ? number(topic.coldFiles) : '–'),
    },
    {
      name: 'partitions', label: 'Partitions', isNumber: true, isMinor: true, value: (topic) => topic.partitions,
      cell: (topic) => number(topic.partitions),
    },
    {
      name: 'cleanup', label: 'Cleanup', isMinor: true, value: (topic) => topic.cleanup,
      cell: (topic) => topic.cleanup,
    },
    {
      name: 'lag', label: 'Cold lag', isNumber: true, value: (topic) => topic.lagMs,
      title: 'How old the oldest record is that the bucket lacks',
      cell: (topic) => (topic.hasColdTier ? lagBadge(topic.lagMs) : '–'),
    },
  ];
}

async function underWay(signal) {
  const asked = await Promise.allSettled([
    get('/api/v1/queries', { signal }), get('/api/v1/jobs', { signal }), get('/ready', { signal }),
  ]);
  const aborted = asked.find((each) => isAbort(each.reason));
  if (aborted) throw aborted.reason;
  const [queries, jobs, ready] = asked.map((each) => each.value);
  const running = (queries?.queries ?? []).filter(({ state }) => /running|queued/i.test(state)).length;
  const copying = (jobs?.jobs ?? []).filter(({ state }) => /running/i.test(state)).length;
  const parts = Object.entries(ready?.parts ?? {});
  return h('ul.under-way', {},
    h('li', {}, h('a', { href: href('work') }, plural(running, 'query', 'queries')), ' running'),
    h('li', {}, h('a', { href: href('work') }, plural(copying, 'replay job')), ' running'),
    parts.map(([name, facts]) => h('li.part', {},
      h(`span.dot.${facts.ready ? 'good' : 'bad'}`),
      h('span', {}, name),
      h('span.muted', {}, facts.ready ? 'ready' : 'not ready'),
      facts.trouble && h('span.warn-line', {}, String(facts.trouble)))),
    !ready && h('li.part', {}, h('span.dot.bad'), 'not ready: ', h('a', { href: 'ready' }, '/ready'), ' tells why'));
}

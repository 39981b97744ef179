import { get, path } from '../api.js';
import { add, h, put } from '../dom.js';
import { count, number, plural, shellWord } from '../format.js';
import { history } from '../history.js';
import { poll } from '../live.js';
import { href } from '../router.js';
import { bar, sparkline } from '../ui/bars.js';
import { badge, pageHead, stat } from '../ui/parts.js';
import { commandLine, empty, staleness } from '../ui/states.js';
import { table } from '../ui/table.js';
import { newJob } from '../work/newjob.js';
import { groupState } from './groups.js';

const EVERY_MS = 2000;

export const title = (route) => route.params.group;

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { params: { group: name }, signal }) {
  const ask = () => get(path`/api/v1/groups/${name}`, { signal });
  let group = await ask();
  const stale = staleness();
  const note = h('p.muted');
  const stats = { lag: stat('Lag'), members: stat('Members'), partitions: stat('Partitions read') };
  const lags = history();
  const [offsetsBox, membersBox] = [h('div'), h('div')];
  const offsets = offsetTable(name);
  const members = memberTable(name);
  show();
  add(view, [
    pageHead({ title: name, crumbs: [{ label: 'Groups', href: href('groups') }], note }),
    stale.element,
    h('dl.stats', {}, Object.values(stats).map((each) => each.element)),
    h('section.card.flush', {}, h('div.card-head', {}, h('h2', {}, 'Offsets')), offsetsBox),
    h('section.card.flush', {}, h('div.card-head', {}, h('h2', {}, 'Members')), membersBox),
    h('section.card', {}, h('div.card-head', {}, h('h2', {}, 'Move it')),
      h('p.muted', {}, 'While it has no members, a group can be set to other offsets, or to a time: here one topic at a time, and all of them at a terminal.'),
      h('p.group-move', {}, h('button', { type: 'button', onclick: move }, 'Move the group')),
      commandLine(`./oxbow groups reset-offsets ${shellWord(name)} --to-time=-1h --execute`)),
  ]);
  const look = poll(signal, EVERY_MS, async () => {
    group = await ask();
    stale.fine();
    show();
  }, stale.failed);

  function move() {
    newJob({
      topic: group.offsets[0]?.topic, moved: name, signal, made: () => look(),
    });
  }

  function show() {
    lags.add(group.lag ?? 0);
    put(note, groupState(group.state), ' ', h('span', {}, group.type));
    stats.lag.set(count(group.lag), sparkline(lags.values, { label: 'Lag, of late', height: 18 }));
    stats.lag.element.title = plural(group.lag ?? 0, 'record');
    stats.members.set(number(group.memberList.length), group.memberList.length ? '' : 'nobody reads');
    stats.partitions.set(number(group.offsets.length),
      plural(new Set(group.offsets.map((each) => each.topic)).size, 'topic'));
    put(offsetsBox, group.offsets.length
      ? offsets.element
      : empty({ title: 'No offsets', text: 'The group has committed none yet.' }));
    offsets.update(group.offsets);
    put(membersBox, group.memberList.length
      ? members.element
      : h('p.muted.card-note', {}, 'It has no members now. Its offsets stay, and whoever joins goes on there.'));
    members.update(group.memberList);
  }
}

function offsetTable(name) {
  return table({
    caption: `Offsets of ${name}`, key: (each) => `${each.topic} ${each.partition}`, sort: 'topic',
    columns: [
      {
        name: 'topic', label: 'Partition', value: (each) => `${each.topic} ${String(each.partition).padStart(7, '0')}`,
        cell: (each) => h('a.name-link', {
          href: href('topics', each.topic, 'records', {
            partition: each.partition,
            from: each.committed >= 0 && each.committed !== null ? `offset:${each.committed}` : undefined,
          }),
        }, `${each.topic} ${each.partition}`),
      },
      {
        name: 'way', label: 'Read', isMinor: true,
        cell: (each) => bar([{ kind: 'accent', from: 0, to: each.committed ?? 0 }], {
          to: Math.max(each.end ?? 0, 1), height: 8,
          label: `${number(each.committed)} of ${number(each.end)}`,
        }),
      },
      {
        name: 'committed', label: 'Committed', isNumber: true, value: (each) => each.committed,
        cell: (each) => [number(each.committed), each.isCold &&
          [' ', badge('cold', 'cold', 'its next records come from the bucket')]],
      },
      { name: 'end', label: 'End', isNumber: true, isMinor: true, value: (each) => each.end, cell: (each) => number(each.end) },
      { name: 'lag', label: 'Lag', isNumber: true, value: (each) => each.lag, cell: (each) => number(each.lag) },
      {
        name: 'metadata', label: 'Metadata', isMinor: true,
        cell: (each) => (each.metadata ? h('span.mono', {}, each.metadata) : '–'),
      },
    ],
  });
}

function memberTable(name) {
  return table({
    caption: `Members of ${name}`, key: (each) => each.id, sort: 'client',
    columns: [
      {
        name: 'client', label: 'Client', value: (each) => each.clientId,
        cell: (each) => h('span', { title: each.id }, each.clientId || each.id),
      },
      { name: 'host', label: 'Host', isMinor: true, value: (each) => each.host, cell: (each) => h('span.mono', {}, each.host) },
      {
        name: 'partitions', label: 'Reads', value: (each) => each.partitions.length,
        cell: (each) => h('span', {}, each.partitions.length
          ? each.partitions.map(partitionText).join(', ')
          : 'nothing'),
      },
    ],
  });
}

function partitionText(each) {
  return typeof each === 'object' && each !== null ? `${each.topic} ${each.partition}` : String(each);
}

// What goes on: queries that run and that ended of late, and replay jobs.

import { get, isAbort, path, send } from '../api.js';
import { h, put } from '../dom.js';
import { bytes, count, duration, millis, number, percent, plural } from '../format.js';
import { icon } from '../icons.js';
import { stringify } from '../json.js';
import { poll } from '../live.js';
import { href } from '../router.js';
import { bar, progress } from '../ui/bars.js';
import { coloured } from '../ui/code.js';
import { confirm } from '../ui/dialog.js';
import { badge, pageHead, since } from '../ui/parts.js';
import { empty, staleness } from '../ui/states.js';
import { table } from '../ui/table.js';
import { toast } from '../ui/toast.js';
import { newJob } from '../work/newjob.js';

export const title = 'Activity';

const LOOK_EVERY_MS = 1000;
const QUERIES_SHOWN = 50;
const STATES = {
  queued: 'warn', running: 'accent', finished: 'good', failed: 'bad', cancelled: 'plain',
  paused: 'warn', done: 'good', waiting: 'warn',
};

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { query, signal }) {
  const stale = staleness();
  const jobs = jobList(signal, () => look());
  const queries = queryList(() => look());
  put(view,
    pageHead({
      title: 'Activity',
      note: 'Queries and replay jobs, as they run.',
      actions: [h('button.primary', { type: 'button', onclick: () => make() }, icon('plus'), 'New replay job')],
    }),
    stale.element,
    jobs.element,
    queries.element);

  async function fetchAll() {
    const [nowJobs, nowQueries] = await Promise.all([
      get('/api/v1/jobs', { signal }),
      get('/api/v1/queries', { signal }),
    ]);
    await jobs.update(nowJobs.jobs);
    queries.update(nowQueries.queries);
    stale.fine();
  }

  function make(topic) {
    newJob({ topic, signal, made: (id) => { jobs.open(id); look(); } });
  }

  await fetchAll();
  const look = poll(signal, LOOK_EVERY_MS, fetchAll, (error) => stale.failed(error));
  if (query.get('replay') !== null) make(query.get('replay'));
}

function state(name, reason) {
  return badge(name, STATES[name] ?? 'plain', reason);
}

// ---- queries

function queryList(changed) {
  const shown = table({
    caption: 'Queries, the youngest first',
    key: (query) => query.queryId,
    columns: [
      { name: 'state', label: 'State', cell: (query) => state(query.state, query.error?.message), value: (query) => query.state },
      { name: 'query', label: 'Statement', cell: statement },
      { name: 'begun', label: 'Began', isMinor: true, cell: (query) => since(millis(query.begun)), value: (query) => millis(query.begun), isNumber: true },
      { name: 'elapsed', label: 'Took', cell: took, value: (query) => query.stats.elapsedMs, isNumber: true },
      { name: 'rows', label: 'Rows', isMinor: true, cell: (query) => count(query.stats.rows), value: (query) => query.stats.rows, isNumber: true },
      { name: 'read', label: 'Reads', isMinor: true, cell: reads, value: (query) => query.stats.fileBytes, isNumber: true },
      { name: 'stop', label: '', cell: (query) => stopButton(query) },
    ],
  });
  const none = empty({
    title: 'No query yet',
    text: 'Queries show here while they run, and for a while after.',
    action: h('a.button', { href: href('sql') }, icon('sql'), 'Ask something'),
  });
  const element = h('section.card.flush', {},
    h('header.card-head', {}, h('h2', {}, 'Queries')), none);

  function statement(query) {
    return h('div.work-statement', {},
      h('a', { href: href('sql', { q: query.query }), title: query.query.slice(0, 2000) },
        h('code.ellipsis', {}, coloured(query.query.replace(/\s+/g, ' ').slice(0, 300), 'sql'))),
      query.error && h('p.work-reason', {}, query.error.message.split('\n')[0]),
      query.state === 'running' && progress(query.percent > 0 ? query.percent / 100 : null, 'Progress'));
  }

  function took(query) {
    const { elapsedMs, queuedMs } = query.stats;
    return h('span', { title: queuedMs ? `${duration(queuedMs)} of it queued` : undefined }, duration(elapsedMs));
  }

  function reads({ stats }) {
    const parts = [
      stats.files > 0 && `${number(stats.files - stats.filesPruned)}/${plural(stats.files, 'file')}`,
      stats.fileBytes > 0 && bytes(stats.fileBytes),
      stats.hotRecords > 0 && `${count(stats.hotRecords)} hot`,
    ].filter(Boolean);
    return parts.join(' · ') || '–';
  }

  function stopButton(query) {
    if (query.state !== 'running' && query.state !== 'queued') return '';
    return h('button.ghost', {
      type: 'button', 'aria-label': 'Stop the query',
      onclick: () => act(() => send('DELETE', path`/api/v1/queries/${query.queryId}`), 'Stopped', changed),
    }, icon('stop'), 'Stop');
  }

  return {
    element,
    update(queries) {
      shown.update(queries.slice(0, QUERIES_SHOWN));
      const wanted = queries.length ? shown.element : none;
      if (element.lastElementChild !== wanted) element.lastElementChild.replaceWith(wanted);
    },
  };
}

// ---- jobs

function jobList(signal, changed) {
  const opened = new Set();
  const body = h('div.work-jobs');
  const element = h('section.card.flush', {}, h('header.card-head', {}, h('h2', {}, 'Replay jobs')), body);
  let last = '';

  async function update(jobs) {
    const whole = await Promise.all(jobs.map((job) => (opened.has(job.id)
      ? get(path`/api/v1/jobs/${job.id}`, { signal }).catch((error) => {
        if (isAbort(error)) throw error;
        return job; // forgotten meanwhile
      })
      : job)));
    const now = stringify(whole);
    if (now === last) return; // nobody's focus is taken away for nothing
    last = now;
    draw(whole);
  }

  function draw(jobs) {
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    if (!jobs.length) {
      put(body, empty({
        title: 'No replay job',
        text: 'A job copies a range of a topic into another topic, or moves a group to offsets or a time. It goes on through restarts.',
      }));
      return;
    }
    put(body, jobs.map(card));
    if (focused) body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  function card(job) {
    const isCopy = job.target.topic !== undefined;
    const isOver = ['done', 'cancelled', 'failed'].includes(job.state);
    const isOpen = opened.has(job.id);
    return h('article.work-job', { 'aria-label': `Job ${job.id}` },
      h('div.row', {},
        state(job.state, job.reason),
        h('strong.grow', {},
          h('a', { href: href('topics', job.topic) }, job.topic), ' → ',
          isCopy ? h('a', { href: href('topics', job.target.topic) }, job.target.topic)
            : h('span', {}, 'group ', h('a', { href: href('groups', job.target.group) }, job.target.group))),
        h('span.actions', {}, buttons(job, isOver))),
      isCopy && h('div.work-progress', {}, progress(job.percent / 100, `Progress of ${job.topic}`),
        h('span.nowrap', {}, `${job.percent} %`)),
      h('p.muted', {}, facts(job)),
      job.reason && h('p.work-reason', {}, job.reason),
      h('button.link', {
        type: 'button', 'aria-expanded': String(isOpen), data: { key: `more-${job.id}` },
        onclick: () => { if (!opened.delete(job.id)) opened.add(job.id); changed(); },
      }, isOpen ? 'Hide partitions' : 'Show partitions'),
      isOpen && job.partitions && h('ul.work-partitions', {}, job.partitions.map((each) => partition(each, isCopy))));
  }

  function facts(job) {
    return [
      h('span', {}, 'began ', since(millis(job.createdAt))),
      job.endedAt && h('span', {}, 'ended ', since(millis(job.endedAt))),
      job.records !== undefined && plural(job.records, 'record'),
      job.bytes > 0 && bytes(job.bytes),
      job.cold > 0 && `${percent(job.cold, job.hot + job.cold)} of it cold`,
      job.recordsPerSecond && `at most ${number(job.recordsPerSecond)} records/s`,
      job.bytesPerSecond && `at most ${bytes(job.bytesPerSecond)}/s`,
      job.etaSeconds !== undefined && `${duration(job.etaSeconds * 1000)} left`,
    ].filter(Boolean).flatMap((part, i) => (i ? [' · ', part] : [part]));
  }

  function partition(each, isCopy) {
    if (!isCopy) {
      return h('li', {}, h('span.faint', {}, `partition ${each.partition}`), h('span', {}, `offset ${number(each.offset)}`));
    }
    const done = each.next - each.from;
    const all = each.to - each.from;
    const share = all === 0 ? '100 %' : percent(done, all);
    return h('li', {},
      h('span.faint', {}, `partition ${each.partition}`),
      bar([{ kind: 'accent', from: 0, to: all === 0 ? 1 : done }], { to: Math.max(all, 1), height: 6, label: `${share} of partition ${each.partition}` }),
      h('span.nowrap', { title: `${number(each.from)} to ${number(each.to)}` }, `${number(each.next)} / ${number(each.to)}`));
  }

  function buttons(job, isOver) {
    const act_ = (label, name, method, where, told) => h('button', {
      type: 'button', data: { key: `${name}-${job.id}` },
      onclick: () => act(() => send(method, where), told, changed),
    }, icon(name), label);
    const at = path`/api/v1/jobs/${job.id}`;
    return [
      job.state === 'running' && act_('Pause', 'pause', 'POST', `${at}/pause`, 'Paused'),
      job.state === 'paused' && act_('Resume', 'play', 'POST', `${at}/resume`, 'Resumed'),
      job.state === 'failed' && act_('Try again', 'refresh', 'POST', `${at}/resume`, 'Resumed'),
      !isOver && h('button', { type: 'button', data: { key: `cancel-${job.id}` }, onclick: () => cancel(job, at) }, icon('close'), 'Cancel'),
      isOver && act_('Forget', 'trash', 'DELETE', at, 'Forgotten'),
    ];
  }

  async function cancel(job, at) {
    const isSure = await confirm({
      title: 'Cancel the job?',
      text: `What was copied from ${job.topic} so far stays; the rest isn’t copied.`,
      action: 'Cancel the job',
      otherwise: 'Let it go on',
    });
    if (isSure) act(() => send('DELETE', at), 'Cancelled', changed);
  }

  return { element, update, open: (id) => opened.add(id) };
}

async function act(work, told, changed) {
  try {
    await work();
    toast(told, 'good');
  } catch (error) {
    toast(error.message, 'bad');
  }
  changed();
}

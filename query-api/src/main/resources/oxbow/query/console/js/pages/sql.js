// The SQL workbench: an editor, what came of it as a table, a drawing or a plan, and what was before.

import { address, isAbort, request } from '../api.js';
import { h, put, text } from '../dom.js';
import { bytes, count, duration, number, plural } from '../format.js';
import { icon } from '../icons.js';
import { keep, kept } from '../kept.js';
import { href, stay } from '../router.js';
import { shortcut } from '../shortcuts.js';
import { tables as askTables } from '../sql/catalog.js';
import { editor } from '../sql/editor.js';
import { forgetAll, past, remember } from '../sql/past.js';
import { explaining, plan } from '../sql/plan.js';
import { plot } from '../sql/plot.js';
import { noRows, results } from '../sql/results.js';
import { run } from '../sql/run.js';
import { nameText, offsetOf, placeOf, statementAt } from '../sql/words.js';
import { progress } from '../ui/bars.js';
import { coloured } from '../ui/code.js';
import { dialog } from '../ui/dialog.js';
import { badge, pageHead, searchField, select, since } from '../ui/parts.js';
import { empty } from '../ui/states.js';
import { tabs } from '../ui/tabs.js';
import { copy, toast } from '../ui/toast.js';

export const title = 'SQL';

const DRAFT = 'sql.draft';
const LIMIT = 'sql.limit';
const LIMITS = [100, 1000, 10_000, 100_000];
const LIVE_ROWS_MAX = 5000;
const LINK_CHARS_MAX = 3000;
const EXAMPLE = 'SELECT name, partitions, is_internal\nFROM oxbow.topics\nORDER BY name;\n';
const FORMATS = [
  ['csv', 'CSV', 'text/csv'],
  ['json', 'JSON', 'application/json'],
  ['parquet', 'Parquet', 'application/vnd.apache.parquet'],
  ['arrow', 'Arrow', 'application/vnd.apache.arrow.stream'],
];

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { query, signal }) {
  let known = [];
  let limit = kept(LIMIT, 1000);
  let running = null; // what stops it

  const edit = editor({
    value: query.get('q') ?? kept(DRAFT, EXAMPLE),
    label: 'SQL',
    tables: () => known,
    onrun: start,
    onchange: (value) => keep(DRAFT, value),
  });
  const runButton = h('button.primary', { type: 'button', onclick: start, title: 'Ctrl-Enter' }, icon('play'), 'Run');
  const stopButton = h('button.danger', { type: 'button', hidden: true, onclick: stop }, icon('stop'), 'Stop');
  const status = statusLine();
  const outcome = h('section.sql-outcome', { 'aria-label': 'Result' });
  const beside = h('aside.card.sql-tables', { 'aria-label': 'Tables' });

  put(view,
    pageHead({
      title: 'SQL',
      note: 'Each topic is a table: what is in the log and what is in the bucket are one.',
      actions: [
        h('button', { type: 'button', onclick: showPast }, 'History'),
        h('button', { type: 'button', onclick: share }, icon('copy'), 'Share'),
      ],
    }),
    h('div.sql-page', {},
      h('div.sql-work', {},
        h('section.card.flush.sql-card', {},
          edit.element,
          h('div.sql-bar', {},
            runButton, stopButton,
            h('button', { type: 'button', onclick: () => start('explain') }, 'Explain'),
            h('span.grow'),
            h('label.row.sql-limit', {}, h('span.muted', {}, 'Rows'), select({
              label: 'Rows at most', value: String(limit),
              options: LIMITS.map((each) => ({ value: String(each), label: number(each) })),
              onchange: (value) => keep(LIMIT, (limit = Number(value))),
            }))),
          status.element),
        outcome),
      beside));
  put(outcome, hint());

  shortcut('e', 'Edit the statement', () => edit.focus(), signal);
  shortcut('Ctrl+Enter', 'Run the statement', undefined, signal);
  shortcut('Ctrl+Space', 'Complete', undefined, signal);
  signal.addEventListener('abort', stop);
  loadTables();

  // ---- tables

  async function loadTables() {
    try {
      known = await askTables(signal);
      put(beside, tableList(known, (name) => edit.insert(name)));
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      put(beside, h('p.muted', {}, `The tables aren’t known: ${error.message}`),
        h('button', { type: 'button', onclick: loadTables }, 'Try again'));
    }
  }

  // ---- running

  /** What is to be run: what is chosen, else the statement at the caret. */
  function wanted() {
    const whole = edit.value();
    return edit.chosen() ?? statementAt(whole, edit.caret());
  }

  async function start(how) {
    if (running) running.abort();
    const place = wanted();
    if (!place) {
      edit.focus();
      toast('There is no statement yet');
      return;
    }
    const given = edit.value().slice(place.from, place.to);
    const asked = how === 'explain' && !/^\s*explain\b/i.test(given) ? `EXPLAIN ${given}` : given;
    const explained = explaining(asked);
    stay('sql', { q: edit.value().length < LINK_CHARS_MAX ? edit.value() : undefined });
    edit.unmark();

    const mine = new AbortController();
    running = mine;
    runButton.disabled = true;
    stopButton.hidden = false;
    status.begin();
    const begun = performance.now();
    const shown = outcomeOf(explained.isPlan);
    try {
      const stats = await run(explained.sql, {
        limit: explained.isPlan ? undefined : limit,
        signal: mine.signal,
        watcher: {
          began(columns, isContinuous) {
            if (isContinuous) status.live();
            shown.began(columns, isContinuous);
          },
          rows: (rows) => shown.rows(rows),
          progress: (now) => status.progress(now),
        },
      });
      status.done(stats, !explained.isPlan && stats.rows === limit);
      shown.done(asked);
      remember({ sql: given, at: Date.now(), ms: Math.round(performance.now() - begun), rows: stats.rows });
    } catch (error) {
      if (isAbort(error) || mine.signal.aborted) {
        status.stopped(performance.now() - begun, shown.count());
        shown.done(asked);
      } else {
        status.failed();
        shown.failed(error, placeIn(error, place, explained.sql));
        remember({ sql: given, at: Date.now(), error: error.message });
      }
    } finally {
      if (running === mine) {
        running = null;
        runButton.disabled = false;
        stopButton.hidden = true;
      }
    }
  }

  function stop() {
    running?.abort();
  }

  /** What shows one statement's rows, or why there are none. */
  function outcomeOf(isPlan) {
    let grid = null;
    let drawn = null;
    let isLive = false;
    let all = [];
    let total = 0;

    function began(columns, isContinuous) {
      isLive = isContinuous;
      if (isPlan) return;
      if (!columns.length) return;
      grid = results({ columns, signal });
      drawn = plot({ columns, rows: () => grid.rows(), signal });
      const views = tabs({
        label: 'Result as',
        tabs: [
          { name: 'table', label: 'Table', panel: grid.element },
          { name: 'plot', label: 'Plot', panel: drawn.element },
        ],
        onchoose: (name) => (name === 'plot' ? drawn.update() : grid.redraw()),
      });
      views.element.classList.add('sql-views');
      put(outcome, views.element);
    }

    function rows(more) {
      total += more.length;
      if (isPlan) {
        all = all.concat(more);
        return;
      }
      grid?.add(more, isLive ? LIVE_ROWS_MAX : Infinity);
      if (drawn && !drawn.element.closest('[hidden]')) drawn.update();
    }

    function done(sql) {
      if (isPlan) {
        if (all.length) put(outcome, plan(all));
        return;
      }
      if (!grid) return;
      grid.redraw();
      if (!total) grid.element.after(noRows());
      outcome.firstElementChild?.querySelector('.tabs')?.append(tools(sql));
    }

    function tools(sql) {
      return h('div.sql-tools', {},
        h('button.ghost', { type: 'button', onclick: () => grid.copyAll(), title: 'Copy all rows, with tabs between' }, icon('copy'), 'Copy'),
        isLive ? null : h('details.menu', {},
          h('summary.button.ghost', {}, icon('download'), 'Download'),
          h('ul.menu-list', {}, FORMATS.map(([format, label, type]) =>
            h('li', {}, h('button.ghost', {
              type: 'button',
              onclick: (event) => {
                event.target.closest('details').open = false;
                download(sql, format, label, type);
              },
            }, label))))));
    }

    function failed(error, where) {
      if (where !== null) edit.mark(where);
      const box = h('div.failure', { role: 'alert' }, icon('warn'),
        h('div', {},
          h('p.failure-title', {}, error.message),
          where !== null && h('p', {}, h('button.link', { type: 'button', onclick: () => edit.goTo(where) }, placeText(where))),
          error.hint && h('p.failure-hint', {}, error.hint)));
      if (grid && total) outcome.prepend(box);
      else put(outcome, box);
    }

    return { began, rows, done, failed, count: () => total };
  }

  /** Where in the editor an error is; null: it doesn't say. What was put in front doesn't count. */
  function placeIn(error, place, asked) {
    if (!error.line || !error.column) return null;
    const behind = asked.length - offsetOf(asked, error.line, error.column);
    return Math.max(place.from, place.to - Math.max(behind, 0));
  }

  function placeText(offset) {
    const { line, column } = placeOf(edit.value(), offset);
    return `Line ${line}, column ${column}`;
  }

  // ---- around it

  async function download(sql, format, label, type) {
    const name = `oxbow-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${format}`;
    const link = (where) => {
      const element = h('a', { href: where, download: name });
      document.body.append(element);
      element.click();
      element.remove();
    };
    if (encodeURIComponent(sql).length < LINK_CHARS_MAX) {
      link(address('/api/v1/sql', { q: sql, format })); // the browser writes it as it comes
      return;
    }
    try {
      const response = await request('/api/v1/sql', { method: 'POST', body: sql, params: { format }, headers: { Accept: type }, signal });
      const where = URL.createObjectURL(await response.blob());
      link(where);
      setTimeout(() => URL.revokeObjectURL(where), 60_000);
    } catch (error) {
      if (!isAbort(error)) toast(`${label} failed: ${error.message}`, 'bad');
    }
  }

  function share() {
    const where = new URL(location.href);
    where.hash = href('sql', { q: edit.value() });
    copy(where.href, 'Link copied');
  }

  function showPast() {
    const list = h('ul.sql-past');
    const field = searchField({ label: 'Search the history', placeholder: 'Search', oninput: fill });
    const opened = dialog({
      title: 'History', wide: true, signal,
      body: h('div.stack', {}, field, list),
      actions: [h('button', { type: 'button', onclick: () => { forgetAll(); fill(''); } }, 'Forget all')],
    });
    fill('');
    field.focus();

    function fill(word) {
      const all = past().filter(({ sql }) => sql.toLowerCase().includes(word.toLowerCase()));
      put(list, all.length ? all.map((each) => h('li', {},
        h('button.sql-past-entry', {
          type: 'button',
          onclick: () => { opened.close(); edit.set(each.sql); edit.focus(); },
        },
          h('code', {}, coloured(cutText(each.sql), 'sql')),
          h('span.faint', {}, since(each.at), each.error ? badge('failed', 'bad', each.error)
            : ` · ${plural(each.rows ?? 0, 'row')} · ${duration(each.ms)}`))))
        : h('li.muted', {}, word ? 'Nothing has that in it.' : 'What you run is kept here, in this browser only.'));
    }
  }

  function hint() {
    return empty({
      title: 'Ask your topics',
      text: 'Ctrl-Enter runs the statement at the caret, or what is chosen. It may go on with what comes: end it with EMIT CHANGES.',
    });
  }
}

function cutText(sql) {
  return sql.length > 600 ? `${sql.slice(0, 600)}…` : sql;
}

/** The tables beside the editor; a click writes a name. */
function tableList(all, take) {
  if (!all.length) return h('p.muted', {}, 'There are no topics yet.');
  const entry = ({ name, isOwn, columns }) =>
    h('details.sql-table', {},
      h('summary', {}, h('span.ellipsis', { title: name }, name)),
      h('ul', {},
        h('li', {}, h('button.link', { type: 'button', onclick: () => take(isOwn ? name : nameText(name)) }, 'Insert name')),
        columns.map((column) => h('li', {},
          h('button.sql-column', { type: 'button', title: column.type, onclick: () => take(nameText(column.name)) },
            h('span.ellipsis', {}, column.name),
            h('span.faint.ellipsis', {}, column.type.toLowerCase()))))));
  const topics = all.filter(({ isOwn }) => !isOwn);
  return [
    h('h2', {}, 'Tables'),
    topics.length ? topics.map(entry) : h('p.muted', {}, 'There are no topics yet.'),
    h('h3.muted', {}, 'The server’s own'),
    all.filter(({ isOwn }) => isOwn).map(entry),
  ];
}

/** The line below the editor: how far it is, and what it took. */
function statusLine() {
  const words = h('span', { role: 'status' });
  const facts = h('span.muted');
  const bar = h('div.sql-progress', { hidden: true });
  const element = h('div.sql-status', { hidden: true }, bar, h('div.row', {}, words, facts));
  return {
    element,
    begin() {
      element.hidden = false;
      element.classList.remove('is-bad');
      bar.hidden = false;
      put(bar, progress(null, 'Progress'));
      text(words, 'Running');
      text(facts, '');
    },
    live() {
      bar.hidden = true;
      put(words, h('span.live', {}, 'Live'));
    },
    progress({ state, percent, stats }) {
      if (!bar.hidden) put(bar, progress(state === 'queued' ? null : percent / 100, 'Progress'));
      if (state === 'queued') text(words, 'Waiting for its turn');
      text(facts, workText(stats));
    },
    done(stats, isCut) {
      bar.hidden = true;
      text(words, `${isCut ? 'The first ' : ''}${plural(stats.rows, 'row')} in ${duration(stats.elapsedMs)}`);
      text(facts, workText({ ...stats, rows: undefined, elapsedMs: undefined }));
    },
    stopped(ms, rows) {
      bar.hidden = true;
      text(words, `Stopped after ${duration(ms)}, ${plural(rows, 'row')}`);
    },
    failed() {
      bar.hidden = true;
      element.classList.add('is-bad');
      text(words, 'Failed');
      text(facts, '');
    },
  };
}

/** What a query read and what it didn't have to. */
function workText({ rows, elapsedMs, queuedMs, files, filesPruned, fileBytes, hotRecords, splits, splitsDone }) {
  return [
    rows !== undefined && rows > 0 && plural(rows, 'row'),
    files > 0 && `${number(files - filesPruned)} of ${plural(files, 'file')}`,
    filesPruned > 0 && `${number(filesPruned)} pruned`,
    fileBytes > 0 && bytes(fileBytes),
    hotRecords > 0 && `${count(hotRecords)} offsets of the log`,
    elapsedMs !== undefined && splits > 1 && `${number(splitsDone)} of ${number(splits)} parts`,
    elapsedMs !== undefined && duration(elapsedMs),
    queuedMs > 50 && `${duration(queuedMs)} queued`,
  ].filter(Boolean).join(' · ');
}

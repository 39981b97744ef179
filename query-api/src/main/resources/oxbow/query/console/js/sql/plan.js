// Shows how a statement is run: what is read of each table, and the engine's plan as a tree.

import { h } from '../dom.js';
import { bytes, duration, number, percent, plural } from '../format.js';
import { bar } from '../ui/bars.js';
import { badge } from '../ui/parts.js';
import { code } from '../ui/code.js';
import { tokens } from './words.js';

const FILES = /^cold files: (\d+) of (\d+), (\d+) bytes; pruned: (\d+), (\d+) bytes(.*)$/;
const LOG = /^log: (\d+) offsets; pruned: (\d+)(.*)$/;
// What stands around a measured plan and says nothing of it.
const AROUND = new Set(['RESULT_COLLECTOR', 'EXECUTE', 'EXPLAIN_ANALYZE']);

/**
 * The statement that asks for another one's plan; null: it is no such thing.
 *
 * @returns {{sql: string, isPlan: boolean}} as given, but for plans, which come as JSON
 */
export function explaining(sql) {
  const all = tokens(sql).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  if (all[0]?.text.toLowerCase() !== 'explain') return { sql, isPlan: false };
  const isAnalyze = all[1]?.text.toLowerCase() === 'analyze';
  const next = all[isAnalyze ? 2 : 1];
  if (!next) return { sql, isPlan: false };
  if (next.text === '(' && /^(format|analyze)$/i.test(all[2]?.text ?? '')) {
    return { sql, isPlan: false };
  }
  const head = `EXPLAIN (${isAnalyze ? 'ANALYZE, ' : ''}FORMAT JSON)`;
  return { sql: `${head} ${sql.slice(next.from)}`, isPlan: true };
}

/**
 * The plan in the rows of such an answer.
 *
 * @param {any[][]} rows what, and text
 */
export function plan(rows) {
  const tables = rows.filter(([what]) => what === 'tables').map(([, text]) => tableCard(text));
  const plans = rows.filter(([what]) => what !== 'tables').map(([, text]) => tree(text));
  return h('div.stack', {},
    tables.length > 0 && h('div.cards', {}, tables),
    plans);
}

function tableCard(text) {
  const [head, ...lines] = text.split('\n').map((line) => line.trim());
  return h('section.card.plan-table', {},
    h('h3', {}, h('span.faint', {}, 'table '), head.replace(/^table /, '')),
    lines.map(factLine));
}

function factLine(line) {
  const files = FILES.exec(line);
  if (files) {
    const [read, all, size, pruned, spared] = files.slice(1, 6).map(Number);
    return h('div.plan-fact', {},
      h('p', {}, badge('cold', 'cold'), ` ${number(read)} of ${number(all)} files, ${bytes(size)}`,
        h('span.muted', {}, pruned ? `; ${number(pruned)} pruned, ${bytes(spared)} not read` : '; none pruned', files[6])),
      all > 0 && bar([{ kind: 'cold', from: 0, to: size }], { to: size + spared, height: 6, label: `${percent(size, size + spared)} of the bytes are read` }));
  }
  const log = LOG.exec(line);
  if (log) {
    const [read, pruned] = log.slice(1, 3).map(Number);
    return h('div.plan-fact', {},
      h('p', {}, badge('hot', 'hot'), ` ${number(read)} offsets of the log`,
        h('span.muted', {}, pruned ? `; ${number(pruned)} pruned` : '', log[3])),
      read + pruned > 0 && bar([{ kind: 'hot', from: 0, to: read }], { to: read + pruned, height: 6, label: `${percent(read, read + pruned)} of the log is read` }));
  }
  return h('p.muted', {}, line.replace(/^by: nothing$/, 'No condition prunes anything.').replace(/^by: /, 'Pruned by '));
}

function tree(text) {
  let parsed;
  try {
    parsed = JSON.parse(text);
  } catch {
    return code(text, { label: 'Plan' });
  }
  let nodes = Array.isArray(parsed) ? parsed : parsed.operator ?? [];
  while (nodes.length === 1 && AROUND.has(nodes[0].type)) nodes = nodes[0].children ?? [];
  const whole = nodes.reduce((sum, node) => sum + timeOf(node), 0);
  return h('section.card', {},
    h('ul.plan', { 'aria-label': 'Plan' }, nodes.map((node) => branch(node, whole))));
}

function timeOf(node) {
  return (node.timing ?? 0) + (node.children ?? []).reduce((sum, each) => sum + timeOf(each), 0);
}

function branch(node, whole) {
  const name = (node.name ?? node.type ?? '').trim();
  const { timing, intermediate_rows: rows } = node;
  const isMeasured = timing !== undefined;
  return h('li.plan-node', {},
    h('div.plan-box', {},
      h('div.row', {},
        h('strong.plan-name', {}, name.replaceAll('_', ' ').toLowerCase()),
        isMeasured && badge(duration(timing * 1000), timing > whole * 0.3 ? 'warn' : 'plain', 'Time in all threads'),
        rows !== undefined && badge(plural(rows, 'row'))),
      whole > 0 && bar([{ kind: 'accent', from: 0, to: timing }], { to: whole, height: 4, label: `${percent(timing, whole)} of the time` }),
      details(node)),
    node.children?.length > 0 && h('ul', {}, node.children.map((each) => branch(each, whole))));
}

function details(node) {
  const info = node.extra_info ?? {};
  const entries = typeof info === 'string'
    ? [['', info]]
    : Object.entries(info).filter(([, value]) => value !== '' && !isEmpty(value));
  if (!entries.length) return null;
  return h('dl.plan-info', {}, entries.map(([name, value]) => h('div', {},
    name && h('dt', {}, name),
    h('dd', {}, Array.isArray(value) ? value.join(', ') : String(value)))));
}

function isEmpty(value) {
  return Array.isArray(value) && value.length === 0;
}

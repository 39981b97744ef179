// What may stand where the caret is. Pure: the editor shows it.

import { nameOf, nameText, statementAt, tokens, words } from './words.js';

const TABLE_COMES = new Set(['from', 'join', 'describe', 'summarize', 'into', 'table']);
const NOT_AN_ALIAS = new Set([
  'where', 'join', 'on', 'using', 'group', 'order', 'limit', 'left', 'right', 'full', 'inner', 'cross',
  'natural', 'asof', 'semi', 'anti', 'union', 'as', 'emit', 'having', 'window', 'qualify', 'sample',
]);
const SHOWN_MAX = 60;

/**
 * @typedef {{text: string, label: string, kind: 'table'|'column'|'function'|'keyword', note: string}}
 *     Candidate
 * @typedef {{name: string, columns: {name: string, type: string}[]}} Table
 */

/**
 * The word at the caret, and what it may become.
 *
 * @param {string} text
 * @param {number} caret
 * @param {Table[]} tables
 * @param {boolean} isAsked also where nothing was typed yet
 * @returns {{from: number, candidates: Candidate[]}}
 */
export function complete(text, caret, tables, isAsked = false) {
  const before = tokens(text.slice(0, caret));
  const last = before.at(-1);
  const isWord = last && ['word', 'keyword', 'quoted'].includes(last.kind);
  if (last && ['comment', 'string'].includes(last.kind) && !isEnded(last)) {
    return { from: caret, candidates: [] };
  }
  const typed = isWord ? nameOf(last.text).toLowerCase() : '';
  const from = isWord ? last.from : caret;
  const ahead = before.slice(0, isWord ? -1 : undefined)
    .filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const isMember = ahead.at(-1)?.text === '.';
  if (!typed && !isMember && !isAsked) return { from, candidates: [] };
  const named = tablesIn(text, caret, tables);
  const all = isMember ? members(ahead.at(-2), named, tables)
    : comesTable(ahead) ? tables.map(tableCandidate)
      : everything(named, tables);
  return { from, candidates: fitting(all, typed) };
}

function isEnded({ kind, text }) {
  if (kind === 'comment') return text.startsWith('/*') && text.length > 3 && text.endsWith('*/');
  const quote = text[0];
  return text.length > 1 && text.endsWith(quote);
}

function comesTable(ahead) {
  for (let i = ahead.length - 1; i >= 0; i--) {
    const { kind, text } = ahead[i];
    if (kind === 'keyword') return TABLE_COMES.has(text.toLowerCase());
    if (text !== ',' && kind !== 'word' && kind !== 'quoted') return false;
    if (text !== ',' && i === ahead.length - 1) return false; // a table stands there already
  }
  return false;
}

/** The tables of the statement by the names they have in it. @returns {Map<string, Table>} */
function tablesIn(text, caret, tables) {
  const place = statementAt(text, caret) ?? { from: 0, to: text.length };
  const all = tokens(text.slice(place.from, place.to))
    .filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const named = new Map();
  for (let i = 0; i < all.length; i++) {
    const isIntroduced = all[i].kind === 'keyword' && TABLE_COMES.has(all[i].text.toLowerCase());
    if (!isIntroduced) continue;
    let next = i + 1;
    while (next < all.length && isName(all[next])) {
      while (all[next + 1]?.text === '.' && isName(all[next + 2])) next += 2; // lake.topics.orders
      const name = nameOf(all[next].text);
      const table = find(tables, name);
      let alias = all[next + 1];
      if (alias?.text.toLowerCase() === 'as') alias = all[++next + 1];
      const hasAlias = isName(alias) && !NOT_AN_ALIAS.has(alias.text.toLowerCase());
      if (table) named.set((hasAlias ? nameOf(alias.text) : name).toLowerCase(), table);
      next += hasAlias ? 2 : 1;
      if (all[next]?.text !== ',') break;
      next++;
    }
  }
  return named;
}

function isName(token) {
  return token !== undefined && ['word', 'quoted', 'keyword'].includes(token.kind);
}

function find(tables, name) {
  return tables.find((each) => each.name === name) ??
    tables.find((each) => each.name.toLowerCase() === name.toLowerCase());
}

function members(owner, named, tables) {
  if (!owner) return [];
  const name = nameOf(owner.text);
  const table = named.get(name.toLowerCase()) ?? find(tables, name);
  if (table) return table.columns.map(columnCandidate);
  const inSchema = tables.filter((each) => each.name.startsWith(`${name}.`));
  return inSchema.map((each) => {
    const short = each.name.slice(name.length + 1);
    return { text: nameText(short), label: short, kind: 'table', note: 'table' };
  });
}

function everything(named, tables) {
  const aliases = [...named.keys()].map((name) =>
    ({ text: nameText(name), label: name, kind: 'table', note: 'table' }));
  const columns = [...new Set(named.values())].flatMap((table) => table.columns.map(columnCandidate));
  return [
    ...unique(columns),
    ...aliases,
    ...words.functions.map((name) =>
      ({ text: `${name}(`, label: name, kind: 'function', note: 'function' })),
    ...words.keywords.map((word) =>
      ({ text: word.toUpperCase(), label: word.toUpperCase(), kind: 'keyword', note: '' })),
    ...(named.size ? [] : tables.map(tableCandidate)),
  ];
}

function tableCandidate({ name }) {
  const text = name.split('.').length === 2 && name.startsWith('oxbow.') ? name : nameText(name);
  return { text, label: name, kind: 'table', note: 'table' };
}

function columnCandidate({ name, type }) {
  return { text: nameText(name), label: name, kind: 'column', note: type };
}

function unique(candidates) {
  const seen = new Set();
  return candidates.filter(({ label }) => !seen.has(label) && seen.add(label));
}

/** What begins with what was typed, then what has it inside; each in the order given. */
function fitting(candidates, typed) {
  const begins = [];
  const has = [];
  for (const each of candidates) {
    const label = each.label.toLowerCase();
    if (label.startsWith(typed)) begins.push(each);
    else if (typed.length > 1 && label.includes(typed)) has.push(each);
  }
  const all = [...begins, ...has];
  // What is there in full needs no list that covers the next line.
  if (all.length === 1 && all[0].label.toLowerCase() === typed) return [];
  return all.slice(0, SHOWN_MAX);
}

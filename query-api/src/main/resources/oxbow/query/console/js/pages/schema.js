import { path, registry, send } from '../api.js';
import { add, h, put } from '../dom.js';
import { diffLines, diffWords } from '../diff.js';
import { plural } from '../format.js';
import { icon } from '../icons.js';
import { pretty } from '../json.js';
import { href, stay } from '../router.js';
import { shortcut } from '../shortcuts.js';
import { code } from '../ui/code.js';
import { badge, choice, pageHead, select, when } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { registerDialog } from './register.js';
import { typeOf } from './schemas.js';

const LEVELS = ['BACKWARD', 'BACKWARD_TRANSITIVE', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE', 'NONE'];
/** Lines of what stayed that are shown around what changed. */
const AROUND = 3;

export const title = (route) => route.params.subject;

/** @param {HTMLElement} view @param {import('../router.js').Route} route */
export async function render(view, { params: { subject }, query, signal }) {
  const numbers = await registry(path`/subjects/${subject}/versions`, { signal });
  const [versions, level] = await Promise.all([
    Promise.all(numbers.map((number) => registry(path`/subjects/${subject}/versions/${number}`, { signal }))),
    levelOf(subject, signal),
  ]);
  versions.sort((a, b) => b.version - a.version);
  const of = (number) => versions.find((each) => each.version === number);
  let shown = of(Number(query.get('version'))) ?? versions[0];
  let against = of(Number(query.get('against'))) ?? before(shown);
  let isDiff = query.get('view') !== 'whole' && Boolean(against);
  const list = h('ol.versions', { 'aria-label': 'Versions' });
  const place = h('div.stack');
  const step = (by) => {
    const next = versions[versions.indexOf(shown) + by];
    if (next) choose(next);
  };
  shortcut('[', 'Version before', () => step(1), signal);
  shortcut(']', 'Next version', () => step(-1), signal);
  add(view, [
    pageHead({
      title: subject, crumbs: [{ label: 'Schemas', href: href('schemas') }],
      note: [badge(typeOf(versions[0])), ` ${plural(versions.length, 'version')}`, topicNote(subject)],
      actions: [h('button', {
        type: 'button',
        onclick: () => registerDialog({ ...versions[0], subject, schema: textOf(versions[0]), signal }),
      }, icon('plus'), 'New version')],
    }),
    h('div.schema-page', {},
      h('aside.card.schema-side', {}, h('h2', {}, 'Versions'), list, levelPicker(subject, level, signal)),
      place),
  ]);
  show();

  /** The version that one followed. */
  function before(version) {
    return versions[versions.indexOf(version) + 1];
  }

  function choose(version) {
    shown = version;
    against = before(version) ?? versions.find((each) => each !== version);
    show();
  }

  function show() {
    stay('schemas', subject, {
      version: shown.version, against: isDiff ? against?.version : undefined, view: isDiff ? undefined : 'whole',
    });
    put(list, versions.map((version) => h('li', {}, h('button.version', {
      type: 'button', 'aria-current': version === shown ? 'true' : undefined, onclick: () => choose(version),
    }, h('b', {}, `v${version.version}`), h('span.muted', {}, `id ${version.id}`),
      version.ts && h('span.faint', {}, when(version.ts))))));
    put(place,
      h('div.toolbar', {},
        versions.length > 1 && choice({
          label: 'View', name: 'schema-view', value: isDiff ? 'diff' : 'whole',
          options: [{ value: 'diff', label: 'What changed' }, { value: 'whole', label: 'Whole' }],
          onchange: (value) => {
            isDiff = value === 'diff';
            show();
          },
        }),
        isDiff && against && h('label.row', {}, h('span.muted', {}, `v${shown.version} against`), select({
          label: 'Compare with', value: String(against.version),
          options: versions.filter((each) => each !== shown).map(({ version }) => ({ value: String(version), label: `v${version}` })),
          onchange: (value) => {
            against = of(Number(value));
            show();
          },
        }))),
      isDiff && against ? diffView(against, shown) : wholeView(shown),
      references(shown));
  }
}

/** For reading: JSON in lines, Protobuf as it is. */
function textOf(version) {
  return typeOf(version) === 'protobuf' ? version.schema.trimEnd() : pretty(version.schema);
}

function language(version) {
  return typeOf(version) === 'protobuf' ? 'proto' : 'json';
}

function wholeView(version) {
  return code(textOf(version), { language: language(version), label: `Schema of version ${version.version}` });
}

function references({ references: all = [] }) {
  if (!all.length) return null;
  return h('section.card', {}, h('div.card-head', {}, h('h2', {}, 'References')),
    h('dl.facts', {}, all.map(({ name, subject, version }) => [
      h('dt.mono', {}, name), h('dd', {}, h('a', { href: href('schemas', subject, { version }) }, `${subject}, version ${version}`))])));
}

/** The topic that a subject is named after. */
function topicNote(subject) {
  const topic = /^(.+)-(value|key)$/.exec(subject);
  return topic && [', ', topic[2] === 'key' ? 'keys of ' : 'values of ', h('a', { href: href('topics', topic[1]) }, topic[1])];
}

// ---- what changed

function diffView(left, right) {
  const lines = diffLines(textOf(left), textOf(right));
  const count = (...kinds) => lines.filter(({ kind }) => kinds.includes(kind)).length;
  const [added, removed] = [count('added', 'changed'), count('removed', 'changed')];
  if (!added && !removed) {
    return [h('p.muted', {}, `Version ${right.version} reads as version ${left.version} does.`), wholeView(right)];
  }
  const label = `From version ${left.version} to ${right.version}`;
  return h('figure.diff', {},
    h('figcaption', {}, h('span', {}, label),
      h('span.row', {}, h('span.good-text', {}, `+${added}`), h('span.bad-text', {}, `−${removed}`))),
    h('div.diff-box', { tabindex: '0', role: 'region', 'aria-label': label },
      h('table.diff-table', {},
        h('colgroup', {}, h('col.col-at'), h('col'), h('col.col-at'), h('col')),
        h('thead.sr', {}, h('tr', {}, [left, right].map(({ version }) => h('th', { colspan: '2', scope: 'col' }, `Version ${version}`)))),
        hunks(lines).map((hunk) => hunk.isHidden ? fold(hunk.lines) : h('tbody', {}, hunk.lines.map(diffRow))))));
}

/** What changed with some lines around it; what lies between is folded. */
function hunks(lines) {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== 'same'));
  const out = [];
  lines.forEach((line, at) => {
    const last = out.at(-1);
    if (last && last.isHidden === !near[at]) last.lines.push(line);
    else out.push({ isHidden: !near[at], lines: [line] });
  });
  // A fold takes a line itself.
  return out.map((hunk) => (hunk.lines.length <= 2 ? { ...hunk, isHidden: false } : hunk));
}

function fold(lines) {
  const body = h('tbody', {}, h('tr.fold', {}, h('td', { colspan: '4' },
    h('button.ghost', { type: 'button', onclick: () => put(body, lines.map(diffRow)) }, `${plural(lines.length, 'same line')}`))));
  return body;
}

function diffRow({ kind, left, right, leftAt, rightAt }) {
  const pieces = kind === 'changed'
    ? diffWords(left, right)
    : { left: [{ text: left ?? '' }], right: [{ text: right ?? '' }] };
  const side = (list, at, mark, isHere) => [
    h('td.diff-at', { class: `diff-at ${isHere ? mark : ''}` }, at),
    h('td', { class: `diff-line ${at === null ? 'none' : isHere ? mark : ''}` },
      isHere && at !== null && h('span.sr', {}, mark === 'added' ? 'added: ' : 'removed: '),
      list.map(({ text, isMarked }) => (isMarked ? h('mark', {}, text) : text)))];
  return h('tr', { class: `diff-${kind}` },
    side(pieces.left, leftAt, 'removed', kind === 'removed' || kind === 'changed'),
    side(pieces.right, rightAt, 'added', kind === 'added' || kind === 'changed'));
}

// ---- compatibility

async function levelOf(subject, signal) {
  const global = (await registry('/config', { signal })).compatibilityLevel;
  try {
    return { global, own: (await registry(path`/config/${subject}`, { signal })).compatibilityLevel };
  } catch (error) {
    if (error.status !== 404) throw error;
    return { global, own: null };
  }
}

const MEANING = {
  BACKWARD: 'New readers read what the version before wrote.',
  BACKWARD_TRANSITIVE: 'New readers read what all versions wrote.',
  FORWARD: 'Readers of the version before read what is new.',
  FORWARD_TRANSITIVE: 'Readers of all versions read what is new.',
  FULL: 'Both ways with the version before.',
  FULL_TRANSITIVE: 'Both ways with all versions.',
  NONE: 'Nothing is checked.',
};

function levelPicker(subject, { global, own }, signal) {
  const meaning = h('p.faint', {}, MEANING[own ?? global]);
  let set = own;
  const picker = select({
    label: 'Compatibility', value: own ?? '',
    options: [{ value: '', label: `default: ${global}` }, ...LEVELS.map((level) => ({ value: level, label: level }))],
    onchange: change,
  });

  async function change(level) {
    try {
      const where = path`/registry/config/${subject}`;
      if (level) await send('PUT', where, { compatibility: level }, { signal });
      else await send('DELETE', where, undefined, { signal });
      set = level;
      meaning.textContent = MEANING[level || global];
      toast(`Compatibility is ${level || `${global}, the default`} now`, 'good');
    } catch (error) {
      picker.value = set ?? '';
      toast(error.message, 'bad');
    }
  }

  return h('div.level', {}, h('h2', {}, 'Compatibility'), picker, meaning);
}

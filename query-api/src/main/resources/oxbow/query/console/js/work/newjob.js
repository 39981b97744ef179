// The form that makes a replay job.

import { get, isAbort, path, send } from '../api.js';
import { h, put, uniqueId } from '../dom.js';
import { dialog } from '../ui/dialog.js';
import { choice, field } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

/**
 * Opens it.
 *
 * @param {{topic?: string, moved?: string, signal: AbortSignal, made: (id: string) => void}} how
 *     moved: the group that is to be moved
 */
export function newJob({ topic = '', moved = '', signal, made }) {
  const topicsId = uniqueId('topics');
  const groupsId = uniqueId('groups');
  const input = (more) => h('input', { autocomplete: 'off', spellcheck: 'false', ...more });
  const source = input({ required: true, list: topicsId, value: topic, placeholder: 'orders' });
  const from = input({ placeholder: 'earliest', 'aria-describedby': 'job-positions' });
  const to = input({ placeholder: 'the end as it is now' });
  const partitions = input({ placeholder: 'all', inputmode: 'numeric', pattern: '\\s*\\d+(\\s*,\\s*\\d+)*\\s*', title: 'Numbers with commas between, as 0, 2' });
  const target = input({ list: topicsId, placeholder: 'orders-again' });
  const group = input({ list: groupsId, value: moved, placeholder: 'billing' });
  const perSecond = input({ type: 'number', min: '1', placeholder: 'as fast as it goes' });
  const mapping = h('select', {},
    h('option', { value: '' }, 'the same, if it has as many'),
    h('option', { value: 'same' }, 'the same'),
    h('option', { value: 'key' }, 'by key'));
  const fields = h('div.form-fields');
  const problem = h('div.failure', { role: 'alert', hidden: true });
  let kind = moved ? 'group' : 'copy';

  const form = h('form.stack', { id: uniqueId('form'), novalidate: false, onsubmit: submit },
    choice({
      label: 'What it does', name: 'job-kind', value: kind,
      options: [{ value: 'copy', label: 'Copy records' }, { value: 'group', label: 'Move a group' }],
      onchange: (value) => { kind = value; draw(); },
    }),
    fields,
    h('p.field-hint', { id: 'job-positions' },
      'A place in a topic: earliest, latest, offset:123, a time as 2026-01-31T00:00:00Z, or a span back from now as -15m, -2h, -7d.'),
    problem,
    h('datalist', { id: topicsId }), h('datalist', { id: groupsId }));
  const begin = h('button.primary', { type: 'submit', form: form.id }, 'Start');
  const opened = dialog({
    title: 'New replay job', body: form, signal,
    actions: [h('button', { type: 'button', onclick: () => opened.close() }, 'Close'), begin],
  });
  draw();
  (topic && moved ? from : source).focus();
  offer();

  function draw() {
    const isCopy = kind === 'copy';
    target.required = isCopy;
    group.required = !isCopy;
    from.required = !isCopy;
    put(fields,
      field('Topic', source),
      isCopy ? field('Into topic', target, { hint: 'It is made if it isn’t there.' }) : field('Group', group, { hint: 'It may have no members meanwhile.' }),
      field(isCopy ? 'From' : 'To go on at', from),
      isCopy && field('To', to, { hint: 'Exclusive.' }),
      field('Partitions', partitions),
      isCopy && field('Partition of a copy', mapping),
      isCopy && field('Records per second', perSecond));
  }

  async function offer() {
    const fill = (id, names) => {
      const list = form.querySelector(`#${id}`);
      if (list) put(list, names.map((name) => h('option', { value: name })));
    };
    const names = (all) => all.map(({ name }) => name);
    get('/api/v1/topics', { signal }).then(({ topics }) => fill(topicsId, names(topics))).catch(() => {});
    get('/api/v1/groups', { signal }).then(({ groups }) => fill(groupsId, names(groups))).catch(() => {});
  }

  function wanted() {
    const word = (element) => element.value.trim() || undefined;
    const numbers = word(partitions)?.split(',').map(Number);
    const common = { from: word(from), partitions: numbers };
    return kind === 'group'
      ? { ...common, group: word(group) }
      : {
        ...common, to: word(to), topic: word(target), partitioning: mapping.value || undefined,
        recordsPerSecond: perSecond.value ? Number(perSecond.value) : undefined,
      };
  }

  async function submit(event) {
    event.preventDefault();
    begin.disabled = true;
    problem.hidden = true;
    try {
      const job = await send('POST', path`/api/v1/topics/${source.value.trim()}/replay`, wanted(), { signal });
      opened.close();
      toast('The job has begun', 'good');
      made(job.id);
    } catch (error) {
      if (isAbort(error)) return;
      put(problem, h('p.failure-title', {}, error.message));
      problem.hidden = false;
    } finally {
      begin.disabled = false;
    }
  }
}

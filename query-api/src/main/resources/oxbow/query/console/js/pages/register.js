// The form that checks and registers a schema, for the pages of schemas.

import { isAbort, path, send } from '../api.js';
import { h, put } from '../dom.js';
import { go } from '../router.js';
import { dialog } from '../ui/dialog.js';
import { field, select } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

const TYPES = [
  { value: 'AVRO', label: 'Avro' },
  { value: 'PROTOBUF', label: 'Protobuf' },
  { value: 'JSON', label: 'JSON Schema' },
];
const HEADERS = {
  'Content-Type': 'application/vnd.schemaregistry.v1+json', Accept: 'application/vnd.schemaregistry.v1+json',
};

/**
 * What stands against a schema, out of messages in the registry's form: each names its reason in a
 * `description`, and others repeat the older schema and the level.
 */
export function reasons(messages = []) {
  return messages
    .filter((each) => !/^\{(oldSchema|validateFields)/.test(each))
    .map((each) => /description:\s*'([\s\S]*)',\s*additionalInfo:/.exec(each)?.[1] ?? each);
}

/**
 * Opens the form.
 *
 * @param {{subject?: string, schemaType?: string, schema?: string, references?: object[], signal: AbortSignal}} how
 */
export function registerDialog({ subject = '', schemaType = 'AVRO', schema = '', references = [], signal }) {
  let type = schemaType;
  const name = h('input', { value: subject, required: true, placeholder: 'orders-value', spellcheck: 'false', autocomplete: 'off' });
  const text = h('textarea', { rows: '16', required: true, spellcheck: 'false', value: schema });
  const outcome = h('div.outcome', { role: 'status' });
  const check = h('button', { type: 'button', onclick: () => run(checked) }, 'Check compatibility');
  const submit = h('button.primary', { type: 'submit' }, 'Register');
  const form = h('form.form', { onsubmit: (event) => { event.preventDefault(); run(register); } },
    h('div.form-row', {},
      subject ? null : field('Subject', name, { hint: 'the topic’s name with -value or -key' }),
      field('Type', select({ label: 'Type', options: TYPES, value: type, onchange: (value) => (type = value) }))),
    field('Schema', text),
    outcome,
    h('div.form-foot', {}, check, submit));
  const opened = dialog({
    title: subject ? `New version of ${subject}` : 'Register a schema', body: form, wide: true, signal,
  });
  (subject ? text : name).focus();

  const body = () => ({ schema: text.value, schemaType: type, references });
  const target = () => name.value.trim();

  async function run(work) {
    if (!form.reportValidity()) return;
    check.disabled = submit.disabled = true;
    put(outcome);
    try {
      await work();
    } catch (error) {
      if (!isAbort(error)) put(outcome, h('p.form-error', {}, error.message));
    } finally {
      check.disabled = submit.disabled = false;
    }
  }

  async function checked() {
    const answer = await send('POST', path`/registry/compatibility/subjects/${target()}/versions`, body(),
      { params: { verbose: true }, headers: HEADERS, signal });
    put(outcome, answer.is_compatible
      ? h('p.good-text', {}, 'It may follow: nothing that reads or writes this subject breaks.')
      : [h('p.form-error', {}, 'It may not follow:'), h('ul.messages', {}, reasons(answer.messages).map((each) => h('li', {}, each)))]);
  }

  async function register() {
    const answer = await send('POST', path`/registry/subjects/${target()}/versions`, body(), { headers: HEADERS, signal });
    opened.close();
    toast(`Registered with id ${answer.id}`, 'good');
    go('schemas', target(), { version: answer.version, at: Date.now() });
  }
}

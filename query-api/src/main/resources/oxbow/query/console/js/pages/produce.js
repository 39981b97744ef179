// The form that produces a record, for the pages of topics.

import { ApiError, path, send } from '../api.js';
import { h, put } from '../dom.js';
import { number } from '../format.js';
import { parse, stringify } from '../json.js';
import { go } from '../router.js';
import { dialog } from '../ui/dialog.js';
import { field, select } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

const FORMS = [
  { value: 'json', label: 'JSON' },
  { value: 'text', label: 'Text' },
  { value: 'base64', label: 'Base64' },
  { value: 'null', label: 'Null' },
];

/**
 * What is sent for a side of a record.
 *
 * @param {string} form
 * @param {string} text as it was typed
 * @throws {SyntaxError} the text isn't JSON
 */
export function side(form, text) {
  switch (form) {
    case 'null': return null;
    case 'base64': return { base64: text.replace(/\s+/g, '') };
    case 'json': return parse(text);
    default: return text;
  }
}

/** Headers of lines such as `trace: 17`; empty lines are passed over. */
export function headersOf(text) {
  return text.split('\n').filter((line) => line.trim()).map((line) => {
    const colon = line.indexOf(':');
    return colon < 0
      ? { key: line.trim(), value: null }
      : { key: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
}

/** Opens the form. @param {{topic?: string, signal: AbortSignal, produced?: () => void}} how */
export function produceDialog({ topic = '', signal, produced = () => {} }) {
  const name = h('input', { value: topic, required: true, spellcheck: 'false', autocomplete: 'off' });
  const key = h('input', { spellcheck: 'false', autocomplete: 'off', placeholder: 'none' });
  const value = h('textarea', { rows: '9', spellcheck: 'false', placeholder: '{"item": "tea"}' });
  const headers = h('textarea', { rows: '2', spellcheck: 'false', placeholder: 'name: value' });
  const partition = h('input', { type: 'number', min: '0', placeholder: 'by the key' });
  let form = 'json';
  const trouble = h('p.form-error', { role: 'alert' });
  const sendButton = h('button.primary', { type: 'submit' }, 'Produce');
  const body = h('form.form', { onsubmit: submit },
    topic ? null : field('Topic', name),
    h('div.form-row', {}, field('Key', key, { hint: 'text, or JSON for a key with a schema' }), field('Partition', partition)),
    h('div.field', {},
      h('div.form-head', {}, h('span.field-label', { id: 'produce-value' }, 'Value'),
        select({
          label: 'Form of the value', options: FORMS, value: form,
          onchange: (next) => {
            form = next;
            value.disabled = form === 'null';
          },
        })),
      value),
    field('Headers', headers, { hint: 'one on each line' }),
    trouble,
    h('div.form-foot', {},
      h('span.faint', {}, 'Written by the topic’s schema where it has one. Ctrl+Enter sends.'),
      sendButton));
  value.setAttribute('aria-labelledby', 'produce-value');
  body.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) body.requestSubmit();
  });
  const opened = dialog({ title: topic ? `Produce to ${topic}` : 'Produce a record', body, signal });
  (topic ? key : name).focus();

  async function submit(event) {
    event.preventDefault();
    put(trouble);
    const record = { headers: headersOf(headers.value) };
    try {
      record.value = side(form, value.value);
    } catch (error) {
      value.setAttribute('aria-invalid', 'true');
      put(trouble, `The value isn’t JSON: ${error.message}`);
      return;
    }
    value.removeAttribute('aria-invalid');
    record.key = key.value === '' ? null : keyOf(key.value);
    if (!record.headers.length) delete record.headers;
    if (partition.value !== '') record.partition = Number(partition.value);
    sendButton.disabled = true;
    try {
      const answer = await send('POST', path`/api/v1/topics/${name.value.trim()}/records`,
        stringify(record), { signal, headers: { 'Content-Type': 'application/json' } });
      const [kept] = answer.records;
      if (kept.error_code) throw new ApiError(422, kept);
      opened.close();
      toast(`Offset ${number(kept.offset)} of partition ${kept.partition}`, 'good');
      produced();
      if (!topic) go('topics', name.value.trim(), 'records');
    } catch (error) {
      put(trouble, error.message);
    } finally {
      sendButton.disabled = false;
    }
  }
}

/** A key that reads as an object or a list is JSON; everything else is text. */
function keyOf(text) {
  if (!/^\s*[{[]/.test(text)) return text;
  try {
    return parse(text);
  } catch {
    return text;
  }
}

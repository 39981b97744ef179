import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brief, dump, isBytes, whole } from '../js/values.js';

test('a value is one line, with nothing in it that could break or turn it', () => {
  assert.equal(brief('a\nb\u0000\u202ec'), 'a␣b␣c');
  assert.equal(brief(null), 'null');
  assert.equal(brief('x'.repeat(500), 10), `${'x'.repeat(10)}…`);
});

test('bytes are told from an object that has a member of that name among others', () => {
  assert.equal(isBytes({ base64: 'AAE=' }), true);
  assert.equal(isBytes({ base64: 'AAE=', more: 1 }), false);
  assert.equal(isBytes([{ base64: '' }]), false);
  assert.equal(brief({ base64: 'AAECAw==' }), '00 01 02 03');
});

test('bytes are shown with their letters', () => {
  assert.equal(dump(new TextEncoder().encode('Oxbow\n')), '000000  4f 78 62 6f 77 0a                                Oxbow.');
  assert.match(dump(new Uint8Array(40), 16), /\n… 24 more bytes$/);
});

test('markup stays text', () => {
  assert.deepEqual(whole('<img src=x>'), { text: '<img src=x>', language: 'text', kind: 'text' });
});

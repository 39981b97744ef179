import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headersOf, side } from '../js/pages/produce.js';

test('headers are lines with a colon; a value may have more of them', () => {
  assert.deepEqual(headersOf('trace: a:b\n\n empty:\nnone'), [
    { key: 'trace', value: 'a:b' }, { key: 'empty', value: '' }, { key: 'none', value: null }]);
});

test('a value is sent in the form that was chosen', () => {
  assert.deepEqual(side('json', '{"a":1}'), { a: 1 });
  assert.equal(side('text', '{"a":1}'), '{"a":1}');
  assert.deepEqual(side('base64', 'AAE\n='), { base64: 'AAE=' });
  assert.equal(side('null', 'whatever'), null);
  assert.throws(() => side('json', '{a'), SyntaxError);
});

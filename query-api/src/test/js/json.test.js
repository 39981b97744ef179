import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, pretty, stringify } from '../js/json.js';

// Whether this engine tells where a value came from, as browsers of today do.
const isTold = JSON.parse('1', (_, value, context) => context?.source) === '1';

test('integers that a double cannot hold stay as they were written', { skip: !isTold }, () => {
  const text = '{"a":9223372036854775807,"b":[-9007199254740993,12],"c":1.5,"d":1e300}';
  assert.equal(stringify(parse(text)), text);
});

test('it writes what the engine itself writes', () => {
  const value = { a: [1, 'two', null, { b: [] }], 'c"': { d: {} }, e: 'line\nend' };
  assert.equal(stringify(value), JSON.stringify(value));
  assert.equal(stringify(value, 2), JSON.stringify(value, null, 2).replace('"b": []', '"b": []'));
});

test('what is no JSON is left alone', () => {
  assert.equal(pretty('syntax = "proto3";'), 'syntax = "proto3";');
  assert.equal(pretty('{"a":1}'), '{\n  "a": 1\n}');
});

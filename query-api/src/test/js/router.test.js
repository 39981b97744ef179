import assert from 'node:assert/strict';
import { test } from 'node:test';
import { href, match } from '../js/router.js';

test('no address is the overview', () => {
  for (const address of ['', '#', '#/']) assert.equal(match(address).name, 'overview');
});

test('what stands in an address comes back', () => {
  const name = 'a/b c?d#e%2f–ü';
  const route = match(href('topics', name, 'records', { partition: 2, filter: "a = 'x & y'", key: undefined }));
  assert.equal(route.name, 'records');
  assert.equal(route.params.topic, name);
  assert.deepEqual([...route.query], [['partition', '2'], ['filter', "a = 'x & y'"]]);
});

test('what is no page is none', () => {
  for (const address of ['#/nothing', '#/topics/a/b/c', '#/topics/%zz', '#/__proto__']) assert.equal(match(address), null);
});

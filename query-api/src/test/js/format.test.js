import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as format from '../js/format.js';

test('sizes have three digits or so, and never a thousand of a unit', () => {
  const all = [0, 1, 1023, 1024, 1536, 10 * 1024, 1024 * 1024 - 1, 5.5 * 2 ** 30, 2 ** 50].map(format.bytes);
  assert.deepEqual(all, ['0 B', '1 B', '1023 B', '1 KiB', '1.5 KiB', '10 KiB', '1 MiB', '5.5 GiB', '1 PiB']);
});

test('spans have two units at most', () => {
  const all = [0, 0.25, 850, 4200, 59_949, 60_000, 200_000, 3_600_000, 7_500_000, 273_600_000].map(format.duration);
  assert.deepEqual(all, [
    '0 ms', '0.25 ms', '850 ms', '4.2 s', '60 s', '1 min', '3 min 20 s', '1 h', '2 h 5 min', '3 d 4 h']);
  assert.equal(format.duration(-1500), '−1.5 s');
});

test('counts are short from ten thousand on', () => {
  assert.deepEqual([9999, 10_000, 2_204_118].map(format.count), ['9,999', '10K', '2.2M']);
});

test('integers beyond a double are written whole', () => {
  assert.equal(format.number(9223372036854775807n), '9,223,372,036,854,775,807');
});

test('what is not known is a dash', () => {
  for (const write of [format.number, format.count, format.bytes, format.duration, format.time, format.ago]) {
    assert.equal(write(null), '–');
    assert.equal(write(undefined), '–');
    assert.equal(write(NaN), '–');
  }
});

test('times are in the zone of who reads', () => {
  assert.match(format.time(Date.UTC(2026, 0, 31, 12)), /^2026-0[12]-\d\d \d\d:\d\d:00\.000$/);
  assert.equal(format.utc(Date.UTC(2026, 0, 31, 12)), '2026-01-31T12:00:00.000Z');
  assert.equal(format.time(1e18), '–');
});

test('what was is ago, and what will be is in a while', () => {
  assert.deepEqual([format.ago(0, 500), format.ago(0, 4200), format.ago(7_200_000, 0)], ['now', '4.2 s ago', 'in 2 h']);
});

test('one is singular', () => {
  assert.deepEqual([0, 1, 1200].map((n) => format.plural(n, 'topic')), ['0 topics', '1 topic', '1,200 topics']);
});

test('no word gets out of its quotes on the command line', () => {
  assert.equal(format.shellWord('orders'), 'orders');
  assert.equal(format.shellWord("it's; rm -rf $HOME"), "'it'\\''s; rm -rf $HOME'");
});

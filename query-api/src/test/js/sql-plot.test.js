import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggestion } from '../js/sql/plot.js';
import { niceStep, numberAxis, timeAxis } from '../js/sql/ticks.js';
import { instant, kindOf, lineText, numeric, plainText, sortKey } from '../js/sql/values.js';

test('steps are one, two or five times a power of ten', () => {
  assert.equal(niceStep(0.7), 1);
  assert.equal(niceStep(1.2), 2);
  assert.equal(niceStep(37), 50);
  assert.equal(niceStep(0.0003), 0.0005);
  assert.equal(niceStep(0), 1);
});

test('an axis of numbers begins and ends at marks around the values', () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let i = 0; i < 500; i++) {
    const min = (random() - 0.5) * 10 ** (random() * 12 - 4);
    const max = min + random() * 10 ** (random() * 12 - 4);
    const { from, to, ticks } = numberAxis(min, max);
    const hair = (to - from) * 1e-6;
    assert.ok(from <= min + hair && to >= max - hair, `${min} ${max} in ${from} ${to}`);
    assert.ok(ticks.length >= 2 && ticks.length <= 14, `${ticks.length} marks from ${min} to ${max}`);
    assert.equal(new Set(ticks.map(({ label }) => label)).size, ticks.length, `${ticks.map(({ label }) => label)}`);
  }
});

test('one value alone has an axis too', () => {
  assert.ok(numberAxis(5, 5).to > numberAxis(5, 5).from);
  assert.ok(numberAxis(0, 0).ticks.length >= 2);
  assert.ok(timeAxis(1000, 1000).to > 1000);
});

test('an axis of times has marks within it, from milliseconds to centuries', () => {
  const begin = Date.UTC(2026, 0, 31, 13, 5, 9, 17);
  for (let span = 5; span < 4e12; span *= 3) {
    const { from, to, ticks } = timeAxis(begin - span, begin);
    assert.ok(ticks.length >= 1 && ticks.length <= 13, `${ticks.length} marks in ${span} ms`);
    ticks.forEach(({ at }) => assert.ok(at >= from && at <= to));
  }
});

test('types decide what a result is drawn as', () => {
  const columns = (...types) => types.map((type, i) => ({ name: `c${i}`, type }));
  assert.deepEqual(suggestion(columns('VARCHAR', 'BIGINT'), 5), { type: 'bar', x: 0, ys: [1] });
  assert.equal(suggestion(columns('BIGINT', 'TIMESTAMP WITH TIME ZONE'), 5).type, 'line');
  assert.deepEqual(suggestion(columns('DOUBLE', 'DECIMAL(10,2)'), 5), { type: 'scatter', x: 0, ys: [1] });
  assert.equal(suggestion(columns('VARCHAR', 'BLOB'), 5), null);
  assert.equal(suggestion(columns('VARCHAR', 'BIGINT'), 1), null);
});

test('types have kinds', () => {
  assert.equal(kindOf('UBIGINT'), 'number');
  assert.equal(kindOf('INTERVAL'), 'text');
  assert.equal(kindOf('INTEGER[]'), 'nested');
  assert.equal(kindOf('STRUCT(a BIGINT)'), 'nested');
  assert.equal(kindOf('TIMESTAMP_NS'), 'time');
  assert.equal(kindOf('TIME'), 'text');
});

test('numbers come as numbers, large ones as texts', () => {
  assert.equal(numeric('12.50'), 12.5);
  assert.ok(Number.isNaN(numeric(null)));
  assert.ok(Number.isNaN(numeric('')));
  assert.equal(numeric(2n ** 60n), 2 ** 60);
  assert.equal(instant('2026-01-31'), Date.UTC(2026, 0, 31));
  assert.equal(instant('2026-01-31T01:00:00'), Date.UTC(2026, 0, 31, 1));
  assert.equal(instant('2026-01-31T01:00:00+01:00'), Date.UTC(2026, 0, 31));
});

test('values are written as what they are', () => {
  assert.equal(lineText('bytes', 'AP8='), '0x00ff');
  assert.equal(lineText('text', null), 'NULL');
  assert.equal(plainText('text', null), '');
  assert.equal(lineText('nested', { a: 2n ** 63n }), '{"a":9223372036854775808}');
  assert.equal(sortKey('number', '10.5'), 10.5);
  assert.equal(sortKey('text', null), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backwards } from '../js/backwards.js';

/** Partitions of so many records; record i of partition p came at time i * step + p. */
function log(sizes, { isTaken = () => true } = {}) {
  const reads = [];
  return {
    reads,
    partitions: sizes.map((end, partition) => ({ partition, start: 0, end })),
    read: async (partition, from, to) => {
      reads.push([partition, from, to]);
      const records = [];
      for (let offset = from; offset < to; offset++) {
        const record = { partition, offset, timestamp: offset * 10 + partition };
        if (isTaken(record)) records.push(record);
      }
      return records;
    },
  };
}

async function all(reader, wanted) {
  const records = [];
  for (;;) {
    const page = await reader.next(wanted);
    records.push(...page.records);
    if (page.isAtStart) return records;
  }
}

test('pages give every record once, the newest first', async () => {
  const { partitions, read } = log([120, 7, 0, 63]);
  const records = await all(backwards(partitions, read), 10);
  assert.equal(records.length, 190);
  assert.equal(new Set(records.map(({ partition, offset }) => `${partition}/${offset}`)).size, 190);
  const times = records.map(({ timestamp }) => timestamp);
  assert.deepEqual(times, [...times].sort((a, b) => b - a));
});

test('a first page reads no more than it has to', async () => {
  const { partitions, read, reads } = log([100_000, 100_000]);
  const page = await backwards(partitions, read).next(50);
  assert.equal(page.records.length, 50);
  assert.ok(reads.reduce((sum, [, from, to]) => sum + to - from, 0) <= 150, JSON.stringify(reads));
});

test('the log starts where it was cut', async () => {
  const { read } = log([100]);
  const records = await all(backwards([{ partition: 0, start: 90, end: 100 }], read), 4);
  assert.deepEqual(records.map(({ offset }) => offset), [99, 98, 97, 96, 95, 94, 93, 92, 91, 90]);
});

test('rare records are found in few reads, by ever larger pieces', async () => {
  const { partitions, read, reads } = log([100_000], { isTaken: ({ offset }) => offset === 3 });
  const page = await backwards(partitions, read).next(1);
  assert.deepEqual(page.records.map(({ offset }) => offset), [3]);
  assert.ok(reads.length < 12, `${reads.length} reads`);
});

test('a search in vain stops after its bound, and goes on when asked to', async () => {
  const { partitions, read } = log([50_000], { isTaken: ({ offset }) => offset === 0 });
  const reader = backwards(partitions, read, { offsetsMax: 1000 });
  const first = await reader.next(5);
  assert.deepEqual([first.records.length, first.isEarly, first.isAtStart], [0, true, false]);
  const records = await all(reader, 5);
  assert.deepEqual(records.map(({ offset }) => offset), [0]);
});

test('an empty topic is at its start at once', async () => {
  const { partitions, read, reads } = log([0, 0]);
  assert.deepEqual(await backwards(partitions, read).next(50), { records: [], isAtStart: true, isEarly: false });
  assert.equal(reads.length, 0);
});

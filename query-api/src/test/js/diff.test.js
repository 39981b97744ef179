import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffLines, diffWords } from '../js/diff.js';

const kinds = (before, after) => diffLines(before, after).map(({ kind }) => kind).join(' ');

test('the same text has no changes', () => {
  assert.equal(kinds('a\nb', 'a\nb'), 'same same');
});

test('a line between others is added, and those after it keep their partners', () => {
  const [a, b, c] = diffLines('a\nc', 'a\nb\nc');
  assert.deepEqual(a, { kind: 'same', left: 'a', right: 'a', leftAt: 1, rightAt: 1 });
  assert.deepEqual(b, { kind: 'added', left: null, right: 'b', leftAt: null, rightAt: 2 });
  assert.deepEqual(c, { kind: 'same', left: 'c', right: 'c', leftAt: 2, rightAt: 3 });
});

test('a line that resembles another one is changed, another is removed and added', () => {
  assert.equal(kinds('"type": "int"', '"type": "long"'), 'changed');
  assert.equal(kinds('"type": "int"', 'reserved 4;'), 'removed added');
});

test('within a changed line only the words that differ are marked', () => {
  assert.deepEqual(diffWords('  "type": "int",', '  "type": "long",'), {
    left: [{ text: '  "type": "', isMarked: false }, { text: 'int', isMarked: true }, { text: '",', isMarked: false }],
    right: [{ text: '  "type": "', isMarked: false }, { text: 'long', isMarked: true }, { text: '",', isMarked: false }],
  });
});

test('each side of a diff gives its text back, whatever the texts are', () => {
  const seed = Date.now() % 1_000_000;
  let state = seed;
  const random = (n) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % n;
  };
  for (let round = 0; round < 300; round++) {
    const text = () => Array.from({ length: random(12) }, () => ['a b', 'a c', 'd', '', 'x y z'][random(5)]).join('\n');
    const [before, after] = [text(), text()];
    const lines = diffLines(before, after);
    const side = (which) => lines.map((line) => line[which]).filter((line) => line !== null).join('\n');
    assert.equal(side('left'), before, `seed ${seed}, round ${round}`);
    assert.equal(side('right'), after, `seed ${seed}, round ${round}`);
    for (const line of lines.filter(({ kind }) => kind === 'changed')) {
      const { left, right } = diffWords(line.left, line.right);
      assert.equal(left.map((piece) => piece.text).join(''), line.left);
      assert.equal(right.map((piece) => piece.text).join(''), line.right);
    }
  }
});

test('texts too large to be compared word by word are replaced whole', () => {
  const before = Array.from({ length: 5000 }, (_, i) => `a${i}`).join('\n');
  const after = Array.from({ length: 5000 }, (_, i) => `b${i}`).join('\n');
  const lines = diffLines(before, after);
  assert.equal(lines.filter(({ left }) => left !== null).length, 5000);
  assert.equal(lines.filter(({ right }) => right !== null).length, 5000);
});

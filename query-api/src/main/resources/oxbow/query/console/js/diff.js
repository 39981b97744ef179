// What changed between two texts: line by line, and within lines that were changed.

/**
 * @typedef {{kind: 'same'|'added'|'removed'|'changed', left: string|null, right: string|null,
 *     leftAt: number|null, rightAt: number|null}} DiffLine lines are counted from 1
 * @typedef {{text: string, isMarked: boolean}} Piece
 */

const CELLS_MAX = 16_000_000;
/** How far down a changed block a line looks for one that resembles it. */
const AHEAD = 12;
const WORD = /\w+|\s+|[^\w\s]/gu;

/** The lines of two texts beside each other. @returns {DiffLine[]} */
export function diffLines(before, after) {
  const [left, right] = [before.split('\n'), after.split('\n')];
  const out = [];
  const block = { left: [], right: [] };
  const flush = () => {
    pair(block, out);
    block.left = [];
    block.right = [];
  };
  for (const step of steps(left, right)) {
    if (step.kind === 'same') {
      flush();
      out.push({ kind: 'same', left: left[step.a], right: right[step.b], leftAt: step.a + 1, rightAt: step.b + 1 });
    } else if (step.kind === 'removed') block.left.push([left[step.a], step.a + 1]);
    else block.right.push([right[step.b], step.b + 1]);
  }
  flush();
  return out;
}

/** Lines of a changed block stand beside each other where they resemble each other, in order. */
function pair({ left, right }, out) {
  let r = 0;
  for (const [text, at] of left) {
    let best = -1;
    for (let i = r; i < Math.min(right.length, r + AHEAD) && best < 0; i++) {
      if (resemblance(text, right[i][0]) >= 0.5) best = i;
    }
    if (best < 0) {
      out.push({ kind: 'removed', left: text, right: null, leftAt: at, rightAt: null });
      continue;
    }
    for (; r < best; r++) out.push(addition(right[r]));
    out.push({ kind: 'changed', left: text, right: right[r][0], leftAt: at, rightAt: right[r][1] });
    r++;
  }
  for (; r < right.length; r++) out.push(addition(right[r]));
}

function addition([text, at]) {
  return { kind: 'added', left: null, right: text, leftAt: null, rightAt: at };
}

/** The share of two lines' words, spaces aside, that are the same; one: all. */
function resemblance(a, b) {
  const [left, right] = [words(a), words(b)].map((all) => all.filter((word) => word.trim()));
  const same = steps(left, right).filter(({ kind }) => kind === 'same').length;
  return (2 * same) / Math.max(1, left.length + right.length);
}

/** What of two lines differs. @returns {{left: Piece[], right: Piece[]}} */
export function diffWords(before, after) {
  const [left, right] = [words(before), words(after)];
  const out = { left: [], right: [] };
  for (const step of steps(left, right)) {
    if (step.kind !== 'added') push(out.left, left[step.a], step.kind !== 'same');
    if (step.kind !== 'removed') push(out.right, right[step.b], step.kind !== 'same');
  }
  return out;
}

function push(pieces, text, isMarked) {
  const last = pieces.at(-1);
  if (last && last.isMarked === isMarked) last.text += text;
  else pieces.push({ text, isMarked });
}

function words(line) {
  return line.match(WORD) ?? [];
}

/**
 * The way from one list to another: what both have, by the longest common subsequence, and what is
 * removed and added in between.
 *
 * @returns {{kind: 'same'|'removed'|'added', a: number, b: number}[]}
 */
function steps(left, right) {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let [endA, endB] = [left.length, right.length];
  while (endA > start && endB > start && left[endA - 1] === right[endB - 1]) {
    endA--;
    endB--;
  }
  const out = [];
  for (let i = 0; i < start; i++) out.push({ kind: 'same', a: i, b: i });
  middle(left, right, start, endA, endB, out);
  for (let a = endA, b = endB; a < left.length; a++, b++) out.push({ kind: 'same', a, b });
  return out;
}

function middle(left, right, start, endA, endB, out) {
  const [rows, columns] = [endA - start, endB - start];
  let [a, b] = [start, start];
  if (rows * columns <= CELLS_MAX) {
    const width = columns + 1;
    const common = lengths(left, right, start, rows, columns);
    while (a < endA && b < endB) {
      const at = (a - start) * width + (b - start);
      if (left[a] === right[b]) out.push({ kind: 'same', a: a++, b: b++ });
      else if (common[at + width] >= common[at + 1]) out.push({ kind: 'removed', a: a++, b });
      else out.push({ kind: 'added', a, b: b++ });
    }
  }
  while (a < endA) out.push({ kind: 'removed', a: a++, b });
  while (b < endB) out.push({ kind: 'added', a, b: b++ });
}

/** For each pair of rests, how much they have in common; row by row. */
function lengths(left, right, start, rows, columns) {
  const width = columns + 1;
  const common = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const at = i * width + j;
      common[at] = left[start + i] === right[start + j]
        ? common[at + width + 1] + 1
        : Math.max(common[at + width], common[at + 1]);
    }
  }
  return common;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complete } from '../js/sql/complete.js';
import { explaining } from '../js/sql/plan.js';
import { nameText, offsetOf, placeOf, statementAt, statements, tokens } from '../js/sql/words.js';

const TABLES = [
  { name: 'orders', columns: [{ name: 'item', type: 'VARCHAR' }, { name: 'price', type: 'DOUBLE' }] },
  { name: 'clicks-eu', columns: [{ name: 'url', type: 'VARCHAR' }] },
  { name: 'oxbow.topics', isOwn: true, columns: [{ name: 'name', type: 'VARCHAR' }] },
];

/** What is offered where the text ends, or where it says |. */
function offered(text, isAsked = false) {
  const caret = text.includes('|') ? text.indexOf('|') : text.length;
  return complete(text.replace('|', ''), caret, TABLES, isAsked).candidates.map(({ label }) => label);
}

test('every text is cut into pieces that make it up', () => {
  for (const text of ["SELECT 'it''s', \"a\"\"b\" -- c\n/* d", '$$ ; $$', "'never ended", '1e5.2', 'ä$ü', ';;', '']) {
    const all = tokens(text);
    assert.equal(all.map((each) => each.text).join(''), text);
    all.forEach((each) => assert.equal(text.slice(each.from, each.to), each.text));
  }
});

test('words, texts and comments are told apart', () => {
  const kinds = tokens("select x, 'from', 2 -- from\nFROM").filter(({ kind }) => kind !== 'space').map(({ kind }) => kind);
  assert.deepEqual(kinds, ['keyword', 'word', 'sign', 'string', 'sign', 'number', 'comment', 'keyword']);
});

test('semicolons in texts and comments part no statements', () => {
  const text = "SELECT ';' -- ;\n; /* ; */ SELECT $$;$$;\n-- nothing";
  assert.deepEqual(statements(text).map(({ from, to }) => text.slice(from, to)), ["SELECT ';'", 'SELECT $$;$$']);
});

test('the statement at the caret is run', () => {
  const text = 'SELECT 1;\nSELECT 2;\n';
  const at = (caret) => {
    const { from, to } = statementAt(text, caret);
    return text.slice(from, to);
  };
  assert.equal(at(0), 'SELECT 1');
  assert.equal(at(9), 'SELECT 1');
  assert.equal(at(12), 'SELECT 2');
  assert.equal(at(text.length), 'SELECT 2');
  assert.equal(statementAt(' -- no', 2), null);
});

test('places are lines and columns of whole characters', () => {
  const text = 'a\n𝒳b\nc';
  assert.equal(text[offsetOf(text, 2, 2)], 'b');
  assert.deepEqual(placeOf(text, offsetOf(text, 2, 2)), { line: 2, column: 2 });
  assert.equal(offsetOf(text, 99, 1), text.length - 1);
});

test('names are quoted where they have to be', () => {
  assert.equal(nameText('orders'), 'orders');
  assert.equal(nameText('clicks-eu'), '"clicks-eu"');
  assert.equal(nameText('Order'), '"Order"');
  assert.equal(nameText('a"b'), '"a""b"');
});

test('behind FROM come tables, else columns, functions and words', () => {
  assert.deepEqual(offered('SELECT * FROM or'), ['orders']);
  assert.deepEqual(offered('SELECT * FROM ', true), ['orders', 'clicks-eu', 'oxbow.topics']);
  assert.deepEqual(offered('SELECT * FROM orders, cl'), ['clicks-eu']);
  assert.equal(offered('SELECT pri| FROM orders')[0], 'price');
  assert.ok(offered('SELECT * FROM orders WH').includes('WHERE'));
  assert.ok(offered('SELECT cou').includes('count'));
});

test('behind a dot come the columns of what stands before it', () => {
  assert.deepEqual(offered('SELECT o.| FROM orders o'), ['item', 'price']);
  assert.deepEqual(offered('SELECT * FROM orders AS o JOIN "clicks-eu" c ON c.'), ['url']);
  assert.deepEqual(offered('SELECT * FROM oxbow.to'), ['topics']);
  assert.deepEqual(offered('SELECT nothing.'), []);
});

test('nothing is offered in texts and comments, nor for a word that is whole', () => {
  assert.deepEqual(offered("SELECT 'or"), []);
  assert.deepEqual(offered('SELECT 1 -- or'), []);
  assert.deepEqual(offered('SELECT * FROM orders'), []);
  assert.deepEqual(offered('SELECT '), []);
});

test('tables of another statement are not meant', () => {
  assert.deepEqual(offered('SELECT * FROM orders o; SELECT o.'), []);
});

test('plans are asked for as JSON', () => {
  assert.deepEqual(explaining('SELECT 1'), { sql: 'SELECT 1', isPlan: false });
  assert.equal(explaining('explain SELECT 1').sql, 'EXPLAIN (FORMAT JSON) SELECT 1');
  assert.equal(explaining('EXPLAIN ANALYZE\nSELECT 1').sql, 'EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1');
  assert.equal(explaining('EXPLAIN (FORMAT JSON) SELECT 1').isPlan, false);
  assert.equal(explaining('EXPLAIN (SELECT 1)').sql, 'EXPLAIN (FORMAT JSON) (SELECT 1)');
});

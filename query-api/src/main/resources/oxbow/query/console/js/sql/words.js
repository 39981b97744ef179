// SQL as far as an editor has to know it: where words, texts and comments begin and end, and the
// words there are. Pure.

const KEYWORDS = `all analyze and any anti array as asc asof at between by case cast changes column
  cross current date day desc describe distinct else emit end escape except exclude exists explain
  extract false fetch filter first following for from full group grouping having hour ilike in inner
  intersect interval into is join last lateral left like limit materialized minute month natural not
  null nulls of offset offsets on or order outer over partition pivot positional preceding qualify
  range recursive replace right row rows sample second select semi set sets show similar some
  summarize table tables then time timestamp to true unbounded union unnest unpivot using values when
  where window with within year`.split(/\s+/);

const TYPES = `bigint blob boolean date decimal double float hugeint integer interval json map
  smallint struct time timestamp timestamptz tinyint ubigint uinteger uuid varchar`.split(/\s+/);

const FUNCTIONS = `abs any_value approx_count_distinct approx_quantile arg_max arg_min array_agg avg
  base64 bit_and bit_or bool_and bool_or ceil coalesce concat concat_ws contains corr count
  count_if cume_dist date_diff date_part date_trunc dayname decode dense_rank encode ends_with
  entropy epoch epoch_ms exp extract first floor format from_base64 gcd generate_series greatest
  hash histogram if ifnull instr json_extract json_extract_string kurtosis lag last last_day lead
  least len length levenshtein list list_contains list_distinct list_filter list_sort list_sum
  list_transform ln log lower lpad ltrim make_date make_timestamp map_entries map_keys map_values max
  md5 median min mod mode monthname now ntile nullif percent_rank pi power quantile_cont
  quantile_disc range rank regexp_extract regexp_extract_all regexp_matches regexp_replace repeat
  replace reverse round row_number rpad rtrim sha256 sign skewness split_part sqrt starts_with
  stddev_pop stddev_samp strftime string_agg string_split strptime struct_extract substring sum
  time_bucket to_days to_hours to_json to_minutes to_seconds to_timestamp today trim trunc typeof
  unhex unnest upper url_decode url_encode uuid var_pop var_samp width_bucket year month day hour
  minute second week quarter`.split(/\s+/);

export const words = { keywords: KEYWORDS, types: TYPES, functions: FUNCTIONS };

const isKeyword = new Set([...KEYWORDS, ...TYPES]);

const LEXER = /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:''|[^'])*(?:'|$)|(?<tag>\$\w*\$)[\s\S]*?(?:\k<tag>|$))|(?<quoted>"(?:""|[^"])*(?:"|$))|(?<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<space>\s+)|(?<sign>[\s\S])/gu;

/**
 * @typedef {{kind: 'comment'|'string'|'quoted'|'number'|'keyword'|'word'|'space'|'sign',
 *     text: string, from: number, to: number}} Token
 */

/** All of a text, piece by piece. @returns {Token[]} */
export function tokens(text) {
  const all = [];
  for (const found of text.matchAll(LEXER)) {
    const { groups } = found;
    let kind = ['comment', 'string', 'quoted', 'number', 'word', 'space', 'sign']
      .find((each) => groups[each] !== undefined);
    if (kind === 'word' && isKeyword.has(found[0].toLowerCase())) kind = 'keyword';
    all.push({ kind, text: found[0], from: found.index, to: found.index + found[0].length });
  }
  return all;
}

/**
 * The statements of a text, which semicolons part; those with nothing in them are left out.
 *
 * @returns {{from: number, to: number}[]} without the space around them
 */
export function statements(text) {
  const all = [];
  let from = -1;
  let to = -1;
  const end = () => {
    if (from >= 0) all.push({ from, to });
    from = -1;
  };
  for (const token of tokens(text)) {
    if (token.kind === 'sign' && token.text === ';') end();
    else if (token.kind !== 'space' && token.kind !== 'comment') {
      if (from < 0) from = token.from;
      to = token.to;
    }
  }
  end();
  return all;
}

/** The statement the caret is in, or the last one before it; null: there is none. */
export function statementAt(text, caret) {
  const all = statements(text);
  return all.findLast(({ from }) => from <= caret) ?? all[0] ?? null;
}

/** A name as it has to be written. */
export function nameText(name) {
  const isPlain = /^[a-z_][a-z0-9_]*$/i.test(name) && !isKeyword.has(name.toLowerCase());
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`;
}

/** What a word or a quoted name stands for. */
export function nameOf(text) {
  return text.startsWith('"') ? text.replace(/^"|"$/g, '').replaceAll('""', '"') : text;
}

/** An offset of a line and column, both from one on, the column in code points. */
export function offsetOf(text, line, column) {
  const lines = text.split('\n');
  const at = Math.min(line, lines.length) - 1;
  const before = lines.slice(0, at).reduce((sum, each) => sum + each.length + 1, 0);
  const inLine = [...lines[at]].slice(0, column - 1).join('').length;
  return before + inLine;
}

/** The line of an offset, from one on, and the column in code points. */
export function placeOf(text, offset) {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1;
  return { line, column };
}

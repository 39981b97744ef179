import { h } from '../dom.js';
import { icon } from '../icons.js';
import { copy } from './toast.js';

const LEXERS = {
  json: /(?<name>"(?:\\.|[^"\\])*")(?=\s*:)|(?<string>"(?:\\.|[^"\\])*")|(?<number>-?\b\d[\d.eE+-]*)|(?<word>\b(?:true|false|null)\b)/g,
  proto: /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>"(?:\\.|[^"\\])*")|(?<word>\b(?:syntax|edition|package|import|option|message|enum|oneof|service|rpc|returns|repeated|optional|required|reserved|extensions|map|public|weak|to|max)\b)|(?<name>\b(?:double|float|u?int(?:32|64)|s(?:int|fixed)(?:32|64)|fixed(?:32|64)|bool|string|bytes)\b)|(?<number>\b\d+\b)/g,
  sql: /(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:''|[^'])*')|(?<name>"(?:""|[^"])*")|(?<number>\b\d[\d.]*\b)|(?<word>\b(?:select|from|where|group|by|order|limit|join|left|right|full|inner|outer|cross|on|using|as|and|or|not|null|is|in|between|like|ilike|case|when|then|else|end|with|recursive|union|all|distinct|having|over|partition|rows|range|interval|cast|asc|desc|true|false|explain|analyze|describe|show|tables|summarize|exists|of|timestamp|offsets|emit|changes|qualify|window|values|offset|filter|any|unnest|pivot|asof)\b)/gi,
};

/**
 * A text with its words coloured: a list of text nodes and spans.
 *
 * @param {string} text
 * @param {'json'|'proto'|'sql'|'text'} language
 */
export function coloured(text, language) {
  const lexer = LEXERS[language];
  if (!lexer || text.length > 200_000) return [text];
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(lexer)) {
    const [kind] = Object.entries(found.groups).find(([, value]) => value !== undefined);
    if (found.index > end) parts.push(text.slice(end, found.index));
    parts.push(h(`span.tok-${kind}`, {}, found[0]));
    end = found.index + found[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

/**
 * A block of code that can be copied.
 *
 * @param {string} text
 * @param {{language?: 'json'|'proto'|'sql'|'text', label?: string}} [how]
 */
export function code(text, { language = 'text', label = 'Code' } = {}) {
  return h('div.code', {},
    h('pre', { tabindex: '0', role: 'region', 'aria-label': label },
      h('code', {}, coloured(text, language))),
    h('button.ghost.square.code-copy', {
      type: 'button', 'aria-label': `Copy ${label.toLowerCase()}`, title: 'Copy',
      onclick: () => copy(text),
    }, icon('copy')));
}

// The tables there are and their columns, for completion and for the list beside the editor.

import { ndjson } from '../api.js';

const COLUMNS = `SELECT table_schema, table_name, column_name, data_type
  FROM information_schema.columns ORDER BY table_schema, table_name, ordinal_position`;

/**
 * Asks for them.
 *
 * @returns {Promise<import('./complete.js').Table[]>} topics by their names, the server's own tables
 *     with `oxbow.` in front
 */
export async function tables(signal) {
  const found = new Map();
  for await (const line of ndjson('/api/v1/sql', { method: 'POST', body: COLUMNS, signal })) {
    if (!Array.isArray(line)) continue;
    const [schema, table, column, type] = line;
    const name = schema === 'oxbow' ? `oxbow.${table}` : table;
    if (!found.has(name)) found.set(name, { name, isOwn: schema === 'oxbow', columns: [] });
    found.get(name).columns.push({ name: column, type });
  }
  return [...found.values()].sort((a, b) => a.isOwn - b.isOwn || a.name.localeCompare(b.name));
}

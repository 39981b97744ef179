/**
 * JSON Schema, drafts 4, 6, 7, 2019-09 and 2020-12: what a text may say, what may follow it, and
 * the columns it makes. Start with {@link oxbow.schema.json.JsonFormat}. Nothing is ever fetched.
 */
@NullMarked
package oxbow.schema.json;

import org.jspecify.annotations.NullMarked;

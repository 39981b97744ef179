/**
 * Rows in Arrow vectors as text and as streams of Arrow. Start with {@link
 * oxbow.query.rows.RowText}. Confined to the thread that pulls the rows.
 */
@NullMarked
package oxbow.query.rows;

import org.jspecify.annotations.NullMarked;

/**
 * Puts cold files in the place of others: merged, without some of their records, in other columns.
 * Start with {@link oxbow.cold.rewrite.Rewriter}. Runs on the caller's thread.
 */
@NullMarked
package oxbow.cold.rewrite;

import org.jspecify.annotations.NullMarked;

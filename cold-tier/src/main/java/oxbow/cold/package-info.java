/**
 * The cold tier: old records as files in an object store that are the topic's table, and their way
 * there and back. Start with {@code ColdTier}.
 */
@NullMarked
package oxbow.cold;

import org.jspecify.annotations.NullMarked;

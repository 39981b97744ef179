/**
 * Serves offsets that left the local disk, with threads, memory and bandwidth of its own. Start
 * with {@link oxbow.cold.fetch.ColdFetch}.
 */
@NullMarked
package oxbow.cold.fetch;

import org.jspecify.annotations.NullMarked;

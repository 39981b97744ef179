/**
 * Compaction: the latest record of each key stays. Start with {@link oxbow.log.clean.Compaction},
 * which chooses a log and runs on a {@code log-*} thread, one log at a time; {@link
 * oxbow.log.clean.Cleaner} does the work in it. What makes the swap of segments safe against a stop
 * at any moment belongs to the log itself.
 */
@NullMarked
package oxbow.log.clean;

import org.jspecify.annotations.NullMarked;

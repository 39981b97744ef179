/**
 * Reopening logs after a stop or a crash, and the checkpoints it relies on. Start with {@link
 * oxbow.log.recovery.LogLoader}. Runs on the {@code log-*} threads.
 */
@NullMarked
package oxbow.log.recovery;

import org.jspecify.annotations.NullMarked;

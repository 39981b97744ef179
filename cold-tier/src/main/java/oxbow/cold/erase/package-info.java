/**
 * Takes keys out of a topic for good: log, cold files, what old snapshots still have. Start with
 * {@link oxbow.cold.erase.Erasures}, which runs one at a time on a thread of its own ({@code
 * erase-*}); {@link oxbow.cold.erase.Eraser} is the way.
 */
@NullMarked
package oxbow.cold.erase;

import org.jspecify.annotations.NullMarked;

/**
 * The way of records into the cold tier: written as files, uploaded, committed, told to the log.
 * Start with {@link oxbow.cold.offload.Offloader}, which says when, and {@link
 * oxbow.cold.offload.TopicOffload}, which does it.
 */
@NullMarked
package oxbow.cold.offload;

import org.jspecify.annotations.NullMarked;

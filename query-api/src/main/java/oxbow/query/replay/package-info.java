/**
 * Reads ranges of a topic's records, whatever tier they lie in, without any state that outlives the
 * call. Start with {@link oxbow.query.replay.Replay}, which belongs to the one thread that pulls
 * records out of it: who pulls slowly reads slowly.
 */
@NullMarked
package oxbow.query.replay;

import org.jspecify.annotations.NullMarked;

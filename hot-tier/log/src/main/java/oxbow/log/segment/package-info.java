/**
 * Segment files and their sparse indexes, in Kafka's formats. Start with {@link
 * oxbow.log.segment.Segment}. One writer at a time holds the partition's lock; readers hold none.
 */
@NullMarked
package oxbow.log.segment;

import org.jspecify.annotations.NullMarked;

/** The partitions this broker has a replica of: leadership, high watermark, who waits for it. */
@NullMarked
package oxbow.broker.replica;

import org.jspecify.annotations.NullMarked;

/**
 * All records of one partition that lie on local disk. Start with {@link oxbow.log.PartitionLog};
 * {@link oxbow.log.Logs} holds every partition of this node. Writers hold the partition's lock,
 * readers none.
 */
@NullMarked
package oxbow.log;

import org.jspecify.annotations.NullMarked;

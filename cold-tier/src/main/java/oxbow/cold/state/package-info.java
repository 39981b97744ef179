/**
 * What a bucket holds of a cluster beside its tables, so that the bucket alone brings the cluster
 * back: whose it is, its topics and settings, its schemas, how far groups are. Start with {@code
 * StateKeeper}, which writes it, and {@code BucketRestore}, which reads it.
 */
@NullMarked
package oxbow.cold.state;

import org.jspecify.annotations.NullMarked;

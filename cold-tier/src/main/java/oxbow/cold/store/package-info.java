/**
 * Objects in a bucket, or in a directory that stands in for one. Start with {@link
 * oxbow.cold.store.ObjectStore}. Calls block; they run on virtual threads.
 */
@NullMarked
package oxbow.cold.store;

import org.jspecify.annotations.NullMarked;

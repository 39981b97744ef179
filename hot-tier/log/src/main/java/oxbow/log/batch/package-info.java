/**
 * Kafka's v2 record batches as bytes: reading and stamping a header in place, and validating what a
 * producer or a leader sent. No files. Start with {@link oxbow.log.batch.BatchValidator}; it runs
 * on the thread that appends.
 */
@NullMarked
package oxbow.log.batch;

import org.jspecify.annotations.NullMarked;

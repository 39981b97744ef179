/**
 * What can be asked of the log beside Kafka's protocol: replay, SQL, the Iceberg catalog, the
 * console. Start with {@link oxbow.query.Topics}, which is all it knows of brokers.
 */
@NullMarked
package oxbow.query;

import org.jspecify.annotations.NullMarked;

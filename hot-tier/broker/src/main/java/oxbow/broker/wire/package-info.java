/**
 * Requests and responses between bytes and Kafka's message classes; the table of APIs served. No
 * threads of its own.
 */
@NullMarked
package oxbow.broker.wire;

import org.jspecify.annotations.NullMarked;

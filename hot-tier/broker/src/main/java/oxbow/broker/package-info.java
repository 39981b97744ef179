/** A Kafka broker. Start with {@link oxbow.broker.Broker}, where its parts are built, in order. */
@NullMarked
package oxbow.broker;

import org.jspecify.annotations.NullMarked;

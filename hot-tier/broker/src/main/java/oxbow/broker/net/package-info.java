/**
 * The Kafka port: accepts connections, cuts frames, answers in request order, bounds everything.
 * Runs on the net-* threads, which never wait.
 */
@NullMarked
package oxbow.broker.net;

import org.jspecify.annotations.NullMarked;

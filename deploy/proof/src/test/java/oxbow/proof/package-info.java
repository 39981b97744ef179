/**
 * Clients that nobody here wrote, against the real process over TCP. Start at {@link
 * oxbow.proof.Proof}: what a test class gets when it asks for it. With {@code -Dproof.target=kafka}
 * the same tests run against Apache Kafka, which proves the tests. Foreign programs run as child
 * processes; nothing here shares a class path with a broker.
 */
@NullMarked
package oxbow.proof;

import org.jspecify.annotations.NullMarked;

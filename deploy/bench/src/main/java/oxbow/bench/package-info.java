/**
 * Benchmarks beside Apache Kafka on the same machine in the same run. Start with {@link
 * oxbow.bench.Main}. Brokers run as processes of their own, so that their CPU and memory are theirs
 * alone.
 */
@NullMarked
package oxbow.bench;

import org.jspecify.annotations.NullMarked;

/**
 * Kafka's group coordinators on our log: the only user of Kafka's coordinator jars. Start with
 * {@link oxbow.broker.group.GroupCoordinators}. Requests come on {@code net-*} threads and are
 * answered from Kafka's {@code group-coordinator-*} ones; {@code group-load} reads partitions that
 * were won, {@code group-timer} runs sessions and rebalances.
 */
@NullMarked
package oxbow.broker.group;

import org.jspecify.annotations.NullMarked;

package oxbow.broker.net;

import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Which of a connection's requests may be at work at a time. Kafka serves them one by one, so a
 * client may count on a request seeing what those before it did. Here a request waits for earlier
 * ones only where it could tell: reads run beside each other, produce requests beside each other
 * (the log keeps their order), and a long poll holds up nobody. Owned by the connection's event
 * loop.
 */
final class Turns {
  /** These change nothing that a later request could miss. */
  private static final Set<ApiKeys> READS =
      EnumSet.of(
          ApiKeys.FETCH,
          ApiKeys.LIST_OFFSETS,
          ApiKeys.METADATA,
          ApiKeys.API_VERSIONS,
          ApiKeys.FIND_COORDINATOR,
          ApiKeys.OFFSET_FETCH,
          ApiKeys.OFFSET_FOR_LEADER_EPOCH,
          ApiKeys.LIST_GROUPS,
          ApiKeys.DESCRIBE_GROUPS,
          ApiKeys.CONSUMER_GROUP_DESCRIBE,
          ApiKeys.STREAMS_GROUP_DESCRIBE,
          ApiKeys.DESCRIBE_CLUSTER,
          ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
          ApiKeys.DESCRIBE_CONFIGS,
          ApiKeys.DESCRIBE_LOG_DIRS,
          ApiKeys.DESCRIBE_PRODUCERS,
          ApiKeys.DESCRIBE_QUORUM,
          ApiKeys.DESCRIBE_CLIENT_QUOTAS,
          ApiKeys.LIST_PARTITION_REASSIGNMENTS,
          ApiKeys.LIST_CONFIG_RESOURCES);

  private int produces;
  private int changes;

  /** Whether a request may begin now, besides those that are at work. */
  boolean mayBegin(ApiKeys api) {
    return changes == 0 && (produces == 0 || api == ApiKeys.PRODUCE);
  }

  void begin(ApiKeys api) {
    count(api, 1);
  }

  void end(ApiKeys api) {
    count(api, -1);
  }

  private void count(ApiKeys api, int by) {
    if (api == ApiKeys.PRODUCE) produces += by;
    else if (!READS.contains(api)) changes += by;
  }
}

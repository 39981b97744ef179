package oxbow.server.cli;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Asks for offsets, of partitions that have a leader. */
final class Offsets {
  private Offsets() {}

  /** The partitions of a topic that can be asked: others would let the whole question wait. */
  static List<TopicPartition> led(TopicDescription topic) {
    return topic.partitions().stream()
        .filter(info -> info.leader() != null && !info.leader().isEmpty())
        .map(info -> new TopicPartition(topic.name(), info.partition()))
        .toList();
  }

  static Map<TopicPartition, ListOffsetsResultInfo> at(
      ClientOptions client, Admin admin, Collection<TopicPartition> partitions, OffsetSpec spec) {
    if (partitions.isEmpty()) return Map.of();
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    for (TopicPartition partition : partitions) wanted.put(partition, spec);
    return client.await(admin.listOffsets(wanted).all());
  }

  static @Nullable Long offset(
      Map<TopicPartition, ListOffsetsResultInfo> offsets, TopicPartition partition) {
    ListOffsetsResultInfo info = offsets.get(partition);
    return info == null || info.offset() < 0 ? null : info.offset();
  }
}

package oxbow.broker.group;

import java.util.Optional;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.server.common.GroupVersion;
import org.apache.kafka.server.common.StreamsVersion;
import org.jspecify.annotations.Nullable;

/**
 * What requests to groups ask of the cluster's metadata. They see the very image the coordinator
 * was given, so that both agree on which topics there are.
 */
final class GroupMetadata {
  private final MetadataImage image;

  GroupMetadata(MetadataImage image) {
    this.image = image;
  }

  /** A topic's id, or {@link Uuid#ZERO_UUID}. */
  Uuid topicId(String name) {
    TopicImage topic = image.topics().getTopic(name);
    return topic == null ? Uuid.ZERO_UUID : topic.id();
  }

  /** A topic's name, or the empty one. */
  String topicName(Uuid id) {
    TopicImage topic = image.topics().getTopic(id);
    return topic == null ? "" : topic.name();
  }

  boolean hasPartition(String topic, int partition) {
    return partition(topic, partition) != null;
  }

  boolean hasTopic(String name) {
    return image.topics().getTopic(name) != null;
  }

  /** Partitions of a topic; zero if there is no such topic. */
  int partitions(String name) {
    TopicImage topic = image.topics().getTopic(name);
    return topic == null ? 0 : topic.partitions().size();
  }

  /** Where a partition's leader is reached on a listener, if it has one that lives. */
  Optional<Node> leader(String topic, int partition, ListenerName listener) {
    PartitionRegistration registration = partition(topic, partition);
    if (registration == null || !registration.hasLeader()) return Optional.empty();
    BrokerRegistration broker = image.cluster().broker(registration.leader);
    if (broker == null || broker.fenced()) return Optional.empty();
    return broker.node(listener.value());
  }

  boolean hasConsumerGroups() {
    return feature(GroupVersion.FEATURE_NAME) >= GroupVersion.GV_1.featureLevel();
  }

  boolean hasStreamsGroups() {
    return feature(StreamsVersion.FEATURE_NAME) >= StreamsVersion.SV_1.featureLevel();
  }

  private short feature(String name) {
    return image.features().finalizedVersions().getOrDefault(name, (short) 0);
  }

  private @Nullable PartitionRegistration partition(String topic, int partition) {
    TopicImage known = image.topics().getTopic(topic);
    return known == null ? null : known.partitions().get(partition);
  }
}

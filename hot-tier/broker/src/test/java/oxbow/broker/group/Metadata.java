package oxbow.broker.group;

import java.util.List;
import java.util.function.BiConsumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpoint;
import org.apache.kafka.common.metadata.RegisterBrokerRecord.BrokerEndpointCollection;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.server.common.MetadataVersion;

/** The cluster's metadata in a test: one broker, and the topics the test makes. */
final class Metadata {
  static final int BROKER = 1;
  static final int PORT = 9092;

  private final BiConsumer<MetadataDelta, MetadataImage> follower;
  private MetadataImage image = MetadataImage.EMPTY;
  private MetadataDelta delta = new MetadataDelta.Builder().build();
  private long offset;

  Metadata(BiConsumer<MetadataDelta, MetadataImage> follower) {
    this.follower = follower;
    feature(MetadataVersion.FEATURE_NAME, MetadataVersion.latestProduction().featureLevel());
    feature("group.version", (short) 1);
    feature("streams.version", (short) 1);
    var endpoints = new BrokerEndpointCollection();
    endpoints.add(new BrokerEndpoint().setName("PLAINTEXT").setHost("localhost").setPort(PORT));
    replay(
        new RegisterBrokerRecord()
            .setBrokerId(BROKER)
            .setBrokerEpoch(1)
            .setIncarnationId(Uuid.randomUuid())
            .setEndPoints(endpoints)
            .setFenced(false));
  }

  private Metadata feature(String name, short level) {
    return replay(new FeatureLevelRecord().setName(name).setFeatureLevel(level));
  }

  private Metadata replay(ApiMessage record) {
    delta.replay(record);
    offset++;
    return this;
  }

  Metadata topic(String name, Uuid id, int partitions) {
    replay(new TopicRecord().setName(name).setTopicId(id));
    for (int partition = 0; partition < partitions; partition++) {
      replay(
          new PartitionRecord()
              .setTopicId(id)
              .setPartitionId(partition)
              .setReplicas(List.of(BROKER))
              .setIsr(List.of(BROKER))
              .setLeader(BROKER)
              .setLeaderEpoch(0)
              .setPartitionEpoch(0));
    }
    return this;
  }

  Metadata deleted(Uuid topic) {
    return replay(new RemoveTopicRecord().setTopicId(topic));
  }

  Metadata without(String feature) {
    return feature(feature, (short) 0);
  }

  Metadata groupSetting(String group, String name, String value) {
    return replay(
        new ConfigRecord()
            .setResourceType(org.apache.kafka.common.config.ConfigResource.Type.GROUP.id())
            .setResourceName(group)
            .setName(name)
            .setValue(value));
  }

  /** Hands out what was said so far. */
  Metadata publish() {
    image = delta.apply(new MetadataProvenance(offset, 1, 0, true));
    follower.accept(delta, image);
    delta = new MetadataDelta.Builder().setImage(image).build();
    return this;
  }
}

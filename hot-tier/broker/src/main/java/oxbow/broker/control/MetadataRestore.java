package oxbow.broker.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ClientQuotaRecord;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.ProducerIdsRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * Makes the metadata directory of a cluster whose topics are known from elsewhere: the new metadata
 * log begins with them, ids included, and the first controller replays them as if it had made them.
 */
public final class MetadataRestore {
  private static final short VERSION = 0;
  private static final long NO_BROKER_EPOCH = -1;

  private MetadataRestore() {}

  /**
   * A topic to begin with.
   *
   * @param leaderEpochs the last one of each partition; it is led in a later one
   * @param settings what is set for it itself
   */
  public record RestoredTopic(
      String name, Uuid id, List<Integer> leaderEpochs, Map<String, String> settings) {
    public RestoredTopic {
      leaderEpochs = List.copyOf(leaderEpochs);
      settings = Map.copyOf(settings);
    }
  }

  /**
   * What was set beside topics.
   *
   * @param brokers settings that hold for all brokers
   * @param singleBrokers settings of brokers by their ids
   * @param clientMetrics subscriptions by their names
   */
  public record RestoredSettings(
      Map<String, String> brokers,
      Map<Integer, Map<String, String>> singleBrokers,
      Map<String, Map<String, String>> clientMetrics,
      List<ClusterView.ClientQuota> clientQuotas) {
    public RestoredSettings {
      brokers = Map.copyOf(brokers);
      singleBrokers = Map.copyOf(singleBrokers);
      clientMetrics = Map.copyOf(clientMetrics);
      clientQuotas = List.copyOf(clientQuotas);
    }
  }

  /**
   * Formats a new directory.
   *
   * @param config with the id of the cluster
   * @param logDirectory where this node keeps the partitions
   * @param nextProducerId no producer gets a lower id
   * @throws ControlException if there is metadata already
   */
  public static void write(
      ControlConfig config,
      RestoredSettings settings,
      List<RestoredTopic> topics,
      Uuid logDirectory,
      long nextProducerId) {
    MetadataDirectory.restore(
        config,
        version -> {
          List<ApiMessageAndVersion> records = new ArrayList<>();
          add(settings, records);
          for (RestoredTopic topic : topics) add(config, topic, logDirectory, version, records);
          records.add(
              record(
                  new ProducerIdsRecord()
                      .setBrokerId(config.nodeId())
                      .setBrokerEpoch(NO_BROKER_EPOCH)
                      .setNextProducerId(nextProducerId),
                  VERSION));
          return records;
        });
  }

  private static void add(RestoredSettings settings, List<ApiMessageAndVersion> records) {
    add(ConfigResource.Type.BROKER, "", settings.brokers(), records);
    settings
        .singleBrokers()
        .forEach((id, own) -> add(ConfigResource.Type.BROKER, Integer.toString(id), own, records));
    settings
        .clientMetrics()
        .forEach((name, own) -> add(ConfigResource.Type.CLIENT_METRICS, name, own, records));
    for (ClusterView.ClientQuota quota : settings.clientQuotas()) {
      List<ClientQuotaRecord.EntityData> entity = new ArrayList<>();
      quota
          .entity()
          .forEach((kind, name) ->
              entity.add(
                  new ClientQuotaRecord.EntityData()
                      .setEntityType(kind)
                      .setEntityName(name.orElse(null))));
      quota
          .bounds()
          .forEach((key, value) ->
              records.add(
                  record(
                      new ClientQuotaRecord().setEntity(entity).setKey(key).setValue(value),
                      VERSION)));
    }
  }

  private static void add(
      ConfigResource.Type type,
      String name,
      Map<String, String> settings,
      List<ApiMessageAndVersion> records) {
    settings.forEach((key, value) -> records.add(setting(type, name, key, value)));
  }

  private static void add(
      ControlConfig config,
      RestoredTopic topic,
      Uuid logDirectory,
      MetadataVersion version,
      List<ApiMessageAndVersion> records) {
    records.add(record(new TopicRecord().setName(topic.name()).setTopicId(topic.id()), VERSION));
    List<Integer> replicas = List.of(config.nodeId());
    for (int index = 0; index < topic.leaderEpochs().size(); index++) {
      // As after a crash of the only replica, which leads again once it is there.
      records.add(
          record(
              new PartitionRecord()
                  .setTopicId(topic.id())
                  .setPartitionId(index)
                  .setReplicas(replicas)
                  .setIsr(replicas)
                  .setLeader(config.nodeId())
                  .setLeaderEpoch(topic.leaderEpochs().get(index))
                  .setPartitionEpoch(0)
                  .setDirectories(List.of(logDirectory)),
              version.partitionRecordVersion()));
    }
    add(ConfigResource.Type.TOPIC, topic.name(), topic.settings(), records);
  }

  private static ApiMessageAndVersion setting(
      ConfigResource.Type type, String name, String key, String value) {
    return record(
        new ConfigRecord()
            .setResourceType(type.id())
            .setResourceName(name)
            .setName(key)
            .setValue(value),
        VERSION);
  }

  private static ApiMessageAndVersion record(
      org.apache.kafka.common.protocol.ApiMessage message, short version) {
    return new ApiMessageAndVersion(message, version);
  }
}

package oxbow.broker.control;

import java.util.AbstractCollection;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.BrokerRegistration;
import org.apache.kafka.metadata.PartitionRegistration;
import org.apache.kafka.metadata.Replicas;
import org.apache.kafka.server.common.KRaftVersion;
import org.apache.kafka.server.common.MetadataVersion;

/** One image of Kafka's metadata, seen through our names. Copies nothing but what is asked for. */
final class ImageView implements ClusterView {
  private final MetadataImage image;
  private final String clusterId;
  private final OptionalInt controllerId;
  private final KRaftVersion raftVersion;
  private final TopicSettings.Effective settings;
  private final Map<Integer, Broker> brokers;

  ImageView(
      MetadataImage image,
      String clusterId,
      OptionalInt controllerId,
      KRaftVersion raftVersion,
      TopicSettings.Effective settings) {
    this.image = image;
    this.clusterId = clusterId;
    this.controllerId = controllerId;
    this.raftVersion = raftVersion;
    this.settings = settings;
    var byId = new TreeMap<Integer, Broker>();
    image.cluster().brokers().forEach((id, registration) -> byId.put(id, broker(registration)));
    this.brokers = byId;
  }

  /** What topics have where they set nothing themselves. */
  Map<String, String> topicDefaults() {
    return settings.defaults();
  }

  MetadataImage image() {
    return image;
  }

  @Override
  public String clusterId() {
    return clusterId;
  }

  @Override
  public long metadataOffset() {
    return image.offset();
  }

  @Override
  public OptionalInt controllerId() {
    return controllerId;
  }

  @Override
  public Map<String, Short> features() {
    var features = new TreeMap<>(image.features().finalizedVersions());
    // These two are not kept with the others, but clients learn of them in the same list.
    image
        .features()
        .metadataVersion()
        .ifPresent(version -> features.put(MetadataVersion.FEATURE_NAME, version.featureLevel()));
    if (raftVersion.featureLevel() > 0) {
      features.put(KRaftVersion.FEATURE_NAME, raftVersion.featureLevel());
    }
    return features;
  }

  @Override
  public Optional<Topic> topic(String name) {
    return Optional.ofNullable(image.topics().getTopic(name)).map(this::view);
  }

  @Override
  public Optional<Topic> topic(Uuid id) {
    return Optional.ofNullable(image.topics().getTopic(id)).map(this::view);
  }

  @Override
  public Collection<Topic> topics() {
    Collection<TopicImage> images = image.topics().topicsByName().values();
    return new AbstractCollection<>() {
      @Override
      public Iterator<Topic> iterator() {
        Iterator<TopicImage> each = images.iterator();
        return new Iterator<>() {
          @Override
          public boolean hasNext() {
            return each.hasNext();
          }

          @Override
          public Topic next() {
            return view(each.next());
          }
        };
      }

      @Override
      public int size() {
        return images.size();
      }
    };
  }

  @Override
  public Collection<Broker> brokers() {
    return brokers.values();
  }

  @Override
  public Optional<Broker> broker(int id) {
    return Optional.ofNullable(brokers.get(id));
  }

  @Override
  public Map<String, String> topicSettings(String name) {
    return image
        .configs()
        .configMapForResource(new ConfigResource(ConfigResource.Type.TOPIC, name));
  }

  @Override
  public Map<String, String> brokerSettings(int id) {
    return image
        .configs()
        .configMapForResource(
            new ConfigResource(ConfigResource.Type.BROKER, id < 0 ? "" : Integer.toString(id)));
  }

  @Override
  public Map<Integer, Map<String, String>> singleBrokerSettings() {
    var brokers = new TreeMap<Integer, Map<String, String>>();
    for (ConfigResource resource : image.configs().resourceData().keySet()) {
      if (resource.type() != ConfigResource.Type.BROKER || resource.isDefault()) continue;
      brokers.put(Integer.valueOf(resource.name()), image.configs().configMapForResource(resource));
    }
    return brokers;
  }

  @Override
  public List<ClientQuota> clientQuotas() {
    var quotas = new ArrayList<ClientQuota>();
    image
        .clientQuotas()
        .entities()
        .forEach((entity, quota) -> {
          var names = new TreeMap<String, Optional<String>>();
          entity.entries().forEach((kind, name) -> names.put(kind, Optional.ofNullable(name)));
          quotas.add(new ClientQuota(names, quota.quotas()));
        });
    return quotas;
  }

  @Override
  public long nextProducerId() {
    return Math.max(0, image.producerIds().nextProducerId());
  }

  @Override
  public Map<String, Map<String, String>> clientMetrics() {
    var subscriptions = new TreeMap<String, Map<String, String>>();
    for (ConfigResource resource : image.configs().resourceData().keySet()) {
      if (resource.type() != ConfigResource.Type.CLIENT_METRICS) continue;
      subscriptions.put(resource.name(), image.configs().configMapForResource(resource));
    }
    return subscriptions;
  }

  @Override
  public Map<String, String> effectiveTopicSettings(String name) {
    return settings.of(name, topicSettings(name));
  }

  private static Broker broker(BrokerRegistration registration) {
    var endpoints = new TreeMap<String, Endpoint>();
    registration
        .listeners()
        .forEach((listener, endpoint) ->
            endpoints.put(listener, new Endpoint(endpoint.host(), endpoint.port())));
    return new Broker(
        registration.id(),
        registration.epoch(),
        registration.fenced(),
        registration.rack(),
        endpoints);
  }

  Topic view(TopicImage topic) {
    return new ImageTopic(topic);
  }

  private Partition view(int index, PartitionRegistration partition) {
    return new Partition(
        index,
        partition.leader,
        partition.leaderEpoch,
        partition.partitionEpoch,
        Replicas.toList(partition.replicas),
        Replicas.toList(partition.isr),
        offline(partition),
        Replicas.toList(partition.elr),
        Replicas.toList(partition.lastKnownElr));
  }

  /** Replicas whose broker is gone or fenced, or has lost the directory they lie in. */
  private List<Integer> offline(PartitionRegistration partition) {
    var offline = new ArrayList<Integer>(0);
    for (int replica : partition.replicas) {
      BrokerRegistration broker = image.cluster().broker(replica);
      boolean isServed =
          broker != null && !broker.fenced() && broker.hasOnlineDir(partition.directory(replica));
      if (!isServed) offline.add(replica);
    }
    return offline;
  }

  private final class ImageTopic implements Topic {
    private final TopicImage topic;

    ImageTopic(TopicImage topic) {
      this.topic = topic;
    }

    @Override
    public String name() {
      return topic.name();
    }

    @Override
    public Uuid id() {
      return topic.id();
    }

    @Override
    public boolean isInternal() {
      return org.apache.kafka.common.internals.Topic.isInternal(topic.name());
    }

    @Override
    public List<Partition> partitions() {
      return new AbstractList<>() {
        @Override
        public Partition get(int index) {
          PartitionRegistration partition = topic.partitions().get(index);
          if (partition == null) throw new IndexOutOfBoundsException(index);
          return view(index, partition);
        }

        @Override
        public int size() {
          return topic.partitions().size();
        }
      };
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof ImageTopic that && topic.equals(that.topic);
    }

    @Override
    public int hashCode() {
      return topic.id().hashCode();
    }

    @Override
    public String toString() {
      return topic.name() + " (" + topic.id() + ", " + topic.partitions().size() + " partitions)";
    }
  }
}

package oxbow.broker.testing;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import oxbow.broker.control.ClusterListener;
import oxbow.broker.control.ClusterView;

/** A cluster's metadata that a test changes as it likes, and tells a listener when it likes. */
public final class FakeCluster {
  private final Map<String, FakeTopic> topics = new TreeMap<>();
  private final Map<String, Map<String, String>> settings = new HashMap<>();
  private final List<ClusterView.Broker> brokers = new ArrayList<>();
  private final Set<String> changed = new HashSet<>();
  private final Set<String> settingsChanged = new HashSet<>();
  private final Set<ClusterView.Topic> deleted = new HashSet<>();
  private long offset;
  private long ids;

  /** A broker that serves. */
  public FakeCluster broker(int id) {
    brokers.add(
        new ClusterView.Broker(
            id,
            1,
            false,
            Optional.empty(),
            Map.of("PLAINTEXT", new ClusterView.Endpoint("host" + id, 9092))));
    return this;
  }

  /** A topic whose partitions have one replica, on a broker that leads them in epoch 0. */
  public Uuid create(String name, int partitions, int broker, Map<String, String> config) {
    var id = new Uuid(4711, ++ids);
    List<ClusterView.Partition> states = new ArrayList<>();
    for (int i = 0; i < partitions; i++) states.add(state(i, broker, 0, List.of(broker)));
    topics.put(name, new FakeTopic(name, id, states));
    settings.put(name, Map.copyOf(config));
    changed.add(name);
    return id;
  }

  /** Another leader, epoch or set of replicas; all of them in sync. */
  public void lead(String topic, int index, int leader, int leaderEpoch, List<Integer> replicas) {
    lead(topic, index, leader, leaderEpoch, replicas, replicas);
  }

  public void lead(
      String topic,
      int index,
      int leader,
      int leaderEpoch,
      List<Integer> replicas,
      List<Integer> inSync) {
    FakeTopic old = known(topic);
    List<ClusterView.Partition> states = new ArrayList<>(old.partitions());
    states.set(
        index,
        new ClusterView.Partition(
            index, leader, leaderEpoch, 0, replicas, inSync, List.of(), List.of(), List.of()));
    topics.put(topic, new FakeTopic(topic, old.id(), states));
    changed.add(topic);
  }

  public void set(String topic, Map<String, String> config) {
    settings.put(topic, Map.copyOf(config));
    settingsChanged.add(topic);
  }

  public void delete(String topic) {
    deleted.add(known(topic));
    topics.remove(topic);
    settings.remove(topic);
    changed.remove(topic);
  }

  /** Tells what has changed since it told last. */
  public void tell(ClusterListener listener) {
    var change =
        new ClusterListener.Change(
            Set.copyOf(changed), Set.copyOf(deleted), Set.copyOf(settingsChanged), Set.of(), false);
    changed.clear();
    deleted.clear();
    settingsChanged.clear();
    listener.changed(view(), change);
  }

  public ClusterView view() {
    return new View(++offset, Map.copyOf(topics), Map.copyOf(settings), List.copyOf(brokers));
  }

  private FakeTopic known(String topic) {
    FakeTopic found = topics.get(topic);
    if (found == null) throw new IllegalArgumentException("no topic " + topic);
    return found;
  }

  private static ClusterView.Partition state(
      int index, int leader, int epoch, List<Integer> replicas) {
    return new ClusterView.Partition(
        index, leader, epoch, 0, replicas, replicas, List.of(), List.of(), List.of());
  }

  private record FakeTopic(String name, Uuid id, List<ClusterView.Partition> partitions)
      implements ClusterView.Topic {
    @Override
    public boolean isInternal() {
      return name.startsWith("__");
    }
  }

  private record View(
      long metadataOffset,
      Map<String, FakeTopic> byName,
      Map<String, Map<String, String>> settings,
      List<ClusterView.Broker> brokers)
      implements ClusterView {
    @Override
    public String clusterId() {
      return "cluster";
    }

    @Override
    public OptionalInt controllerId() {
      return OptionalInt.of(1);
    }

    @Override
    public Map<String, Short> features() {
      return Map.of();
    }

    @Override
    public Optional<Topic> topic(String name) {
      return Optional.ofNullable(byName.get(name));
    }

    @Override
    public Optional<Topic> topic(Uuid id) {
      return byName.values().stream()
          .filter(topic -> topic.id().equals(id))
          .map(Topic.class::cast)
          .findFirst();
    }

    @Override
    public Collection<Topic> topics() {
      return List.copyOf(byName.values());
    }

    @Override
    public Optional<Broker> broker(int id) {
      return brokers.stream().filter(broker -> broker.id() == id).findFirst();
    }

    @Override
    public Map<String, String> topicSettings(String name) {
      return settings.getOrDefault(name, Map.of());
    }

    @Override
    public Map<String, String> brokerSettings(int id) {
      return Map.of();
    }

    @Override
    public Map<Integer, Map<String, String>> singleBrokerSettings() {
      return Map.of();
    }

    @Override
    public List<ClusterView.ClientQuota> clientQuotas() {
      return List.of();
    }

    @Override
    public long nextProducerId() {
      return 0;
    }

    @Override
    public Map<String, Map<String, String>> clientMetrics() {
      return Map.of();
    }

    @Override
    public Map<String, String> effectiveTopicSettings(String name) {
      return topicSettings(name);
    }
  }
}

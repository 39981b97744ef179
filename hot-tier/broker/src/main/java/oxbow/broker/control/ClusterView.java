package oxbow.broker.control;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.common.Uuid;

/**
 * The cluster's metadata at one offset of the metadata log. Immutable, cheap to take and to ask.
 */
public interface ClusterView {
  String clusterId();

  /** The metadata log's offset this view shows. */
  long metadataOffset();

  OptionalInt controllerId();

  /** The feature levels in force, by name: {@code metadata.version}, {@code group.version}, ... */
  Map<String, Short> features();

  Optional<Topic> topic(String name);

  Optional<Topic> topic(Uuid id);

  /** All topics, by name. */
  Collection<Topic> topics();

  /** Brokers that are registered, fenced ones included. */
  Collection<Broker> brokers();

  Optional<Broker> broker(int id);

  /** What was set for a topic itself, without defaults. */
  Map<String, String> topicSettings(String name);

  /** What was set dynamically for a broker; -1: for all of them. */
  Map<String, String> brokerSettings(int id);

  /** What was set dynamically for single brokers, by their ids. */
  Map<Integer, Map<String, String>> singleBrokerSettings();

  /** What was set for each subscription to clients' metrics, by its name. */
  Map<String, Map<String, String>> clientMetrics();

  /** All bounds that were set for clients. */
  List<ClientQuota> clientQuotas();

  /** No producer has got this id, or a higher one. */
  long nextProducerId();

  /** A topic's settings as its log uses them: its own, else the cluster's, else defaults. */
  Map<String, String> effectiveTopicSettings(String name);

  /** A topic. */
  interface Topic {
    String name();

    Uuid id();

    /** Written by the broker itself ({@code __consumer_offsets}, ...). */
    boolean isInternal();

    /** Partitions by number, without gaps. */
    List<Partition> partitions();
  }

  /**
   * A partition's replicas and leader.
   *
   * @param leader broker id, or -1
   */
  record Partition(
      int index,
      int leader,
      int leaderEpoch,
      int partitionEpoch,
      List<Integer> replicas,
      List<Integer> inSync,
      List<Integer> offline,
      List<Integer> eligibleLeaders,
      List<Integer> lastKnownEligibleLeaders) {}

  /**
   * Bounds for some clients.
   *
   * @param entity whose they are: by user, client id or ip; without a name the default of that kind
   * @param bounds by name of the quota: {@code producer_byte_rate}, ...
   */
  record ClientQuota(Map<String, Optional<String>> entity, Map<String, Double> bounds) {
    public ClientQuota {
      entity = Map.copyOf(entity);
      bounds = Map.copyOf(bounds);
    }
  }

  /** A registered broker. */
  record Broker(
      int id,
      long epoch,
      boolean isFenced,
      Optional<String> rack,
      Map<String, Endpoint> endpoints) {}

  /** Where a listener is reached. */
  record Endpoint(String host, int port) {}
}

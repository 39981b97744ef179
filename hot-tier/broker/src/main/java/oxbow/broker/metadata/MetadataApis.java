package oxbow.broker.metadata;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.EndpointType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.jspecify.annotations.Nullable;
import oxbow.broker.control.ClusterView;
import oxbow.broker.net.Request;
import oxbow.broker.wire.ApiTable;

/** What clients ask about topics, partitions and brokers. Answers from one view of the cluster. */
public final class MetadataApis {
  private final Supplier<ClusterView> cluster;
  private final TopicCreation topicCreation;
  private final MetadataConfig config;

  public MetadataApis(
      Supplier<ClusterView> cluster, TopicCreation topicCreation, MetadataConfig config) {
    this.cluster = cluster;
    this.topicCreation = topicCreation;
    this.config = config;
  }

  /** Adds this family to the APIs served. */
  public void serveOn(ApiTable table) {
    table
        .serve(ApiKeys.METADATA, this::metadata)
        .serve(ApiKeys.DESCRIBE_CLUSTER, this::describeCluster)
        .serve(ApiKeys.DESCRIBE_TOPIC_PARTITIONS, this::describeTopicPartitions);
  }

  private void metadata(Request request) {
    var body = (MetadataRequest) request.body();
    if (!body.isAllTopics()) checkNamesAndIds(body);
    ClusterView now = cluster.get();
    Set<String> missing =
        body.isAllTopics() || !body.allowAutoTopicCreation() || !config.isTopicCreationAutomatic()
            ? Set.of()
            : missing(now, body.topics());
    if (missing.isEmpty()) {
      request.answer(metadata(request, body, now, Map.of()));
      return;
    }
    // The answer waits until the topics are there: a client told "unknown" would ask again only
    // after its retry backoff, and its first record would be that much later.
    CompletionStage<Map<String, ApiError>> created = topicCreation.create(missing);
    created.whenComplete((errors, failure) -> {
      if (failure != null) request.fail(failure);
      else request.answer(metadata(request, body, cluster.get(), errors));
    });
  }

  private static void checkNamesAndIds(MetadataRequest request) {
    for (var topic : request.data().topics()) {
      boolean isById = !topic.topicId().equals(Uuid.ZERO_UUID);
      if (request.version() >= 12 && isById) continue;
      if (topic.name() == null) {
        throw new InvalidRequestException(
            "Topic name can not be null for version " + request.version());
      }
      if (isById) {
        throw new InvalidRequestException(
            "Topic IDs are not supported in requests for version " + request.version());
      }
    }
  }

  private static Set<String> missing(ClusterView now, Collection<String> names) {
    var missing = new LinkedHashSet<String>();
    for (String name : names) {
      if (name != null && now.topic(name).isEmpty()) missing.add(name);
    }
    return missing;
  }

  private MetadataResponse metadata(
      Request request, MetadataRequest body, ClusterView now, Map<String, ApiError> creations) {
    short version = request.header().apiVersion();
    String listener = request.client().listener().value();
    var data =
        new MetadataResponseData()
            .setClusterId(now.clusterId())
            .setControllerId(anyAliveBroker(now, listener));
    for (ClusterView.Broker broker : now.brokers()) {
      ClusterView.Endpoint endpoint = aliveEndpoint(broker, listener);
      if (endpoint == null) continue;
      data.brokers()
          .add(
              new MetadataResponseBroker()
                  .setNodeId(broker.id())
                  .setHost(endpoint.host())
                  .setPort(endpoint.port())
                  .setRack(broker.rack().orElse(null)));
    }
    for (MetadataResponseTopic topic : wanted(body, now, listener, version, creations)) {
      if (body.data().includeTopicAuthorizedOperations()) {
        topic.setTopicAuthorizedOperations(AuthorizedOperations.ALL_ON_TOPIC);
      }
      data.topics().add(topic);
    }
    if (version <= 10 && body.data().includeClusterAuthorizedOperations()) {
      data.setClusterAuthorizedOperations(AuthorizedOperations.ALL_ON_CLUSTER);
    }
    return new MetadataResponse(data, version);
  }

  private static List<MetadataResponseTopic> wanted(
      MetadataRequest body,
      ClusterView now,
      String listener,
      short version,
      Map<String, ApiError> creations) {
    var topics = new LinkedHashMap<Object, MetadataResponseTopic>();
    if (body.isAllTopics()) {
      for (ClusterView.Topic topic : now.topics()) {
        topics.put(topic.name(), found(topic, now, listener, version));
      }
      return List.copyOf(topics.values());
    }
    for (var asked : body.data().topics()) {
      boolean isById = !asked.topicId().equals(Uuid.ZERO_UUID);
      Optional<ClusterView.Topic> topic =
          isById ? now.topic(asked.topicId()) : now.topic(asked.name());
      if (topic.isPresent()) {
        topics.put(topic.get().name(), found(topic.get(), now, listener, version));
      } else if (isById) {
        topics.put(
            asked.topicId(),
            new MetadataResponseTopic()
                .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
                .setName(null)
                .setTopicId(asked.topicId()));
      } else {
        topics.put(asked.name(), notFound(asked.name(), creations));
      }
    }
    return List.copyOf(topics.values());
  }

  private static MetadataResponseTopic notFound(String name, Map<String, ApiError> creations) {
    ApiError creation = creations.get(name);
    Errors error = unknownOrInvalid(name);
    // A creation that succeeded, or that lost a race, is there at the next asking.
    if (creation != null
        && creation.error() != Errors.NONE
        && creation.error() != Errors.TOPIC_ALREADY_EXISTS) {
      error = creation.error();
    }
    return new MetadataResponseTopic()
        .setErrorCode(error.code())
        .setName(name)
        .setIsInternal(Topic.isInternal(name));
  }

  private static Errors unknownOrInvalid(String name) {
    try {
      Topic.validate(name);
      return Errors.UNKNOWN_TOPIC_OR_PARTITION;
    } catch (InvalidTopicException _) {
      return Errors.INVALID_TOPIC_EXCEPTION;
    }
  }

  private static MetadataResponseTopic found(
      ClusterView.Topic topic, ClusterView now, String listener, short version) {
    var partitions = new ArrayList<MetadataResponsePartition>(topic.partitions().size());
    for (ClusterView.Partition partition : topic.partitions()) {
      partitions.add(
          new MetadataResponsePartition()
              .setErrorCode(leaderError(partition, now, listener, version).code())
              .setPartitionIndex(partition.index())
              .setLeaderId(reachableLeader(partition, now, listener))
              .setLeaderEpoch(partition.leaderEpoch())
              .setReplicaNodes(partition.replicas())
              .setIsrNodes(partition.inSync())
              .setOfflineReplicas(offline(partition, now, listener)));
    }
    return new MetadataResponseTopic()
        .setErrorCode(Errors.NONE.code())
        .setName(topic.name())
        .setTopicId(topic.id())
        .setIsInternal(topic.isInternal())
        .setPartitions(partitions);
  }

  private static Errors leaderError(
      ClusterView.Partition partition, ClusterView now, String listener, short version) {
    if (reachableLeader(partition, now, listener) >= 0) return Errors.NONE;
    boolean isLeaderThere = partition.leader() >= 0 && now.broker(partition.leader()).isPresent();
    // Since version 6 a missing listener is told apart, as the error of configuration it is.
    return isLeaderThere && version >= 6 ? Errors.LISTENER_NOT_FOUND : Errors.LEADER_NOT_AVAILABLE;
  }

  private static int reachableLeader(
      ClusterView.Partition partition, ClusterView now, String listener) {
    return isAlive(partition.leader(), now, listener)
        ? partition.leader()
        : MetadataResponse.NO_LEADER_ID;
  }

  private static List<Integer> offline(
      ClusterView.Partition partition, ClusterView now, String listener) {
    List<Integer> offline = new ArrayList<>(0);
    for (Integer replica : partition.replicas()) {
      if (partition.offline().contains(replica) || !isAlive(replica, now, listener)) {
        offline.add(replica);
      }
    }
    return offline;
  }

  private static boolean isAlive(int broker, ClusterView now, String listener) {
    return broker >= 0
        && now.broker(broker).map(b -> aliveEndpoint(b, listener) != null).orElse(false);
  }

  private static ClusterView.@Nullable Endpoint aliveEndpoint(
      ClusterView.Broker broker, String listener) {
    return broker.isFenced() ? null : broker.endpoints().get(listener);
  }

  /** Clients send what is the controller's to any broker, so the answer names a broker. */
  private static int anyAliveBroker(ClusterView now, String listener) {
    for (ClusterView.Broker broker : now.brokers()) {
      if (aliveEndpoint(broker, listener) != null) return broker.id();
    }
    return MetadataResponse.NO_CONTROLLER_ID;
  }

  private void describeCluster(Request request) {
    var body = ((DescribeClusterRequest) request.body()).data();
    var data = new DescribeClusterResponseData().setEndpointType(body.endpointType());
    if (body.endpointType() != EndpointType.BROKER.id()) {
      Errors error =
          body.endpointType() == EndpointType.CONTROLLER.id()
              ? Errors.MISMATCHED_ENDPOINT_TYPE
              : Errors.UNSUPPORTED_ENDPOINT_TYPE;
      data.setErrorCode(error.code())
          .setErrorMessage(
              "This listener serves the BROKER endpoint type, but the request was for "
                  + EndpointType.fromId(body.endpointType()));
      request.answer(new DescribeClusterResponse(data));
      return;
    }
    ClusterView now = cluster.get();
    String listener = request.client().listener().value();
    data.setClusterId(now.clusterId()).setControllerId(anyAliveBroker(now, listener));
    for (ClusterView.Broker broker : now.brokers()) {
      ClusterView.Endpoint endpoint = broker.endpoints().get(listener);
      if (endpoint == null || (broker.isFenced() && !body.includeFencedBrokers())) continue;
      data.brokers()
          .add(
              new DescribeClusterBroker()
                  .setBrokerId(broker.id())
                  .setHost(endpoint.host())
                  .setPort(endpoint.port())
                  .setRack(broker.rack().orElse(null))
                  .setIsFenced(broker.isFenced()));
    }
    if (body.includeClusterAuthorizedOperations()) {
      data.setClusterAuthorizedOperations(AuthorizedOperations.ALL_ON_CLUSTER);
    }
    request.answer(new DescribeClusterResponse(data));
  }

  private void describeTopicPartitions(Request request) {
    var body = ((DescribeTopicPartitionsRequest) request.body()).data();
    ClusterView now = cluster.get();
    String listener = request.client().listener().value();
    int room = Math.clamp(body.responsePartitionLimit(), 1, config.describedPartitionsMax());
    var data = new DescribeTopicPartitionsResponseData();
    for (String name : namesFromCursor(body, now)) {
      if (room == 0) {
        data.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(0));
        break;
      }
      Optional<ClusterView.Topic> topic = now.topic(name);
      if (topic.isEmpty()) {
        data.topics()
            .add(
                new DescribeTopicPartitionsResponseTopic()
                    .setErrorCode(unknownOrInvalid(name).code())
                    .setName(name)
                    .setIsInternal(Topic.isInternal(name)));
        continue;
      }
      List<ClusterView.Partition> partitions = topic.get().partitions();
      int from = firstPartition(body, name);
      int to = (int) Math.min((long) from + room, partitions.size());
      var described = new ArrayList<DescribeTopicPartitionsResponsePartition>();
      for (int i = from; i < to; i++) described.add(described(partitions.get(i), now, listener));
      room -= described.size();
      data.topics()
          .add(
              new DescribeTopicPartitionsResponseTopic()
                  .setErrorCode(Errors.NONE.code())
                  .setName(name)
                  .setTopicId(topic.get().id())
                  .setIsInternal(topic.get().isInternal())
                  .setTopicAuthorizedOperations(AuthorizedOperations.ALL_ON_TOPIC)
                  .setPartitions(described));
      if (to < partitions.size()) {
        data.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(to));
        break;
      }
    }
    request.answer(new DescribeTopicPartitionsResponse(data));
  }

  private static Collection<String> namesFromCursor(
      DescribeTopicPartitionsRequestData body, ClusterView now) {
    var cursor = body.cursor();
    if (cursor != null && cursor.partitionIndex() < 0) {
      throw new InvalidRequestException(
          "DescribeTopicPartitionsRequest cursor partition must be valid: " + cursor);
    }
    Stream<String> asked =
        body.topics().isEmpty()
            ? now.topics().stream().map(ClusterView.Topic::name)
            : body.topics().stream().map(DescribeTopicPartitionsRequestData.TopicRequest::name);
    String first = cursor == null ? "" : cursor.topicName();
    var names = new TreeSet<String>();
    asked.filter(name -> name.compareTo(first) >= 0).forEach(names::add);
    if (cursor != null && !body.topics().isEmpty() && !names.contains(first)) {
      throw new InvalidRequestException(
          "DescribeTopicPartitionsRequest topic list should contain the cursor topic: " + first);
    }
    return names;
  }

  private static int firstPartition(DescribeTopicPartitionsRequestData body, String name) {
    var cursor = body.cursor();
    return cursor != null && cursor.topicName().equals(name) ? cursor.partitionIndex() : 0;
  }

  private static DescribeTopicPartitionsResponsePartition described(
      ClusterView.Partition partition, ClusterView now, String listener) {
    short newest = ApiKeys.METADATA.latestVersion();
    return new DescribeTopicPartitionsResponsePartition()
        .setErrorCode(leaderError(partition, now, listener, newest).code())
        .setPartitionIndex(partition.index())
        .setLeaderId(reachableLeader(partition, now, listener))
        .setLeaderEpoch(partition.leaderEpoch())
        .setReplicaNodes(partition.replicas())
        .setIsrNodes(partition.inSync())
        .setEligibleLeaderReplicas(partition.eligibleLeaders())
        .setLastKnownElr(partition.lastKnownEligibleLeaders())
        .setOfflineReplicas(offline(partition, now, listener));
  }
}

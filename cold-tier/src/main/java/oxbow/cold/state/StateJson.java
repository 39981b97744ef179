package oxbow.cold.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.log.ColdStart;
import oxbow.log.EpochStart;

/** The objects of this package as text; {@code docs/formats/bucket.md} tells it to others. */
final class StateJson {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int VERSION = 1;

  private StateJson() {}

  static ByteBuffer write(Owner owner) {
    ObjectNode root = root();
    root.put("cluster", owner.cluster()).put("token", owner.token()).put("since", owner.since());
    return bytes(root);
  }

  static Owner owner(long number, ByteBuffer body) {
    return read(
        body,
        root ->
            new Owner(
                number, text(root, "cluster"), text(root, "token"), root.path("since").asText("")));
  }

  static ByteBuffer write(ClusterState state) {
    ObjectNode root = root();
    SettingsState settings = state.settings();
    root.set("settings", map(settings.brokers()));
    if (!settings.singleBrokers().isEmpty()) {
      ObjectNode brokers = root.putObject("brokers");
      new TreeMap<>(settings.singleBrokers())
          .forEach((id, own) -> brokers.set(Integer.toString(id), map(own)));
    }
    if (!settings.clientMetrics().isEmpty()) {
      ObjectNode subscriptions = root.putObject("clientMetrics");
      new TreeMap<>(settings.clientMetrics())
          .forEach((name, own) -> subscriptions.set(name, map(own)));
    }
    if (!settings.quotas().isEmpty()) {
      var quotas = root.putArray("quotas");
      for (QuotaState quota : settings.quotas()) write(quota, quotas.addObject());
    }
    if (state.nextProducerId() > 0) root.put("nextProducerId", state.nextProducerId());
    var topics = root.putArray("topics");
    for (TopicState topic : state.topics()) {
      ObjectNode node = topics.addObject();
      node.put("name", topic.name());
      node.put("id", topic.id().toString());
      node.put("partitions", topic.partitions());
      if (!topic.leaderEpochs().isEmpty()) {
        var epochs = node.putArray("leaderEpochs");
        topic.leaderEpochs().forEach(epochs::add);
      }
      node.set("settings", map(topic.settings()));
    }
    return bytes(root);
  }

  private static void write(QuotaState quota, ObjectNode node) {
    ObjectNode entity = node.putObject("entity");
    new TreeMap<>(quota.entity()).forEach((kind, name) -> entity.put(kind, name.orElse(null)));
    ObjectNode bounds = node.putObject("bounds");
    new TreeMap<>(quota.bounds()).forEach(bounds::put);
  }

  static ClusterState cluster(ByteBuffer body) {
    return read(
        body,
        root -> {
          List<TopicState> topics = new ArrayList<>();
          for (JsonNode node : root.path("topics")) {
            topics.add(
                new TopicState(
                    text(node, "name"),
                    Uuid.fromString(text(node, "id")),
                    Math.toIntExact(number(node, "partitions")),
                    integers(node.path("leaderEpochs")),
                    map(node.path("settings"))));
          }
          return new ClusterState(settings(root), root.path("nextProducerId").asLong(0), topics);
        });
  }

  private static SettingsState settings(JsonNode root) {
    Map<Integer, Map<String, String>> brokers = new HashMap<>();
    root.path("brokers")
        .properties()
        .forEach(one -> brokers.put(Integer.valueOf(one.getKey()), map(one.getValue())));
    Map<String, Map<String, String>> subscriptions = new HashMap<>();
    root.path("clientMetrics")
        .properties()
        .forEach(one -> subscriptions.put(one.getKey(), map(one.getValue())));
    List<QuotaState> quotas = new ArrayList<>();
    for (JsonNode node : root.path("quotas")) {
      Map<String, Optional<String>> entity = new HashMap<>();
      node.path("entity")
          .properties()
          .forEach(
              one -> entity.put(one.getKey(), Optional.ofNullable(one.getValue().textValue())));
      Map<String, Double> bounds = new HashMap<>();
      node.path("bounds")
          .properties()
          .forEach(one -> bounds.put(one.getKey(), one.getValue().asDouble()));
      quotas.add(new QuotaState(entity, bounds));
    }
    return new SettingsState(map(root.path("settings")), brokers, subscriptions, quotas);
  }

  private static List<Integer> integers(JsonNode array) {
    List<Integer> integers = new ArrayList<>();
    for (JsonNode one : array) integers.add(one.asInt());
    return integers;
  }

  static ByteBuffer write(Positions positions) {
    ObjectNode root = root();
    var groups = root.putArray("groups");
    for (GroupOffset one : positions.groups()) {
      ObjectNode node = groups.addObject();
      node.put("group", one.group()).put("topic", one.topic()).put("partition", one.partition());
      node.put("offset", one.offset());
      if (one.leaderEpoch() >= 0) node.put("leaderEpoch", one.leaderEpoch());
      if (!one.metadata().isEmpty()) node.put("metadata", one.metadata());
    }
    var starts = root.putArray("logStarts");
    for (LogStart start : positions.logStarts()) {
      starts
          .addObject()
          .put("topic", start.topic())
          .put("partition", start.partition())
          .put("offset", start.offset());
    }
    return bytes(root);
  }

  static Positions positions(ByteBuffer body) {
    return read(
        body,
        root -> {
          List<GroupOffset> groups = new ArrayList<>();
          for (JsonNode node : root.path("groups")) {
            groups.add(
                new GroupOffset(
                    text(node, "group"),
                    text(node, "topic"),
                    Math.toIntExact(number(node, "partition")),
                    number(node, "offset"),
                    node.path("leaderEpoch").asInt(-1),
                    node.path("metadata").asText("")));
          }
          List<LogStart> starts = new ArrayList<>();
          for (JsonNode node : root.path("logStarts")) {
            starts.add(
                new LogStart(
                    text(node, "topic"),
                    Math.toIntExact(number(node, "partition")),
                    number(node, "offset")));
          }
          return new Positions(groups, starts);
        });
  }

  static ByteBuffer writeAlive(boolean isStopped) {
    ObjectNode root = root();
    root.put("stopped", isStopped);
    return bytes(root);
  }

  static boolean isStopped(ByteBuffer body) {
    return read(body, root -> root.path("stopped").asBoolean());
  }

  /** Where partitions of a topic go on. */
  static ByteBuffer writeStarts(Map<Uuid, Map<Integer, ColdStart>> starts) {
    ObjectNode root = root();
    ObjectNode topics = root.putObject("topics");
    starts.forEach((topic, partitions) -> {
      ObjectNode node = topics.putObject(topic.toString());
      new TreeMap<>(partitions)
          .forEach((partition, start) -> node.set(Integer.toString(partition), start(start)));
    });
    return bytes(root);
  }

  private static ObjectNode start(ColdStart start) {
    ObjectNode node = NODES.objectNode();
    node.put("logStart", start.logStart()).put("coldEnd", start.coldEnd());
    var epochs = node.putArray("epochs");
    for (EpochStart epoch : start.epochs()) {
      epochs.addArray().add(epoch.leaderEpoch()).add(epoch.startOffset());
    }
    var batches = node.putArray("batches");
    for (ColdStart.ProducerBatch batch : start.batches()) {
      batches
          .addArray()
          .add(batch.producerId())
          .add(batch.producerEpoch())
          .add(batch.baseSequence())
          .add(batch.lastSequence())
          .add(batch.baseOffset())
          .add(batch.lastOffset())
          .add(batch.maxTimestampMs());
    }
    return node;
  }

  static Map<Uuid, Map<Integer, ColdStart>> starts(ByteBuffer body) {
    return read(
        body,
        root -> {
          Map<Uuid, Map<Integer, ColdStart>> starts = new HashMap<>();
          root.path("topics")
              .properties()
              .forEach(topic -> {
                Map<Integer, ColdStart> partitions = new HashMap<>();
                topic
                    .getValue()
                    .properties()
                    .forEach(one ->
                        partitions.put(Integer.valueOf(one.getKey()), start(one.getValue())));
                starts.put(Uuid.fromString(topic.getKey()), partitions);
              });
          return starts;
        });
  }

  private static ColdStart start(JsonNode node) {
    List<EpochStart> epochs = new ArrayList<>();
    for (JsonNode one : node.path("epochs")) {
      epochs.add(new EpochStart(one.path(0).asInt(), one.path(1).asLong()));
    }
    List<ColdStart.ProducerBatch> batches = new ArrayList<>();
    for (JsonNode one : node.path("batches")) {
      batches.add(
          new ColdStart.ProducerBatch(
              one.path(0).asLong(),
              (short) one.path(1).asInt(),
              one.path(2).asInt(),
              one.path(3).asInt(),
              one.path(4).asLong(),
              one.path(5).asLong(),
              one.path(6).asLong()));
    }
    return new ColdStart(number(node, "logStart"), number(node, "coldEnd"), epochs, batches);
  }

  private static ObjectNode root() {
    return NODES.objectNode().put("version", VERSION);
  }

  private static ObjectNode map(Map<String, String> map) {
    ObjectNode node = NODES.objectNode();
    new TreeMap<>(map).forEach(node::put);
    return node;
  }

  private static Map<String, String> map(JsonNode node) {
    Map<String, String> map = new HashMap<>();
    node.properties().forEach(one -> map.put(one.getKey(), one.getValue().asText()));
    return map;
  }

  private static String text(JsonNode node, String name) {
    JsonNode found = node.get(name);
    if (found == null || !found.isTextual()) throw new IllegalArgumentException("no " + name);
    return found.asText();
  }

  private static long number(JsonNode node, String name) {
    JsonNode found = node.get(name);
    if (found == null || !found.isIntegralNumber()) {
      throw new IllegalArgumentException("no " + name);
    }
    return found.asLong();
  }

  private static ByteBuffer bytes(ObjectNode root) {
    return ByteBuffer.wrap((root + "\n").getBytes(UTF_8));
  }

  private static <T> T read(ByteBuffer body, Function<JsonNode, T> reading) {
    String text = UTF_8.decode(body.duplicate()).toString();
    try {
      JsonNode root = MAPPER.readTree(text);
      if (root.path("version").asInt() != VERSION) {
        throw new IllegalArgumentException("not version " + VERSION);
      }
      return reading.apply(root);
    } catch (JsonProcessingException | IllegalArgumentException | ArithmeticException e) {
      String shown = text.length() > 200 ? text.substring(0, 200) + "..." : text;
      throw new StoreException(Kind.CORRUPT, "can't understand " + shown.strip(), e);
    }
  }
}

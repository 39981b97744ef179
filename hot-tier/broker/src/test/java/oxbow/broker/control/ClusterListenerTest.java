package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.control.ControlRig.await;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClusterListenerTest {
  private static final int TOPICS = 8;

  @TempDir Path directory;

  @Test
  void whatChangesSayIsAllThatChanged() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    try (var rig = ControlRig.serving(directory.resolve("metadata"))) {
      var early = new Model();
      rig.plane.watch(early);
      for (int i = 0; i < 150; i++) step(rig, random);
      var late = new Model();
      rig.plane.watch(late);
      for (int i = 0; i < 50; i++) step(rig, random);

      assertThat(early.broken).as("seed %d", seed).hasNullValue();
      assertThat(late.broken).as("seed %d", seed).hasNullValue();
      assertThat(early.calls).as("seed %d", seed).isGreaterThan(100);
      assertThat(late.topics).as("seed %d", seed).isEqualTo(early.topics);
      assertThat(late.settings).as("seed %d", seed).isEqualTo(early.settings);
    }
  }

  private static void step(ControlRig rig, Random random) {
    String name = "topic-" + random.nextInt(TOPICS);
    ClusterView.Topic topic = rig.plane.view().topic(name).orElse(null);
    if (topic == null) {
      create(rig, name, 1 + random.nextInt(3), random.nextBoolean());
      return;
    }
    switch (random.nextInt(5)) {
      case 0 -> delete(rig, topic.id());
      case 1 -> {
        delete(rig, topic.id());
        create(rig, name, 1 + random.nextInt(3), random.nextBoolean());
      }
      case 2 -> grow(rig, name, topic.partitions().size() + 1 + random.nextInt(2));
      case 3 ->
          alter(
              rig,
              new ConfigResource(ConfigResource.Type.TOPIC, name),
              "retention.ms",
              random.nextBoolean() ? Integer.toString(random.nextInt(3)) : null);
      default ->
          alter(
              rig,
              new ConfigResource(ConfigResource.Type.BROKER, random.nextBoolean() ? "" : "1"),
              "log.segment.bytes",
              Integer.toString(2_000_000 + random.nextInt(3)));
    }
  }

  private static void create(ControlRig rig, String name, int partitions, boolean hasSettings) {
    var topic =
        new CreatableTopic()
            .setName(name)
            .setNumPartitions(partitions)
            .setReplicationFactor((short) 1);
    if (hasSettings) {
      topic.configs().add(new CreatableTopicConfig().setName("flush.ms").setValue("1000"));
    }
    var request = new CreateTopicsRequestData();
    request.topics().add(topic);
    var _ =
        await(
            rig.plane.change(controller ->
                controller.createTopics(
                    Contexts.ofBroker(), request, java.util.Set.of(name), true)));
    assertThat(rig.plane.view().topic(name)).isPresent();
  }

  private static void delete(ControlRig rig, Uuid id) {
    var _ =
        await(
            rig.plane.change(
                controller -> controller.deleteTopics(Contexts.ofBroker(), List.of(id))));
    assertThat(rig.plane.view().topic(id)).isEmpty();
  }

  private static void grow(ControlRig rig, String name, int count) {
    var topic = new CreatePartitionsTopic().setName(name).setCount(count).setAssignments(null);
    var _ =
        await(
            rig.plane.change(controller ->
                controller.createPartitions(Contexts.ofBroker(), List.of(topic), false)));
    assertThat(rig.plane.view().topic(name).orElseThrow().partitions()).hasSize(count);
  }

  private static void alter(
      ControlRig rig, ConfigResource resource, String key, @Nullable String value) {
    var operation = new HashMap<String, Map.Entry<OpType, String>>();
    operation.put(
        key,
        new java.util.AbstractMap.SimpleImmutableEntry<>(
            value == null ? OpType.DELETE : OpType.SET, value));
    var errors =
        await(
            rig.plane.change(controller ->
                controller.incrementalAlterConfigs(
                    Contexts.ofBroker(), Map.of(resource, operation), false, true)));
    assertThat(errors.values()).allMatch(error -> error.isSuccess());
  }

  /** Rebuilds the cluster from changes alone, and compares it with the view after each. */
  private static final class Model implements ClusterListener {
    private record Known(Uuid id, List<ClusterView.Partition> partitions) {}

    private final Map<String, Known> topics = new HashMap<>();
    private final Map<String, Map<String, String>> settings = new HashMap<>();
    private final Map<Integer, ClusterView.Broker> brokers = new HashMap<>();
    private Map<String, String> defaults = Map.of();
    private int calls;
    private final AtomicReference<@Nullable AssertionError> broken = new AtomicReference<>();

    @Override
    public void changed(ClusterView now, Change change) {
      try {
        follow(now, change);
      } catch (AssertionError e) {
        broken.compareAndSet(null, e);
      }
    }

    private void follow(ClusterView now, Change change) {
      for (ClusterView.Topic gone : change.deleted()) {
        Known known = topics.remove(gone.name());
        assertThat(known).as("deleted %s", gone).isNotNull();
        assertThat(gone.id()).isEqualTo(known == null ? null : known.id());
        settings.remove(gone.name());
      }
      for (String name : change.topics()) {
        Known known = known(now.topic(name).orElseThrow());
        assertThat(topics.put(name, known)).as("changed %s", name).isNotEqualTo(known);
      }
      for (String name : change.settingsOf()) settings.put(name, now.topicSettings(name));
      for (int id : change.brokers()) {
        now.broker(id).ifPresentOrElse(broker -> brokers.put(id, broker), () -> brokers.remove(id));
      }
      if (change.defaults()) defaults = now.effectiveTopicSettings("nobody's");
      compare(now, change);
      calls++;
    }

    private void compare(ClusterView now, Change change) {
      var allTopics = new HashMap<String, Known>();
      var allSettings = new HashMap<String, Map<String, String>>();
      for (ClusterView.Topic topic : now.topics()) {
        allTopics.put(topic.name(), known(topic));
        Map<String, String> own = now.topicSettings(topic.name());
        if (!own.isEmpty()) allSettings.put(topic.name(), own);
      }
      settings.values().removeIf(Map::isEmpty);
      assertThat(topics).as("after %s", change).isEqualTo(allTopics);
      assertThat(settings).as("after %s", change).isEqualTo(allSettings);
      assertThat(new ArrayList<>(brokers.values()))
          .as("after %s", change)
          .containsExactlyInAnyOrderElementsOf(now.brokers());
      assertThat(defaults).isEqualTo(now.effectiveTopicSettings("nobody's"));
    }

    private static Known known(ClusterView.Topic topic) {
      return new Known(topic.id(), List.copyOf(topic.partitions()));
    }
  }
}

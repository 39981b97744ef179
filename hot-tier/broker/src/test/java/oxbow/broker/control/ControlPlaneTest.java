package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ControlPlaneTest {
  private static final Uuid LOGS = Uuid.randomUuid();

  @TempDir Path directory;

  @Test
  void topicsAndClusterIdSurviveARestart() throws Exception {
    // Given
    String clusterId;
    Uuid topicId;
    try (var plane = serving()) {
      clusterId = plane.clusterId();
      topicId = create(plane, "orders", 3);
    }
    // When
    try (var plane = serving()) {
      // Then
      assertThat(plane.clusterId()).isEqualTo(clusterId);
      ClusterView.Topic topic = plane.view().topic("orders").orElseThrow();
      assertThat(topic.id()).isEqualTo(topicId);
      assertThat(topic.partitions())
          .hasSize(3)
          .allSatisfy(partition -> {
            assertThat(partition.leader()).isEqualTo(1);
            assertThat(partition.inSync()).containsExactly(1);
            assertThat(partition.offline()).isEmpty();
          });
    }
  }

  private ControlPlane serving() throws Exception {
    var plane =
        ControlPlane.start(
            ControlConfig.of(1, directory.resolve("metadata")),
            new TopicSettings(),
            fault -> {
              throw fault;
            });
    await(
        plane.register(
            BrokerIdentity.of("PLAINTEXT", new ClusterView.Endpoint("localhost", 9092), LOGS)));
    await(plane.ready());
    return plane;
  }

  private static Uuid create(ControlPlane plane, String name, int partitions) throws Exception {
    var topics = new CreateTopicsRequestData.CreatableTopicCollection();
    topics.add(
        new CreatableTopic()
            .setName(name)
            .setNumPartitions(partitions)
            .setReplicationFactor((short) 1));
    var request = new CreateTopicsRequestData().setTopics(topics);
    var answer =
        await(
                plane.change(controller ->
                    controller.createTopics(Contexts.ofBroker(), request, Set.of(name), false)))
            .topics()
            .find(name);
    assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
    return answer.topicId();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}

package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ControlPlaneTest {
  @TempDir Path directory;

  @Test
  void topicsAndClusterIdSurviveARestart() {
    // Given
    String clusterId;
    Uuid topicId;
    try (var rig = ControlRig.serving(directory.resolve("metadata"))) {
      clusterId = rig.plane.clusterId();
      ControlRig.await(rig.plane.autoTopics().create(List.of("orders")));
      topicId = rig.plane.view().topic("orders").orElseThrow().id();
    }
    // When
    try (var rig = ControlRig.serving(directory.resolve("metadata"))) {
      // Then
      assertThat(rig.plane.clusterId()).isEqualTo(clusterId);
      ClusterView.Topic topic = rig.plane.view().topic("orders").orElseThrow();
      assertThat(topic.id()).isEqualTo(topicId);
      assertThat(topic.partitions())
          .hasSize(1)
          .allSatisfy(partition -> {
            assertThat(partition.leader()).isEqualTo(1);
            assertThat(partition.inSync()).containsExactly(1);
            assertThat(partition.offline()).isEmpty();
          });
    }
  }
}

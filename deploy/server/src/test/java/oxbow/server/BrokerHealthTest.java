package oxbow.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import oxbow.broker.control.ClusterView;
import oxbow.server.http.HealthPart.Report;

class BrokerHealthTest {
  private static Optional<ClusterView.Broker> self(boolean isFenced) {
    return Optional.of(new ClusterView.Broker(1, 7, isFenced, Optional.empty(), Map.of()));
  }

  private static Report health(boolean hasStarted, Optional<ClusterView.Broker> self) {
    return BrokerHealth.of(hasStarted, self, "cluster", 7);
  }

  @Test
  void aBrokerThatTheControllerLetInIsReady() {
    assertThat(health(true, self(false)))
        .isEqualTo(
            new Report(true, Map.of("clusterId", "cluster", "brokerEpoch", 7L, "fenced", false)));
  }

  @Test
  void aFencedBrokerIsNotReadyThoughItHasStarted() {
    assertThat(health(true, self(true)).isReady()).isFalse();
    assertThat(health(true, self(true)).facts()).containsEntry("fenced", true);
  }

  @Test
  void aBrokerUnknownToTheControllerIsNotReady() {
    assertThat(health(true, Optional.empty()).isReady()).isFalse();
  }

  @Test
  void aBrokerThatIsStillStartingIsNotReady() {
    assertThat(health(false, self(false)).isReady()).isFalse();
  }
}

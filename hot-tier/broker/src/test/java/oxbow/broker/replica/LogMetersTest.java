package oxbow.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.ReplicaRig;

class LogMetersTest {
  @TempDir private Path directory;

  @Test
  void whatLogsCountIsShown() {
    var meters = new SimpleMeterRegistry();
    try (var rig = ReplicaRig.started(directory)) {
      LogMeters.register(rig.logs, meters);
      rig.create("counted", 1, Map.of("flush.messages", "1"));
      rig.append("counted", 0, "a", "b");
      Partition partition = rig.partition("counted", 0);
      partition.log().durable(2).toCompletableFuture().join();
      ByteBuffer corrupt = ReplicaRig.batch("c").buffer();
      corrupt.put(corrupt.limit() - 1, (byte) ~corrupt.get(corrupt.limit() - 1));
      assertThatThrownBy(() -> partition.append(corrupt, AppendOrigin.CLIENT)).isNotNull();

      assertThat(meters.get("oxbow.log.appends").functionCounter().count()).isEqualTo(1);
      assertThat(meters.get("oxbow.log.appended").functionCounter().count()).isGreaterThan(60);
      assertThat(meters.get("oxbow.log.fsyncs").functionTimer().count()).isPositive();
      assertThat(
              meters
                  .get("oxbow.log.batches.refused")
                  .tag("reason", "corrupt")
                  .functionCounter()
                  .count())
          .isEqualTo(1);
      assertThat(meters.get("oxbow.log.disk.usable").gauge().value()).isPositive();
      assertThat(meters.getMeters())
          .extracting(Meter::getId)
          .allSatisfy(id -> assertThat(id.getDescription()).matches("[A-Z].+"));
    }
  }
}

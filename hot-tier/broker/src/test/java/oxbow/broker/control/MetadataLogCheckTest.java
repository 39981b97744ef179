package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.broker.control.ControlRig.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetadataLogCheckTest {
  @TempDir Path directory;
  private Path partition;
  private Path log;
  private byte[] whole;
  private final List<Integer> starts = new ArrayList<>();

  @BeforeEach
  void write() throws IOException {
    try (var rig = ControlRig.serving(directory)) {
      for (int i = 0; i < 20; i++) await(rig.plane.autoTopics().create(List.of("topic-" + i)));
    }
    partition = directory.resolve("__cluster_metadata-0");
    log = partition.resolve("00000000000000000000.log");
    whole = Files.readAllBytes(log);
    var bytes = ByteBuffer.wrap(whole);
    for (int at = 0; at < whole.length; at += 12 + bytes.getInt(at + 8)) starts.add(at);
  }

  @Test
  void aSoundLogPasses() {
    MetadataLogCheck.check(partition);
  }

  @Test
  void anyDamageBeforeTheLastBatchIsFoundAndStopsTheStart() throws IOException {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int i = 0; i < 50; i++) {
      byte[] damaged = whole.clone();
      // Base offset and leader epoch lie outside the checksum: Kafka checks those itself.
      int batch = random.nextInt(starts.size() - 1);
      int from = starts.get(batch) + 16;
      int at = from + random.nextInt(starts.get(batch + 1) - from);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(log, damaged);

      assertThatThrownBy(() -> MetadataLogCheck.check(partition))
          .as("seed %d: byte %d", seed, at)
          .isInstanceOf(ControlException.class)
          .hasMessageStartingWith(log + " is damaged at position " + starts.get(batch));
    }
    assertThatThrownBy(() -> ControlRig.serving(directory))
        .isInstanceOf(ControlException.class)
        .hasMessageContaining("is damaged at position");
    Files.write(log, whole);
    try (var rig = ControlRig.serving(directory)) {
      assertThat(rig.plane.view().topics()).hasSize(20);
    }
  }

  @Test
  void anEndThatWasCutShortPasses() throws IOException {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    int last = starts.getLast();
    for (int i = 0; i < 50; i++) {
      byte[] torn = Arrays.copyOf(whole, last + random.nextInt(whole.length - last));
      byte[] zeros = Arrays.copyOf(torn, torn.length + random.nextInt(5_000));
      Files.write(log, zeros);
      MetadataLogCheck.check(partition);
    }
  }
}

package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.cold.testing.ColdTopic.await;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.testing.ColdTopic;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.log.LogException;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.testing.SmallDisk;

/** The store is away for so long that the disk fills up. */
class DiskFullTest {
  private static final int DISK_BYTES = 4 << 20;
  private static final int RESERVE_BYTES = 1 << 20;

  @TempDir Path directory;

  @Test
  void producingGoesOnUntilTheDiskIsFullAndAgainOnceTheStoreIsBack() throws Exception {
    var store = new MemoryObjectStore(InstantSource.system());
    store.goAway();
    var usual = LogsConfig.of(directory.resolve("log"));
    Logs logs =
        Logs.open(
            new LogsConfig(
                usual.directory(),
                usual.threads(),
                usual.retentionCheckMs(),
                usual.checkpointMs(),
                usual.flushCheckMs(),
                usual.cleanerBufferBytes(),
                usual.cleanerBytesPerSecondMax(),
                usual.producerExpirationMs(),
                RESERVE_BYTES),
            new SmallDisk(DISK_BYTES));
    // Everything is to be kept on this disk for a day, and what is deleted for an hour.
    var settings =
        ColdTopic.settings(
            Map.of("local.retention.ms", "86400000", "file.delete.delay.ms", "3600000"));
    try (var topic = new ColdTopic(directory, store, settings, logs)) {
      topic.lead();
      long refusedAt = appendUntilRefused(topic);

      assertThat(refusedAt).isGreaterThan(100);
      assertThat(logs.stats().refusedForSpace()).isEqualTo(1);
      assertThat(logs.usableBytes()).isLessThanOrEqualTo(RESERVE_BYTES);
      await(() -> !topic.tier().storeAway().isZero());
      assertThat(topic.tier().storeTrouble()).isPresent();
      assertThat(topic.log.offsets().coldEnd()).isZero();
      assertThat(topic.log.offsets().localStart()).as("nothing is lost for room").isZero();
      ByteBuffer before = topic.local();

      store.heal();
      topic.awaitOffload();
      await(() -> logs.usableBytes() >= RESERVE_BYTES);
      await(() -> topic.log.offsets().localStart() > 0);
      await(() -> appends(topic));

      assertThat(topic.log.offsets().logStart()).isZero();
      assertThat(topic.tier().storeAway()).isZero();
      topic.awaitOffload();
      ByteBuffer cold = topic.cold();
      assertThat(cold.slice(0, before.remaining())).isEqualTo(before);
    }
  }

  /** Where the log ends then. */
  private static long appendUntilRefused(ColdTopic topic) {
    var random = new Random(1);
    while (true) {
      long end = topic.log.offsets().logEnd();
      assertThat(end).isLessThan(10_000);
      try {
        topic.append(random, 1);
      } catch (LogException e) {
        assertThat(e.kind()).isEqualTo(LogException.Kind.DISK_FULL);
        assertThat(topic.log.offsets().logEnd()).isEqualTo(end);
        return end;
      }
    }
  }

  private static boolean appends(ColdTopic topic) {
    try {
      topic.append(new Random(2), 1);
      return true;
    } catch (LogException e) {
      assertThat(e.kind()).isEqualTo(LogException.Kind.DISK_FULL);
      return false;
    }
  }
}

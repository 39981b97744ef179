package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.PartitionLog;
import oxbow.log.testing.BatchBuilder;
import oxbow.query.Topics.Topic;
import oxbow.query.testing.TestLake;

/** Queries while records are appended, offloaded, merged and trimmed from the disk. */
class MovingSegmentsTest {
  private static final long TIME = 1_700_000_000_000L;
  private static final int QUERIES = 25;
  private static final int RECORDS_PER_BATCH = 20;

  @TempDir Path directory;

  @Test
  void everyQuerySeesEachAcknowledgedRecordOnce() throws Exception {
    try (var lake = new TestLake(directory)) {
      Topic moving = lake.topic("moving", 1, TestLake.COLD);
      PartitionLog log = lake.log(moving.partition(0));
      lake.tier.led(moving.partition(0), 0, moving.settings());
      var isDone = new AtomicBoolean();
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(() -> write(lake, moving, isDone));
      try {
        TestLake.await(() -> log.offsets().coldEnd() > 0);
        for (int i = 0; i < QUERIES; i++) {
          long acknowledged = log.offsets().highWatermark();
          List<String> found =
              lake.rows(
                      "SELECT count(*), count(DISTINCT kafka_offset), max(kafka_offset) + 1,"
                          + " sum(kafka_offset), count(value) FROM moving")
                  .getFirst();
          long count = Long.parseLong(found.getFirst());
          assertThat(count).isGreaterThanOrEqualTo(acknowledged);
          assertThat(found)
              .containsExactly(
                  Long.toString(count),
                  Long.toString(count),
                  Long.toString(count),
                  Long.toString(count * (count - 1) / 2),
                  Long.toString(count));
        }
        TestLake.await(() -> log.offsets().localStart() > 0);
      } finally {
        isDone.set(true);
        writer.get();
      }
      assertThat(log.offsets().localStart()).as("records left the disk").isPositive();
    }
  }

  private static void write(TestLake lake, Topic topic, AtomicBoolean isDone) {
    byte[] value = new byte[500];
    for (int i = 0; !isDone.get(); i++) {
      BatchBuilder batch = BatchBuilder.at(TIME + i);
      for (int j = 0; j < RECORDS_PER_BATCH; j++) batch.add(TIME + i, "k".getBytes(UTF_8), value);
      lake.append(topic.partition(0), batch.build());
      pause();
    }
  }

  /** Leaves the others some of the machine. */
  private static void pause() {
    try {
      boolean _ = new CountDownLatch(1).await(1, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void filesThatAQueryReadsStayThoughTheyAreDeleted() {
    try (var lake = new TestLake(directory)) {
      Topic orders = lake.topic("orders", 1, TestLake.COLD);
      for (int i = 0; i < 200; i++) {
        BatchBuilder batch = BatchBuilder.at(TIME);
        for (int j = 0; j < 100; j++) batch.add(TIME, "k".getBytes(UTF_8), new byte[50]);
        lake.append(orders.partition(0), batch.build());
      }
      lake.offload(orders);
      try (RunningQuery query =
          lake.engine.run(SqlRequest.of("SELECT kafka_offset, value FROM orders"))) {
        lake.tier.files(orders.partition(0));
        lake.tier.deleted(orders.partition(0));
        TestLake.await(() -> tableIsGone(lake, orders));
        long rows = 0;
        while (query.next(Duration.ofSeconds(30)) == RunningQuery.Step.BATCH) {
          rows += query.batch().getRowCount();
        }
        assertThat(rows).isEqualTo(20_000);
      }
    }
  }

  private static boolean tableIsGone(TestLake lake, Topic topic) {
    return lake.tier.catalog().find("topics", topic.name(), topic.id()).isEmpty();
  }
}

package oxbow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.log.TestLogs.ORDERS;
import static oxbow.log.TestLogs.ORDERS_0;
import static oxbow.log.TestLogs.SMALL;
import static oxbow.log.TestLogs.config;
import static oxbow.log.TestLogs.names;
import static oxbow.log.TestLogs.records;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogRetentionTest {
  private static final String FIRST_SEGMENT = "00000000000000000000.log";

  @TempDir Path directory;
  private TestLogs test;
  private PartitionLog log;

  @BeforeEach
  void open() {
    test = new TestLogs(directory);
    log = test.open();
  }

  @AfterEach
  void close() {
    test.close();
  }

  @Test
  void oldSegmentsAreExpired() {
    // Given
    log.reconfigure(config(Map.of("retention.ms", "60000")));
    test.fill(log, 100);
    test.clock.advance(50_000);
    test.fill(log, 100);
    test.clock.advance(20_000);
    // When
    test.logs.expire();
    // Then
    long start = log.offsets().logStart();
    assertThat(start).isBetween(60L, 100L);
    assertThat(log.offsets().localStart()).isEqualTo(start);
    assertThat(records(log, start)).isEqualTo(names(start, 200));
    assertThat(test.logs.stats().deletedSegments()).isPositive();
    assertThat(test.exists(FIRST_SEGMENT + ".deleted")).isTrue();
    test.pass(log.config().fileDeleteDelayMs());
    assertThat(test.exists(FIRST_SEGMENT + ".deleted")).isFalse();
  }

  @Test
  void closedLogsLeaveNoFileOpenNotEvenOfDeletedSegments() {
    // Given
    log.reconfigure(config(Map.of("retention.ms", "60000")));
    test.fill(log, 100);
    test.clock.advance(70_000);
    test.fill(log, 100);
    assertThat(records(log, 0)).hasSize(200); // opens every segment
    test.logs.expire();
    assertThat(test.exists(FIRST_SEGMENT + ".deleted")).isTrue();
    // When
    test.logs.close();
    // Then
    assertThat(test.files.openFiles()).isZero();
  }

  @Test
  void logWhoseRecordsAllExpiredKeepsItsEnd() {
    // Given
    log.reconfigure(config(Map.of("retention.ms", "60000")));
    test.fill(log, 100);
    test.clock.advance(70_000);
    // When
    test.logs.expire();
    test.pass(log.config().fileDeleteDelayMs());
    test.crash(() -> Files.delete(directory.resolve("log-start-offset-checkpoint")));
    log = test.open();
    // Then
    assertThat(log.offsets()).isEqualTo(new LogOffsets(100, 100, 100, 100, 100));
  }

  @Test
  void largeLogIsShortened() {
    // Given
    log.reconfigure(config(Map.of("retention.bytes", "5000")));
    test.fill(log, 300);
    // When
    test.logs.expire();
    // Then
    assertThat(log.sizeBytes()).isBetween(5_000L, 7_000L);
  }

  @Test
  void recordsAboveTheWatermarkAreNotExpired() {
    // Given
    log.reconfigure(config(Map.of("retention.ms", "60000")));
    for (int i = 0; i < 100; i++) test.append(log, "record " + i);
    log.advanceHighWatermark(50);
    test.clock.advance(70_000);
    // When
    test.logs.expire();
    // Then
    assertThat(log.offsets().logStart()).isBetween(1L, 50L);
  }

  @Test
  void deletedRecordsAreOutOfReachAtOnceAndTheirFilesLater() {
    // Given
    test.fill(log, 100);
    // When
    log.deleteBefore(77);
    // Then
    assertThat(log.offsets().logStart()).isEqualTo(77);
    assertThatThrownBy(() -> log.read(76, 100, ReadLimit.LOG_END, true))
        .isInstanceOf(OffsetOutOfRangeException.class);
    assertThat(records(log, 77)).isEqualTo(names(77, 100));
    assertThatThrownBy(() -> log.deleteBefore(101)).isInstanceOf(OffsetOutOfRangeException.class);
    test.logs.expire();
    assertThat(test.exists(FIRST_SEGMENT)).isFalse();
    test.restart();
    assertThat(test.open().offsets().logStart()).isEqualTo(77);
  }

  @Test
  void sliceOfADeletedSegmentStaysReadable() {
    // Given
    test.fill(log, 100);
    FileSlice slice = log.read(0, 500, ReadLimit.LOG_END, true).slice();
    log.deleteBefore(100);
    test.logs.expire();
    test.pass(log.config().fileDeleteDelayMs());
    assertThat(test.exists(FIRST_SEGMENT + ".deleted")).isFalse();
    // When
    if (slice == null) throw new AssertionError("nothing to read");
    var channel = slice.channel();
    var batches = TestLogs.batches(slice);
    // Then
    assertThat(batches).isNotEmpty();
    assertThat(batches.getFirst().baseOffset()).isZero();
    assertThat(channel.isOpen()).as("open after the last slice was released").isFalse();
  }

  @Test
  void deletedPartitionLeavesNothingAndItsNameIsFree() throws Exception {
    // Given
    test.fill(log, 100);
    // When
    test.logs.delete(ORDERS_0);
    // Then
    assertThat(test.logs.find(ORDERS_0.topicPartition())).isEmpty();
    assertThatThrownBy(() -> log.read(0, 100, ReadLimit.LOG_END, true))
        .isInstanceOf(LogException.class)
        .extracting(it -> ((LogException) it).kind())
        .isEqualTo(LogException.Kind.CLOSED);
    var again = new TopicIdPartition(Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAg"), 0, "orders");
    PartitionLog anew = test.logs.open(again, SMALL);
    assertThat(anew.offsets().logEnd()).isZero();
    test.fill(anew, 3);
    test.pass(SMALL.fileDeleteDelayMs());
    try (var left = Files.list(directory)) {
      assertThat(left.map(it -> it.getFileName().toString()).filter(it -> it.contains("orders")))
          .containsExactly("orders-0");
    }
    test.crash(() -> {});
    assertThat(test.logs.stored()).containsExactly(again);
    assertThat(records(test.logs.open(again, SMALL), 0)).isEqualTo(names(0, 3));
  }

  @Test
  void deletionThatAStopInterruptedIsCompleted() {
    // Given
    test.fill(log, 3);
    test.logs.delete(ORDERS_0);
    // When
    test.crash(() -> {});
    test.threads.runAll();
    // Then
    assertThat(directory).isDirectoryNotContaining("glob:**orders*");
  }

  @Test
  void logOfAnEarlierTopicIsNotTakenForTheNewOnes() {
    // Given
    test.fill(log, 100);
    test.restart();
    var other = new TopicIdPartition(Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAg"), 0, "orders");
    assertThat(test.logs.stored()).containsExactly(ORDERS_0);
    // When
    PartitionLog opened = test.logs.open(other, SMALL);
    // Then
    assertThat(opened.offsets().logEnd()).isZero();
    assertThat(opened.id().topicId()).isNotEqualTo(ORDERS);
  }

  @Test
  void coldTierTakesSealedSegmentsAndTheyAreTrimmedAfterwards() {
    // Given
    test.logs.open(
        ORDERS_0, config(Map.of("remote.storage.enable", "true", "local.retention.ms", "1000")));
    test.fill(log, 100);
    test.clock.advance(5_000);
    SealedSegments.Range range = test.logs.take(ORDERS_0, 0, Integer.MAX_VALUE).orElseThrow();
    assertThat(range.baseOffset()).isZero();
    assertThat(range.isSealed()).isTrue();
    long coldEnd = range.endOffset();
    range.release();
    test.logs.expire();
    assertThat(log.offsets().localStart()).as("nothing is trimmed before it is safe").isZero();
    // When
    test.logs.committed(ORDERS_0, coldEnd);
    test.logs.expire();
    // Then
    assertThat(log.offsets()).isEqualTo(new LogOffsets(0, coldEnd, coldEnd, 100, 100));
    assertThat(test.logs.backlog(ORDERS_0).orElseThrow().offsets().coldEnd()).isEqualTo(coldEnd);
    test.restart();
    assertThat(test.open().offsets()).isEqualTo(new LogOffsets(0, coldEnd, coldEnd, 100, 100));
  }
}

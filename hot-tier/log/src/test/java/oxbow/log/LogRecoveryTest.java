package oxbow.log;

import static org.apache.kafka.storage.internals.log.AppendOrigin.CLIENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.log.TestLogs.ORDERS_1;
import static oxbow.log.TestLogs.SMALL;
import static oxbow.log.TestLogs.names;
import static oxbow.log.TestLogs.records;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.log.segment.Segment;
import oxbow.log.testing.BatchBuilder;

class LogRecoveryTest {
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

  @ParameterizedTest
  @ValueSource(ints = {1, 11, 60, 61, 70})
  void tornLastBatchIsCutOff(int tornBytes) {
    // Given
    test.fill(log, 30);
    Path active = activeFile();
    byte[] torn = BatchBuilder.at(1).add(1, "key", "x".repeat(200)).build().array();
    // When
    test.crash(() -> Files.write(active, torn, StandardOpenOption.APPEND));
    test.files.kill();
    cut(active, torn.length - tornBytes);
    test.crash(() -> {});
    log = test.open();
    // Then
    assertThat(log.offline()).isEmpty();
    assertThat(records(log, 0)).isEqualTo(names(0, 30));
    assertThat(test.logs.stats().truncatedBytes()).isEqualTo(tornBytes);
    test.fill(log, 10);
    test.restart();
    assertThat(records(test.open(), 0)).isEqualTo(names(0, 40));
  }

  @Test
  void batchWithAWrongChecksumAtTheEndIsCutOff() {
    // Given
    test.fill(log, 30);
    Path active = activeFile();
    // When
    test.crash(() -> flip(active, (int) Files.size(active) - 1));
    log = test.open();
    // Then
    assertThat(records(log, 0)).isEqualTo(names(0, 29));
  }

  @Test
  void onlyWhatWasNotFlushedIsVerified() {
    // Given
    test.fill(log, 200);
    log.reconfigure(TestLogs.config(Map.of("flush.ms", "1000")));
    test.pass(4_000);
    test.pass(2_000);
    test.fill(log, 3);
    // When
    test.crash(() -> {});
    log = test.open();
    // Then
    assertThat(records(log, 0)).isEqualTo(names(0, 203));
    assertThat(test.logs.stats().verifiedBytes()).isBetween(1L, 400L);
    assertThat(test.logs.stats().recoveredPartitions()).isOne();
  }

  @ParameterizedTest
  @ValueSource(strings = {".index", ".timeindex"})
  void lostIndexIsMadeNew(String kind) {
    // Given
    test.fill(log, 200);
    long second = log.sealedSegments().get(1).baseOffset();
    Path index = test.file("%020d".formatted(second) + kind);
    test.restart();
    // When
    test.crash(() -> Files.delete(index));
    log = test.open();
    // Then
    assertThat(test.logs.stats().rebuiltIndexes()).isOne();
    assertThat(records(log, 0)).isEqualTo(names(0, 200));
    test.restart();
    test.open();
    assertThat(index).exists();
    assertThat(test.logs.stats().rebuiltIndexes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5, 7, 9, 15})
  void damagedIndexEntryMisleadsNobody(int at) {
    // Given
    test.fill(log, 200);
    Path index = test.file("00000000000000000000.index");
    test.restart();
    // When
    test.crash(() -> flip(index, at));
    log = test.open();
    // Then
    for (int from = 0; from < 40; from++) {
      assertThat(records(log, from)).isEqualTo(names(from, 200));
    }
    test.threads.runAll();
    boolean isPosition = at % 8 >= 4;
    if (isPosition) assertThat(test.logs.stats().rebuiltIndexes()).isOne();
    assertThat(log.sealedSegments().getFirst().isIndexDamaged()).isFalse();
    assertThat(records(log, 0)).isEqualTo(names(0, 200));
  }

  @Test
  void missingBytesOfASealedSegmentTakeThePartitionOfflineAndNoOther() {
    // Given
    test.fill(log, 200);
    PartitionLog other = test.logs.open(ORDERS_1, SMALL);
    test.fill(other, 5);
    test.restart();
    // When
    test.crash(() -> cut(test.file("00000000000000000000.log"), 10));
    log = test.open();
    // Then
    assertThat(log.offline())
        .get()
        .extracting(LogException::kind)
        .isEqualTo(LogException.Kind.OFFLINE);
    assertThat(log.offline().orElseThrow()).hasMessageContaining("00000000000000000000.log");
    assertThatThrownBy(() -> test.append(log, "x")).isInstanceOf(LogException.class);
    assertThatThrownBy(() -> log.read(0, 100, ReadLimit.LOG_END, true))
        .isInstanceOf(LogException.class);
    assertThat(test.logs.stats().offlinePartitions()).isOne();
    assertThat(records(test.logs.open(ORDERS_1, SMALL), 0)).isEqualTo(names(0, 5));
  }

  @Test
  void missingWholeBatchesOfASealedSegmentAreNotTakenForTheEndOfIt() {
    // Given
    test.fill(log, 200);
    test.restart();
    // When
    test.crash(() -> cutLastBatch(test.file("00000000000000000000.log")));
    // Then
    assertThat(test.open().offline().orElseThrow()).hasMessageContaining("next segment begins");
  }

  @Test
  void missingSegmentIsNoticed() {
    // Given
    test.fill(log, 200);
    long second = log.sealedSegments().get(1).baseOffset();
    test.restart();
    // When
    test.crash(() -> Files.delete(test.file("%020d.log".formatted(second))));
    // Then
    assertThat(test.open().offline().orElseThrow()).hasMessageContaining("next segment begins");
  }

  @Test
  void segmentThatAPowerLossTookEndsTheLogOfAYoungPartition() {
    // Given
    test.fill(log, 200); // and nothing was forced or checkpointed since
    long second = log.sealedSegments().get(1).baseOffset();
    // When
    test.crash(() -> Files.write(test.file("%020d.log".formatted(second)), new byte[0]));
    // Then
    log = test.open();
    assertThat(log.offsets().logEnd()).isEqualTo(second);
    assertThat(records(log, 0)).isEqualTo(names(0, second));
  }

  @Test
  void segmentThatAPowerLossTookEndsTheLogOfACompactedPartitionToo() {
    // Given
    LogConfig compacted =
        TestLogs.config(Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01"));
    log = test.logs.open(TestLogs.ORDERS_0, compacted);
    test.fill(log, 200);
    test.pass(15_000);
    assertThat(records(log, 0)).as("all have one key").hasSizeLessThan(50);
    long compactedEnd = log.offsets().logEnd();
    test.fill(log, 200); // of this nothing is forced
    List<Segment> sealed = log.sealedSegments();
    long lost = sealed.get(sealed.size() - 3).baseOffset();
    assertThat(lost).isGreaterThan(compactedEnd);
    // When
    test.crash(() -> Files.write(test.file("%020d.log".formatted(lost)), new byte[0]));
    log = test.logs.open(TestLogs.ORDERS_0, compacted);
    // Then
    assertThat(log.offline()).isEmpty();
    assertThat(log.offsets().logEnd()).isEqualTo(lost);
    assertThat(records(log, compactedEnd)).isEqualTo(names(compactedEnd, lost));
  }

  @Test
  void logThatLostItsOldestSegmentsStillBeginsWhereItDidIfTheColdTierHasThem() {
    // Given
    LogConfig tiered = TestLogs.config(Map.of("remote.storage.enable", "true"));
    log = test.logs.open(TestLogs.ORDERS_0, tiered);
    test.fill(log, 1);
    test.pass(10_000); // that it begins at zero is written down
    test.fill(log, 200);
    long second = log.sealedSegments().get(1).baseOffset();
    // When
    test.crash(() -> Files.delete(test.file("00000000000000000000.log")));
    log = test.logs.open(TestLogs.ORDERS_0, tiered);
    log.advanceHighWatermark(log.offsets().logEnd());
    test.pass(10_000);
    test.logs.found(TestLogs.ORDERS_0, 0, second + 5);
    // Then
    assertThat(log.offline()).isEmpty();
    assertThat(log.offsets().logStart()).isZero();
    assertThat(log.offsets().localStart()).isEqualTo(second);
    test.restart();
    assertThat(test.logs.open(TestLogs.ORDERS_0, tiered).offsets().logStart()).isZero();
  }

  @Test
  void producerWhoseRecordsWereDeletedIsKnownAfterAFlushThatFailed() {
    // Given
    long nowMs = test.clock.millis();
    log.append(BatchBuilder.at(nowMs).producer(7, 0, 0).add(nowMs, "k", "v").build(), 3, CLIENT);
    test.fill(log, 10);
    test.restart();
    log = test.open();
    log.advanceHighWatermark(11);
    log.deleteBefore(1);
    test.pass(1_000);
    test.fill(log, 50);
    test.files.failForces(true);
    test.threads.runAll();
    assertThat(log.offline()).isPresent();
    // When
    test.crash(() -> {});
    // Then
    log = test.open();
    assertThat(log.offsets().logStart()).isOne();
    assertThat(log.producers()).extracting(ProducerView::producerId).containsExactly(7L);
  }

  @Test
  void withoutCheckpointsNothingBehindAGapIsDropped() {
    // Given
    test.fill(log, 200);
    long second = log.sealedSegments().get(1).baseOffset();
    long third = log.sealedSegments().get(2).baseOffset();
    test.restart();
    // When
    test.crash(() -> {
      Files.delete(directory.resolve("recovery-point-offset-checkpoint"));
      Files.delete(test.file("%020d.log".formatted(second)));
    });
    // Then
    assertThat(records(test.open(), second)).isEqualTo(names(third, 200));
  }

  @Test
  void partitionBroughtHereMayHaveGaps() throws IOException {
    // Given
    test.fill(log, 200);
    long second = log.sealedSegments().get(1).baseOffset();
    long third = log.sealedSegments().get(2).baseOffset();
    test.logs.close();
    Files.delete(test.file("%020d.log".formatted(second)));
    Files.writeString(directory.resolve("recovery-point-offset-checkpoint"), "0\n0\n");
    // When
    test.restart();
    // Then
    assertThat(records(test.open(), second)).isEqualTo(names(third, 200));
  }

  @Test
  void offsetsMissingInACompactedTopicAreNoDamage() {
    // Given
    test.fill(log, 200);
    List<String> before = records(log, log.sealedSegments().get(2).baseOffset());
    long second = log.sealedSegments().get(1).baseOffset();
    long third = log.sealedSegments().get(2).baseOffset();
    test.restart();
    // When
    test.crash(() -> Files.delete(test.file("%020d.log".formatted(second))));
    log = test.logs.open(TestLogs.ORDERS_0, TestLogs.config(Map.of("cleanup.policy", "compact")));
    // Then
    assertThat(log.offline()).isEmpty();
    assertThat(records(log, third)).isEqualTo(before);
    assertThat(records(log, second)).isEqualTo(before);
  }

  @Test
  void gapsInALeadersLogAreNoDamageInItsFollowers() {
    // Given
    for (int i = 0; i < 100; i++) {
      BatchBuilder batch = BatchBuilder.at(1).add(1, "key", "record " + 10 * i);
      batch.baseOffset = 10L * i;
      batch.leaderEpoch = 1;
      log.replicate(batch.build());
    }
    assertThat(log.sealedSegments()).isNotEmpty();
    test.restart();
    // When
    test.crash(() -> {});
    log = test.open();
    // Then
    assertThat(log.offline()).isEmpty();
    assertThat(records(log, 0)).hasSize(100);
    assertThat(records(log, 501)).hasSize(49).first().isEqualTo("record 510");
  }

  @Test
  void flushedRecordsMissingAtTheEndAreNoticed() {
    // Given
    test.fill(log, 30);
    Path active = activeFile();
    test.restart();
    // When
    test.crash(() -> cutLastBatch(active));
    // Then
    assertThat(test.open().offline().orElseThrow()).hasMessageContaining("was flushed");
  }

  @Test
  void offlinePartitionComesBackWithItsFiles() {
    // Given
    test.fill(log, 200);
    test.restart();
    Path segment = test.file("00000000000000000000.log");
    byte[][] whole = new byte[1][];
    test.crash(() -> {
      whole[0] = Files.readAllBytes(segment);
      cut(segment, 10);
    });
    assertThat(test.open().offline()).isPresent();
    test.logs.close();
    // When
    test.crash(() -> Files.write(segment, whole[0]));
    log = test.open();
    // Then
    assertThat(log.offline()).isEmpty();
    assertThat(log.offsets().highWatermark()).isEqualTo(200);
    assertThat(records(log, 0)).isEqualTo(names(0, 200));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "recovery-point-offset-checkpoint",
        "log-start-offset-checkpoint",
        "replication-offset-checkpoint"
      })
  void damagedCheckpointCostsOnlyTime(String checkpoint) {
    for (String content :
        List.of("", "0\n1\norders", "rubbish", "0\n2\norders 0 5\n", "0\n1\no 0 x\n")) {
      // Given
      test.fill(log, 100);
      long end = log.offsets().logEnd();
      test.logs.close();
      // When
      test.crash(() -> Files.writeString(directory.resolve(checkpoint), content));
      log = test.open();
      // Then
      assertThat(log.offline()).isEmpty();
      assertThat(records(log, 0)).isEqualTo(names(0, end));
    }
  }

  @Test
  void damagedSnapshotOfProducersIsMadeUpFromTheBatches() {
    // Given
    ByteBuffer batch =
        BatchBuilder.at(test.clock.millis())
            .producer(7, 0, 0)
            .add(test.clock.millis(), "k", "record 0")
            .build();
    log.append(batch.duplicate(), 3, AppendOrigin.CLIENT);
    test.fill(log, 100);
    test.restart();
    // When
    test.crash(() -> {
      try (var files = Files.list(directory.resolve("orders-0"))) {
        for (Path file : files.filter(it -> it.toString().endsWith(".snapshot")).toList()) {
          Files.writeString(file, "rubbish");
        }
      }
    });
    log = test.open();
    // Then
    batch.putLong(0, 0);
    assertThat(log.append(batch, 3, AppendOrigin.CLIENT).isDuplicate()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0\n1\n", "rubbish"})
  void damagedEpochsAreMadeUpFromTheBatches(String content) {
    // Given
    test.fill(log, 50);
    log.beginEpoch(8);
    log.append(BatchBuilder.at(1).add(1, "k", "record 50").build(), 8, AppendOrigin.CLIENT);
    test.restart();
    // When
    test.crash(() -> Files.writeString(test.file("leader-epoch-checkpoint"), content));
    log = test.open();
    // Then
    assertThat(log.epochOf(0)).contains(3);
    assertThat(log.epochOf(49)).contains(3);
    assertThat(log.epochOf(50)).contains(8);
    assertThat(log.endOf(3)).contains(new EpochEnd(3, 50));
  }

  @Test
  void directoryInUseIsRefused() {
    var config = LogsConfig.of(directory);
    assertThatThrownBy(() -> Logs.open(config))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("in use");
  }

  @Test
  void directoryKeepsItsIdentity() {
    // Given
    var id = test.logs.directoryId();
    // When
    test.restart();
    // Then
    assertThat(test.logs.directoryId()).isEqualTo(id);
  }

  private Path activeFile() {
    long base = log.sealedSegments().isEmpty() ? 0 : log.sealedSegments().getLast().nextOffset();
    return test.file("%020d.log".formatted(base));
  }

  private static void cut(Path file, int bytes) {
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(open.length() - bytes);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void cutLastBatch(Path file) throws IOException {
    ByteBuffer batches = ByteBuffer.wrap(Files.readAllBytes(file));
    int at = 0;
    int last = 0;
    while (at < batches.limit()) {
      last = at;
      at += batches.getInt(at + 8) + 12;
    }
    cut(file, batches.limit() - last);
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] ^= 0x41;
    Files.write(file, bytes);
  }
}

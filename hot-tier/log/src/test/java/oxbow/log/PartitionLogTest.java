package oxbow.log;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.log.TestLogs.ORDERS_0;
import static oxbow.log.TestLogs.SMALL;
import static oxbow.log.TestLogs.config;
import static oxbow.log.TestLogs.names;
import static oxbow.log.TestLogs.records;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.testing.BatchBuilder;

class PartitionLogTest {
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
  void recordsAreReadBackAfterACleanStop() {
    // Given
    test.fill(log, 200);
    // When
    test.restart();
    log = test.open();
    // Then
    assertThat(log.offsets()).isEqualTo(new LogOffsets(0, 0, 0, 200, 200));
    assertThat(records(log, 0)).isEqualTo(names(0, 200));
    assertThat(records(log, 150)).isEqualTo(names(150, 200));
    assertThat(test.logs.stats().recoveredPartitions()).isZero();
    assertThat(test.logs.stats().rebuiltIndexes()).isZero();
  }

  @Test
  void everyOffsetIsFoundWhateverTheSizeOfTheRead() {
    // Given
    test.fill(log, 120);
    for (int bytes : List.of(1, 60, 90, 500, 1_500, 100_000)) {
      for (long offset = 0; offset < 120; offset++) {
        // When
        LogRead read = log.read(offset, bytes, ReadLimit.HIGH_WATERMARK, true);
        // Then
        FileSlice slice = read.slice();
        if (slice == null) throw new AssertionError("nothing at " + offset);
        var batches = TestLogs.batches(slice);
        assertThat(batches.getFirst().baseOffset()).isEqualTo(offset);
        assertThat(batches.stream().mapToInt(it -> it.sizeInBytes()).sum())
            .as("whole batches, or the first one alone")
            .isEqualTo(slice.sizeBytes());
        if (batches.size() > 1) assertThat(slice.sizeBytes()).isLessThanOrEqualTo(bytes);
      }
    }
  }

  @Test
  void firstBatchIsCutWhereNobodyAskedForItWhole() {
    // Given
    test.fill(log, 3);
    // When
    LogRead read = log.read(1, 40, ReadLimit.HIGH_WATERMARK, false);
    // Then
    FileSlice slice = read.slice();
    assertThat(read.isFirstBatchCut()).isTrue();
    assertThat(slice).isNotNull().extracting(FileSlice::sizeBytes).isEqualTo(40);
    if (slice != null) slice.release();
    assertThat(log.read(1, 0, ReadLimit.HIGH_WATERMARK, false).slice()).isNull();
  }

  @Test
  void readerSeesNothingAboveTheWatermark() {
    // Given
    test.fill(log, 1);
    test.append(log, "record 1");
    // When
    LogRead read = log.read(0, 1 << 20, ReadLimit.HIGH_WATERMARK, true);
    // Then
    FileSlice slice = read.slice();
    if (slice == null) throw new AssertionError("nothing below the watermark");
    assertThat(TestLogs.batches(slice)).hasSize(1);
    assertThat(log.read(1, 1 << 20, ReadLimit.HIGH_WATERMARK, true).slice()).isNull();
    assertThat(log.read(2, 1 << 20, ReadLimit.HIGH_WATERMARK, true).slice()).isNull();
    assertThatThrownBy(() -> log.read(3, 1 << 20, ReadLimit.HIGH_WATERMARK, true))
        .isInstanceOf(OffsetOutOfRangeException.class);
  }

  @Test
  void duplicateIsAnsweredWithItsFirstOffsetsAlsoAfterARestart() {
    // Given
    long now = test.clock.millis();
    ByteBuffer batch =
        BatchBuilder.at(now).producer(7, 0, 0).add(now, "k", "v").add(now, "k", "w").build();
    test.fill(log, 5);
    log.append(batch.duplicate(), 3, AppendOrigin.CLIENT);
    test.fill(log, 1);
    test.restart();
    log = test.open();
    // When
    batch.putLong(0, 0);
    AppendResult again = log.append(batch, 3, AppendOrigin.CLIENT);
    // Then
    assertThat(again.isDuplicate()).isTrue();
    assertThat(again.firstOffset()).isEqualTo(5);
    assertThat(again.followingOffset()).isEqualTo(7);
    assertThat(log.offsets().logEnd()).isEqualTo(8);
    assertThat(log.producers())
        .singleElement()
        .extracting(ProducerView::producerId, ProducerView::lastSequence)
        .containsExactly(7L, 1);
  }

  @Test
  void gapInAProducersSequenceIsRefusedAndLeavesNothing() {
    // Given
    log.append(
        BatchBuilder.at(1).producer(7, 0, 0).add(1, "k", "v").build(), 3, AppendOrigin.CLIENT);
    ByteBuffer gap = BatchBuilder.at(1).producer(7, 0, 5).add(1, "k", "v").build();
    // When, Then
    assertThatThrownBy(() -> log.append(gap, 3, AppendOrigin.CLIENT))
        .isInstanceOf(OutOfOrderSequenceException.class);
    assertThat(log.offsets().logEnd()).isEqualTo(1);
    test.fill(log, 1);
    assertThat(log.offsets().logEnd()).isEqualTo(2);
  }

  @Test
  void silentProducersAreForgotten() {
    // Given
    log.append(
        BatchBuilder.at(test.clock.millis())
            .producer(7, 0, 0)
            .add(test.clock.millis(), "k", "v")
            .build(),
        3,
        AppendOrigin.CLIENT);
    // When
    test.pass(2 * 86_400_000L);
    // Then
    assertThat(log.producers()).isEmpty();
  }

  @Test
  void recordIsFoundByItsTime() {
    // Given
    for (int i = 0; i < 100; i++) test.append(log, 1_000 + 10L * (i ^ 1), "record " + i);
    log.advanceHighWatermark(90);
    // When, Then
    assertThat(log.find(0, ReadLimit.LOG_END)).contains(new TimestampedOffset(1_010, 0, 3));
    assertThat(log.find(1_500, ReadLimit.LOG_END)).contains(new TimestampedOffset(1_510, 50, 3));
    assertThat(log.find(1_501, ReadLimit.LOG_END)).contains(new TimestampedOffset(1_510, 50, 3));
    assertThat(log.find(1_511, ReadLimit.LOG_END)).contains(new TimestampedOffset(1_530, 52, 3));
    assertThat(log.find(1_990, ReadLimit.HIGH_WATERMARK)).isEmpty();
    assertThat(log.find(1_991, ReadLimit.LOG_END)).isEmpty();
    assertThat(log.findMaxTimestamp()).contains(new TimestampedOffset(1_990, 98, 3));
  }

  @Test
  void segmentIsRolledWhenItsRecordsSpanTooMuchTime() {
    // Given
    log.reconfigure(config(Map.of("segment.ms", "1000")));
    test.append(log, 5_000, "first");
    test.append(log, 6_000, "second");
    // When
    test.append(log, 6_001, "third");
    // Then
    assertThat(log.sealedSegments()).hasSize(1);
    assertThat(test.exists("00000000000000000002.log")).isTrue();
  }

  @Test
  void emptyPartitionHasNoSegmentFiles() {
    // Given, When
    test.restart();
    // Then
    assertThat(test.exists("00000000000000000000.log")).isFalse();
    assertThat(test.open().offsets()).isEqualTo(new LogOffsets(0, 0, 0, 0, 0));
  }

  @Test
  void followerTruncatesAndGoesOnWithOtherRecords() {
    // Given
    test.fill(log, 100);
    log.beginEpoch(4);
    // When
    log.truncateTo(37);
    // Then
    assertThat(log.offsets()).isEqualTo(new LogOffsets(0, 0, 0, 37, 37));
    assertThat(log.latestEpoch()).contains(3);
    test.fill(log, 63);
    test.restart();
    log = test.open();
    assertThat(records(log, 0)).isEqualTo(names(0, 100));
  }

  @Test
  void logIsRestartedElsewhere() {
    // Given
    test.fill(log, 100);
    // When
    log.restartAt(5_000);
    // Then
    assertThat(log.offsets()).isEqualTo(new LogOffsets(5_000, 5_000, 5_000, 5_000, 5_000));
    test.crash(() -> {});
    log = test.open();
    assertThat(log.offsets().logStart()).isEqualTo(5_000);
    test.fill(log, 10);
    assertThat(records(log, 5_000)).isEqualTo(names(5_000, 5_010));
  }

  @Test
  void followerTakesOffsetsAndEpochsAsTheyAre() {
    // Given
    BatchBuilder first = BatchBuilder.at(1).add(1, "k", "record 10");
    first.baseOffset = 10;
    first.leaderEpoch = 2;
    BatchBuilder second = BatchBuilder.at(1).add(1, "k", "record 12");
    second.baseOffset = 12; // compaction at the leader left a gap
    second.leaderEpoch = 5;
    ByteBuffer both = ByteBuffer.allocate(1_000).put(first.build()).put(second.build()).flip();
    // When
    AppendResult result = log.replicate(both);
    // Then
    assertThat(result.firstOffset()).isEqualTo(10);
    assertThat(result.followingOffset()).isEqualTo(13);
    assertThat(records(log, 10)).containsExactly("record 10", "record 12");
    assertThat(log.epochOf(11)).contains(2);
    assertThat(log.endOf(2)).contains(new EpochEnd(2, 12));
    assertThat(log.endOf(3)).contains(new EpochEnd(2, 12));
    assertThat(log.endOf(5)).contains(new EpochEnd(5, 13));
    assertThat(log.endOf(6)).isEmpty();
  }

  @Test
  void settingsOfThePartitionAreItsTopics() {
    // Given
    LogConfig other = config(Map.of("retention.ms", "7"));
    // When
    PartitionLog same = test.logs.open(ORDERS_0, other);
    // Then
    assertThat(same).isSameAs(log);
    assertThat(same.config()).isEqualTo(other).isNotEqualTo(SMALL);
  }

  @Test
  void aSliceReleasedTwiceIsNoHarmToOthersOfTheSameFile() {
    // Given
    test.fill(log, 10);
    FileSlice first = requireNonNull(log.read(0, 5_000, ReadLimit.LOG_END, true).slice());
    FileSlice other = requireNonNull(log.read(0, 5_000, ReadLimit.LOG_END, true).slice());
    first.release();
    // When
    assertThatThrownBy(first::release)
        .isInstanceOf(BrokenInvariantException.class)
        .hasMessageContaining("00000000000000000000.log was released twice");
    // Then
    assertThat(log.offline()).isEmpty();
    assertThat(TestLogs.batches(other)).hasSize(10);
    assertThat(records(log, 0)).isEqualTo(names(0, 10));
  }
}

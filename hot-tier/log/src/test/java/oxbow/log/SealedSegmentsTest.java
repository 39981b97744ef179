package oxbow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.log.TestLogs.ORDERS_0;
import static oxbow.log.TestLogs.config;
import static oxbow.log.TestLogs.names;
import static oxbow.log.TestLogs.records;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.log.SealedSegments.Backlog;
import oxbow.log.SealedSegments.Range;
import oxbow.log.testing.BatchBuilder;

class SealedSegmentsTest {
  private static final Map<String, String> TIERED =
      Map.of("remote.storage.enable", "true", "local.retention.ms", "1000");

  @TempDir Path directory;
  private TestLogs test;
  private PartitionLog log;

  @BeforeEach
  void open() {
    test = new TestLogs(directory);
    reopen(TIERED);
  }

  private void reopen(Map<String, String> settings) {
    log = test.logs.open(ORDERS_0, config(settings));
  }

  @AfterEach
  void close() {
    test.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void logAndTableHoldEveryRecordThroughCrashes(long seed) {
    var simulation = new OffloadSimulation(seed, directory.resolve("simulation"));
    try {
      simulation.run(1_500);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + " after\n" + simulation.trace(), e);
    }
    assertThat(simulation.crashes).isPositive();
    assertThat(simulation.trims).isPositive();
    assertThat(simulation.partial).isPositive();
    assertThat(simulation.expiries).isPositive();
  }

  @Test
  void rangesFollowEachOtherIntoTheActiveSegment() {
    // Given
    test.fill(log, 100);
    Backlog backlog = test.logs.backlog(ORDERS_0).orElseThrow();
    assertThat(backlog.endOffset()).isEqualTo(100);
    assertThat(backlog.sealedEnd()).isBetween(1L, 99L);
    assertThat(backlog.sizeBytes()).isEqualTo(log.sizeBytes());
    assertThat(backlog.firstTimestampMs()).isEqualTo(test.clock.millis());
    // When
    List<Range> ranges = takeAll(700);
    // Then
    long offset = 0;
    List<String> values = new ArrayList<>();
    for (Range range : ranges) {
      assertThat(range.baseOffset()).isEqualTo(offset);
      assertThat(range.slice().sizeBytes()).isLessThanOrEqualTo(700);
      assertThat(range.epochs()).containsExactly(new EpochStart(3, 0));
      assertThat(range.timestampMsMax()).isEqualTo(test.clock.millis());
      assertThat(range.endOffset() == offset).isFalse();
      values.addAll(valuesOf(range));
      offset = range.endOffset();
    }
    assertThat(offset).isEqualTo(100);
    assertThat(values).isEqualTo(names(0, 100));
    assertThat(ranges).extracting(Range::isSealed).contains(true, false);
    assertThat(ranges.getLast().isSealed()).isFalse();
  }

  @Test
  void nothingIsOfferedThatAPowerLossOrAnAbortCouldTakeBack() {
    // Given
    test.fill(log, 5);
    BatchBuilder open = BatchBuilder.at(test.clock.millis()).producer(9, 0, 0).transactional();
    log.append(open.add(test.clock.millis(), "key", "open").build(), 3, AppendOrigin.CLIENT);
    test.fill(log, 5);
    // When
    Range range = test.logs.take(ORDERS_0, 0, Integer.MAX_VALUE).orElseThrow();
    // Then
    assertThat(range.endOffset()).isEqualTo(5);
    assertThat(log.recoveryPoint()).as("forced before it is offered").isGreaterThanOrEqualTo(5);
    range.release();
    log.append(marker(ControlRecordType.ABORT), 3, AppendOrigin.COORDINATOR);
    log.advanceHighWatermark(log.offsets().logEnd());
    Range rest = test.logs.take(ORDERS_0, 5, Integer.MAX_VALUE).orElseThrow();
    assertThat(rest.endOffset()).as("what was forced the first time").isEqualTo(11);
    assertThat(rest.aborted()).containsExactly(new SealedSegments.Aborted(9, 5, 11));
    rest.release();
    Range marker = test.logs.take(ORDERS_0, 11, Integer.MAX_VALUE).orElseThrow();
    assertThat(marker.endOffset()).isEqualTo(12);
    marker.release();
  }

  @Test
  void whatIsOnDiskIsOfferedWithoutForcingWhatFollows() {
    // Given
    test.fill(log, 5);
    test.logs.take(ORDERS_0, 0, Integer.MAX_VALUE).orElseThrow().release();
    test.fill(log, 5);
    // When
    Range forced = test.logs.take(ORDERS_0, 0, Integer.MAX_VALUE).orElseThrow();
    // Then
    assertThat(forced.endOffset()).isEqualTo(5);
    assertThat(log.recoveryPoint()).isEqualTo(5);
    forced.release();
    Range next = test.logs.take(ORDERS_0, 5, Integer.MAX_VALUE).orElseThrow();
    assertThat(next.endOffset()).isEqualTo(10);
    assertThat(log.recoveryPoint()).isEqualTo(10);
    next.release();
  }

  private ByteBuffer marker(ControlRecordType type) {
    return MemoryRecords.withEndTransactionMarker(
            0, test.clock.millis(), -1, 9, (short) 0, new EndTransactionMarker(type, 0))
        .buffer();
  }

  @Test
  void aRangeStaysReadableAfterItsSegmentWentAway() {
    test.fill(log, 100);
    Range range = test.logs.take(ORDERS_0, 0, Integer.MAX_VALUE).orElseThrow();
    test.logs.committed(ORDERS_0, range.endOffset());
    test.clock.advance(5_000);
    test.logs.expire();
    test.pass(120_000);

    assertThat(log.offsets().localStart()).isEqualTo(range.endOffset());
    assertThat(Files.exists(test.file("00000000000000000000.log"))).isFalse();
    assertThat(valuesOf(range)).isEqualTo(names(0, range.endOffset()));
  }

  @Test
  void aSegmentOfWhichOnlyAPartIsColdIsNotTrimmed() {
    test.fill(log, 100);
    long second = log.sealedSegments().get(1).baseOffset();
    test.clock.advance(5_000);

    test.logs.committed(ORDERS_0, second - 1);
    test.logs.expire();
    assertThat(log.offsets().localStart()).isZero();

    test.logs.committed(ORDERS_0, second + 1);
    test.logs.expire();
    assertThat(log.offsets()).isEqualTo(new LogOffsets(0, second, second + 1, 100, 100));
    assertThatThrownBy(() -> log.read(second - 1, 100, ReadLimit.LOG_END, true))
        .hasMessageContaining("not " + (second - 1));
    assertThat(records(log, second)).isEqualTo(names(second, 100));
  }

  @Test
  void whatTheTableHoldsCountsOnceTheWatermarkIsThere() {
    for (int i = 0; i < 10; i++) test.append(log, "record " + i);
    log.advanceHighWatermark(4);

    test.logs.found(ORDERS_0, 0, 8);
    assertThat(log.offsets().coldEnd()).isEqualTo(4);

    log.advanceHighWatermark(6);
    assertThat(log.offsets().coldEnd()).isEqualTo(6);
    log.advanceHighWatermark(10);
    assertThat(log.offsets().coldEnd()).isEqualTo(8);
  }

  @Test
  void aTableThatHasMoreThanTheLogTakesThePartitionOffline() {
    test.fill(log, 10);
    assertThatThrownBy(() -> test.logs.found(ORDERS_0, 0, 11)).isInstanceOf(LogException.class);
    assertThat(log.offline().orElseThrow()).hasMessageContaining("11, the log ends at 10");
    assertThat(test.logs.offsets(ORDERS_0)).isEmpty();
  }

  @Test
  void anEmptyLogBeginsWhereTheColdTierEnds() {
    // Given
    var start =
        new ColdStart(
            100,
            500,
            List.of(new EpochStart(1, 100), new EpochStart(2, 300)),
            List.of(
                new ColdStart.ProducerBatch(9, (short) 1, 0, 4, 480, 484, test.clock.millis())));
    // When
    log.beginAt(start);
    // Then
    for (int i = 0; i < 2; i++) {
      assertThat(log.offsets()).isEqualTo(new LogOffsets(100, 500, 500, 500, 500));
      assertThat(log.endOf(1)).contains(new EpochEnd(1, 300));
      assertThat(log.epochOf(450)).contains(2);
      assertThat(log.producers())
          .extracting(ProducerView::producerId, ProducerView::lastSequence)
          .containsExactly(org.assertj.core.groups.Tuple.tuple(9L, 4));
      test.restart();
      reopen(TIERED);
    }
    BatchBuilder again = BatchBuilder.at(test.clock.millis()).producer(9, 1, 0);
    for (int i = 0; i < 5; i++) again.add(test.clock.millis(), "key", "value");
    AppendResult result = log.append(again.build(), 3, AppendOrigin.CLIENT);
    assertThat(result.isDuplicate()).isTrue();
    assertThat(result.firstOffset()).isEqualTo(480);
    test.fill(log, 1);
    assertThat(records(log, 500)).containsExactly("record 500");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 24})
  void aCrashWhileItBeginsThereLeavesTheOldLogOrTheNewOne(int changes) {
    // Given
    test.fill(log, 40);
    test.logs.close();
    test.restart();
    reopen(TIERED);
    test.files.crashAfter(changes);
    // When
    try {
      log.beginAt(new ColdStart(100, 500, List.of(), List.of()));
    } catch (oxbow.log.testing.SimulatedCrash _) {
      // That is what it is about.
    }
    test.crash(() -> test.files.losePower(directory));
    reopen(TIERED);
    // Then
    LogOffsets offsets = log.offsets();
    assertThat(offsets.logEnd()).isIn(40L, 500L);
    if (offsets.logEnd() == 500) {
      assertThat(offsets.localStart()).isEqualTo(500);
      test.logs.found(ORDERS_0, 100, 500);
    } else {
      assertThat(records(log, 0)).isEqualTo(names(0, 40));
    }
    assertThat(log.offline()).isEmpty();
  }

  @Test
  void aLogThatLostItsEndBeginsWhereTheTableEnds() throws Exception {
    // Given
    test.fill(log, 40);
    takeAll(Integer.MAX_VALUE);
    test.logs.committed(ORDERS_0, 40);
    test.pass(2_000);
    // When
    test.crash(() -> {
      try (var all = Files.list(directory.resolve("orders-0"))) {
        for (Path file : all.filter(it -> it.toString().endsWith(".log")).toList()) {
          Files.delete(file);
        }
      }
    });
    reopen(TIERED);
    // Then
    assertThat(log.offline()).isEmpty();
    assertThat(log.offsets()).isEqualTo(new LogOffsets(0, 40, 40, 40, 40));
  }

  @Test
  void aLogStartThatWasLostIsTakenFromTheTable() throws Exception {
    // Given
    test.fill(log, 100);
    test.logs.committed(ORDERS_0, 90);
    test.clock.advance(5_000);
    test.logs.expire();
    long localStart = log.offsets().localStart();
    List<Long> told = new ArrayList<>();
    // When
    test.crash(() -> {
      for (String name : List.of("log-start", "cold-end")) {
        Files.delete(directory.resolve(name + "-offset-checkpoint"));
      }
    });
    test.logs.watchLogStarts((_, start) -> told.add(start));
    reopen(TIERED);
    test.pass(10_000);
    // Then
    assertThat(log.offsets().logStart()).isEqualTo(localStart);
    assertThat(told).as("the table must not delete what lies below").isEmpty();
    test.logs.found(ORDERS_0, 0, 90);
    log.advanceHighWatermark(100);
    assertThat(log.offsets()).isEqualTo(new LogOffsets(0, localStart, 90, 100, 100));
    test.restart();
    reopen(TIERED);
    assertThat(log.offsets().logStart()).isZero();
    test.logs.found(ORDERS_0, 0, 90);
  }

  @Test
  void whoWatchesIsToldOfALogStartOnceItIsWrittenDown() {
    // Given
    List<Long> told = new ArrayList<>();
    test.logs.watchLogStarts((_, start) -> told.add(start));
    test.fill(log, 100);
    test.logs.committed(ORDERS_0, 60);
    // When
    test.logs.expire(ORDERS_0, 30);
    // Then
    assertThat(log.offsets().logStart()).isEqualTo(30);
    assertThat(told).isEmpty();
    test.pass(2_000);
    assertThat(told).containsExactly(30L);

    log.deleteBefore(70);
    assertThat(log.offsets()).isEqualTo(new LogOffsets(70, 70, 70, 100, 100));
    test.pass(2_000);
    assertThat(told).containsExactly(30L, 70L);
    assertThat(test.logs.take(ORDERS_0, 60, Integer.MAX_VALUE).orElseThrow())
        .satisfies(it -> assertThat(it.baseOffset()).isEqualTo(70))
        .satisfies(Range::release);
  }

  @Test
  void expiryEndsWhereTheColdTierDoes() {
    test.fill(log, 100);
    test.logs.committed(ORDERS_0, 50);
    test.logs.expire(ORDERS_0, 80);
    assertThat(log.offsets().logStart()).isEqualTo(50);
  }

  @Test
  void retentionOfTheWholeLogMovesNothingWhileTheTopicIsOffloaded() {
    reopen(
        Map.of(
            "remote.storage.enable", "true",
            "retention.ms", "60000",
            "local.retention.ms", "1000"));
    test.fill(log, 100);
    test.logs.committed(ORDERS_0, 90);
    test.clock.advance(120_000);

    test.logs.expire();

    assertThat(log.offsets().logStart()).isZero();
    assertThat(log.offsets().localStart()).isPositive();
    assertThat(test.logs.localBytes(ORDERS_0, 95)).isPositive();
    assertThat(test.logs.localBytes(ORDERS_0, 0)).isEqualTo(log.sizeBytes());
  }

  @Test
  void copyingNoMoreEndsTheOffersAndTheLogExpiresByItself() {
    test.fill(log, 100);
    test.logs.committed(ORDERS_0, 50);
    reopen(
        Map.of(
            "remote.storage.enable", "true",
            "remote.log.copy.disable", "true",
            "retention.ms", "60000"));

    assertThat(test.logs.backlog(ORDERS_0)).isEmpty();
    assertThat(test.logs.take(ORDERS_0, 50, Integer.MAX_VALUE)).isEmpty();
    test.clock.advance(30_000);
    test.logs.expire();
    assertThat(log.offsets().localStart()).isZero();
    test.clock.advance(120_000);
    test.logs.expire();
    assertThat(log.offsets()).isEqualTo(new LogOffsets(100, 100, 100, 100, 100));
  }

  @Test
  void aTopicThatLeavesTheColdTierKeepsWhatIsLocal() {
    // Given
    List<Long> told = new ArrayList<>();
    test.logs.watchLogStarts((_, start) -> told.add(start));
    test.fill(log, 100);
    test.logs.committed(ORDERS_0, 90);
    test.clock.advance(5_000);
    test.logs.expire();
    long localStart = log.offsets().localStart();
    // When
    reopen(Map.of("remote.log.delete.on.disable", "true"));
    // Then
    assertThat(log.offsets())
        .isEqualTo(new LogOffsets(localStart, localStart, localStart, 100, 100));
    test.pass(2_000);
    assertThat(told).containsExactly(localStart);
    test.restart();
    reopen(Map.of());
    assertThat(records(log, localStart)).isEqualTo(names(localStart, 100));
  }

  @Test
  void aCompactedTopicIsTrimmedOnlyIfItSaysSoAndKeepsTombstonesForTheTable() {
    // Given
    Map<String, String> compacted =
        Map.of(
            "remote.storage.enable", "true",
            "cleanup.policy", "compact",
            "retention.ms", "1",
            "delete.retention.ms", "1000",
            "min.cleanable.dirty.ratio", "0.01");
    reopen(compacted);
    test.append(log, "first");
    log.append(
        BatchBuilder.at(test.clock.millis())
            .add(test.clock.millis(), "gone", (String) null)
            .build(),
        3,
        AppendOrigin.CLIENT);
    test.fill(log, 100);
    // When: the tombstone's time is over, and the table has not seen it
    for (int i = 0; i < 3; i++) {
      test.logs.compact();
      test.clock.advance(5_000);
      test.fill(log, 30);
    }
    test.logs.compact();
    // Then
    Range range = test.logs.take(ORDERS_0, 0, Integer.MAX_VALUE).orElseThrow();
    assertThat(range.baseOffset()).isZero();
    assertThat(keysWithoutValue(range)).containsExactly("gone");
    assertThat(range.endOffset()).isEqualTo(log.sealedSegments().get(1).baseOffset());
    test.logs.committed(ORDERS_0, range.endOffset());
    test.logs.expire();
    assertThat(log.offsets().localStart()).as("retention.ms is none of its own").isZero();
    test.fill(log, 30);
    test.logs.compact();
    Range rest = test.logs.take(ORDERS_0, 0, Integer.MAX_VALUE).orElseThrow();
    assertThat(rest.baseOffset()).isEqualTo(range.endOffset());
    rest.release();
    assertThat(records(log, 0)).doesNotContain("null");

    var trimmed = new java.util.HashMap<>(compacted);
    trimmed.put("local.retention.ms", "1");
    reopen(trimmed);
    test.logs.committed(ORDERS_0, log.offsets().highWatermark());
    test.clock.advance(5_000);
    test.logs.expire();
    assertThat(log.offsets().localStart()).isPositive();
    assertThat(log.offsets().logStart()).isZero();
  }

  private static List<String> keysWithoutValue(Range range) {
    List<String> keys = new ArrayList<>();
    for (RecordBatch batch : TestLogs.batches(range.slice())) {
      for (Record record : batch) {
        if (!record.hasValue()) keys.add(StandardCharsets.UTF_8.decode(record.key()).toString());
      }
    }
    return keys;
  }

  private List<Range> takeAll(int bytesMax) {
    List<Range> ranges = new ArrayList<>();
    long from = 0;
    for (var range = test.logs.take(ORDERS_0, from, bytesMax); range.isPresent(); ) {
      ranges.add(range.get());
      from = range.get().endOffset();
      range = test.logs.take(ORDERS_0, from, bytesMax);
    }
    return ranges;
  }

  /** Reads a range and releases it. */
  private static List<String> valuesOf(Range range) {
    List<String> values = new ArrayList<>();
    for (RecordBatch batch : TestLogs.batches(range.slice())) {
      for (Record record : batch) {
        values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
      }
    }
    return values;
  }
}

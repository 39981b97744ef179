package oxbow.broker.fetch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.testing.ManualTimer;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;
import oxbow.log.LogException;
import oxbow.log.LogOffsets;
import oxbow.log.ReadLimit;

/** Partition 0 has records that left the disk, partition 1 has not. */
class ColdFetchTest {
  private static final String[] VALUES = ReplicaRig.values(0, 100, 8_000);
  private static final int BATCHES = 10;
  private static final TopicPartition COLD = new TopicPartition("orders", 0);
  private static final TopicPartition HOT = new TopicPartition("orders", 1);
  private static final FetchConfig CONFIG = FetchConfig.DEFAULT;

  @TempDir private Path directory;
  private ReplicaRig rig;
  private final ManualTimer timer = new ManualTimer();
  private SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private ApiTable apis = new ApiTable();

  @BeforeEach
  void trimTheFirstSegments() {
    rig = ReplicaRig.trimming(directory);
    rig.createTiered("orders", 2);
    for (int i = 0; i < BATCHES; i++) rig.append("orders", 0, VALUES);
    rig.append("orders", 1, "hot");
    rig.trim("orders", 0);
    serve(CONFIG);
  }

  private void serve(FetchConfig config) {
    apis = new ApiTable();
    meters = new SimpleMeterRegistry();
    new FetchApis(
            config,
            rig.partitions,
            rig.cold,
            rig.logThreads,
            timer,
            InstantSource.system(),
            new Random(7),
            meters)
        .serve(apis);
  }

  @AfterEach
  void stop() {
    rig.cold.failWith(null);
    rig.cold.goOn();
    rig.close();
    assertThat(rig.openSegmentFiles()).isZero();
  }

  @Test
  void withoutAColdTierTheyAreOutOfRange() {
    apis = new ApiTable();
    new FetchApis(
            CONFIG,
            rig.partitions,
            null,
            rig.logThreads,
            timer,
            InstantSource.system(),
            new Random(7),
            new SimpleMeterRegistry())
        .serve(apis);
    assertThat(errorOf(onlyOne(fetch(COLD, 0)))).isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
    assertThat(errorOf(onlyOne(fetch(COLD, offsets().localStart())))).isEqualTo(Errors.NONE);
  }

  @Test
  void aConsumerReadsOnAcrossTheBoundary() {
    List<String> values = new ArrayList<>();
    for (long offset = 0; offset < 1_000; ) {
      PartitionData answer = onlyOne(fetch(COLD, offset));
      assertThat(errorOf(answer)).isEqualTo(Errors.NONE);
      assertThat(answer.highWatermark()).isEqualTo(1_000);
      assertThat(answer.logStartOffset()).isZero();
      MemoryRecords records = (MemoryRecords) answer.records();
      assertThat(records.sizeInBytes()).isPositive();
      for (RecordBatch batch : records.batches()) offset = batch.nextOffset();
      values.addAll(ReplicaRig.valuesOf(records));
    }
    assertThat(values).hasSize(BATCHES * VALUES.length);
    for (int i = 0; i < values.size(); i++) {
      assertThat(values.get(i)).isEqualTo(VALUES[i % VALUES.length]);
    }
    assertThat(rig.cold.reads.get()).isPositive();
    assertNothingIsHeld();
  }

  @Test
  void aFetchWaitsForTheColdTierIfItFindsNothingElse() {
    rig.cold.hold();
    FakeRequest request = fetch(COLD, 3);
    assertThat(request.isAnswered()).isFalse();

    rig.cold.goOn();

    assertThat(firstOffsetOf(onlyOne(request))).isZero();
    assertThat(timer.pending()).as("the poll has ended, a sweep is due").isEqualTo(1);
    assertNothingIsHeld();
  }

  @Test
  void hotRecordsDontWaitForColdOnes() {
    // Given
    rig.cold.hold();
    // When
    FakeRequest request = fetch(Map.of(COLD, 0L, HOT, 0L), 1);
    // Then
    Map<Integer, PartitionData> answers = answersOf(request);
    assertThat(of(answers, 1).records().sizeInBytes()).isPositive();
    assertThat(of(answers, 0).records().sizeInBytes()).isZero();
    assertThat(errorOf(of(answers, 0))).isEqualTo(Errors.NONE);

    rig.cold.goOn();
    answers = answersOf(fetch(Map.of(COLD, 0L, HOT, 1L), 1));
    assertThat(of(answers, 0).records().sizeInBytes()).isPositive();
    assertThat(rig.cold.reads.get()).as("what was read meanwhile is not read again").isOne();
    assertNothingIsHeld();
  }

  @Test
  void aFetchThatWaitsForColdRecordsIsAnsweredWhenHotOnesCome() {
    rig.cold.hold();
    FakeRequest request = fetch(Map.of(COLD, 0L, HOT, 1L), 1);
    assertThat(request.isAnswered()).isFalse();

    rig.append("orders", 1, "news");

    assertThat(of(answersOf(request), 1).records().sizeInBytes()).isPositive();
  }

  @Test
  void newRecordsOfAPartitionThatIsReadColdAnswerNobody() {
    rig.cold.hold();
    FakeRequest request = fetch(COLD, 0);

    rig.append("orders", 0, "news");

    assertThat(request.isAnswered()).isFalse();
    rig.cold.goOn();
    assertThat(firstOffsetOf(onlyOne(request))).isZero();
  }

  @Test
  void aColdTierThatIsTooSlowHoldsNoAnswerBackForLong() {
    rig.cold.hold();
    FakeRequest request = fetch(COLD, 0);

    timer.advanceMs(500);

    PartitionData answer = onlyOne(request);
    assertThat(errorOf(answer)).isEqualTo(Errors.NONE);
    assertThat(answer.records().sizeInBytes()).isZero();
    rig.cold.goOn();
    assertThat(firstOffsetOf(onlyOne(fetch(COLD, 0)))).isZero();
    assertThat(rig.cold.reads.get()).isOne();
    assertNothingIsHeld();
  }

  @Test
  void aFetchThatDoesNotWaitStillGivesTheColdTierItsTime() {
    rig.cold.hold();
    FakeRequest request = send(Map.of(COLD, 0L), 1, 0, (byte) 0);
    assertThat(request.isAnswered()).isFalse();
    rig.cold.goOn();
    assertThat(firstOffsetOf(onlyOne(request))).isZero();
  }

  @Test
  void failuresAreThoseOfTheirPartition() {
    Map<RuntimeException, Errors> failures = new HashMap<>();
    failures.put(
        new LogException(LogException.Kind.OFFLINE, "the bucket is not reachable"),
        Errors.KAFKA_STORAGE_ERROR);
    failures.put(new OffsetOutOfRangeException("expired"), Errors.OFFSET_OUT_OF_RANGE);
    failures.put(new IllegalStateException("a bug"), Errors.UNKNOWN_SERVER_ERROR);
    failures.forEach((failure, error) -> {
      rig.cold.failWith(failure);
      Map<Integer, PartitionData> answers = answersOf(fetch(Map.of(COLD, 0L, HOT, 0L), 1));
      assertThat(errorOf(of(answers, 0))).isEqualTo(error);
      assertThat(of(answers, 1).records().sizeInBytes()).isPositive();
    });
    rig.cold.failWith(null);
    assertThat(firstOffsetOf(onlyOne(fetch(COLD, 0)))).isZero();
  }

  @Test
  void belowTheLogStartNobodyIsAsked() {
    rig.partition("orders", 0).log().deleteBefore(50);
    assertThat(errorOf(onlyOne(fetch(COLD, 49)))).isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
    assertThat(rig.cold.reads.get()).isZero();
    assertThat(firstOffsetOf(onlyOne(fetch(COLD, 50)))).isZero();
  }

  @Test
  void whatCompactionRemovedIsPassedOver() {
    rig.cold.compactBefore(rig.partition("orders", 0).id(), 1_000);

    PartitionData answer = onlyOne(fetch(COLD, 0));

    assertThat(firstOffsetOf(answer)).isEqualTo(offsets().localStart());
    assertNothingIsHeld();
  }

  @Test
  void whoGoesAwayIsNotReadFor() {
    rig.cold.hold();
    FakeRequest request = fetch(COLD, 0);

    request.abandon();
    rig.cold.goOn();

    assertThat(rig.cold.cancelled.get()).isOne();
    assertNothingIsHeld();
  }

  @Test
  void noMoreIsHeldThanTheBoundSays() {
    // Given
    serve(
        new FetchConfig(
            CONFIG.bytesMax(),
            10,
            CONFIG.sessionEviction(),
            CONFIG.warmBytes(),
            1 << 20,
            CONFIG.coldWait()));
    rig.create("others", 1, Map.of());
    rig.cold.hold();
    FakeRequest first = fetch(COLD, 0);
    // When
    FakeRequest second =
        ReplicaRig.send(
            apis, request(Map.of(COLD, 100L), 1, 500, (byte) 0), FakeRequest.connection("other"));
    // Then
    assertThat(rig.cold.reads.get()).isOne();
    timer.advanceMs(500);
    assertThat(onlyOne(second).records().sizeInBytes()).isZero();
    assertThat(onlyOne(first).records().sizeInBytes()).isZero();
    assertThat(meters.get("oxbow.fetch.cold.refusals").functionCounter().count()).isPositive();
    rig.cold.goOn();
    assertThat(firstOffsetOf(onlyOne(fetch(COLD, 0)))).isZero();
    assertThat(firstOffsetOf(onlyOne(fetch(COLD, 100)))).isEqualTo(100);
    assertNothingIsHeld();
  }

  @Test
  void whatNobodyComesBackForIsDropped() {
    // Given
    var nanos = new AtomicLong();
    var fetches = new ColdFetches(rig.cold, CONFIG, timer, nanos::get);
    var key = new ColdFetches.Key("connection", rig.partition("orders", 0).id());
    fetches.of(key, 0, 1 << 20, ReadLimit.HIGH_WATERMARK, 500);
    assertThat(fetches.bytesHeld()).isPositive();
    // When
    timer.advanceMs(5_000);
    assertThat(fetches.bytesHeld()).isPositive();
    nanos.set(Duration.ofSeconds(11).toNanos());
    timer.advanceMs(5_000);
    // Then
    assertThat(fetches.bytesHeld()).isZero();
    assertThat(timer.pending()).isZero();
    assertNothingIsHeld();
  }

  @Test
  void whoReadsElsewhereGivesUpWhatItAskedForBefore() {
    rig.cold.hold();
    FakeRequest first = fetch(COLD, 0);
    timer.advanceMs(500);
    assertThat(first.isAnswered()).isTrue();

    FakeRequest second = fetch(COLD, 300);
    rig.cold.goOn();

    assertThat(firstOffsetOf(onlyOne(second))).isEqualTo(300);
    assertThat(rig.cold.cancelled.get()).isOne();
    assertNothingIsHeld();
  }

  @Test
  void aSessionGetsColdRecordsWhenTheyAreThere() {
    // Given
    rig.cold.hold();
    var full = request(Map.of(COLD, 0L, HOT, 0L), 1, 500, (byte) 0).data();
    full.setSessionEpoch(0);
    FetchResponse opened =
        ReplicaRig.send(apis, new FetchRequest(full, (short) 12)).answer(FetchResponse.class);
    assertThat(opened.sessionId()).isPositive();
    // When
    rig.cold.goOn();
    var next = new FetchRequestData().setMinBytes(1).setMaxBytes(10 << 20).setMaxWaitMs(500);
    next.setSessionId(opened.sessionId()).setSessionEpoch(1);
    FakeRequest request = ReplicaRig.send(apis, new FetchRequest(next, (short) 12));
    // Then
    Map<Integer, PartitionData> answers = answersOf(request);
    assertThat(firstOffsetOf(of(answers, 0))).isZero();
    assertNothingIsHeld();
  }

  @Test
  void readCommittedLearnsOfAbortedColdTransactions() {
    // Given
    rig.createTiered("sales", 1);
    var log = rig.partition("sales", 0);
    log.append(
        MemoryRecords.withTransactionalRecords(
                0,
                org.apache.kafka.common.compress.Compression.NONE,
                9,
                (short) 0,
                0,
                0,
                ReplicaRig.records("aborted"))
            .buffer(),
        AppendOrigin.CLIENT);
    log.append(
        MemoryRecords.withEndTransactionMarker(
                0,
                1_000,
                RecordBatch.NO_PARTITION_LEADER_EPOCH,
                9,
                (short) 0,
                new EndTransactionMarker(ControlRecordType.ABORT, 0))
            .buffer(),
        AppendOrigin.COORDINATOR);
    for (int i = 0; i < BATCHES; i++) rig.append("sales", 0, VALUES);
    rig.trim("sales", 0);
    // When
    FakeRequest committed = send(Map.of(new TopicPartition("sales", 0), 0L), 1, 500, (byte) 1);
    FakeRequest all = send(Map.of(new TopicPartition("sales", 0), 0L), 1, 500, (byte) 0);
    // Then
    assertThat(onlyOne(committed).abortedTransactions())
        .singleElement()
        .satisfies(it -> assertThat(it.producerId()).isEqualTo(9))
        .satisfies(it -> assertThat(it.firstOffset()).isZero());
    assertThat(onlyOne(all).abortedTransactions()).isNull();
  }

  private void assertNothingIsHeld() {
    assertThat(rig.cold.borrowed.get()).as("batches not given back").isZero();
    assertThat(meters.get("oxbow.fetch.cold.held.bytes").gauge().value()).isZero();
  }

  private LogOffsets offsets() {
    return rig.partition("orders", 0).log().offsets();
  }

  private FakeRequest fetch(TopicPartition partition, long offset) {
    return fetch(Map.of(partition, offset), 1);
  }

  private FakeRequest fetch(Map<TopicPartition, Long> offsets, int bytesMin) {
    return send(offsets, bytesMin, 500, (byte) 0);
  }

  private FakeRequest send(
      Map<TopicPartition, Long> offsets, int bytesMin, int waitMs, byte isolation) {
    return ReplicaRig.send(apis, request(offsets, bytesMin, waitMs, isolation));
  }

  /** Partitions in order: the cold one comes first. */
  private static FetchRequest request(
      Map<TopicPartition, Long> offsets, int bytesMin, int waitMs, byte isolation) {
    var topics = new ArrayList<FetchTopic>();
    offsets.keySet().stream()
        .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
        .forEach(partition -> {
          var topic = new FetchTopic().setTopic(partition.topic());
          topic
              .partitions()
              .add(
                  new FetchPartition()
                      .setPartition(partition.partition())
                      .setFetchOffset(offsets.getOrDefault(partition, 0L))
                      .setPartitionMaxBytes(1 << 20));
          topics.add(topic);
        });
    return new FetchRequest(
        new FetchRequestData()
            .setMinBytes(bytesMin)
            .setMaxBytes(10 << 20)
            .setMaxWaitMs(waitMs)
            .setIsolationLevel(isolation)
            .setSessionEpoch(-1)
            .setTopics(topics),
        (short) 12);
  }

  private static Map<Integer, PartitionData> answersOf(FakeRequest request) {
    Map<Integer, PartitionData> answers = new HashMap<>();
    request
        .answer(FetchResponse.class)
        .data()
        .responses()
        .forEach(topic -> topic.partitions().forEach(it -> answers.put(it.partitionIndex(), it)));
    return answers;
  }

  private static PartitionData of(Map<Integer, PartitionData> answers, int partition) {
    return requireNonNull(answers.get(partition));
  }

  private static PartitionData onlyOne(FakeRequest request) {
    Map<Integer, PartitionData> answers = answersOf(request);
    assertThat(answers).hasSize(1);
    return answers.values().iterator().next();
  }

  private static long firstOffsetOf(PartitionData answer) {
    assertThat(errorOf(answer)).isEqualTo(Errors.NONE);
    return ((MemoryRecords) answer.records()).batches().iterator().next().baseOffset();
  }

  private static Errors errorOf(PartitionData answer) {
    return Errors.forCode(answer.errorCode());
  }
}

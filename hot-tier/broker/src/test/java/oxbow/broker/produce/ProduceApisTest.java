package oxbow.broker.produce;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.testing.ReplicaRig.OTHER;
import static oxbow.broker.testing.ReplicaRig.SELF;
import static oxbow.broker.testing.ReplicaRig.batch;
import static oxbow.broker.testing.ReplicaRig.records;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.testing.ManualTimer;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;

class ProduceApisTest {
  private static final short LATEST = ApiKeys.PRODUCE.latestVersion();
  private static final short LAST_BY_NAME = 12;
  private static final short ALL = -1;
  private static final short LEADER = 1;
  private static final short NOBODY = 0;

  @TempDir private Path directory;
  private ReplicaRig rig;
  private Uuid orders;
  private final ManualTimer timer = new ManualTimer();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final ApiTable apis = new ApiTable();

  @BeforeEach
  void start() {
    rig = ReplicaRig.started(directory);
    orders = rig.create("orders", 2);
    new ProduceApis(
            ProduceConfig.DEFAULT,
            rig.partitions,
            new ProducerIds(CompletableFuture::new),
            rig.logThreads,
            timer,
            System::nanoTime,
            meters)
        .serve(apis);
  }

  @AfterEach
  void stop() {
    rig.close();
    assertThat(rig.openSegmentFiles()).isZero();
  }

  @Test
  void recordsAreAppendedInEveryVersionAndTheAnswerNamesTheirOffset() {
    long expected = 0;
    for (short version = ApiKeys.PRODUCE.oldestVersion(); version <= LATEST; version++) {
      for (short acks : new short[] {ALL, LEADER}) {
        PartitionProduceResponse answer = onlyOne(produce(version, acks, 0, batch("a", "b")));

        assertThat(errorOf(answer)).as("version %d acks %d", version, acks).isEqualTo(Errors.NONE);
        assertThat(answer.baseOffset()).isEqualTo(expected);
        assertThat(answer.logAppendTimeMs()).isEqualTo(-1);
        expected += 2;
      }
    }
    assertThat(rig.partition("orders", 0).log().offsets().highWatermark()).isEqualTo(expected);
    assertThat(meters.get("oxbow.produce.records").functionCounter().count())
        .isEqualTo((double) expected);
  }

  @Test
  void withoutAcknowledgementNothingIsAnsweredButTheRecordsAreThere() throws Exception {
    FakeRequest request = send(request(LATEST, NOBODY, 0, batch("a")));

    assertThat(request.answer().get(20, TimeUnit.SECONDS)).isNull();
    assertThat(rig.partition("orders", 0).log().offsets().logEnd()).isEqualTo(1);
  }

  @Test
  void withoutAcknowledgementAFailureEndsTheConnection() {
    FakeRequest request = send(request(LAST_BY_NAME, NOBODY, 99, batch("a")));

    assertThat(request.answer()).isCompletedExceptionally();
  }

  @Test
  void acksOtherThanThoseThreeAreRefusedAndNothingIsAppended() {
    PartitionProduceResponse answer = onlyOne(produce(LATEST, (short) 2, 0, batch("a")));

    assertThat(errorOf(answer)).isEqualTo(Errors.INVALID_REQUIRED_ACKS);
    assertThat(answer.baseOffset()).isEqualTo(-1);
    assertThat(rig.partition("orders", 0).log().offsets().logEnd()).isZero();
  }

  @Test
  void unknownNamesIdsAndPartitionsHaveTheirErrors() {
    var byName = new TopicProduceData().setName("nothing");
    assertThat(errorOf(onlyOne(produce(LAST_BY_NAME, ALL, byName, 0, batch("a")))))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    var byId = new TopicProduceData().setTopicId(Uuid.randomUuid());
    assertThat(errorOf(onlyOne(produce(LATEST, ALL, byId, 0, batch("a")))))
        .isEqualTo(Errors.UNKNOWN_TOPIC_ID);
    assertThat(errorOf(onlyOne(produce(LATEST, ALL, 99, batch("a")))))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void onePartitionsErrorDoesNotTouchAnother() {
    var data = request(LATEST, ALL, 0, batch("a"));
    data.topicData()
        .iterator()
        .next()
        .partitionData()
        .add(new PartitionProduceData().setIndex(99).setRecords(batch("b")));

    List<PartitionProduceResponse> answers = partitions(answerTo(send(data)));

    assertThat(answers.stream().map(ProduceApisTest::errorOf))
        .containsExactly(Errors.NONE, Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void aBrokerThatDoesNotLeadNamesWhoDoes() {
    rig.cluster.lead("orders", 0, OTHER, 3, List.of(SELF, OTHER));
    rig.tell();

    for (short version : new short[] {10, LAST_BY_NAME, LATEST}) {
      ProduceResponseData response = answerTo(send(request(version, ALL, 0, batch("a"))));
      PartitionProduceResponse answer = onlyOne(response);
      assertThat(errorOf(answer)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
      assertThat(answer.currentLeader().leaderId()).isEqualTo(OTHER);
      assertThat(answer.currentLeader().leaderEpoch()).isEqualTo(3);
      assertThat(response.nodeEndpoints().find(OTHER).host()).isEqualTo("host" + OTHER);
    }
    PartitionProduceResponse old = onlyOne(produce((short) 9, ALL, 0, batch("a")));
    assertThat(errorOf(old)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void tooFewInSyncReplicasRefuseAcksAllOnly() {
    rig.cluster.set("orders", Map.of("min.insync.replicas", "2"));
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER), List.of(SELF));
    rig.tell();

    assertThat(errorOf(onlyOne(produce(LATEST, ALL, 0, batch("a")))))
        .isEqualTo(Errors.NOT_ENOUGH_REPLICAS);
    assertThat(errorOf(onlyOne(produce(LATEST, LEADER, 0, batch("a"))))).isEqualTo(Errors.NONE);
    assertThat(rig.partition("orders", 0).log().offsets().logEnd()).isEqualTo(1);
  }

  @Test
  void acksAllWaitsForTheOtherReplicasUntilItsTimeIsUp() {
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER));
    rig.tell();
    FakeRequest request = send(request(LATEST, ALL, 0, batch("a")).setTimeoutMs(500));
    assertThat(request.isAnswered()).isFalse();
    assertThat(request.isFrameGivenBack()).as("its bytes are in the log").isTrue();

    timer.advanceMs(499);
    assertThat(request.isAnswered()).isFalse();
    timer.advanceMs(1);

    assertThat(errorOf(onlyOne(answerTo(request)))).isEqualTo(Errors.REQUEST_TIMED_OUT);
    assertThat(rig.partition("orders", 0).waitingForWatermark()).isZero();
  }

  @Test
  void acksAllIsAnsweredOnceTheOthersLeftTheSetOfThoseInSync() {
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER));
    rig.tell();
    FakeRequest request = send(request(LATEST, ALL, 0, batch("a")));
    assertThat(request.isAnswered()).isFalse();

    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER), List.of(SELF));
    rig.tell();

    assertThat(errorOf(onlyOne(answerTo(request)))).isEqualTo(Errors.NONE);
    assertThat(timer.pending()).isZero();
  }

  @Test
  void anAppendThatTooFewReplicasKeptIsToldSo() {
    rig.cluster.set("orders", Map.of("min.insync.replicas", "2"));
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER));
    rig.tell();
    FakeRequest request = send(request(LATEST, ALL, 0, batch("a")));

    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER), List.of(SELF));
    rig.tell();

    assertThat(errorOf(onlyOne(answerTo(request))))
        .isEqualTo(Errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    assertThat(rig.partition("orders", 0).log().offsets().logEnd()).isEqualTo(1);
  }

  @Test
  void whoeverWaitsHearsThatLeadershipEnded() {
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER));
    rig.tell();
    FakeRequest request = send(request(LATEST, ALL, 0, batch("a")));

    rig.cluster.lead("orders", 0, OTHER, 2, List.of(SELF, OTHER));
    rig.tell();

    assertThat(errorOf(onlyOne(answerTo(request)))).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void withFsyncBeforeAcknowledgementBothKindsAreAnsweredAfterIt() {
    rig.create("safe", 1, Map.of("flush.messages", "1"));
    var safe = new TopicProduceData().setName("safe");

    for (short acks : new short[] {ALL, LEADER}) {
      PartitionProduceResponse answer =
          onlyOne(produce(LAST_BY_NAME, acks, safe.duplicate(), 0, batch("a")));
      assertThat(errorOf(answer)).isEqualTo(Errors.NONE);
      long end = answer.baseOffset() + 1;
      assertThat(rig.partition("safe", 0).log().durable(end).toCompletableFuture()).isDone();
    }
    assertThat(rig.logs.stats().flushes()).isPositive();
  }

  @Test
  void aRepeatedBatchOfAnIdempotentProducerHasItsFirstOffset() {
    PartitionProduceResponse first = onlyOne(produce(LATEST, ALL, 0, idempotent(0, "a", "b")));
    PartitionProduceResponse again = onlyOne(produce(LATEST, ALL, 0, idempotent(0, "a", "b")));
    PartitionProduceResponse gap = onlyOne(produce(LATEST, ALL, 0, idempotent(7, "c")));

    assertThat(again.baseOffset()).isEqualTo(first.baseOffset());
    assertThat(errorOf(again)).isEqualTo(Errors.NONE);
    assertThat(errorOf(gap)).isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    assertThat(rig.partition("orders", 0).log().offsets().logEnd()).isEqualTo(2);
  }

  @Test
  void brokenRecordSetsAreRefused() {
    MemoryRecords corrupt = batch("abcdef");
    corrupt.buffer().put(corrupt.sizeInBytes() - 3, (byte) 7);
    ByteBuffer two = ByteBuffer.allocate(2 * batch("a").sizeInBytes());
    two.put(batch("a").buffer()).put(batch("b").buffer()).flip();

    assertThat(errorOf(onlyOne(produce(LATEST, ALL, 0, corrupt))))
        .isEqualTo(Errors.CORRUPT_MESSAGE);
    assertThat(errorOf(onlyOne(produce(LATEST, ALL, 0, MemoryRecords.readableRecords(two)))))
        .isEqualTo(Errors.INVALID_RECORD);
    assertThat(errorOf(onlyOne(produce(LATEST, ALL, 0, MemoryRecords.EMPTY))))
        .isEqualTo(Errors.INVALID_RECORD);
    assertThat(errorOf(onlyOne(produce(LATEST, ALL, 0, null)))).isEqualTo(Errors.INVALID_RECORD);
    assertThat(rig.partition("orders", 0).log().offsets().logEnd()).isZero();
  }

  @Test
  void aRecordThatTheTopicForbidsIsNamedInTheAnswer() {
    rig.create("compacted", 1, Map.of("cleanup.policy", "compact"));
    var compacted = new TopicProduceData().setName("compacted");

    PartitionProduceResponse answer =
        onlyOne(produce(LAST_BY_NAME, ALL, compacted, 0, batch("no key")));

    assertThat(errorOf(answer)).isEqualTo(Errors.INVALID_RECORD);
    assertThat(answer.recordErrors()).hasSize(1);
    assertThat(answer.recordErrors().getFirst().batchIndex()).isZero();
    assertThat(answer.errorMessage()).isNotBlank();
  }

  @Test
  void zstandardNeedsAVersionThatKnowsIt() {
    MemoryRecords zstd = MemoryRecords.withRecords(Compression.zstd().build(), records("a"));

    assertThat(errorOf(onlyOne(produce((short) 6, ALL, 0, zstd))))
        .isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
    assertThat(errorOf(onlyOne(produce((short) 7, ALL, 0, zstd)))).isEqualTo(Errors.NONE);
  }

  @Test
  void transactionalRecordsAreRefused() {
    MemoryRecords transactional =
        MemoryRecords.withTransactionalRecords(Compression.NONE, 5, (short) 0, 0, records("a"));
    var withId = request(LATEST, ALL, 0, transactional).setTransactionalId("tx");

    assertThat(errorOf(onlyOne(answerTo(send(withId))))).isEqualTo(Errors.INVALID_TXN_STATE);
    assertThat(errorOf(onlyOne(produce(LATEST, ALL, 0, transactional))))
        .isEqualTo(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  }

  @Test
  void internalTopicsAreNotWrittenByClients() {
    rig.create("__consumer_offsets", 1);
    var offsets = new TopicProduceData().setName("__consumer_offsets");

    assertThat(errorOf(onlyOne(produce(LAST_BY_NAME, ALL, offsets, 0, batch("a")))))
        .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
  }

  /** Each append seems to take a second, so the log is handed over and tried again all the time. */
  @Test
  void requestsInFlightOfAnIdempotentProducerStayInOrderOnASlowDisk() {
    var clock = new AtomicLong();
    var slow = new ApiTable();
    new ProduceApis(
            ProduceConfig.DEFAULT,
            rig.partitions,
            new ProducerIds(CompletableFuture::new),
            rig.logThreads,
            timer,
            () -> clock.getAndAdd(1_000_000_000),
            new SimpleMeterRegistry())
        .serve(slow);
    List<FakeRequest> inFlight = new ArrayList<>();
    for (int sequence = 0; sequence < 300; sequence++) {
      Asked asked = request(LATEST, ALL, 0, idempotent(sequence, "v" + sequence));
      inFlight.add(ReplicaRig.send(slow, new ProduceRequest(asked.data(), asked.version())));
    }

    for (int i = 0; i < inFlight.size(); i++) {
      PartitionProduceResponse answer = onlyOne(answerTo(inFlight.get(i)));
      assertThat(errorOf(answer)).isEqualTo(Errors.NONE);
      assertThat(answer.baseOffset()).isEqualTo(i);
    }
  }

  @Test
  void aDeletedTopicIsUnknownAndOneMadeAnewStartsAtZero() {
    produce(LATEST, ALL, 0, batch("a"));
    rig.cluster.delete("orders");
    rig.tell();
    assertThat(errorOf(onlyOne(produce(LATEST, ALL, 0, batch("b")))))
        .isEqualTo(Errors.UNKNOWN_TOPIC_ID);

    orders = rig.create("orders", 2);

    assertThat(onlyOne(produce(LATEST, ALL, 0, batch("c"))).baseOffset()).isZero();
  }

  private static MemoryRecords idempotent(int sequence, String... values) {
    return MemoryRecords.withIdempotentRecords(
        Compression.NONE, 42, (short) 0, sequence, records(values));
  }

  private ProduceResponseData produce(
      short version, short acks, int index, @Nullable MemoryRecords records) {
    return answerTo(send(request(version, acks, index, records)));
  }

  private ProduceResponseData produce(
      short version, short acks, TopicProduceData topic, int index, MemoryRecords records) {
    return answerTo(send(request(version, acks, topic, index, records)));
  }

  private record Asked(ProduceRequestData data, short version) {
    ProduceRequestData.TopicProduceDataCollection topicData() {
      return data.topicData();
    }

    Asked setTimeoutMs(int timeoutMs) {
      data.setTimeoutMs(timeoutMs);
      return this;
    }

    Asked setTransactionalId(String id) {
      data.setTransactionalId(id);
      return this;
    }
  }

  private Asked request(short version, short acks, int index, @Nullable MemoryRecords records) {
    var topic =
        version < 13
            ? new TopicProduceData().setName("orders")
            : new TopicProduceData().setTopicId(orders);
    return request(version, acks, topic, index, records);
  }

  private static Asked request(
      short version,
      short acks,
      TopicProduceData topic,
      int index,
      @Nullable MemoryRecords records) {
    topic.partitionData().add(new PartitionProduceData().setIndex(index).setRecords(records));
    var data = new ProduceRequestData().setAcks(acks).setTimeoutMs(30_000);
    data.topicData().add(topic);
    return new Asked(data, version);
  }

  private FakeRequest send(Asked asked) {
    return ReplicaRig.send(apis, new ProduceRequest(asked.data(), asked.version()));
  }

  private static ProduceResponseData answerTo(FakeRequest request) {
    return request.answer(ProduceResponse.class).data();
  }

  private static PartitionProduceResponse onlyOne(ProduceResponseData response) {
    return partitions(response).getFirst();
  }

  private static List<PartitionProduceResponse> partitions(ProduceResponseData response) {
    return response.responses().iterator().next().partitionResponses();
  }

  private static Errors errorOf(PartitionProduceResponse answer) {
    return Errors.forCode(answer.errorCode());
  }
}

package oxbow.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.testing.ReplicaRig.OTHER;
import static oxbow.broker.testing.ReplicaRig.SELF;
import static oxbow.broker.testing.ReplicaRig.records;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.testing.ManualTimer;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;
import oxbow.log.PartitionLog;

class FetchApisTest {
  private static final short OLDEST = ApiKeys.FETCH.oldestVersion();
  private static final short LATEST = ApiKeys.FETCH.latestVersion();
  private static final short LAST_BY_NAME = 12;

  @TempDir private Path directory;
  private ReplicaRig rig;
  private Uuid orders;
  private final ManualTimer timer = new ManualTimer();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private ApiTable apis = new ApiTable();

  @BeforeEach
  void start() {
    rig = ReplicaRig.started(directory);
    orders = rig.create("orders", 3);
    apis = serving(FetchConfig.DEFAULT, meters);
  }

  @AfterEach
  void stop() {
    rig.close();
    assertThat(rig.openSegmentFiles()).as("slices not released").isZero();
    assertThat(timer.pending()).as("timeouts left").isZero();
    assertThat(meters.get("oxbow.fetch.parked").gauge().value()).isZero();
  }

  private ApiTable serving(FetchConfig config, MeterRegistry registry) {
    var table = new ApiTable();
    new FetchApis(
            config,
            rig.partitions,
            null,
            rig.logThreads,
            timer,
            InstantSource.system(),
            new Random(7),
            registry)
        .serve(table);
    return table;
  }

  // ---- what is returned

  @Test
  void recordsComeFromTheirBatchOnInEveryVersion() {
    rig.append("orders", 0, "a", "b");
    rig.append("orders", 0, "c");

    for (short version = OLDEST; version <= LATEST; version++) {
      PartitionData answer = onlyOne(fetch(ask(version).from(0, 2)));

      assertThat(errorOf(answer)).as("version %d", version).isEqualTo(Errors.NONE);
      assertThat(valuesOf(answer)).containsExactly("c");
      assertThat(answer.highWatermark()).isEqualTo(3);
      assertThat(answer.lastStableOffset()).isEqualTo(3);
      assertThat(answer.preferredReadReplica()).isEqualTo(-1);
      if (version >= 5) assertThat(answer.logStartOffset()).isZero();
    }
  }

  @Test
  void theFirstBatchComesWholeHoweverSmallTheLimits() {
    rig.append("orders", 0, ReplicaRig.values(0, 10, 1_000));

    PartitionData answer = onlyOne(fetch(ask(LATEST).from(0, 0, 10).bytesMax(20)));

    assertThat(valuesOf(answer)).hasSize(10);
  }

  @Test
  void onlyTheFirstPartitionWithRecordsMayExceedTheLimits() {
    rig.append("orders", 0, ReplicaRig.values(0, 10, 1_000));
    rig.append("orders", 1, ReplicaRig.values(0, 10, 1_000));

    List<PartitionData> answers =
        partitions(fetch(ask(LATEST).from(0, 0, 10).from(1, 0, 10).bytesMax(1 << 20)));

    assertThat(valuesOf(answers.get(0))).hasSize(10);
    assertThat(answers.get(1).records().sizeInBytes()).isZero();
    assertThat(errorOf(answers.get(1))).isEqualTo(Errors.NONE);
    assertThat(answers.get(1).highWatermark()).isEqualTo(10);
  }

  @Test
  void theLimitOfTheAnswerIsSharedByItsPartitions() {
    int batchBytes = ReplicaRig.batch(ReplicaRig.values(0, 10, 1_000)).sizeInBytes();
    for (int partition = 0; partition < 3; partition++) {
      for (int i = 0; i < 3; i++) rig.append("orders", partition, ReplicaRig.values(0, 10, 1_000));
    }

    List<PartitionData> answers =
        partitions(
            fetch(ask(LATEST).from(0, 0).from(1, 0).from(2, 0).bytesMax(4 * batchBytes + 100)));

    // The third batch of the second partition is cut, and the third partition gets nothing.
    assertThat(answers.stream().map(answer -> answer.records().sizeInBytes()))
        .allMatch(bytes -> bytes <= 4 * batchBytes + 100);
    assertThat(valuesOf(answers.get(0))).hasSize(30);
    assertThat(answers.stream().mapToInt(answer -> answer.records().sizeInBytes()).sum())
        .isLessThanOrEqualTo(4 * batchBytes + 100);
  }

  @Test
  void theBrokersOwnLimitHoldsToo() {
    int batchBytes = ReplicaRig.batch(ReplicaRig.values(0, 10, 1_000)).sizeInBytes();
    for (int i = 0; i < 3; i++) rig.append("orders", 0, ReplicaRig.values(0, 10, 1_000));
    apis =
        serving(
            new FetchConfig(batchBytes, 10, FetchConfig.DEFAULT.sessionEviction(), 0),
            new SimpleMeterRegistry());

    PartitionData answer = onlyOne(fetch(ask(LATEST).from(0, 0)));

    assertThat(answer.records().sizeInBytes()).isEqualTo(batchBytes);
  }

  @Test
  void recordsAboveTheWatermarkAreNotSeen() {
    rig.append("orders", 0, "a");
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER));
    rig.tell();
    rig.append("orders", 0, "b");

    PartitionData answer = onlyOne(fetch(ask(LATEST).from(0, 0)));
    assertThat(valuesOf(answer)).containsExactly("a");
    assertThat(answer.highWatermark()).isEqualTo(1);

    PartitionData beyond = onlyOne(fetch(ask(LATEST).from(0, 2)));
    assertThat(errorOf(beyond)).isEqualTo(Errors.NONE);
    assertThat(beyond.records().sizeInBytes()).isZero();
  }

  @Test
  void readCommittedStopsAtAnOpenTransactionAndNamesAbortedOnes() {
    append(0, transactional(7, 0, "aborted"), AppendOrigin.CLIENT);
    abort(0, 1, 7);
    rig.append("orders", 0, "plain");
    append(0, transactional(8, 0, "open"), AppendOrigin.CLIENT);

    PartitionData committed = onlyOne(fetch(ask(LATEST).from(0, 0).committedOnly()));
    assertThat(committed.lastStableOffset()).isEqualTo(3);
    assertThat(committed.highWatermark()).isEqualTo(4);
    assertThat(valuesOf(committed)).contains("aborted", "plain").doesNotContain("open");
    assertThat(committed.abortedTransactions()).hasSize(1);
    assertThat(committed.abortedTransactions().getFirst().producerId()).isEqualTo(7);
    assertThat(committed.abortedTransactions().getFirst().firstOffset()).isZero();

    PartitionData all = onlyOne(fetch(ask(LATEST).from(0, 0)));
    assertThat(valuesOf(all)).contains("open");
    assertThat(all.abortedTransactions()).isNull();

    PartitionData atOpen = onlyOne(fetch(ask(LATEST).from(0, 3).committedOnly()));
    assertThat(errorOf(atOpen)).isEqualTo(Errors.NONE);
    assertThat(atOpen.records().sizeInBytes()).isZero();
  }

  // ---- errors

  @Test
  void unknownTopicsAndPartitionsHaveTheirErrors() {
    assertThat(errorOf(onlyOne(fetch(ask(LAST_BY_NAME).topic("nothing", null).from(0, 0)))))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(errorOf(onlyOne(fetch(ask(LATEST).topic("nothing", Uuid.randomUuid()).from(0, 0)))))
        .isEqualTo(Errors.UNKNOWN_TOPIC_ID);
    assertThat(errorOf(onlyOne(fetch(ask(LATEST).from(99, 0)))))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void offsetsOutsideTheLogAreOutOfRange() {
    rig.append("orders", 0, "a", "b", "c");
    rig.partition("orders", 0).log().deleteBefore(2);

    assertThat(errorOf(onlyOne(fetch(ask(LATEST).from(0, 1)))))
        .isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
    assertThat(errorOf(onlyOne(fetch(ask(LATEST).from(0, 4)))))
        .isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
    assertThat(errorOf(onlyOne(fetch(ask(LATEST).from(0, 3))))).isEqualTo(Errors.NONE);
  }

  @Test
  void anOldAndANewLeaderEpochAreToldApart() {
    rig.cluster.lead("orders", 0, SELF, 5, List.of(SELF));
    rig.tell();

    FetchResponseData fenced = fetch(ask(LATEST).from(0, 0).leaderEpoch(4));
    assertThat(errorOf(onlyOne(fenced))).isEqualTo(Errors.FENCED_LEADER_EPOCH);
    assertThat(onlyOne(fenced).currentLeader().leaderEpoch()).isEqualTo(5);
    assertThat(errorOf(onlyOne(fetch(ask(LATEST).from(0, 0).leaderEpoch(6)))))
        .isEqualTo(Errors.UNKNOWN_LEADER_EPOCH);
    assertThat(errorOf(onlyOne(fetch(ask(LATEST).from(0, 0).leaderEpoch(5)))))
        .isEqualTo(Errors.NONE);
  }

  @Test
  void aBrokerThatDoesNotLeadNamesWhoDoes() {
    rig.cluster.lead("orders", 0, OTHER, 3, List.of(SELF, OTHER));
    rig.tell();

    FetchResponseData response = fetch(ask(LATEST).from(0, 0));

    assertThat(errorOf(onlyOne(response))).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(onlyOne(response).currentLeader().leaderId()).isEqualTo(OTHER);
    assertThat(response.nodeEndpoints().find(OTHER).host()).isEqualTo("host" + OTHER);
    assertThat(errorOf(onlyOne(fetch(ask((short) 15).from(0, 0)))))
        .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void whoeverFollowedADivergedLeaderIsToldWhereItsEpochEnded() {
    rig.append("orders", 0, "a", "b");
    rig.cluster.lead("orders", 0, SELF, 4, List.of(SELF));
    rig.tell();
    rig.append("orders", 0, "c", "d", "e");

    FakeRequest parked = send(ask(LATEST).from(0, 4).lastFetchedEpoch(0).waitMs(1_000));

    PartitionData answer = onlyOne(answerTo(parked));
    assertThat(answer.divergingEpoch().epoch()).isZero();
    assertThat(answer.divergingEpoch().endOffset()).isEqualTo(2);
    assertThat(answer.records().sizeInBytes()).isZero();
    assertThat(valuesOf(onlyOne(fetch(ask(LATEST).from(0, 4).lastFetchedEpoch(4))))).contains("e");
  }

  @Test
  void followersAreToldThatNobodyIsFollowedHereYet() {
    var ask = ask((short) 14).from(0, 0);
    ask.data.setReplicaId(OTHER);

    assertThat(errorOf(onlyOne(fetch(ask)))).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
  }

  @Test
  void topicsStoredAsZstandardNeedAVersionThatKnowsIt() {
    rig.create("small", 1, Map.of("compression.type", "zstd"));

    assertThat(errorOf(onlyOne(fetch(ask((short) 9).topic("small", null).from(0, 0)))))
        .isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
    assertThat(errorOf(onlyOne(fetch(ask((short) 10).topic("small", null).from(0, 0)))))
        .isEqualTo(Errors.NONE);
  }

  // ---- long polls

  @Test
  void aPollThatFindsNothingIsWokenByTheNextAppend() {
    FakeRequest request = send(ask(LATEST).from(0, 0).from(1, 0).waitMs(500));
    assertThat(request.isAnswered()).isFalse();

    rig.append("orders", 1, "a");

    assertThat(valuesOf(partitions(answerTo(request)).get(1))).containsExactly("a");
  }

  @Test
  void aPollThatGetsNothingEndsWhenItsTimeIsUp() {
    FakeRequest request = send(ask(LATEST).from(0, 0).waitMs(500));

    timer.advanceMs(499);
    assertThat(request.isAnswered()).isFalse();
    timer.advanceMs(1);

    assertThat(onlyOne(answerTo(request)).records().sizeInBytes()).isZero();
  }

  @Test
  void aPollForManyBytesWaitsUntilAllItsPartitionsTogetherHaveThem() {
    int batchBytes = ReplicaRig.batch(ReplicaRig.values(0, 1, 1_000)).sizeInBytes();
    FakeRequest request =
        send(ask(LATEST).from(0, 0).from(1, 0).waitMs(500).bytesMin(3 * batchBytes));

    rig.append("orders", 0, ReplicaRig.values(0, 1, 1_000));
    rig.append("orders", 1, ReplicaRig.values(0, 1, 1_000));
    rig.append("orders", 2, ReplicaRig.values(0, 1, 1_000)); // not asked for
    assertThat(request.isAnswered()).isFalse();
    rig.append("orders", 0, ReplicaRig.values(1, 1, 1_000));

    List<PartitionData> answers = partitions(answerTo(request));
    assertThat(valuesOf(answers.get(0))).hasSize(2);
    assertThat(valuesOf(answers.get(1))).hasSize(1);
  }

  @Test
  void recordsFoundBeforeParkingCountForThePoll() {
    int batchBytes = ReplicaRig.batch(ReplicaRig.values(0, 1, 1_000)).sizeInBytes();
    rig.append("orders", 0, ReplicaRig.values(0, 1, 1_000));
    FakeRequest request =
        send(ask(LATEST).from(0, 0).from(1, 0).waitMs(500).bytesMin(2 * batchBytes));
    assertThat(request.isAnswered()).isFalse();

    rig.append("orders", 1, ReplicaRig.values(0, 1, 1_000));

    assertThat(partitions(answerTo(request))).allMatch(found -> valuesOf(found).size() == 1);
  }

  @Test
  void aPollIsWokenWhenLeadershipEndsAndWhenTheTopicGoes() {
    FakeRequest resigned = send(ask(LATEST).from(0, 0).waitMs(500));
    rig.cluster.lead("orders", 0, OTHER, 3, List.of(SELF, OTHER));
    rig.tell();
    assertThat(errorOf(onlyOne(answerTo(resigned)))).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);

    FakeRequest deleted = send(ask(LATEST).from(1, 0).waitMs(500));
    rig.cluster.delete("orders");
    rig.tell();
    assertThat(errorOf(onlyOne(answerTo(deleted)))).isEqualTo(Errors.UNKNOWN_TOPIC_ID);
  }

  @Test
  void anErrorIsToldAtOnceButAnUnknownTopicWaitsForTheOthers() {
    rig.cluster.lead("orders", 2, OTHER, 3, List.of(SELF, OTHER));
    rig.tell();
    assertThat(send(ask(LATEST).from(0, 0).from(2, 0).waitMs(500)).isAnswered()).isTrue();
    assertThat(send(ask(LATEST).from(99, 0).waitMs(500)).isAnswered()).isTrue();

    FakeRequest mixed = send(ask(LATEST).from(0, 0).from(99, 0).waitMs(500));
    assertThat(mixed.isAnswered()).isFalse();
    timer.advanceMs(500);
    assertThat(partitions(answerTo(mixed)).stream().map(FetchApisTest::errorOf))
        .containsExactly(Errors.NONE, Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void aLongPollOfAClientThatWentAwayIsGivenUp() {
    FakeRequest request = send(ask(LATEST).from(0, 0).waitMs(Integer.MAX_VALUE));
    timer.advanceMs(60_000);
    assertThat(request.isAnswered()).isFalse();

    request.abandon();
    timer.advanceMs(30_000);

    assertThat(request.isAnswered()).isTrue();
    assertThat(timer.pending()).isZero();
  }

  @Test
  void manyPollsOnOnePartitionAreAllWoken() {
    List<FakeRequest> requests = new ArrayList<>();
    for (int i = 0; i < 500; i++) requests.add(send(ask(LATEST).from(0, 0).waitMs(500)));

    rig.append("orders", 0, "a");

    assertThat(requests).allMatch(FakeRequest::isAnswered);
    for (FakeRequest request : requests) {
      assertThat(valuesOf(onlyOne(answerTo(request)))).containsExactly("a");
    }
  }

  // ---- old records

  @Test
  void recordsFarBehindTheEndAreTheSameHoweverTheyGetIntoMemory() {
    for (int i = 0; i < 20; i++) rig.append("orders", 0, ReplicaRig.values(i * 10, 10, 1_000));
    apis =
        serving(
            new FetchConfig(1 << 20, 10, FetchConfig.DEFAULT.sessionEviction(), 0),
            new SimpleMeterRegistry()); // all old

    PartitionData answer = onlyOne(fetch(ask(LATEST).from(0, 0, 50_000)));

    assertThat(valuesOf(answer)).startsWith(ReplicaRig.values(0, 40, 1_000));
  }

  // ---- asking

  private void append(int index, MemoryRecords records, AppendOrigin origin) {
    rig.partition("orders", index).append(records.buffer(), origin);
  }

  /** The marker that ends a transaction, as it comes from a transaction coordinator. */
  private void abort(int index, long offset, long producer) {
    PartitionLog log = rig.partition("orders", index).log();
    var marker = new EndTransactionMarker(ControlRecordType.ABORT, 0);
    log.replicate(
        MemoryRecords.withEndTransactionMarker(offset, 1_000, 0, producer, (short) 0, marker)
            .buffer());
    log.advanceHighWatermark(offset + 1);
  }

  private static MemoryRecords transactional(long producer, int sequence, String... values) {
    return MemoryRecords.withTransactionalRecords(
        Compression.NONE, producer, (short) 0, sequence, records(values));
  }

  private Ask ask(short version) {
    return new Ask(version, "orders", orders);
  }

  private FakeRequest send(Ask ask) {
    return ReplicaRig.send(apis, new FetchRequest(ask.data, ask.version));
  }

  private FetchResponseData fetch(Ask ask) {
    return answerTo(send(ask));
  }

  private static FetchResponseData answerTo(FakeRequest request) {
    return request.answer(FetchResponse.class).data();
  }

  private static List<PartitionData> partitions(FetchResponseData response) {
    return response.responses().stream().flatMap(topic -> topic.partitions().stream()).toList();
  }

  private static PartitionData onlyOne(FetchResponseData response) {
    List<PartitionData> all = partitions(response);
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  private static Errors errorOf(PartitionData answer) {
    return Errors.forCode(answer.errorCode());
  }

  private static List<String> valuesOf(PartitionData answer) {
    return ReplicaRig.valuesOf((MemoryRecords) answer.records());
  }

  /** A fetch request in the making: one topic, no session, no waiting. */
  private static final class Ask {
    private final short version;
    private final FetchRequestData data =
        new FetchRequestData().setMinBytes(1).setMaxBytes(10 << 20).setSessionEpoch(-1);
    private FetchTopic topic = new FetchTopic();

    Ask(short version, String name, @Nullable Uuid id) {
      this.version = version;
      topic(name, id);
    }

    Ask topic(String name, @Nullable Uuid id) {
      topic = version < 13 ? new FetchTopic().setTopic(name) : new FetchTopic().setTopicId(id);
      data.setTopics(List.of(topic));
      return this;
    }

    Ask from(int partition, long offset) {
      return from(partition, offset, 1 << 20);
    }

    Ask from(int partition, long offset, int bytesMax) {
      topic
          .partitions()
          .add(
              new FetchPartition()
                  .setPartition(partition)
                  .setFetchOffset(offset)
                  .setPartitionMaxBytes(bytesMax));
      return this;
    }

    Ask leaderEpoch(int epoch) {
      topic.partitions().getLast().setCurrentLeaderEpoch(epoch);
      return this;
    }

    Ask lastFetchedEpoch(int epoch) {
      topic.partitions().getLast().setLastFetchedEpoch(epoch);
      return this;
    }

    Ask bytesMax(int bytes) {
      data.setMaxBytes(bytes);
      return this;
    }

    Ask bytesMin(int bytes) {
      data.setMinBytes(bytes);
      return this;
    }

    Ask waitMs(int ms) {
      data.setMaxWaitMs(ms);
      return this;
    }

    Ask committedOnly() {
      data.setIsolationLevel((byte) 1);
      return this;
    }
  }
}

package oxbow.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.testing.ReplicaRig.SELF;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.Await;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.testing.ManualTimer;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;
import oxbow.log.ColdStart;
import oxbow.log.EpochStart;
import oxbow.log.LogException;
import oxbow.log.LogOffsets;

/** Twenty records of half a megabyte, the time of each a thousand times its offset. */
class ColdOffsetsTest {
  private static final long UNKNOWN = -1;
  private static final short LATEST = ApiKeys.LIST_OFFSETS.latestVersion();

  @TempDir private Path directory;
  private ReplicaRig rig;
  private final ManualTimer timer = new ManualTimer();
  private final ApiTable apis = new ApiTable();

  @BeforeEach
  void start() {
    rig = ReplicaRig.trimming(directory);
    rig.createTiered("orders", 1);
    new OffsetApis(rig.partitions, rig.cold, rig.logThreads, timer).serve(apis);
    for (int i = 0; i < 20; i++) append(i * 1_000L);
    rig.trim("orders", 0);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private void append(long timestampMs) {
    var record = new SimpleRecord(timestampMs, null, new byte[500_000]);
    rig.partition("orders", 0)
        .append(MemoryRecords.withRecords(Compression.NONE, record).buffer(), AppendOrigin.CLIENT);
  }

  @Test
  void namesKnowTheTiers() {
    LogOffsets offsets = rig.partition("orders", 0).log().offsets();
    append(20_000);

    assertThat(find(ListOffsetsRequest.EARLIEST_TIMESTAMP).offset()).isZero();
    assertThat(find(ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP).offset())
        .isEqualTo(offsets.localStart())
        .isPositive();
    assertThat(find(ListOffsetsRequest.LATEST_TIERED_TIMESTAMP).offset())
        .isEqualTo(offsets.coldEnd() - 1);
    assertThat(find(ListOffsetsRequest.LATEST_TIERED_TIMESTAMP).leaderEpoch()).isZero();
    assertThat(find(ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP).offset())
        .isEqualTo(offsets.coldEnd());
    assertThat(find(ListOffsetsRequest.LATEST_TIMESTAMP).offset()).isEqualTo(21);
  }

  @Test
  void timesAreLookedUpInColdRecordsFirst() {
    append(500); // a time that cold records have passed

    for (int i = 0; i < 20; i++) {
      ListOffsetsPartitionResponse found = find(i * 1_000L);
      assertThat(found.offset()).isEqualTo(i);
      assertThat(found.timestamp()).isEqualTo(i * 1_000L);
      assertThat(found.leaderEpoch()).isZero();
    }
    assertThat(find(400).offset()).isOne();
    assertThat(find(19_001).offset()).isEqualTo(UNKNOWN);
  }

  @Test
  void deletedColdRecordsAreNotFound() {
    rig.partition("orders", 0).log().deleteBefore(5);

    assertThat(find(0).offset()).isEqualTo(5);
    assertThat(find(ListOffsetsRequest.EARLIEST_TIMESTAMP).offset()).isEqualTo(5);
  }

  @Test
  void theLargestTimeMayBeInEitherTier() {
    assertThat(find(ListOffsetsRequest.MAX_TIMESTAMP).offset()).isEqualTo(19);
    rig.createTiered("others", 1);
    for (int i = 0; i < 20; i++) {
      var record = new SimpleRecord(100_000 - i, null, new byte[500_000]);
      rig.partition("others", 0)
          .append(
              MemoryRecords.withRecords(Compression.NONE, record).buffer(), AppendOrigin.CLIENT);
    }
    rig.trim("others", 0);
    ListOffsetsPartitionResponse max =
        offsetOf(send("others", ListOffsetsRequest.MAX_TIMESTAMP, 0));
    assertThat(max.offset()).isZero();
    assertThat(max.timestamp()).isEqualTo(100_000);
  }

  @Test
  void aColdTierThatDoesNotAnswerIsGivenUp() {
    rig.cold.hold();
    FakeRequest request = send("orders", 0, 2_000);
    assertThat(request.isAnswered()).isFalse();

    timer.advanceMs(2_000);

    assertThat(errorOf(offsetOf(request))).isEqualTo(Errors.REQUEST_TIMED_OUT);
    rig.cold.goOn();
    assertThat(rig.cold.cancelled.get()).isPositive();
    assertThat(find(0).offset()).isZero();
    assertThat(timer.pending()).isZero();
  }

  @Test
  void aColdTierThatFailsIsAnErrorOfThatPartition() {
    rig.cold.failWith(new LogException(LogException.Kind.OFFLINE, "no bucket"));
    assertThat(errorOf(find(0))).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
    assertThat(find(ListOffsetsRequest.EARLIEST_TIMESTAMP).offset()).isZero();
  }

  @Test
  void endsOfEpochsComeFromTheColdTierWhereTheHistoryIsLost() {
    // Given
    var id = new TopicIdPartition(new Uuid(4711, 2), 0, "restored");
    rig.cold.restore(id, new ColdStart(0, 100, List.of(new EpochStart(5, 60)), List.of()));
    rig.cluster.create("restored", 1, SELF, Map.of("remote.storage.enable", "true"));
    rig.cluster.lead("restored", 0, SELF, 7, List.of(SELF));
    rig.tell();
    assertThat(rig.partition("restored", 0).id()).isEqualTo(id);
    LogOffsets begun = rig.partition("restored", 0).log().offsets();
    assertThat(begun).isEqualTo(new LogOffsets(0, 100, 100, 100, 100));
    // When
    EpochEndOffset old = endOf("restored", 3);
    EpochEndOffset known = endOf("restored", 5);
    // Then
    assertThat(old.leaderEpoch()).isEqualTo(3);
    assertThat(old.endOffset()).isEqualTo(100);
    assertThat(known.leaderEpoch()).isEqualTo(5);
    assertThat(known.endOffset()).isEqualTo(100);
    assertThat(endOf("orders", 0).endOffset()).isEqualTo(20);
  }

  private EpochEndOffset endOf(String topic, int epoch) {
    var topics = new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection();
    topics.add(
        new OffsetForLeaderTopic()
            .setTopic(topic)
            .setPartitions(List.of(new OffsetForLeaderPartition().setLeaderEpoch(epoch))));
    var data = new OffsetForLeaderEpochRequestData().setReplicaId(-1).setTopics(topics);
    var request =
        new OffsetsForLeaderEpochRequest(data, ApiKeys.OFFSET_FOR_LEADER_EPOCH.latestVersion());
    return ReplicaRig.send(apis, request)
        .answer(OffsetsForLeaderEpochResponse.class)
        .data()
        .topics()
        .iterator()
        .next()
        .partitions()
        .getFirst();
  }

  private ListOffsetsPartitionResponse find(long timestamp) {
    return offsetOf(send("orders", timestamp, 0));
  }

  private FakeRequest send(String topic, long timestamp, int timeoutMs) {
    var data =
        new ListOffsetsRequestData()
            .setReplicaId(-1)
            .setTimeoutMs(timeoutMs)
            .setTopics(
                List.of(
                    new ListOffsetsTopic()
                        .setName(topic)
                        .setPartitions(
                            List.of(
                                new ListOffsetsPartition()
                                    .setPartitionIndex(0)
                                    .setTimestamp(timestamp)))));
    var request = ListOffsetsRequest.parse(MessageUtil.toByteBufferAccessor(data, LATEST), LATEST);
    FakeRequest sent = ReplicaRig.send(apis, request);
    if (timeoutMs > 0) {
      Await.until("it waits for the cold tier", () -> timer.pending() > 0);
    }
    return sent;
  }

  private static ListOffsetsPartitionResponse offsetOf(FakeRequest request) {
    return request
        .answer(ListOffsetsResponse.class)
        .data()
        .topics()
        .getFirst()
        .partitions()
        .getFirst();
  }

  private static Errors errorOf(ListOffsetsPartitionResponse answer) {
    return Errors.forCode(answer.errorCode());
  }
}

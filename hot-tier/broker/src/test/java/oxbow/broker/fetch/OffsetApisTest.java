package oxbow.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.testing.ReplicaRig.OTHER;
import static oxbow.broker.testing.ReplicaRig.SELF;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
import oxbow.broker.testing.ManualTimer;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;

class OffsetApisTest {
  private static final short LATEST = ApiKeys.LIST_OFFSETS.latestVersion();
  private static final byte COMMITTED = 1;
  private static final long UNKNOWN = -1;

  @TempDir private Path directory;
  private ReplicaRig rig;
  private final ApiTable apis = new ApiTable();

  @BeforeEach
  void start() {
    rig = ReplicaRig.started(directory);
    rig.create("orders", 2);
    new OffsetApis(rig.partitions, null, rig.logThreads, new ManualTimer()).serve(apis);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  @Test
  void namedOffsetsAreFoundInEveryVersionThatKnowsThem() {
    rig.append("orders", 0, "a", "b", "c");
    rig.partition("orders", 0).log().deleteBefore(1);

    for (short version = ApiKeys.LIST_OFFSETS.oldestVersion(); version <= LATEST; version++) {
      assertThat(find(version, ListOffsetsRequest.EARLIEST_TIMESTAMP).offset()).isEqualTo(1);
      assertThat(find(version, ListOffsetsRequest.LATEST_TIMESTAMP).offset()).isEqualTo(3);
      assertSince(version, 7, ListOffsetsRequest.MAX_TIMESTAMP, 1);
      assertSince(version, 8, ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP, 1);
      assertSince(version, 9, ListOffsetsRequest.LATEST_TIERED_TIMESTAMP, UNKNOWN);
      assertSince(version, 11, ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP, UNKNOWN);
      assertThat(errorOf(find(version, -99))).isEqualTo(Errors.UNSUPPORTED_VERSION);
    }
  }

  private void assertSince(short version, int since, long name, long offset) {
    ListOffsetsPartitionResponse found = find(version, name);
    if (version < since) {
      assertThat(errorOf(found))
          .as("%d in %d", name, version)
          .isEqualTo(Errors.UNSUPPORTED_VERSION);
    } else {
      assertThat(errorOf(found)).as("%d in %d", name, version).isEqualTo(Errors.NONE);
      assertThat(found.offset()).as("%d in %d", name, version).isEqualTo(offset);
    }
  }

  @Test
  void anEmptyPartitionBeginsAndEndsAtZeroInItsLeadersEpoch() {
    for (long name :
        new long[] {ListOffsetsRequest.EARLIEST_TIMESTAMP, ListOffsetsRequest.LATEST_TIMESTAMP}) {
      ListOffsetsPartitionResponse found = find(LATEST, name);
      assertThat(found.offset()).isZero();
      assertThat(found.leaderEpoch()).isZero();
      assertThat(found.timestamp()).isEqualTo(-1);
    }
    assertThat(find(LATEST, ListOffsetsRequest.MAX_TIMESTAMP).offset()).isEqualTo(UNKNOWN);
    assertThat(find(LATEST, 0).offset()).isEqualTo(UNKNOWN);
  }

  @Test
  void timesAreLookedUpAmongCommittedRecords() {
    append(100, 300, 200);

    assertThat(find(LATEST, 0).offset()).isZero();
    assertThat(find(LATEST, 150).offset()).isEqualTo(1);
    assertThat(find(LATEST, 150).timestamp()).isEqualTo(300);
    assertThat(find(LATEST, 301).offset()).isEqualTo(UNKNOWN);
    assertThat(find(LATEST, ListOffsetsRequest.MAX_TIMESTAMP).offset()).isEqualTo(1);

    rig.cluster.lead("orders", 0, SELF, 0, List.of(SELF, OTHER));
    rig.tell();
    append(900);
    assertThat(find(LATEST, 900).offset()).isEqualTo(UNKNOWN);
    assertThat(find(LATEST, ListOffsetsRequest.LATEST_TIMESTAMP).offset()).isEqualTo(3);
  }

  @Test
  void readCommittedEndsAtAnOpenTransaction() {
    rig.append("orders", 0, "a");
    MemoryRecords open =
        MemoryRecords.withTransactionalRecords(
            Compression.NONE, 5, (short) 0, 0, ReplicaRig.records("b"));
    rig.partition("orders", 0).append(open.buffer(), AppendOrigin.CLIENT);

    var committed = request(LATEST, ListOffsetsRequest.LATEST_TIMESTAMP, -1);
    committed.data().setIsolationLevel(COMMITTED);

    assertThat(onlyOne(committed).offset()).isEqualTo(1);
    assertThat(find(LATEST, ListOffsetsRequest.LATEST_TIMESTAMP).offset()).isEqualTo(2);
  }

  @Test
  void aLeaderThatMayNotKnowAllCommittedRecordsYetSaysSo() {
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER));
    rig.tell();
    rig.append("orders", 0, "a");
    rig.cluster.lead("orders", 0, SELF, 2, List.of(SELF, OTHER));
    rig.tell();

    assertThat(errorOf(find(LATEST, ListOffsetsRequest.LATEST_TIMESTAMP)))
        .isEqualTo(Errors.OFFSET_NOT_AVAILABLE);
    assertThat(errorOf(find((short) 4, ListOffsetsRequest.LATEST_TIMESTAMP)))
        .isEqualTo(Errors.LEADER_NOT_AVAILABLE);
    assertThat(errorOf(find(LATEST, ListOffsetsRequest.EARLIEST_TIMESTAMP))).isEqualTo(Errors.NONE);
  }

  @Test
  void wrongEpochsUnknownPartitionsAndRepetitionsAreRefused() {
    rig.cluster.lead("orders", 0, SELF, 5, List.of(SELF));
    rig.tell();

    assertThat(errorOf(onlyOne(request(LATEST, -1, 4)))).isEqualTo(Errors.FENCED_LEADER_EPOCH);
    assertThat(errorOf(onlyOne(request(LATEST, -1, 6)))).isEqualTo(Errors.UNKNOWN_LEADER_EPOCH);
    var twice = request(LATEST, -1, -1);
    List<ListOffsetsPartition> partitions = twice.data().topics().getFirst().partitions();
    partitions.add(partitions.getFirst().duplicate());
    assertThat(errorOf(onlyOne(twice))).isEqualTo(Errors.INVALID_REQUEST);
    var unknown = request(LATEST, -1, -1);
    unknown.data().topics().getFirst().setName("nothing");
    assertThat(errorOf(onlyOne(unknown))).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  @Test
  void endsOfEpochsAreFoundAsTheLogRemembersThem() {
    rig.append("orders", 0, "a", "b");
    rig.cluster.lead("orders", 0, SELF, 5, List.of(SELF));
    rig.tell();
    rig.append("orders", 0, "c");

    EpochEndOffset first = endOf(0, -1);
    assertThat(first.leaderEpoch()).isZero();
    assertThat(first.endOffset()).isEqualTo(2);
    assertThat(endOf(3, -1).leaderEpoch()).isZero();
    assertThat(endOf(5, 5).endOffset()).isEqualTo(3);
    assertThat(endOf(6, -1).endOffset()).isEqualTo(UNKNOWN);
    assertThat(Errors.forCode(endOf(0, 4).errorCode())).isEqualTo(Errors.FENCED_LEADER_EPOCH);
  }

  private void append(long... timestamps) {
    var records = new ArrayList<SimpleRecord>();
    for (long timestamp : timestamps) {
      records.add(new SimpleRecord(timestamp, null, "v".getBytes(StandardCharsets.UTF_8)));
    }
    MemoryRecords batch =
        MemoryRecords.withRecords(Compression.NONE, records.toArray(SimpleRecord[]::new));
    rig.partition("orders", 0).append(batch.buffer(), AppendOrigin.CLIENT);
  }

  private ListOffsetsPartitionResponse find(short version, long timestamp) {
    return onlyOne(request(version, timestamp, -1));
  }

  private record Asked(ListOffsetsRequestData data, short version) {}

  private static Asked request(short version, long timestamp, int leaderEpoch) {
    List<ListOffsetsPartition> partitions = new ArrayList<>();
    partitions.add(
        new ListOffsetsPartition()
            .setPartitionIndex(0)
            .setTimestamp(timestamp)
            .setCurrentLeaderEpoch(version < 4 ? -1 : leaderEpoch));
    return new Asked(
        new ListOffsetsRequestData()
            .setReplicaId(-1)
            .setTopics(List.of(new ListOffsetsTopic().setName("orders").setPartitions(partitions))),
        version);
  }

  private ListOffsetsPartitionResponse onlyOne(Asked asked) {
    var bytes = MessageUtil.toByteBufferAccessor(asked.data(), asked.version());
    return ReplicaRig.send(apis, ListOffsetsRequest.parse(bytes, asked.version()))
        .answer(ListOffsetsResponse.class)
        .topics()
        .getFirst()
        .partitions()
        .getFirst();
  }

  private EpochEndOffset endOf(int epoch, int currentEpoch) {
    var topic =
        new OffsetForLeaderTopic()
            .setTopic("orders")
            .setPartitions(
                List.of(
                    new OffsetForLeaderPartition()
                        .setPartition(0)
                        .setLeaderEpoch(epoch)
                        .setCurrentLeaderEpoch(currentEpoch)));
    var data = new OffsetForLeaderEpochRequestData();
    data.topics().add(topic);
    short version = ApiKeys.OFFSET_FOR_LEADER_EPOCH.latestVersion();
    var bytes = MessageUtil.toByteBufferAccessor(data, version);
    return ReplicaRig.send(apis, OffsetsForLeaderEpochRequest.parse(bytes, version))
        .answer(OffsetsForLeaderEpochResponse.class)
        .data()
        .topics()
        .iterator()
        .next()
        .partitions()
        .getFirst();
  }

  private static Errors errorOf(ListOffsetsPartitionResponse answer) {
    return Errors.forCode(answer.errorCode());
  }
}

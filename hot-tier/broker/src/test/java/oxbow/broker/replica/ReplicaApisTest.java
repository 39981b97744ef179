package oxbow.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDir;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AlterReplicaLogDirsRequest;
import org.apache.kafka.common.requests.AlterReplicaLogDirsResponse;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;
import org.apache.kafka.common.requests.DescribeLogDirsRequest;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;
import org.apache.kafka.common.requests.DescribeProducersRequest;
import org.apache.kafka.common.requests.DescribeProducersResponse;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;

class ReplicaApisTest {
  @TempDir private Path directory;
  private ReplicaRig rig;
  private final ApiTable apis = new ApiTable();

  @BeforeEach
  void start() {
    rig = ReplicaRig.started(directory);
    rig.create("orders", 2);
    new ReplicaApis(rig.partitions, rig.logs, rig.logThreads).serve(apis);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  @Test
  void recordsAreDeletedBeforeAnOffsetOrUpToTheWatermark() {
    rig.append("orders", 0, "a", "b", "c");

    assertThat(delete("orders", 0, 2).lowWatermark()).isEqualTo(2);
    assertThat(delete("orders", 0, 1).lowWatermark()).isEqualTo(2);
    assertThat(delete("orders", 0, DeleteRecordsRequest.HIGH_WATERMARK).lowWatermark())
        .isEqualTo(3);
    assertThat(rig.partition("orders", 0).log().offsets().logStart()).isEqualTo(3);
  }

  @Test
  void deletionsThatCannotBeAreRefused() {
    rig.append("orders", 0, "a");
    rig.create("__consumer_offsets", 1);
    rig.create("compacted", 1, Map.of("cleanup.policy", "compact"));

    assertThat(errorOf(delete("orders", 0, 2))).isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
    assertThat(errorOf(delete("orders", 0, -2))).isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
    assertThat(errorOf(delete("orders", 9, 0))).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(errorOf(delete("compacted", 0, 0))).isEqualTo(Errors.POLICY_VIOLATION);
    assertThat(errorOf(delete("__consumer_offsets", 0, 0)))
        .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
    assertThat(delete("orders", 9, 0).lowWatermark()).isEqualTo(-1);
  }

  @Test
  void producersAreDescribedAsTheLogRemembersThem() {
    MemoryRecords batch =
        MemoryRecords.withIdempotentRecords(
            Compression.NONE, 42, (short) 3, 0, ReplicaRig.records("a", "b"));
    rig.partition("orders", 0).append(batch.buffer(), AppendOrigin.CLIENT);

    PartitionResponse answer = producersOf("orders", 0);

    assertThat(answer.activeProducers()).hasSize(1);
    assertThat(answer.activeProducers().getFirst().producerId()).isEqualTo(42);
    assertThat(answer.activeProducers().getFirst().producerEpoch()).isEqualTo(3);
    assertThat(answer.activeProducers().getFirst().lastSequence()).isEqualTo(1);
    assertThat(answer.activeProducers().getFirst().currentTxnStartOffset()).isEqualTo(-1);
    assertThat(Errors.forCode(producersOf("orders", 9).errorCode()))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(Errors.forCode(producersOf("no such/name", 0).errorCode()))
        .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
  }

  @Test
  void theDirectoryTellsItsSizeAndThatOfItsPartitions() {
    rig.append("orders", 0, ReplicaRig.values(0, 10, 100));
    long bytes = rig.partition("orders", 0).log().sizeBytes();

    DescribeLogDirsResult all = describe(new DescribeLogDirsRequestData().setTopics(null));
    var asked = new DescribeLogDirsRequestData();
    asked.topics().add(new DescribableLogDirTopic().setTopic("orders").setPartitions(List.of(0)));
    DescribeLogDirsResult one = describe(asked);

    assertThat(all.logDir()).isEqualTo(directory.toAbsolutePath().toString());
    assertThat(all.totalBytes()).isGreaterThanOrEqualTo(all.usableBytes()).isPositive();
    assertThat(all.topics()).hasSize(1);
    assertThat(all.topics().getFirst().partitions()).hasSize(2);
    assertThat(one.topics().getFirst().partitions()).hasSize(1);
    assertThat(one.topics().getFirst().partitions().getFirst().partitionSize()).isEqualTo(bytes);
  }

  @Test
  void aReplicaStaysInTheOneDirectoryThereIs() {
    String here = directory.toAbsolutePath().toString();

    assertThat(move("orders", here)).isEqualTo(Errors.NONE);
    assertThat(move("orders", "/elsewhere")).isEqualTo(Errors.LOG_DIR_NOT_FOUND);
    assertThat(move("nothing", here)).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  }

  private DeleteRecordsPartitionResult delete(String topic, int index, long before) {
    var data =
        new DeleteRecordsRequestData()
            .setTimeoutMs(1_000)
            .setTopics(
                List.of(
                    new DeleteRecordsTopic()
                        .setName(topic)
                        .setPartitions(
                            List.of(
                                new DeleteRecordsPartition()
                                    .setPartitionIndex(index)
                                    .setOffset(before)))));
    return ReplicaRig.send(apis, new DeleteRecordsRequest.Builder(data).build())
        .answer(DeleteRecordsResponse.class)
        .data()
        .topics()
        .iterator()
        .next()
        .partitions()
        .iterator()
        .next();
  }

  private static Errors errorOf(DeleteRecordsPartitionResult answer) {
    return Errors.forCode(answer.errorCode());
  }

  private PartitionResponse producersOf(String topic, int index) {
    var data =
        new DescribeProducersRequestData()
            .setTopics(
                List.of(new TopicRequest().setName(topic).setPartitionIndexes(List.of(index))));
    return ReplicaRig.send(apis, new DescribeProducersRequest.Builder(data).build())
        .answer(DescribeProducersResponse.class)
        .data()
        .topics()
        .getFirst()
        .partitions()
        .getFirst();
  }

  private DescribeLogDirsResult describe(DescribeLogDirsRequestData data) {
    return ReplicaRig.send(apis, new DescribeLogDirsRequest.Builder(data).build())
        .answer(DescribeLogDirsResponse.class)
        .data()
        .results()
        .getFirst();
  }

  private Errors move(String topic, String to) {
    var dir = new AlterReplicaLogDir().setPath(to);
    dir.topics().add(new AlterReplicaLogDirTopic().setName(topic).setPartitions(List.of(0)));
    var data = new AlterReplicaLogDirsRequestData();
    data.dirs().add(dir);
    return Errors.forCode(
        ReplicaRig.send(apis, new AlterReplicaLogDirsRequest.Builder(data).build())
            .answer(AlterReplicaLogDirsResponse.class)
            .data()
            .results()
            .getFirst()
            .partitions()
            .getFirst()
            .errorCode());
  }
}

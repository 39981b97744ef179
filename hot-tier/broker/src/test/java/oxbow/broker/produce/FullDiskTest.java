package oxbow.broker.produce;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.testing.ReplicaRig.SELF;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.replica.Partitions;
import oxbow.broker.testing.FakeCluster;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.testing.ManualTimer;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;
import oxbow.log.testing.FaultyLogFiles;
import oxbow.log.testing.ManualClock;
import oxbow.log.testing.ManualThreads;

/** Records that are acknowledged after an fsync, on a disk that runs full before it. */
class FullDiskTest {
  private static final TopicPartition SAFE = new TopicPartition("safe", 0);

  @TempDir private Path directory;
  private final ManualClock clock = new ManualClock(1_700_000_000_000L);
  private final ManualThreads threads = new ManualThreads(clock);
  private final FaultyLogFiles files = new FaultyLogFiles(1);
  private final ManualTimer timer = new ManualTimer();
  private final ApiTable apis = new ApiTable();
  private Logs logs;
  private Partitions partitions;

  @BeforeEach
  void start() {
    logs = Logs.open(LogsConfig.of(directory), files, clock, clock, threads);
    partitions = new Partitions(SELF, logs, Runnable::run);
    var cluster = new FakeCluster().broker(SELF);
    cluster.create("safe", 1, SELF, Map.of("flush.messages", "1"));
    cluster.tell(partitions);
    new ProduceApis(
            ProduceConfig.DEFAULT,
            partitions,
            new ProducerIds(() -> CompletableFuture.failedFuture(new AssertionError("not asked"))),
            Runnable::run,
            timer,
            System::nanoTime,
            new SimpleMeterRegistry())
        .serve(apis);
  }

  @AfterEach
  void stop() {
    files.heal();
    partitions.close();
    logs.close();
  }

  @Test
  void whoWaitsIsToldAndTheRecordsAreSeenOnceThereIsRoom() {
    // Given
    FakeRequest all = produce((short) -1);
    FakeRequest leader = produce((short) 1);
    assertThat(all.isAnswered()).isFalse();
    assertThat(leader.isAnswered()).isFalse();
    files.space(0);
    // When
    threads.runAll();
    // Then
    assertThat(errorOf(all)).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
    assertThat(errorOf(leader)).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
    assertThat(highWatermark()).isZero();
    assertThat(timer.pending()).isZero();

    for (int i = 0; i < 3; i++) {
      clock.advance(5_000);
      threads.runAll();
    }
    assertThat(highWatermark()).isZero();
    files.space(Long.MAX_VALUE);
    clock.advance(5_000);
    threads.runAll();
    assertThat(highWatermark()).as("nothing else was appended").isEqualTo(2);

    FakeRequest later = produce((short) -1);
    threads.runAll();
    assertThat(errorOf(later)).isEqualTo(Errors.NONE);
  }

  private long highWatermark() {
    return partitions.leading(SAFE).log().offsets().highWatermark();
  }

  private FakeRequest produce(short acks) {
    var topic = new TopicProduceData().setName("safe");
    topic
        .partitionData()
        .add(new PartitionProduceData().setIndex(0).setRecords(ReplicaRig.batch("a")));
    var data = new ProduceRequestData().setAcks(acks).setTimeoutMs(30_000);
    data.topicData().add(topic);
    return ReplicaRig.send(apis, new ProduceRequest(data, (short) 12));
  }

  private static Errors errorOf(FakeRequest request) {
    return Errors.forCode(
        request
            .answer(ProduceResponse.class)
            .data()
            .responses()
            .iterator()
            .next()
            .partitionResponses()
            .getFirst()
            .errorCode());
  }
}

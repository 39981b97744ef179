package oxbow.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.testing.ManualTimer;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;
import oxbow.log.ColdReads;
import oxbow.log.EpochEnd;
import oxbow.log.LogException;
import oxbow.log.LogOffsets;
import oxbow.log.LogRead;
import oxbow.log.LogsConfig;
import oxbow.log.ReadLimit;
import oxbow.log.TimestampedOffset;

/** A partition whose first segments left the disk. */
class ColdFetchTest {
  private static final String[] VALUES = ReplicaRig.values(0, 100, 8_000);

  @TempDir private Path directory;
  private ReplicaRig rig;
  private final FakeColdReads cold = new FakeColdReads();

  @BeforeEach
  void trimTheFirstSegments() {
    rig = new ReplicaRig(logs(LogsConfig.of(directory)));
    rig.tell();
    rig.create(
        "orders",
        1,
        Map.of(
            "remote.storage.enable", "true",
            "segment.bytes", "1048576",
            "local.retention.bytes", "1048576"));
    for (int i = 0; i < 10; i++) rig.append("orders", 0, VALUES);
    rig.logs.committed(rig.partition("orders", 0).id(), 900);
    for (int i = 0; i < 2_000 && offsets().localStart() == 0; i++) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
    assertThat(offsets().localStart()).isPositive();
    assertThat(offsets().logStart()).isZero();
  }

  /** Looks for what may be trimmed all the time. */
  private static LogsConfig logs(LogsConfig usual) {
    return new LogsConfig(
        usual.directory(),
        usual.threads(),
        5,
        usual.checkpointMs(),
        usual.flushCheckMs(),
        usual.cleanerBufferBytes(),
        usual.cleanerBytesPerSecondMax(),
        usual.producerExpirationMs(),
        usual.diskReserveBytes());
  }

  @AfterEach
  void stop() {
    rig.close();
    assertThat(rig.openSegmentFiles()).isZero();
  }

  @Test
  void withoutAColdTierTheyAreOutOfRange() {
    assertThat(errorOf(onlyOne(fetch(null, 0)))).isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
    assertThat(errorOf(onlyOne(fetch(null, offsets().localStart())))).isEqualTo(Errors.NONE);
  }

  @Test
  void theColdTierServesThemAndGetsItsBatchesBack() {
    FakeRequest request = fetch(cold, 3);
    assertThat(request.isAnswered()).isFalse();
    assertThat(cold.askedFor).isEqualTo(3);
    cold.answer.complete(Optional.of(cold.batches(3, "from", "the", "bucket")));

    PartitionData answer = onlyOne(request);
    assertThat(ReplicaRig.valuesOf((MemoryRecords) answer.records()))
        .containsExactly("from", "the", "bucket");
    assertThat(answer.highWatermark()).isEqualTo(1_000);
    assertThat(cold.released).containsExactly(3L);
  }

  @Test
  void aColdTierThatFailsIsAnErrorOfThatPartition() {
    FakeRequest request = fetch(cold, 3);
    cold.answer.completeExceptionally(
        new LogException(LogException.Kind.OFFLINE, "the bucket is not reachable"));

    assertThat(errorOf(onlyOne(request))).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
  }

  private LogOffsets offsets() {
    return rig.partition("orders", 0).log().offsets();
  }

  private FakeRequest fetch(@Nullable ColdReads from, long offset) {
    var apis = new ApiTable();
    new FetchApis(
            FetchConfig.DEFAULT,
            rig.partitions,
            from,
            rig.logThreads,
            new ManualTimer(),
            InstantSource.system(),
            new Random(7),
            new SimpleMeterRegistry())
        .serve(apis);
    var topic = new FetchTopic().setTopic("orders");
    topic
        .partitions()
        .add(
            new FetchPartition()
                .setPartition(0)
                .setFetchOffset(offset)
                .setPartitionMaxBytes(1 << 20));
    var data =
        new FetchRequestData()
            .setMinBytes(1)
            .setMaxBytes(10 << 20)
            .setMaxWaitMs(500)
            .setSessionEpoch(-1)
            .setTopics(List.of(topic));
    return ReplicaRig.send(apis, new FetchRequest(data, (short) 12));
  }

  private static PartitionData onlyOne(FakeRequest request) {
    return request
        .answer(FetchResponse.class)
        .data()
        .responses()
        .getFirst()
        .partitions()
        .getFirst();
  }

  private static Errors errorOf(PartitionData answer) {
    return Errors.forCode(answer.errorCode());
  }

  private static final class FakeColdReads implements ColdReads {
    private final CompletableFuture<Optional<ColdBatches>> answer = new CompletableFuture<>();
    private final List<Long> released = new ArrayList<>();
    private long askedFor = -1;

    ColdBatches batches(long offset, String... values) {
      ByteBuffer bytes =
          MemoryRecords.withRecords(offset, Compression.NONE, ReplicaRig.records(values)).buffer();
      return new ColdBatches() {
        @Override
        public ByteBuffer bytes() {
          return bytes;
        }

        @Override
        public List<LogRead.AbortedTransaction> aborted() {
          return List.of();
        }

        @Override
        public void release() {
          released.add(offset);
        }
      };
    }

    @Override
    public CompletableFuture<Optional<ColdBatches>> read(
        TopicIdPartition partition, long offset, int bytesMax, ReadLimit limit) {
      askedFor = offset;
      return answer;
    }

    @Override
    public CompletableFuture<Optional<TimestampedOffset>> find(
        TopicIdPartition partition, long timestampMs, long from, long to) {
      return CompletableFuture.completedFuture(Optional.empty());
    }

    @Override
    public CompletableFuture<Optional<TimestampedOffset>> findMaxTimestamp(
        TopicIdPartition partition, long from, long to) {
      return CompletableFuture.completedFuture(Optional.empty());
    }

    @Override
    public CompletableFuture<Optional<EpochEnd>> endOf(
        TopicIdPartition partition, int leaderEpoch) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
  }
}

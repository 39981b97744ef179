package oxbow.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.util.HashedWheelTimer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.net.ApiHandler;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;

/** Appends race with polls that are just being parked: none may sleep through the records. */
class FetchWakeUpTest {
  private static final int PARTITIONS = 4;
  private static final int WAIT_MS = 60_000; // far longer than the test is allowed to take

  @TempDir private Path directory;
  private ReplicaRig rig;
  private ApiHandler fetch;
  private final HashedWheelTimer timer = new HashedWheelTimer(5, TimeUnit.MILLISECONDS);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @BeforeEach
  void start() {
    rig = ReplicaRig.started(directory);
    rig.create("orders", PARTITIONS);
    var apis = new ApiTable();
    new FetchApis(
            FetchConfig.DEFAULT,
            rig.partitions,
            null,
            rig.logThreads,
            timer,
            InstantSource.system(),
            new Random(7),
            meters)
        .serve(apis);
    fetch = Objects.requireNonNull(apis.handler(ApiKeys.FETCH));
  }

  @AfterEach
  void stop() {
    timer.stop();
    rig.close();
    assertThat(rig.openSegmentFiles()).isZero();
    assertThat(meters.get("oxbow.fetch.parked").gauge().value()).isZero();
  }

  @Test
  void aPollOfOneByteIsNeverLeftAsleep() throws Exception {
    race(1, 1_500);
  }

  @Test
  void aPollOfSeveralBatchesIsNeverLeftAsleep() throws Exception {
    race(PARTITIONS * ReplicaRig.batch("0").sizeInBytes(), 700);
  }

  /** A port closes before the partitions do: what waits there must not hinder them. */
  @Test
  void aPollWhosePortIsClosedDisturbsNobody() throws Exception {
    ExecutorService net = Executors.newSingleThreadExecutor();
    var request = new FakeRequest(request(new long[PARTITIONS], 1)).on(net);
    Object _ = net.submit(() -> fetch.handle(request)).get(20, TimeUnit.SECONDS);
    assertThat(meters.get("oxbow.fetch.parked").gauge().value()).isEqualTo(1);
    net.close();

    rig.append("orders", 0, "0");

    assertThat(meters.get("oxbow.fetch.parked").gauge().value()).isZero();
  }

  /** In each round one record goes to every partition, and every consumer has to get them all. */
  private void race(int bytesMin, int rounds) throws Exception {
    int consumers = 3;
    var failure = new AtomicReference<Throwable>();
    List<CountDownLatch> received = new ArrayList<>();
    for (int round = 0; round < rounds; round++) received.add(new CountDownLatch(consumers));
    try (ExecutorService loops = Executors.newFixedThreadPool(consumers)) {
      for (int i = 0; i < consumers; i++) {
        loops.execute(() -> {
          try (ExecutorService net = Executors.newSingleThreadExecutor()) {
            consume(net, bytesMin, rounds, received);
          } catch (Throwable e) {
            failure.set(e);
          }
        });
      }
      for (int round = 0; round < rounds; round++) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
          rig.append("orders", partition, "0");
        }
        boolean isReceived = received.get(round).await(20, TimeUnit.SECONDS);
        assertThat(isReceived).as("round %d: %s", round, failure.get()).isTrue();
      }
    }
    assertThat(failure).hasNullValue();
  }

  private void consume(
      ExecutorService net, int bytesMin, int rounds, List<CountDownLatch> received) {
    long[] offsets = new long[PARTITIONS];
    int done = 0;
    while (done < rounds) {
      var request = new FakeRequest(request(offsets, bytesMin)).on(net);
      net.execute(() -> fetch.handle(request));
      for (var topic : request.answer(FetchResponse.class).data().responses()) {
        for (PartitionData found : topic.partitions()) {
          offsets[found.partitionIndex()] +=
              ReplicaRig.valuesOf((MemoryRecords) found.records()).size();
        }
      }
      for (long least = least(offsets); done < least; done++) received.get(done).countDown();
    }
  }

  private static long least(long[] offsets) {
    long least = Long.MAX_VALUE;
    for (long offset : offsets) least = Math.min(least, offset);
    return least;
  }

  private static FetchRequest request(long[] offsets, int bytesMin) {
    var topic = new FetchTopic().setTopic("orders");
    for (int partition = 0; partition < PARTITIONS; partition++) {
      topic
          .partitions()
          .add(
              new FetchPartition()
                  .setPartition(partition)
                  .setFetchOffset(offsets[partition])
                  .setPartitionMaxBytes(1 << 20));
    }
    var data =
        new FetchRequestData()
            .setMinBytes(bytesMin)
            .setMaxBytes(10 << 20)
            .setMaxWaitMs(WAIT_MS)
            .setSessionEpoch(-1)
            .setTopics(List.of(topic));
    return new FetchRequest(data, (short) 12);
  }
}

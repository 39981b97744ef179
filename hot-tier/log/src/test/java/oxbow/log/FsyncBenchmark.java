package oxbow.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import oxbow.log.testing.BatchBuilder;

/**
 * How long appends wait for their fsync, and how many there are in a second, with 1, 20 and 200
 * partitions of four producers each that send a batch when the last one was acknowledged. Run
 * {@code main} with a directory on the disk to measure.
 */
final class FsyncBenchmark {
  private static final int PRODUCERS = 4;
  private static final int VALUE_BYTES = 1_000;
  private static final long NANOS = 4_000_000_000L;
  private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
  private static final LogConfig FSYNCED = LogConfig.of(Map.of("flush.messages", "1"));

  private final long[] latencyNanos = new long[4_000_000];
  private final AtomicInteger count = new AtomicInteger();

  /** As in the broker: two threads append and take acknowledgements, others fsync. */
  private final ExecutorService net = Executors.newFixedThreadPool(2);

  private long endNanos;

  private FsyncBenchmark() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    for (int partitions : new int[] {1, 1, 20, 200}) {
      new FsyncBenchmark().run(Path.of(args[0]).resolve("fsync"), partitions);
    }
  }

  private void run(Path directory, int partitions) throws IOException, InterruptedException {
    try (Logs logs = Logs.open(LogsConfig.of(directory))) {
      List<PartitionLog> all =
          IntStream.range(0, partitions)
              .mapToObj(i -> logs.open(new TopicIdPartition(TOPIC, i, "orders"), FSYNCED))
              .toList();
      var left = new CountDownLatch(partitions * PRODUCERS);
      endNanos = System.nanoTime() + NANOS;
      for (PartitionLog log : all) {
        for (int i = 0; i < PRODUCERS; i++) {
          ByteBuffer batch = BatchBuilder.at(1).add(1, "key", "x".repeat(VALUE_BYTES)).build();
          net.execute(() -> send(log, batch, left));
        }
      }
      left.await();
      report(partitions, logs.stats());
    }
    net.shutdown();
    try (var paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
    }
  }

  private void send(PartitionLog log, ByteBuffer batch, CountDownLatch left) {
    long startNanos = System.nanoTime();
    if (startNanos > endNanos) {
      left.countDown();
      return;
    }
    batch.putLong(0, 0); // as a producer sends it
    long end = log.append(batch, 1, AppendOrigin.CLIENT).followingOffset();
    var _ =
        log.durable(end)
            .thenRunAsync(
                () -> {
                  latencyNanos[count.getAndIncrement()] = System.nanoTime() - startNanos;
                  send(log, batch, left);
                },
                net);
  }

  private void report(int partitions, LogStats stats) {
    long[] sorted = Arrays.copyOf(latencyNanos, count.get());
    Arrays.sort(sorted);
    System.out.printf(
        Locale.ROOT,
        "%4d partitions: %7.0f appends/s, %6.0f fsyncs/s, latency %.1f ms, 99 %%: %.1f ms%n",
        partitions,
        sorted.length / (NANOS / 1e9),
        stats.flushes() / (NANOS / 1e9),
        sorted[sorted.length / 2] / 1e6,
        sorted[sorted.length * 99 / 100] / 1e6);
  }
}

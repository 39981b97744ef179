package oxbow.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Producing and consuming at full speed, as a scenario's inner part. */
final class Load {
  /** What one load did. */
  record Done(long records, long bytes, double seconds, Histogram latencyMicros) {
    double megabytesPerSecond() {
      return bytes / 1e6 / seconds;
    }
  }

  private static final long LATENCY_MICROS_MAX = 120_000_000;
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long STALL_NANOS = 60_000_000_000L;

  private Load() {}

  /** Sends records of one size until so many bytes are acknowledged. */
  static Done produce(
      String bootstrap, String topic, Payload payload, long bytes, Map<String, Object> settings) {
    var failure = new AtomicReference<@Nullable Exception>();
    var latency = new Histogram(LATENCY_MICROS_MAX, 3);
    long records = bytes / payload.value(0).length;
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(bootstrap, settings)) {
      producer.partitionsFor(topic);
      long begin = System.nanoTime();
      for (long n = 0; n < records; n++) {
        long sent = System.nanoTime();
        var _ =
            producer.send(
                new ProducerRecord<>(topic, payload.value(n)),
                (_, exception) -> {
                  if (exception != null) failure.compareAndSet(null, exception);
                  // Callbacks run on the producer's one sender thread, so the histogram has one
                  // writer.
                  latency.recordValue(
                      Math.min((System.nanoTime() - sent) / 1000, LATENCY_MICROS_MAX));
                });
      }
      producer.flush();
      double seconds = (System.nanoTime() - begin) / 1e9;
      if (failure.get() != null) throw new IllegalStateException("a send failed", failure.get());
      return new Done(records, bytes, seconds, latency);
    }
  }

  /** Reads all partitions of a topic from the start, shared among some consumers, until done. */
  static Done consume(String bootstrap, String topic, int partitions, long records, int consumers)
      throws InterruptedException {
    long[] counted = new long[consumers];
    long[] bytes = new long[consumers];
    long begin = System.nanoTime();
    try (var threads = Executors.newFixedThreadPool(consumers)) {
      List<Future<?>> readers = new ArrayList<>();
      for (int reader = 0; reader < consumers; reader++) {
        int mine = reader;
        List<TopicPartition> share =
            IntStream.range(0, partitions)
                .filter(p -> p % consumers == mine)
                .mapToObj(p -> new TopicPartition(topic, p))
                .toList();
        readers.add(threads.submit(() -> readToEnd(bootstrap, share, mine, counted, bytes)));
      }
      for (Future<?> reader : readers) reader.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a consumer failed", e.getCause());
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    long read = IntStream.range(0, consumers).mapToLong(i -> counted[i]).sum();
    if (read != records) {
      throw new IllegalStateException("read " + read + " records of " + records);
    }
    long readBytes = IntStream.range(0, consumers).mapToLong(i -> bytes[i]).sum();
    return new Done(read, readBytes, seconds, new Histogram(3));
  }

  private static void readToEnd(
      String bootstrap, List<TopicPartition> share, int reader, long[] counted, long[] bytes) {
    try (var consumer = Clients.consumer(bootstrap, Map.of("auto.offset.reset", "earliest"))) {
      consumer.assign(share);
      consumer.seekToBeginning(share);
      Map<TopicPartition, Long> ends = consumer.endOffsets(share);
      long wanted = ends.values().stream().mapToLong(Long::longValue).sum();
      long lastProgress = System.nanoTime();
      while (counted[reader] < wanted) {
        var polled = consumer.poll(POLL);
        if (!polled.isEmpty()) lastProgress = System.nanoTime();
        if (System.nanoTime() - lastProgress > STALL_NANOS) {
          throw new IllegalStateException("nothing read for a minute");
        }
        counted[reader] += polled.count();
        for (var record : polled) bytes[reader] += record.serializedValueSize();
      }
    }
  }
}

package oxbow.bench;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A producer at a pace and a consumer at the tail, until closed: how long an acknowledgement takes,
 * and how long it takes from just before the send to just after the poll.
 */
final class TailLoad implements AutoCloseable {
  private static final long NANOS = 1_000_000_000L;
  private static final long MICROS_MAX = 60_000_000;

  private final SingleWriterRecorder acks = new SingleWriterRecorder(MICROS_MAX, 3);
  private final SingleWriterRecorder arrivals = new SingleWriterRecorder(MICROS_MAX, 3);
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Thread sender;
  private final Thread reader;
  private volatile boolean isEnding; // set by the caller's thread, read by both of ours

  private TailLoad(String bootstrap, String topic, int recordsPerSecond, byte[] filler) {
    reader = thread("bench-tail", () -> read(bootstrap, topic));
    sender = thread("bench-sender", () -> send(bootstrap, topic, recordsPerSecond, filler));
  }

  private Thread thread(String name, Runnable work) {
    return Thread.ofPlatform()
        .name(name)
        .uncaughtExceptionHandler((_, thrown) -> failure.compareAndSet(null, thrown))
        .unstarted(work);
  }

  static TailLoad start(String bootstrap, String topic, int recordsPerSecond, byte[] filler) {
    var load = new TailLoad(bootstrap, topic, recordsPerSecond, filler);
    load.reader.start();
    load.sender.start();
    return load;
  }

  /** What was measured in a time that begins now, in microseconds. */
  record Window(Histogram acks, Histogram arrivals) {}

  Window measure(Duration length) {
    Histogram _ = acks.getIntervalHistogram();
    Histogram _ = arrivals.getIntervalHistogram();
    long until = System.nanoTime() + length.toNanos();
    while (System.nanoTime() < until) {
      LockSupport.parkNanos(20_000_000);
      Throwable thrown = failure.get();
      if (thrown != null) throw new IllegalStateException("a client failed", thrown);
    }
    return new Window(acks.getIntervalHistogram(), arrivals.getIntervalHistogram());
  }

  private void send(String bootstrap, String topic, int recordsPerSecond, byte[] filler) {
    try (var producer = Clients.producer(bootstrap, Map.of("acks", "all", "linger.ms", 0))) {
      long start = System.nanoTime();
      for (long n = 0; !isEnding; n++) {
        long due = start + n * NANOS / recordsPerSecond;
        while (System.nanoTime() < due) LockSupport.parkNanos(20_000);
        byte[] value = filler.clone();
        long sent = System.nanoTime();
        ByteBuffer.wrap(value).putLong(sent);
        var _ =
            producer.send(
                new ProducerRecord<>(topic, value),
                (_, exception) -> {
                  if (exception != null) failure.compareAndSet(null, exception);
                  acks.recordValue(microsSince(sent));
                });
      }
    }
  }

  private void read(String bootstrap, String topic) {
    var partition = new TopicPartition(topic, 0);
    try (var consumer = Clients.consumer(bootstrap, Map.of())) {
      consumer.assign(List.of(partition));
      consumer.seekToEnd(List.of(partition));
      while (!isEnding) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          arrivals.recordValue(microsSince(ByteBuffer.wrap(record.value()).getLong()));
        }
      }
    }
  }

  private static long microsSince(long nanos) {
    return Math.min((System.nanoTime() - nanos) / 1000, MICROS_MAX);
  }

  @Override
  public void close() {
    isEnding = true;
    try {
      sender.join();
      reader.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}

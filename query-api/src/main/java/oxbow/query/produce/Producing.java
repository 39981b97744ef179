package oxbow.query.produce;

import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import oxbow.query.Failures;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Topic;
import oxbow.query.replay.Waiting;

/**
 * Appends records as a Kafka producer with {@code acks=all} would: those with a key to the
 * partition that Kafka's own producer takes, those of one call without any to the same one, the
 * next call's to the next. Records of a partition keep their order. Thread-safe.
 */
public final class Producing {
  private static final int BATCH_BYTES = 61;

  /** What a record takes at most besides key, value and headers. */
  private static final int RECORD_BYTES = 36;

  private static final int HEADER_BYTES = 10;
  private static final long MESSAGE_BYTES_OTHERWISE = 1 << 20;

  private final Topics topics;
  private final InstantSource clock;
  private final AtomicInteger turn = new AtomicInteger();

  public Producing(Topics topics, InstantSource clock) {
    this.topics = topics;
    this.clock = clock;
  }

  /** A batch to be, and which of the call's records are in it. */
  private static final class Batch {
    private final List<SimpleRecord> records = new ArrayList<>();
    private final List<Integer> places = new ArrayList<>();
    private long bytes = BATCH_BYTES;
    private @Nullable CompletableFuture<Long> appended;
  }

  /**
   * Appends and waits until all is known.
   *
   * @param nanos how long to wait; what isn't acknowledged by then may be written all the same
   * @return for each record, in order
   */
  public List<Outcome> append(Topic topic, List<NewRecord> records, Waiting waiting, long nanos) {
    Outcome[] outcomes = new Outcome[records.size()];
    Map<Integer, List<Batch>> byPartition = batches(topic, records, outcomes);
    byPartition.forEach((partition, batches) -> appendInTurn(topic.partition(partition), batches));
    long until = System.nanoTime() + nanos;
    byPartition.forEach((partition, batches) -> {
      for (Batch batch : batches) settle(partition, batch, outcomes, waiting, until);
    });
    return List.of(outcomes);
  }

  private Map<Integer, List<Batch>> batches(
      Topic topic, List<NewRecord> records, Outcome[] outcomes) {
    long bytesMax =
        Long.parseLong(
            topic
                .settings()
                .getOrDefault("max.message.bytes", Long.toString(MESSAGE_BYTES_OTHERWISE)));
    boolean isCompacted = topic.settings().getOrDefault("cleanup.policy", "").contains("compact");
    int keyless = Utils.toPositive(turn.getAndIncrement()) % topic.partitions();
    long nowMs = clock.millis();
    var byPartition = new TreeMap<Integer, List<Batch>>();
    for (int i = 0; i < outcomes.length; i++) {
      switch (records.get(i)) {
        case NewRecord.Bad bad -> outcomes[i] = new Outcome.Refused(bad.reason());
        case NewRecord.Good good -> {
          int partition = partition(topic, good, keyless);
          QueryException refusal = refusal(topic, good, partition, isCompacted);
          if (refusal != null) {
            outcomes[i] = new Outcome.Refused(refusal);
            continue;
          }
          List<Batch> batches = byPartition.computeIfAbsent(partition, _ -> new ArrayList<>());
          long bytes = bytes(good);
          if (batches.isEmpty() || batches.getLast().bytes + bytes > bytesMax) {
            batches.add(new Batch());
          }
          Batch batch = batches.getLast();
          batch.records.add(
              new SimpleRecord(
                  good.timestampMs().orElse(nowMs),
                  good.key(),
                  good.value(),
                  good.headers().toArray(Header[]::new)));
          batch.places.add(i);
          batch.bytes += bytes;
        }
      }
    }
    return byPartition;
  }

  private static int partition(Topic topic, NewRecord.Good record, int keyless) {
    if (record.partition().isPresent()) return record.partition().get();
    byte[] key = record.key();
    return key == null ? keyless : Utils.toPositive(Utils.murmur2(key)) % topic.partitions();
  }

  private static @Nullable QueryException refusal(
      Topic topic, NewRecord.Good record, int partition, boolean isCompacted) {
    if (partition < 0 || partition >= topic.partitions()) {
      return new QueryException(
          Kind.NO_PARTITION,
          topic.name() + " has no partition " + partition + "; it has " + topic.partitions());
    }
    if (isCompacted && record.key() == null) {
      return new QueryException(
          Kind.BAD_RECORD, topic.name() + " is compacted: each record needs a key");
    }
    return null;
  }

  private static long bytes(NewRecord.Good record) {
    long bytes = RECORD_BYTES;
    byte[] key = record.key();
    byte[] value = record.value();
    if (key != null) bytes += key.length;
    if (value != null) bytes += value.length;
    for (Header header : record.headers()) {
      byte[] held = header.value();
      bytes += HEADER_BYTES + Utils.utf8Length(header.key()) + (held == null ? 0 : held.length);
    }
    return bytes;
  }

  private void appendInTurn(TopicIdPartition partition, List<Batch> batches) {
    CompletableFuture<?> before = CompletableFuture.completedFuture(null);
    for (Batch batch : batches) {
      ByteBuffer bytes =
          MemoryRecords.withRecords(Compression.NONE, batch.records.toArray(SimpleRecord[]::new))
              .buffer();
      // Whatever became of the one before: each has an answer of its own.
      CompletableFuture<Long> appended =
          before.handle((_, _) -> null).thenCompose(_ -> topics.append(partition, bytes));
      batch.appended = appended;
      before = appended;
    }
  }

  private static void settle(
      int partition, Batch batch, Outcome[] outcomes, Waiting waiting, long until) {
    CompletableFuture<Long> appended = batch.appended;
    if (appended == null) throw new IllegalStateException("the batch was not sent");
    try {
      if (!waiting.await(appended, until - System.nanoTime())) {
        throw new QueryException(
            Kind.TIMED_OUT, "it is not acknowledged yet; it may have been written");
      }
      long first = waiting.await(appended);
      for (int i = 0; i < batch.places.size(); i++) {
        outcomes[batch.places.get(i)] = new Outcome.Appended(partition, first + i);
      }
    } catch (QueryException e) {
      QueryException reason = Failures.of(e);
      for (int place : batch.places) outcomes[place] = new Outcome.Refused(reason);
    }
  }
}

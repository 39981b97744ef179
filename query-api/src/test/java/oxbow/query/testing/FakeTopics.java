package oxbow.query.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import oxbow.log.LogRead.AbortedTransaction;
import oxbow.log.ReadLimit;
import oxbow.log.TimestampedOffset;
import oxbow.query.Topics;

/** Topics in memory. Counts reads and what is held of them. Thread-safe. */
public final class FakeTopics implements Topics {
  private final Map<String, Topic> topics = new TreeMap<>();
  private final Map<TopicIdPartition, Log> logs = new HashMap<>();
  public final AtomicInteger reads = new AtomicInteger();
  public final AtomicInteger held = new AtomicInteger();
  public final AtomicInteger awaiting = new AtomicInteger();
  private final Queue<AppendFault> faults = new ArrayDeque<>();
  private Runnable onAppend = () -> {};

  /** What happens to one append. */
  public enum AppendFault {
    /** Nothing is written. */
    REFUSED,
    /** It is written, and the answer is lost. */
    REPLY_LOST
  }

  /** The next appends fail in this order. */
  public synchronized void failAppends(AppendFault... next) {
    faults.addAll(List.of(next));
  }

  /** Runs on the appending thread, before each append. */
  public synchronized void onAppend(Runnable before) {
    onAppend = before;
  }

  private static final class Log {
    private long start;
    private long localStart;
    private long end;
    private final List<ByteBuffer> batches = new ArrayList<>();
    private final List<AbortedTransaction> aborted = new ArrayList<>();
    private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
  }

  public synchronized Topic add(String name, int partitions, Map<String, String> settings) {
    var topic = new Topic(name, Uuid.randomUuid(), partitions, false, settings);
    topics.put(name, topic);
    for (int i = 0; i < partitions; i++) logs.put(topic.partition(i), new Log());
    return topic;
  }

  /** Appends one batch of records. */
  public long put(TopicIdPartition partition, SimpleRecord... records) {
    return append(partition, MemoryRecords.withRecords(Compression.NONE, records).buffer()).join();
  }

  /** A transaction's batch, and the marker that aborts it. */
  public synchronized void putAborted(TopicIdPartition partition, SimpleRecord... records) {
    Log log = log(partition);
    log.aborted.add(new AbortedTransaction(7, log.end));
    append(
            partition,
            MemoryRecords.withTransactionalRecords(Compression.NONE, 7, (short) 0, 0, records)
                .buffer())
        .join();
    append(
            partition,
            MemoryRecords.withEndTransactionMarker(
                    0L,
                    records[0].timestamp(),
                    0,
                    7,
                    (short) 0,
                    new org.apache.kafka.common.record.internal.EndTransactionMarker(
                        org.apache.kafka.common.record.internal.ControlRecordType.ABORT, 0))
                .buffer())
        .join();
  }

  /** The topic is gone. */
  public synchronized void remove(String name) {
    Topic gone = topics.remove(name);
    for (int i = 0; gone != null && i < gone.partitions(); i++) logs.remove(gone.partition(i));
  }

  /** The last batch is lost. */
  public synchronized void loseLast(TopicIdPartition partition) {
    Log log = log(partition);
    log.end = batch(log.batches.removeLast()).baseOffset();
  }

  /** All records, as they were appended. */
  public synchronized List<Record> records(TopicIdPartition partition) {
    List<Record> records = new ArrayList<>();
    for (ByteBuffer bytes : log(partition).batches) batch(bytes).forEach(records::add);
    return records;
  }

  /** What lies below is read as if from the object store. */
  public synchronized void coldBelow(TopicIdPartition partition, long offset) {
    log(partition).localStart = offset;
  }

  /** What lies below expired. */
  public synchronized void startAt(TopicIdPartition partition, long offset) {
    Log log = log(partition);
    log.start = offset;
    log.localStart = Math.max(log.localStart, offset);
  }

  private Log log(TopicIdPartition partition) {
    Log log = logs.get(partition);
    if (log == null) throw new UnknownTopicOrPartitionException("no " + partition);
    return log;
  }

  @Override
  public synchronized List<Topic> all() {
    return topics.values().stream().sorted(Comparator.comparing(Topic::name)).toList();
  }

  @Override
  public synchronized Optional<Topic> find(String name) {
    return Optional.ofNullable(topics.get(name));
  }

  @Override
  public CompletableFuture<Topic> create(String name) {
    return CompletableFuture.failedFuture(
        new UnknownTopicOrPartitionException("there is no topic " + name));
  }

  @Override
  public synchronized Optional<Bounds> bounds(TopicIdPartition partition) {
    return Optional.ofNullable(logs.get(partition))
        .map(log -> new Bounds(log.start, log.localStart, log.localStart, log.end, log.end));
  }

  @Override
  public synchronized CompletableFuture<Batches> read(
      TopicIdPartition partition, long offset, int bytesMax, ReadLimit limit) {
    reads.incrementAndGet();
    Log log = log(partition);
    if (offset < log.start) {
      return CompletableFuture.failedFuture(new OffsetOutOfRangeException("below " + log.start));
    }
    var out = new ByteArrayOutputStream();
    boolean isCold = offset < log.localStart;
    for (ByteBuffer bytes : log.batches) {
      MutableRecordBatch batch = batch(bytes);
      if (batch.nextOffset() <= offset) continue;
      if (isCold && batch.baseOffset() >= log.localStart) break;
      if (out.size() > 0 && out.size() + bytes.remaining() > bytesMax) break;
      out.write(bytes.array(), bytes.arrayOffset(), bytes.remaining());
    }
    List<AbortedTransaction> aborted =
        limit == ReadLimit.LAST_STABLE ? List.copyOf(log.aborted) : List.of();
    held.incrementAndGet();
    return CompletableFuture.completedFuture(
        new Held(ByteBuffer.wrap(out.toByteArray()), aborted, isCold));
  }

  private final class Held implements Batches {
    private final ByteBuffer bytes;
    private final List<AbortedTransaction> aborted;
    private final boolean isCold;

    Held(ByteBuffer bytes, List<AbortedTransaction> aborted, boolean isCold) {
      this.bytes = bytes;
      this.aborted = aborted;
      this.isCold = isCold;
    }

    @Override
    public ByteBuffer bytes() {
      return bytes;
    }

    @Override
    public List<AbortedTransaction> aborted() {
      return aborted;
    }

    @Override
    public boolean isCold() {
      return isCold;
    }

    @Override
    public void release() {
      held.decrementAndGet();
    }
  }

  private static MutableRecordBatch batch(ByteBuffer bytes) {
    return MemoryRecords.readableRecords(bytes.duplicate()).batches().iterator().next();
  }

  @Override
  public synchronized CompletableFuture<Optional<TimestampedOffset>> find(
      TopicIdPartition partition, long timestampMs) {
    for (ByteBuffer bytes : log(partition).batches) {
      for (Record record : batch(bytes)) {
        if (record.timestamp() < timestampMs) continue;
        return CompletableFuture.completedFuture(
            Optional.of(new TimestampedOffset(record.timestamp(), record.offset(), 0)));
      }
    }
    return CompletableFuture.completedFuture(Optional.empty());
  }

  @Override
  public synchronized CompletableFuture<Void> await(
      TopicIdPartition partition, long offset, ReadLimit limit) {
    Log log = log(partition);
    if (log.end > offset) return CompletableFuture.completedFuture(null);
    var waiting = new CompletableFuture<Void>();
    awaiting.incrementAndGet();
    var _ = waiting.whenComplete((_, _) -> awaiting.decrementAndGet());
    log.waiting.add(waiting);
    return waiting;
  }

  @Override
  public CompletableFuture<Long> append(TopicIdPartition partition, ByteBuffer batch) {
    List<CompletableFuture<Void>> waiting;
    long first;
    AppendFault fault;
    Runnable before;
    synchronized (this) {
      before = onAppend;
    }
    before.run();
    synchronized (this) {
      fault = faults.poll();
      if (fault == AppendFault.REFUSED) {
        return CompletableFuture.failedFuture(new NotEnoughReplicasException("later"));
      }
      Log log = logs.get(partition);
      if (log == null) {
        return CompletableFuture.failedFuture(
            new UnknownTopicOrPartitionException("no " + partition));
      }
      first = log.end;
      ByteBuffer copy = ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
      MutableRecordBatch stamped = batch(copy);
      if (stamped.baseOffset() != 0) {
        return CompletableFuture.failedFuture(
            new InvalidRecordException("offsets begin at " + stamped.baseOffset()));
      }
      stamped.setLastOffset(first + stamped.lastOffset() - stamped.baseOffset());
      log.end = stamped.nextOffset();
      log.batches.add(copy);
      waiting = List.copyOf(log.waiting);
      log.waiting.clear();
    }
    waiting.forEach(each -> each.complete(null));
    return fault == null
        ? CompletableFuture.completedFuture(first)
        : CompletableFuture.failedFuture(new TimeoutException("no answer"));
  }
}

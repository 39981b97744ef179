package oxbow.broker.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.jspecify.annotations.Nullable;
import oxbow.log.ColdPartitions;
import oxbow.log.ColdReads;
import oxbow.log.ColdStart;
import oxbow.log.EpochEnd;
import oxbow.log.EpochStart;
import oxbow.log.LogRead;
import oxbow.log.ReadLimit;
import oxbow.log.SealedSegments;
import oxbow.log.TimestampedOffset;

/**
 * A cold tier in memory, with faults and delays. It takes records through the log's own contract,
 * so that what a test reads from it left the disk before. Any thread.
 */
public final class FakeColdTier implements ColdReads, ColdPartitions {
  private final SealedSegments logs;
  private final Map<TopicIdPartition, Cold> partitions = new ConcurrentHashMap<>();
  private final Map<TopicIdPartition, ColdStart> starts = new ConcurrentHashMap<>();
  private final List<Runnable> held = new ArrayList<>();
  private boolean isHolding;
  private volatile @Nullable RuntimeException failure;

  /** What it was told of partitions, in order. */
  public final List<String> told = new CopyOnWriteArrayList<>();

  /** Reads of records that were asked for. */
  public final AtomicInteger reads = new AtomicInteger();

  /** Questions that nobody waits for any more. */
  public final AtomicInteger cancelled = new AtomicInteger();

  /** Batches handed out and not given back. */
  public final AtomicInteger borrowed = new AtomicInteger();

  private static final class Cold {
    private final List<MutableRecordBatch> batches = new ArrayList<>();
    private final List<SealedSegments.Aborted> aborted = new ArrayList<>();
    private final List<EpochStart> epochs = new ArrayList<>();
    private long end;
  }

  public FakeColdTier(SealedSegments logs) {
    this.logs = logs;
  }

  // Faults.

  /** From now on nothing is answered before {@link #goOn}. */
  public synchronized void hold() {
    isHolding = true;
  }

  /** Answers what was held, and everything later at once. */
  public void goOn() {
    List<Runnable> answers;
    synchronized (this) {
      isHolding = false;
      answers = List.copyOf(held);
      held.clear();
    }
    answers.forEach(Runnable::run);
  }

  /** From now on everything fails so; null: nothing does. */
  public void failWith(@Nullable RuntimeException newFailure) {
    failure = newFailure;
  }

  // Records.

  /** Takes all there is, and tells the log so. */
  public void offload(TopicIdPartition partition) {
    Cold cold = partitions.computeIfAbsent(partition, _ -> new Cold());
    synchronized (cold) {
      while (true) {
        var taken = logs.take(partition, cold.end, 100_000);
        if (taken.isEmpty()) break;
        keep(cold, taken.get());
      }
      logs.committed(partition, cold.end);
    }
  }

  private static void keep(Cold cold, SealedSegments.Range range) {
    try {
      ByteBuffer bytes = ByteBuffer.allocate(range.slice().sizeBytes());
      range.slice().channel().read(bytes, range.slice().position());
      MemoryRecords.readableRecords(bytes.flip()).batches().forEach(cold.batches::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      range.release();
    }
    for (var aborted : range.aborted()) {
      if (!cold.aborted.contains(aborted)) cold.aborted.add(aborted);
    }
    for (var epoch : range.epochs()) if (!cold.epochs.contains(epoch)) cold.epochs.add(epoch);
    cold.end = range.endOffset();
  }

  /** Loses the records before an offset, as compaction of cold records may. */
  public void compactBefore(TopicIdPartition partition, long offset) {
    Cold cold = partitions.computeIfAbsent(partition, _ -> new Cold());
    synchronized (cold) {
      cold.batches.removeIf(batch -> batch.lastOffset() < offset);
    }
  }

  /** Answers, for a partition made anew, where it begins. */
  public void restore(TopicIdPartition partition, ColdStart start) {
    starts.put(partition, start);
  }

  // ColdReads.

  @Override
  public CompletableFuture<Optional<ColdBatches>> read(
      TopicIdPartition partition, long offset, int bytesMax, ReadLimit limit) {
    reads.incrementAndGet();
    return answer(() -> {
      Cold cold = partitions.computeIfAbsent(partition, _ -> new Cold());
      synchronized (cold) {
        return batches(cold, offset, bytesMax, limit);
      }
    });
  }

  private Optional<ColdBatches> batches(Cold cold, long offset, int bytesMax, ReadLimit limit) {
    List<MutableRecordBatch> found = new ArrayList<>();
    int bytes = 0;
    for (MutableRecordBatch batch : cold.batches) {
      if (batch.lastOffset() < offset) continue;
      if (!found.isEmpty() && bytes + batch.sizeInBytes() > bytesMax) break;
      found.add(batch);
      bytes += batch.sizeInBytes();
    }
    if (found.isEmpty()) return Optional.empty();
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    found.forEach(batch -> batch.writeTo(buffer));
    long end = found.getLast().nextOffset();
    List<LogRead.AbortedTransaction> aborted =
        limit != ReadLimit.LAST_STABLE
            ? List.of()
            : cold.aborted.stream()
                .filter(it -> it.firstOffset() < end && it.lastOffset() >= offset)
                .map(it -> new LogRead.AbortedTransaction(it.producerId(), it.firstOffset()))
                .toList();
    borrowed.incrementAndGet();
    return Optional.of(new Borrowed(buffer.flip(), aborted));
  }

  private final class Borrowed implements ColdBatches {
    private final ByteBuffer bytes;
    private final List<LogRead.AbortedTransaction> aborted;
    private boolean isReleased;

    Borrowed(ByteBuffer bytes, List<LogRead.AbortedTransaction> aborted) {
      this.bytes = bytes;
      this.aborted = aborted;
    }

    @Override
    public ByteBuffer bytes() {
      if (isReleased) throw new AssertionError("used after it was released");
      return bytes;
    }

    @Override
    public List<LogRead.AbortedTransaction> aborted() {
      return aborted;
    }

    @Override
    public void release() {
      if (isReleased) throw new AssertionError("released twice");
      isReleased = true;
      borrowed.decrementAndGet();
    }
  }

  @Override
  public CompletableFuture<Optional<TimestampedOffset>> find(
      TopicIdPartition partition, long timestampMs, long from, long to) {
    return answer(() ->
        records(partition, from, to).stream()
            .filter(it -> it.timestampMs() >= timestampMs)
            .findFirst());
  }

  @Override
  public CompletableFuture<Optional<TimestampedOffset>> findMaxTimestamp(
      TopicIdPartition partition, long from, long to) {
    return answer(() -> {
      TimestampedOffset max = null;
      for (TimestampedOffset one : records(partition, from, to)) {
        if (max == null || one.timestampMs() > max.timestampMs()) max = one;
      }
      return Optional.ofNullable(max);
    });
  }

  private List<TimestampedOffset> records(TopicIdPartition partition, long from, long to) {
    List<TimestampedOffset> records = new ArrayList<>();
    Cold cold = partitions.computeIfAbsent(partition, _ -> new Cold());
    synchronized (cold) {
      for (MutableRecordBatch batch : cold.batches) {
        for (Record record : batch) {
          if (record.offset() < from || record.offset() >= to) continue;
          records.add(
              new TimestampedOffset(
                  record.timestamp(), record.offset(), batch.partitionLeaderEpoch()));
        }
      }
    }
    return records;
  }

  @Override
  public CompletableFuture<Optional<EpochEnd>> endOf(TopicIdPartition partition, int leaderEpoch) {
    return answer(() -> {
      ColdStart start = starts.get(partition);
      if (start == null) return Optional.empty();
      return Optional.of(new EpochEnd(leaderEpoch, start.coldEnd()));
    });
  }

  private interface Answer<T> {
    Optional<T> get();
  }

  private <T> CompletableFuture<Optional<T>> answer(Answer<T> answer) {
    var future = new CompletableFuture<Optional<T>>();
    Runnable answering = () -> complete(future, answer);
    synchronized (this) {
      if (isHolding) {
        held.add(answering);
        return future;
      }
    }
    answering.run();
    return future;
  }

  private <T> void complete(CompletableFuture<Optional<T>> future, Answer<T> answer) {
    RuntimeException fault = failure;
    if (fault != null) {
      future.completeExceptionally(fault);
      return;
    }
    Optional<T> found = answer.get();
    if (future.complete(found)) return;
    cancelled.incrementAndGet();
    if (found.isPresent() && found.get() instanceof ColdBatches batches) batches.release();
  }

  // ColdPartitions.

  @Override
  public Optional<ColdStart> startOf(TopicIdPartition partition) {
    return Optional.ofNullable(starts.get(partition));
  }

  @Override
  public void led(TopicIdPartition partition, int leaderEpoch, Map<String, String> settings) {
    told.add("led " + partition.topicPartition() + " in " + leaderEpoch + " with " + settings);
  }

  @Override
  public void resigned(TopicIdPartition partition) {
    told.add("resigned " + partition.topicPartition());
  }

  @Override
  public void deleted(TopicIdPartition partition) {
    told.add("deleted " + partition.topicPartition());
  }
}

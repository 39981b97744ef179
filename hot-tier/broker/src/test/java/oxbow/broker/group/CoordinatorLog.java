package oxbow.broker.group;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;

/** Kafka's ports to a log, on memory: what was written outlives the coordinator that wrote it. */
final class CoordinatorLog implements PartitionWriter, CoordinatorLoader<CoordinatorRecord> {
  private final Map<TopicPartition, List<MemoryRecords>> batches = new HashMap<>();
  private final Map<TopicPartition, Long> ends = new HashMap<>();
  private final Map<TopicPartition, List<Listener>> listeners = new HashMap<>();
  private boolean isHeld;
  private @Nullable RuntimeException refusal;

  /** Lets nothing be acknowledged until {@link #release}. */
  synchronized void hold() {
    isHeld = true;
  }

  synchronized void release() {
    isHeld = false;
    listeners.keySet().forEach(this::acknowledge);
  }

  /** Refuses all writes with this from now on; null: takes them. */
  synchronized void refuse(@Nullable RuntimeException refusal) {
    this.refusal = refusal;
  }

  /** Every key and value written, as text. */
  synchronized List<CoordinatorRecord> records() {
    var serde = new GroupCoordinatorRecordSerde();
    var found = new ArrayList<CoordinatorRecord>();
    for (List<MemoryRecords> partition : batches.values()) {
      for (MemoryRecords records : partition) {
        for (Record record : records.records()) {
          found.add(serde.deserialize(record.key(), record.value()));
        }
      }
    }
    return found;
  }

  @Override
  public synchronized void registerListener(TopicPartition id, Listener listener) {
    listeners.computeIfAbsent(id, _ -> new ArrayList<>()).add(listener);
  }

  @Override
  public synchronized void deregisterListener(TopicPartition id, Listener listener) {
    listeners.getOrDefault(id, new ArrayList<>()).remove(listener);
  }

  @Override
  public LogConfig config(TopicPartition id) {
    return new LogConfig(Map.of());
  }

  @Override
  public synchronized long append(
      TopicPartition id, VerificationGuard guard, MemoryRecords records, short version) {
    if (refusal != null) throw refusal;
    ByteBuffer copy = ByteBuffer.allocate(records.sizeInBytes());
    copy.put(records.buffer()).flip();
    MemoryRecords kept = MemoryRecords.readableRecords(copy);
    long end = ends.getOrDefault(id, 0L);
    for (MutableRecordBatch batch : kept.batches()) {
      long following = end + 1 + batch.lastOffset() - batch.baseOffset();
      batch.setLastOffset(following - 1);
      end = following;
    }
    batches.computeIfAbsent(id, _ -> new ArrayList<>()).add(kept);
    ends.put(id, end);
    if (!isHeld) acknowledge(id);
    return end;
  }

  private void acknowledge(TopicPartition id) {
    long end = ends.getOrDefault(id, 0L);
    listeners
        .getOrDefault(id, List.of())
        .forEach(listener -> listener.onHighWatermarkUpdated(id, end));
  }

  @Override
  public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
      TopicPartition id, String transactionalId, long producerId, short epoch, int version) {
    return CompletableFuture.failedFuture(new UnsupportedOperationException());
  }

  @Override
  public CompletableFuture<Void> deleteRecords(TopicPartition id, long beforeOffset) {
    return CompletableFuture.failedFuture(new UnsupportedOperationException());
  }

  @Override
  public synchronized CompletableFuture<LoadSummary> load(
      TopicPartition id, CoordinatorPlayback<CoordinatorRecord> coordinator) {
    if (id.partition() == damagedPartition) {
      return CompletableFuture.failedFuture(new NotLeaderOrFollowerException("damaged"));
    }
    if (areLoadsHeld) {
      var later = new CompletableFuture<LoadSummary>();
      heldLoads.add(later);
      return later;
    }
    var serde = new GroupCoordinatorRecordSerde();
    long count = 0;
    for (MemoryRecords records : batches.getOrDefault(id, List.of())) {
      for (MutableRecordBatch batch : records.batches()) {
        for (Record record : batch) {
          coordinator.replay(
              record.offset(),
              batch.producerId(),
              batch.producerEpoch(),
              serde.deserialize(record.key(), record.value()));
          count++;
        }
        coordinator.updateLastWrittenOffset(batch.nextOffset());
        coordinator.updateLastCommittedOffset(batch.nextOffset());
      }
    }
    return CompletableFuture.completedFuture(new LoadSummary(0, 0, 0, count, 0));
  }

  private int damagedPartition = -1;
  private boolean areLoadsHeld;
  private final List<CompletableFuture<LoadSummary>> heldLoads = new ArrayList<>();

  /** Lets loads of empty partitions take until {@link #releaseLoads}. */
  synchronized void holdLoads() {
    areLoadsHeld = true;
  }

  synchronized void releaseLoads() {
    areLoadsHeld = false;
    heldLoads.forEach(load -> load.complete(new LoadSummary(0, 0, 0, 0, 0)));
  }

  /** Lets this partition's load fail. */
  synchronized void damage(int partition) {
    damagedPartition = partition;
  }

  @Override
  public void close() {}
}

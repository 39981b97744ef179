package oxbow.broker.group;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partition.HighWatermarkListener;
import oxbow.broker.replica.Partitions;
import oxbow.log.LogConfig;
import oxbow.log.LogException;

/** Lets Kafka's coordinator runtime write to our partitions. Any thread. */
final class PartitionLogWriter implements PartitionWriter {
  private final Partitions partitions;
  private final ConcurrentHashMap<Watch, Watched> watches = new ConcurrentHashMap<>();

  /**
   * The settings last asked for: parsing them anew for each batch would cost more than the batch.
   */
  private volatile @Nullable Settings settings;

  PartitionLogWriter(Partitions partitions) {
    this.partitions = partitions;
  }

  private record Watch(TopicPartition partition, Listener listener) {}

  private record Watched(Partition partition, HighWatermarkListener listener) {}

  private record Settings(
      LogConfig ours, org.apache.kafka.storage.internals.log.LogConfig kafkas) {}

  /** The listener hears of this leadership only: a later one is loaded anew and brings its own. */
  @Override
  public void registerListener(TopicPartition id, Listener listener) {
    Partition partition = partitions.leading(id);
    int epoch = partition.leaderEpoch();
    HighWatermarkListener forward =
        (moved, highWatermark) -> {
          if (moved.isLeader() && moved.leaderEpoch() == epoch) {
            listener.onHighWatermarkUpdated(id, highWatermark);
          }
        };
    watches.put(new Watch(id, listener), new Watched(partition, forward));
    partition.watchHighWatermark(forward);
    // It may have moved between the end of the load and now; nothing would tell again.
    forward.moved(partition, partition.log().offsets().highWatermark());
  }

  @Override
  public void deregisterListener(TopicPartition id, Listener listener) {
    Watched watched = watches.remove(new Watch(id, listener));
    if (watched != null) watched.partition().unwatchHighWatermark(watched.listener());
  }

  /** The runtime asks before each batch, and only for how large it may be. */
  @Override
  public org.apache.kafka.storage.internals.log.LogConfig config(TopicPartition id) {
    LogConfig ours = partitions.leading(id).log().config();
    Settings known = settings;
    if (known == null || !known.ours().equals(ours)) {
      known = new Settings(ours, kafkas(ours));
      settings = known;
    }
    return known.kafkas();
  }

  private static org.apache.kafka.storage.internals.log.LogConfig kafkas(LogConfig ours) {
    return new org.apache.kafka.storage.internals.log.LogConfig(
        Map.of("max.message.bytes", ours.batchBytesMax(), "segment.bytes", ours.segmentBytes()));
  }

  /** Written before it returns: the runtime fills the same buffer with the next batch. */
  @Override
  public long append(
      TopicPartition id, VerificationGuard guard, MemoryRecords records, short transactionVersion)
      throws KafkaException {
    try {
      return partitions
          .leading(id)
          .append(records.buffer(), AppendOrigin.COORDINATOR)
          .followingOffset();
    } catch (LogException failed) {
      throw asKafkas(id, failed);
    }
  }

  @Override
  public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
      TopicPartition id,
      String transactionalId,
      long producerId,
      short producerEpoch,
      int version) {
    return CompletableFuture.failedFuture(
        new UnsupportedVersionException("transactions are not served by this broker"));
  }

  @Override
  public CompletableFuture<Void> deleteRecords(TopicPartition id, long beforeOffset) {
    try {
      partitions.leading(id).log().deleteBefore(beforeOffset);
      return CompletableFuture.completedFuture(null);
    } catch (LogException failed) {
      return CompletableFuture.failedFuture(asKafkas(id, failed));
    } catch (ApiException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  /** A full disk is worth trying again here; a lost log has to be looked for elsewhere. */
  static ApiException asKafkas(TopicPartition id, LogException failed) {
    String reason = id + ": " + failed.getMessage();
    return switch (failed.kind()) {
      case DISK_FULL -> new CoordinatorNotAvailableException(reason, failed);
      case OFFLINE, CLOSED -> new NotLeaderOrFollowerException(reason, failed);
    };
  }
}

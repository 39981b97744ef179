package oxbow.broker.replica;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import oxbow.log.AppendResult;
import oxbow.log.PartitionLog;

/** One replica that lies on this broker: its log, its role, and who waits for its watermark. */
public final class Partition {
  private Partition() {}

  private static AssertionError contract() {
    return new AssertionError("contract only");
  }

  public TopicIdPartition id() {
    throw contract();
  }

  public PartitionLog log() {
    throw contract();
  }

  public int leaderEpoch() {
    throw contract();
  }

  public boolean isLeader() {
    throw contract();
  }

  /**
   * Appends as leader and lets the watermark follow once the records are durable as the topic asks
   * and on all in-sync replicas. Throws what {@link PartitionLog#append} throws, and {@code
   * NotLeaderOrFollowerException}.
   */
  public AppendResult append(ByteBuffer batches, AppendOrigin origin) {
    throw contract();
  }

  /**
   * Completes when the watermark has reached {@code endOffset}; fails when leadership ends before.
   */
  public CompletionStage<Void> acknowledged(long endOffset) {
    throw contract();
  }

  /** Tells from now on when the watermark moves. The caller removes what it adds. */
  public void watchHighWatermark(HighWatermarkListener listener) {
    throw contract();
  }

  public void unwatchHighWatermark(HighWatermarkListener listener) {
    throw contract();
  }

  /** Called after the watermark moved, by the thread that moved it. Must not wait. */
  @FunctionalInterface
  public interface HighWatermarkListener {
    void moved(Partition partition, long highWatermark);
  }
}

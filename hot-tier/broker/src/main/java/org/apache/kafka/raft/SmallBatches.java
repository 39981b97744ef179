package org.apache.kafka.raft;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.OptionalInt;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.raft.internals.BlockingMessageQueue;
import org.apache.kafka.server.common.serialization.RecordSerde;
import org.jspecify.annotations.NullMarked;

/**
 * Makes Kafka's raft client with buffers that grow. Its public constructor takes 8 MiB for every
 * batch of metadata, which is a hundred bytes mostly, writes zeros over them, and keeps up to five:
 * a third of a small heap, and most of what a start has to collect. The constructor that takes the
 * buffers from elsewhere is its package's own, hence this class is here.
 */
@NullMarked
public final class SmallBatches implements MemoryPool {
  /** What batches begin with: more than those of a start have. */
  private static final int BEGIN_BYTES = 64 << 10;

  private static final int FETCH_WAIT_MS_MAX = 500; // as the public constructor has it

  private SmallBatches() {}

  /** The arguments are those of the public constructor, and so is what it does with them. */
  public static <T> KafkaRaftClient<T> client(
      OptionalInt nodeId,
      Uuid directoryId,
      RecordSerde<T> serde,
      NetworkChannel channel,
      RaftLog log,
      Time time,
      ExpirationService expirations,
      LogContext logContext,
      boolean canBecomeVoter,
      String clusterId,
      Collection<InetSocketAddress> bootstrapServers,
      Endpoints localListeners,
      SupportedVersionRange raftVersions,
      QuorumConfig quorum) {
    return new KafkaRaftClient<>(
        nodeId,
        directoryId,
        serde,
        channel,
        new BlockingMessageQueue(),
        log,
        new SmallBatches(),
        time,
        expirations,
        FETCH_WAIT_MS_MAX,
        canBecomeVoter,
        clusterId,
        bootstrapServers,
        localListeners,
        raftVersions,
        logContext,
        new Random(),
        quorum);
  }

  /** A buffer that Kafka's stream replaces by a larger one should the batch need it. */
  @Override
  public ByteBuffer tryAllocate(int bytes) {
    return ByteBuffer.allocate(Math.min(bytes, BEGIN_BYTES));
  }

  @Override
  public void release(ByteBuffer buffer) {
    // The collector has it: metadata changes so seldom that nothing is worth keeping.
  }

  @Override
  public long size() {
    return Long.MAX_VALUE;
  }

  @Override
  public long availableMemory() {
    return Long.MAX_VALUE;
  }

  @Override
  public boolean isOutOfMemory() {
    return false;
  }
}

package oxbow.broker.replica;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.StampedLock;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import oxbow.log.AppendResult;
import oxbow.log.LogException;
import oxbow.log.PartitionLog;
import oxbow.log.batch.RecordCheck;

/**
 * One replica that lies on this broker: its log, its role, and who waits for its watermark.
 *
 * <p>Any thread appends and reads. The role changes on a log thread, one change after the other.
 * What waits here costs an append one look when there is nobody.
 */
public final class Partition {
  private final TopicIdPartition id;
  private final int brokerId;
  private final PartitionLog log;

  // Appends share it, a change of role has it alone: no append of an old epoch lands after the
  // epoch has ended. Appends only try it, since a change of role writes a file.
  private final StampedLock roleLock = new StampedLock();
  private volatile Role role = new Role.Follower(Role.NO_EPOCH, -1);
  private volatile int inSyncMin = 1;
  private volatile @Nullable RecordCheck check;

  private final Set<HighWatermarkListener> watching = ConcurrentHashMap.newKeySet(1);
  private final PriorityQueue<Waiting> waiting =
      new PriorityQueue<>(1, Comparator.comparingLong((Waiting w) -> w.endOffset));
  private volatile int waitingCount; // written under the queue's monitor, read without
  private final AtomicBoolean isAwaitingRoom = new AtomicBoolean();

  Partition(TopicIdPartition id, int brokerId, PartitionLog log) {
    this.id = id;
    this.brokerId = brokerId;
    this.log = log;
  }

  public TopicIdPartition id() {
    return id;
  }

  public PartitionLog log() {
    return log;
  }

  public int leaderEpoch() {
    return role.leaderEpoch();
  }

  /** Where the log ended when this broker was elected; zero if it doesn't lead. */
  public long epochStart() {
    return role instanceof Role.Leader leader ? leader.epochStart() : 0;
  }

  public boolean isLeader() {
    return role instanceof Role.Leader;
  }

  /** It is led here, and not all of its replicas are in sync. */
  boolean isUnderReplicated() {
    return role instanceof Role.Leader leader && leader.inSync().size() < leader.replicas().size();
  }

  /** It was deleted or moved away: whoever keeps a reference asks {@link Partitions} again. */
  public boolean isGone() {
    return role instanceof Role.Gone;
  }

  /**
   * Throws unless this broker leads the partition and its log works: Kafka's {@code
   * NotLeaderOrFollowerException} or {@code KafkaStorageException}.
   */
  public void requireLeader() {
    if (!isLeader()) throw notLeader();
    Optional<LogException> offline = log.offline();
    if (offline.isPresent()) {
      throw new KafkaStorageException(id.topicPartition() + " is offline", offline.get());
    }
  }

  /**
   * Throws {@code FencedLeaderEpochException} or {@code UnknownLeaderEpochException} if a client
   * knows an older or a newer leader epoch.
   *
   * @param known the client's, or a negative number if it doesn't say
   */
  public void requireEpoch(int known) {
    if (known < 0) return;
    int epoch = role.leaderEpoch();
    if (known < epoch) {
      throw new FencedLeaderEpochException(
          "the leader epoch of " + id.topicPartition() + " is " + epoch + ", not " + known);
    }
    if (known > epoch) {
      throw new UnknownLeaderEpochException(
          "the leader epoch of " + id.topicPartition() + " is still " + epoch + ", not " + known);
    }
  }

  /**
   * Throws {@code NotEnoughReplicasException} if an append that all in-sync replicas have to
   * acknowledge would have fewer of them than {@code min.insync.replicas} asks.
   */
  public void requireInSync() {
    if (!(role instanceof Role.Leader leader)) throw notLeader();
    int required = inSyncRequired(leader);
    if (leader.inSync().size() < required) {
      throw new NotEnoughReplicasException(
          id.topicPartition()
              + " has "
              + leader.inSync().size()
              + " in-sync replicas of the "
              + required
              + " it needs");
    }
  }

  /** It is led here with fewer in-sync replicas than {@code min.insync.replicas} asks. */
  public boolean isBelowInSyncMin() {
    return role instanceof Role.Leader leader && leader.inSync().size() < inSyncRequired(leader);
  }

  /** No more can be in sync than there are. */
  private int inSyncRequired(Role.Leader leader) {
    return Math.min(inSyncMin, leader.replicas().size());
  }

  /**
   * Appends as leader and lets the watermark follow once the records are durable as the topic asks
   * and on all in-sync replicas. Throws what {@link PartitionLog#append} throws, and {@code
   * NotLeaderOrFollowerException}.
   */
  public AppendResult append(ByteBuffer batches, AppendOrigin origin) {
    AppendResult result;
    long stamp = roleLock.tryReadLock();
    if (stamp == 0) throw notLeader();
    try {
      if (!(role instanceof Role.Leader leader)) throw notLeader();
      RecordCheck asked = origin == AppendOrigin.CLIENT ? check : null;
      result = log.append(batches, leader.leaderEpoch(), origin, asked);
    } finally {
      roleLock.unlockRead(stamp);
    }
    advanceWhenDurable(result.followingOffset());
    return result;
  }

  /**
   * Completes when the watermark has reached {@code endOffset}; fails when leadership ends before.
   * Whoever gives up waiting cancels the stage's future.
   */
  public CompletionStage<Void> acknowledged(long endOffset) {
    if (log.offsets().highWatermark() >= endOffset) return DONE;
    var waiter = new Waiting(endOffset);
    synchronized (waiting) {
      waiting.add(waiter);
      waitingCount = waiting.size();
    }
    // The watermark or the role may have moved between the look and the queue.
    if (log.offsets().highWatermark() >= endOffset) releaseWaiting(endOffset);
    if (!isLeader()) failWaiting();
    return waiter;
  }

  /** How many wait for the watermark. */
  public int waitingForWatermark() {
    return waitingCount;
  }

  /** Tells from now on when the watermark moves. The caller removes what it adds. */
  public void watchHighWatermark(HighWatermarkListener listener) {
    watching.add(listener);
  }

  public void unwatchHighWatermark(HighWatermarkListener listener) {
    watching.remove(listener);
  }

  /** Called after the watermark moved, by the thread that moved it. Must not wait. */
  @FunctionalInterface
  public interface HighWatermarkListener {
    void moved(Partition partition, long highWatermark);

    /** This broker no longer leads the partition, or leads it in a new epoch. */
    default void roleChanged(Partition partition) {}
  }

  void inSyncMin(int inSyncMin) {
    this.inSyncMin = inSyncMin;
  }

  /**
   * @param check what the topic asks of clients' records; null: nothing
   */
  void check(@Nullable RecordCheck check) {
    this.check = check;
  }

  /** Takes writes from now on, or goes on doing so with other in-sync replicas. */
  void lead(int leaderEpoch, List<Integer> replicas, List<Integer> inSync) {
    boolean isNewEpoch;
    long stamp = roleLock.writeLock();
    try {
      boolean isOnline = log.offline().isEmpty();
      long epochStart;
      if (role instanceof Role.Leader leader && leader.leaderEpoch() == leaderEpoch) {
        isNewEpoch = false;
        epochStart = leader.epochStart();
      } else {
        isNewEpoch = true;
        epochStart = isOnline ? log.offsets().logEnd() : 0;
        if (isOnline) log.beginEpoch(leaderEpoch);
      }
      role = new Role.Leader(leaderEpoch, epochStart, replicas, inSync);
    } finally {
      roleLock.unlockWrite(stamp);
    }
    if (log.offline().isEmpty()) advanceWhenDurable(log.offsets().logEnd());
    if (isNewEpoch) tellRoleChanged();
  }

  /** Takes no more writes: another broker leads, or none. */
  void follow(int leaderEpoch, int leader) {
    leave(new Role.Follower(leaderEpoch, leader));
  }

  /** Takes nothing any more. */
  void gone() {
    leave(new Role.Gone(role.leaderEpoch()));
  }

  private void leave(Role next) {
    long stamp = roleLock.writeLock();
    try {
      role = next;
    } finally {
      roleLock.unlockWrite(stamp);
    }
    failWaiting();
    tellRoleChanged();
  }

  private void advanceWhenDurable(long endOffset) {
    CompletionStage<Void> durable = log.durable(endOffset);
    CompletableFuture<Void> future = durable.toCompletableFuture();
    if (future.isDone() && !future.isCompletedExceptionally()) {
      advance(endOffset);
      return;
    }
    // A failed fsync takes the log offline, and with it everybody who waits.
    durable.whenComplete((_, failure) -> {
      if (failure == null) {
        advance(endOffset);
      } else {
        failWaiting(isDiskFull(failure) ? failure : null);
        if (isDiskFull(failure)) awaitRoom();
      }
    });
  }

  private static boolean isDiskFull(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof LogException known && known.kind() == LogException.Kind.DISK_FULL;
  }

  /** What was appended becomes visible once there is room, also if nothing else is appended. */
  private void awaitRoom() {
    if (!isAwaitingRoom.compareAndSet(false, true)) return;
    long end = log.offsets().logEnd();
    log.durable(end)
        .whenComplete((_, failure) -> {
          isAwaitingRoom.set(false);
          if (failure == null) advance(end);
          else if (isDiskFull(failure)) awaitRoom();
        });
  }

  /** What lies below {@code durableEnd} is safe here; it is committed once all in sync have it. */
  private void advance(long durableEnd) {
    if (!(role instanceof Role.Leader leader)) return;
    if (!isAlone(leader)) return;
    long before = log.offsets().highWatermark();
    log.advanceHighWatermark(durableEnd);
    long now = log.offsets().highWatermark();
    if (now > before) tellMoved(now);
  }

  /** The watermark is the least end of all in-sync replicas: this log's own where it is alone. */
  private boolean isAlone(Role.Leader leader) {
    return leader.inSync().size() == 1 && leader.inSync().getFirst() == brokerId;
  }

  private void tellMoved(long highWatermark) {
    if (waitingCount > 0) releaseWaiting(highWatermark);
    if (watching.isEmpty()) return;
    for (HighWatermarkListener listener : watching) listener.moved(this, highWatermark);
  }

  private void tellRoleChanged() {
    for (HighWatermarkListener listener : watching) listener.roleChanged(this);
  }

  private void releaseWaiting(long highWatermark) {
    var released = new ArrayList<Waiting>();
    synchronized (waiting) {
      while (!waiting.isEmpty() && waiting.peek().endOffset <= highWatermark) {
        released.add(waiting.poll());
      }
      waitingCount = waiting.size();
    }
    // Outside the monitor: what hangs on them runs here.
    for (Waiting waiter : released) waiter.complete(null);
  }

  private void failWaiting() {
    failWaiting(null);
  }

  /**
   * @param diskFull why nothing more is known to be safe; null: leadership or the log ended
   */
  private void failWaiting(@Nullable Throwable diskFull) {
    List<Waiting> failed;
    synchronized (waiting) {
      failed = new ArrayList<>(waiting);
      waiting.clear();
      waitingCount = 0;
    }
    for (Waiting waiter : failed) {
      waiter.completeExceptionally(reason(diskFull));
    }
  }

  private RuntimeException reason(@Nullable Throwable diskFull) {
    Optional<LogException> offline = log.offline();
    if (offline.isPresent()) {
      return new KafkaStorageException(id.topicPartition() + " went offline", offline.get());
    }
    return diskFull == null
        ? notLeader()
        : new KafkaStorageException(id.topicPartition() + " has no room on disk", diskFull);
  }

  private NotLeaderOrFollowerException notLeader() {
    return new NotLeaderOrFollowerException(
        "broker " + brokerId + " does not lead " + id.topicPartition());
  }

  private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

  /** Somebody who waits for the watermark. Cancelling takes it out of the queue. */
  private final class Waiting extends CompletableFuture<Void> {
    private final long endOffset;

    Waiting(long endOffset) {
      this.endOffset = endOffset;
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      synchronized (waiting) {
        waiting.remove(this);
        waitingCount = waiting.size();
      }
      return super.cancel(mayInterrupt);
    }
  }
}

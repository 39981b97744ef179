package oxbow.server.query;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.control.ClusterView;
import oxbow.broker.metadata.TopicCreation;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.log.AppendResult;
import oxbow.log.ColdReads;
import oxbow.log.FileSlice;
import oxbow.log.LocalRecords;
import oxbow.log.LogException;
import oxbow.log.LogOffsets;
import oxbow.log.LogRead;
import oxbow.log.LogRead.AbortedTransaction;
import oxbow.log.ReadLimit;
import oxbow.log.TimestampedOffset;
import oxbow.query.Topics;
import oxbow.query.scan.TopicLogs;

/**
 * The topics of this broker, their cold records among them. Local disk is waited for on threads of
 * its own, so that queries take no place of producers and consumers; each read holds what it
 * brought, and there are no more reads than replays.
 */
final class BrokerTopics implements Topics, TopicLogs, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BrokerTopics.class);
  private static final int THREADS = 2;
  private static final long STOP_MS = 5_000;

  private final Partitions partitions;
  private final Optional<ColdReads> cold;
  private final TopicCreation creation;
  private final boolean isCreating;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS, Thread.ofPlatform().name("query-read-", 0).daemon(true).factory());

  BrokerTopics(
      Partitions partitions, Optional<ColdReads> cold, TopicCreation creation, boolean isCreating) {
    this.partitions = partitions;
    this.cold = cold;
    this.creation = creation;
    this.isCreating = isCreating;
  }

  // ---- topics

  @Override
  public List<Topic> all() {
    return partitions.view().stream()
        .flatMap(view -> view.topics().stream().map(topic -> topic(view, topic)))
        .sorted(Comparator.comparing(Topic::name))
        .toList();
  }

  @Override
  public Optional<Topic> find(String name) {
    return partitions.view().flatMap(view -> view.topic(name).map(topic -> topic(view, topic)));
  }

  private static Topic topic(ClusterView view, ClusterView.Topic topic) {
    return new Topic(
        topic.name(),
        topic.id(),
        topic.partitions().size(),
        topic.isInternal(),
        view.effectiveTopicSettings(topic.name()));
  }

  @Override
  public CompletableFuture<Topic> create(String name) {
    Optional<Topic> known = find(name);
    if (known.isPresent()) return CompletableFuture.completedFuture(known.get());
    if (!isCreating) return CompletableFuture.failedFuture(absent(name));
    return creation
        .create(List.of(name))
        .thenApply(answers -> {
          ApiError answer = answers.get(name);
          if (answer != null && answer.isFailure()) throw answer.exception();
          return find(name).orElseThrow(() -> absent(name));
        })
        .toCompletableFuture();
  }

  private static UnknownTopicOrPartitionException absent(String name) {
    return new UnknownTopicOrPartitionException("there is no topic " + name);
  }

  // ---- reading

  @Override
  public Optional<Bounds> bounds(TopicIdPartition partition) {
    return partitions
        .find(partition.topicId(), partition.partition())
        .filter(found -> found.isLeader() && found.log().offline().isEmpty())
        .map(found -> {
          long lastStable = found.log().lastStableOffset(); // first: it never passes the watermark
          LogOffsets offsets = found.log().offsets();
          return new Bounds(
              offsets.logStart(),
              offsets.localStart(),
              offsets.coldEnd(),
              offsets.highWatermark(),
              lastStable);
        });
  }

  @Override
  public Optional<LocalRecords> local(TopicIdPartition partition) {
    return partitions
        .find(partition.topicId(), partition.partition())
        .filter(found -> found.isLeader() && found.log().offline().isEmpty())
        .map(found -> found.log().local());
  }

  private Partition leading(TopicIdPartition partition) {
    return partitions.leading(partition.topicId(), partition.partition());
  }

  @Override
  public CompletableFuture<Batches> read(
      TopicIdPartition id, long offset, int bytesMax, ReadLimit limit) {
    try {
      Partition partition = leading(id);
      var result = new CompletableFuture<Batches>();
      if (isCold(partition, offset)) readCold(result, partition, offset, bytesMax, limit);
      else readLocal(result, partition, offset, bytesMax, limit);
      return result;
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private boolean isCold(Partition partition, long offset) {
    LogOffsets offsets = partition.log().offsets();
    return cold.isPresent() && offset >= offsets.logStart() && offset < offsets.localStart();
  }

  private void readCold(
      CompletableFuture<Batches> result,
      Partition partition,
      long offset,
      int bytesMax,
      ReadLimit limit) {
    var asked = cold.orElseThrow().read(partition.id(), offset, bytesMax, limit);
    var _ =
        result.whenComplete((_, _) -> {
          if (result.isCancelled()) asked.cancel(false);
        });
    var _ =
        asked.whenComplete((found, failure) -> {
          if (failure != null) {
            result.completeExceptionally(failure);
          } else if (found.isPresent()) {
            var batches = new Cold(found.get());
            if (!result.complete(batches)) batches.release(); // nobody waits any more
          } else {
            // Compaction left nothing below the tier's end: the log goes on behind it.
            long localStart = partition.log().offsets().localStart();
            readLocal(result, partition, Math.max(offset, localStart), bytesMax, limit);
          }
        });
  }

  private void readLocal(
      CompletableFuture<Batches> result,
      Partition partition,
      long offset,
      int bytesMax,
      ReadLimit limit) {
    run(
        result,
        () -> {
          if (result.isDone()) return;
          try {
            result.complete(local(partition, offset, bytesMax, limit));
          } catch (OffsetOutOfRangeException e) {
            if (!isCold(partition, offset)) throw e;
            readCold(result, partition, offset, bytesMax, limit); // trimmed meanwhile
          }
        });
  }

  private static Batches local(Partition partition, long offset, int bytesMax, ReadLimit limit) {
    LogRead read = partition.log().read(offset, bytesMax, limit, true);
    FileSlice slice = read.slice();
    if (slice == null) return Local.NOTHING;
    try {
      ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
      while (bytes.hasRemaining()) {
        int count = slice.channel().read(bytes, slice.position() + bytes.position());
        if (count < 0) {
          throw new EOFException("a segment of " + partition.id() + " ends within a batch");
        }
      }
      return new Local(bytes.flip(), read.aborted());
    } catch (IOException e) {
      throw new LogException(
          LogException.Kind.OFFLINE, "a segment of " + partition.id() + " can't be read", e);
    } finally {
      slice.release();
    }
  }

  /** On a thread that may wait for the disk; its failure becomes the result's. */
  private void run(CompletableFuture<?> result, Runnable body) {
    try {
      threads.execute(() -> {
        try {
          body.run();
        } catch (RuntimeException e) {
          result.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(
          new LogException(LogException.Kind.CLOSED, "the server stops", e));
    }
  }

  /** Batches out of a local segment, copied. */
  private record Local(ByteBuffer bytes, List<AbortedTransaction> aborted) implements Batches {
    private static final Batches NOTHING = new Local(ByteBuffer.allocate(0), List.of());

    private Local {
      aborted = List.copyOf(aborted);
    }

    @Override
    public boolean isCold() {
      return false;
    }

    @Override
    public void release() {} // it is only memory
  }

  /** Batches out of the object store. */
  private record Cold(ColdReads.ColdBatches batches) implements Batches {
    @Override
    public ByteBuffer bytes() {
      return batches.bytes();
    }

    @Override
    public List<AbortedTransaction> aborted() {
      return batches.aborted();
    }

    @Override
    public boolean isCold() {
      return true;
    }

    @Override
    public void release() {
      batches.release();
    }
  }

  @Override
  public CompletableFuture<Optional<TimestampedOffset>> find(
      TopicIdPartition id, long timestampMs) {
    try {
      Partition partition = leading(id);
      var result = new CompletableFuture<Optional<TimestampedOffset>>();
      LogOffsets offsets = partition.log().offsets();
      if (cold.isEmpty() || offsets.logStart() >= offsets.localStart()) {
        findLocal(result, partition, timestampMs);
        return result;
      }
      var asked =
          cold.get().find(partition.id(), timestampMs, offsets.logStart(), offsets.localStart());
      var _ =
          result.whenComplete((_, _) -> {
            if (result.isCancelled()) asked.cancel(false);
          });
      var _ =
          asked.whenComplete((found, failure) -> {
            if (failure != null) result.completeExceptionally(failure);
            else if (found.isPresent()) result.complete(found);
            else findLocal(result, partition, timestampMs);
          });
      return result;
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void findLocal(
      CompletableFuture<Optional<TimestampedOffset>> result,
      Partition partition,
      long timestampMs) {
    run(result, () -> result.complete(partition.log().find(timestampMs, ReadLimit.HIGH_WATERMARK)));
  }

  // ---- waiting

  @Override
  public CompletableFuture<Void> await(TopicIdPartition id, long offset, ReadLimit limit) {
    Partition partition;
    try {
      partition = leading(id);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    var arrived = new CompletableFuture<Void>();
    var watching =
        new Partition.HighWatermarkListener() {
          @Override
          public void moved(Partition moved, long highWatermark) {
            if (end(moved, limit) > offset) arrived.complete(null);
          }

          @Override
          public void roleChanged(Partition changed) {
            if (changed.isLeader()) return;
            arrived.completeExceptionally(noLonger(changed.id()));
          }
        };
    var _ = arrived.whenComplete((_, _) -> partition.unwatchHighWatermark(watching));
    partition.watchHighWatermark(watching);
    // It may have moved, or gone, before it was watched.
    watching.moved(partition, 0);
    watching.roleChanged(partition);
    if (arrived.isDone()) partition.unwatchHighWatermark(watching);
    return arrived;
  }

  private RuntimeException noLonger(TopicIdPartition id) {
    boolean isThere = find(id.topic()).filter(topic -> topic.id().equals(id.topicId())).isPresent();
    return isThere
        ? new NotLeaderOrFollowerException(id.topicPartition() + " is no longer led here")
        : new UnknownTopicOrPartitionException(id.topic() + " was deleted");
  }

  private static long end(Partition partition, ReadLimit limit) {
    return switch (limit) {
      case LOG_END -> partition.log().offsets().logEnd();
      case HIGH_WATERMARK -> partition.log().offsets().highWatermark();
      case LAST_STABLE -> partition.log().lastStableOffset();
    };
  }

  // ---- appending

  @Override
  public CompletableFuture<Long> append(TopicIdPartition id, ByteBuffer batch) {
    var result = new CompletableFuture<Long>();
    run(
        result,
        () -> {
          Partition partition = leading(id);
          partition.requireInSync();
          AppendResult appended = append(partition, batch);
          var acknowledged =
              partition.acknowledged(appended.followingOffset()).toCompletableFuture();
          var _ =
              result.whenComplete((_, _) -> {
                if (result.isCancelled()) acknowledged.cancel(false);
              });
          var _ =
              acknowledged.whenComplete((_, failure) -> {
                if (failure == null) result.complete(appended.firstOffset());
                else result.completeExceptionally(failure);
              });
        });
    return result;
  }

  private static AppendResult append(Partition partition, ByteBuffer batch) {
    try {
      return partition.append(batch, AppendOrigin.CLIENT);
    } catch (RecordValidationException e) {
      throw e.invalidException();
    }
  }

  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(STOP_MS, TimeUnit.MILLISECONDS)) {
        log.atWarn().log("a query still reads while the server stops");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

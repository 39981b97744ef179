package oxbow.server.registry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.control.ClusterView;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.log.FileSlice;
import oxbow.log.LogException;
import oxbow.log.LogOffsets;
import oxbow.log.LogRead;
import oxbow.log.ReadLimit;
import oxbow.schema.RegistryException;
import oxbow.schema.RegistryException.Kind;
import oxbow.schema.SchemaStore;

/**
 * The records of the registry in a topic of this broker: one partition, compacted. It is made by
 * the first append, and followed from then on: what a client writes to it counts as well.
 *
 * <p>An append is answered once the topic's watermark has passed it and the listener was given it.
 * While the partition is offline or its disk is full, appends fail and what was read stays.
 */
final class TopicSchemaStore implements SchemaStore {
  private static final Logger log = LoggerFactory.getLogger(TopicSchemaStore.class);
  private static final int CHUNK_BYTES = 1 << 20;

  /** Nobody tells when a log that failed works again. */
  private static final long LOOK_AGAIN_MS = 1_000;

  private static final long STOP_MS = 10_000;

  /** Makes a topic. */
  interface Creation {
    /** Completes when it is there and led; fails with {@link RegistryException}. */
    CompletionStage<Void> create(String topic);
  }

  private final TopicPartition id;
  private final Partitions partitions;
  private final Creation creation;
  private final InstantSource clock;

  private final CompletableFuture<Void> loaded = new CompletableFuture<>();
  private final Semaphore news = new Semaphore(0);
  private final ConcurrentNavigableMap<Long, CompletableFuture<Long>> unread =
      new ConcurrentSkipListMap<>();
  private final Partition.HighWatermarkListener watermark = (_, _) -> news.release();
  private volatile @Nullable Thread reader;
  private volatile boolean isClosed;
  private volatile @Nullable String trouble;
  private volatile @Nullable Uuid topicId;
  private volatile long nextOffset;
  private @Nullable CompletableFuture<Void> creating; // guarded by this

  // The reading thread's own.
  private @Nullable Partition following;
  private long loadedAt = -1;
  private @Nullable ByteBuffer buffer;

  TopicSchemaStore(String topic, Partitions partitions, Creation creation, InstantSource clock) {
    this.id = new TopicPartition(topic, 0);
    this.partitions = partitions;
    this.creation = creation;
    this.clock = clock;
  }

  // ---- reading

  /** To be called once the broker is ready: then a topic that is there is led. */
  @Override
  public CompletionStage<Void> open(Listener listener) {
    partitions.watchLeadership(
        new Partitions.LeadershipListener() {
          @Override
          public void elected(TopicPartition partition, int leaderEpoch) {
            if (partition.equals(id)) news.release();
          }

          @Override
          public void resigned(TopicPartition partition, int leaderEpoch) {
            if (partition.equals(id)) news.release();
          }
        });
    reader =
        Thread.ofPlatform().name("schemas-read").daemon().start(() -> followWhileOpen(listener));
    return loaded;
  }

  private void followWhileOpen(Listener listener) {
    while (!isClosed) {
      try {
        follow(listener);
        trouble = null;
      } catch (RuntimeException e) {
        if (trouble == null) {
          log.atError()
              .addKeyValue("partition", id)
              .addKeyValue("offset", nextOffset)
              .setCause(e)
              .log("the schema registry can't read its topic; what it has read stays");
        }
        trouble = "%s at offset %d: %s".formatted(id, nextOffset, e.getMessage());
      }
      try {
        boolean _ = news.tryAcquire(LOOK_AGAIN_MS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return; // only closing interrupts it
      }
      news.drainPermits();
    }
  }

  @Override
  public Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  /** Hands over all that is there and not handed over yet. */
  private void follow(Listener listener) {
    Optional<Partition> found = partitions.find(id);
    if (found.isEmpty()) {
      boolean isAbsent =
          partitions.view().map(view -> view.topic(id.topic()).isEmpty()).orElse(false);
      if (isAbsent) loaded.complete(null);
      else requireSound();
      return;
    }
    Partition partition = found.get();
    if (partition != following) change(partition);
    Optional<LogException> offline = partition.log().offline();
    if (offline.isPresent()) throw offline.get();
    LogOffsets offsets = partition.log().offsets();
    if (loadedAt < 0 && partition.isLeader()) loadedAt = offsets.logEnd();
    if (nextOffset < offsets.logStart()) nextOffset = offsets.logStart();
    while (!isClosed && nextOffset < partition.log().offsets().highWatermark()) {
      readChunk(partition, listener);
      answerRead();
    }
    if (loadedAt >= 0 && nextOffset >= loadedAt) loaded.complete(null);
  }

  /** A partition that isn't opened yet will be; one whose files are damaged won't. */
  private void requireSound() {
    try {
      Partition _ = partitions.leading(id);
    } catch (NotLeaderOrFollowerException | UnknownTopicOrPartitionException _) {
      // whoever opens it makes it known
    }
  }

  private void change(Partition partition) {
    if (following != null) following.unwatchHighWatermark(watermark);
    following = partition;
    Uuid now = partition.id().topicId();
    if (!now.equals(topicId)) {
      if (topicId != null) {
        log.atError()
            .addKeyValue("topic", id.topic())
            .log(
                "the registry's topic was deleted and made anew; what it held is served until"
                    + " the next start only");
      }
      nextOffset = 0; // first: whoever sees the topic sees where its reading stands
      topicId = now;
      checkSettings(partition);
    }
    partition.watchHighWatermark(watermark);
  }

  private void checkSettings(Partition partition) {
    if (!partition.log().config().isCompacted()) {
      log.atWarn()
          .addKeyValue("topic", id.topic())
          .log(
              "the registry's topic is not compacted: set cleanup.policy=compact, or schemas"
                  + " are lost with its retention");
    }
    int count =
        partitions
            .view()
            .flatMap(view -> view.topic(id.topic()))
            .map(ClusterView.Topic::partitions)
            .map(List::size)
            .orElse(1);
    if (count > 1) {
      log.atWarn()
          .addKeyValue("topic", id.topic())
          .addKeyValue("partitions", count)
          .log("the registry's topic has more than one partition; only the first is read");
    }
  }

  private void readChunk(Partition partition, Listener listener) {
    LogRead read = partition.log().read(nextOffset, CHUNK_BYTES, ReadLimit.HIGH_WATERMARK, true);
    FileSlice slice = read.slice();
    if (slice == null) {
      nextOffset = read.offsets().highWatermark(); // compaction emptied the rest
      return;
    }
    MemoryRecords chunk;
    try {
      chunk = MemoryRecords.readableRecords(bytes(slice));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      slice.release();
    }
    long before = nextOffset;
    for (MutableRecordBatch batch : chunk.batches()) {
      batch.ensureValid();
      if (!batch.isControlBatch()) handOver(batch, listener);
      nextOffset = batch.nextOffset();
    }
    if (nextOffset == before) {
      throw new IllegalStateException(id + " has no whole batch at " + before);
    }
  }

  private ByteBuffer bytes(FileSlice slice) throws IOException {
    ByteBuffer into = buffer;
    if (into == null || into.capacity() < slice.sizeBytes()) {
      into = ByteBuffer.allocate(slice.sizeBytes());
      buffer = into.capacity() <= CHUNK_BYTES ? into : null; // a giant is not kept
    }
    into.clear().limit(slice.sizeBytes());
    long position = slice.position();
    while (into.hasRemaining()) {
      int count = slice.channel().read(into, position);
      if (count < 0) throw new IOException(id + " ends inside a batch");
      position += count;
    }
    return into.flip();
  }

  private void handOver(MutableRecordBatch batch, Listener listener) {
    try (CloseableIterator<Record> records = batch.streamingIterator(BufferSupplier.NO_CACHING)) {
      while (records.hasNext()) {
        Record record = records.next();
        if (record.offset() < nextOffset) continue; // the batch began before
        String key = record.hasKey() ? text(record.key()) : "";
        listener.read(
            record.offset(),
            record.timestamp(),
            new Entry(key, record.hasValue() ? text(record.value()) : null));
      }
    }
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes).toString();
  }

  /** What was handed over is applied: whoever appended it hears of it. */
  private void answerRead() {
    var read = unread.headMap(nextOffset, false);
    while (true) {
      var first = read.pollFirstEntry();
      if (first == null) return;
      first.getValue().complete(first.getKey());
    }
  }

  // ---- appending

  @Override
  public CompletionStage<Long> append(List<Entry> entries) {
    if (isClosed) {
      return CompletableFuture.failedFuture(refused("the registry stops", null));
    }
    try {
      CompletableFuture<Void> made = made();
      return made == null ? appendNow(entries) : made.thenCompose(_ -> appendNow(entries));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** What to wait for before anything is appended; null: nothing. */
  private synchronized @Nullable CompletableFuture<Void> made() {
    CompletableFuture<Void> underWay = creating;
    // The topic is seen before it can be written: whoever comes meanwhile waits as well.
    if (underWay != null && !underWay.isDone()) return underWay;
    boolean isAbsent = partitions.view().map(view -> view.topic(id.topic()).isEmpty()).orElse(true);
    creating = isAbsent ? creation.create(id.topic()).toCompletableFuture() : null;
    return creating;
  }

  private CompletionStage<Long> appendNow(List<Entry> entries) {
    Partition partition;
    long end;
    try {
      partition = partitions.leading(id);
      partition.requireInSync();
      Optional<LogException> offline = partition.log().offline();
      if (offline.isPresent()) throw refused(offline.get().getMessage(), offline.get());
      end = partition.append(batch(entries), AppendOrigin.CLIENT).followingOffset();
    } catch (RecordTooLargeException | RecordBatchTooLargeException e) {
      throw new RegistryException(
          Kind.TOO_LARGE, "the schema is too large for the topic " + id.topic(), e);
    } catch (LogException e) {
      if (e.kind() == LogException.Kind.OFFLINE) throw e; // a part of it may be on the disk
      throw refused(e.getMessage(), e);
    } catch (ApiException e) {
      throw refused(e.getMessage(), e);
    }
    return read(partition, end - 1);
  }

  private RegistryException refused(@Nullable String reason, @Nullable Exception cause) {
    return new RegistryException(
        Kind.STORE, "the topic " + id.topic() + " can't be written: " + reason, cause);
  }

  private ByteBuffer batch(List<Entry> entries) {
    long nowMs = clock.millis();
    SimpleRecord[] records = new SimpleRecord[entries.size()];
    for (int i = 0; i < records.length; i++) {
      Entry entry = entries.get(i);
      records[i] = new SimpleRecord(nowMs, bytes(entry.key()), bytes(entry.value()));
    }
    return MemoryRecords.withRecords(Compression.NONE, records).buffer();
  }

  private static byte @Nullable [] bytes(@Nullable String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  /** Completes when the record at an offset was handed over. */
  private CompletionStage<Long> read(Partition partition, long offset) {
    var read = new CompletableFuture<Long>();
    unread.put(offset, read);
    boolean isOfTopic = partition.id().topicId().equals(topicId);
    if (isOfTopic && nextOffset > offset) read.complete(offset); // the reader was faster
    partition
        .acknowledged(offset + 1)
        .whenComplete((_, failure) -> {
          if (failure == null) news.release();
          else read.completeExceptionally(failure);
        });
    if (isClosed) read.completeExceptionally(new IllegalStateException("the registry stops"));
    return read.whenComplete((_, _) -> unread.remove(offset, read));
  }

  /** Ends the reading. Appends that are under way may still be written. */
  @Override
  public void close() {
    isClosed = true;
    Thread thread = reader;
    if (thread != null) {
      news.release(); // not interrupted: that would close the segment's file under all its readers
      try {
        if (!thread.join(Duration.ofMillis(STOP_MS))) {
          log.atWarn().log("the registry's topic is still being read while the server stops");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    var stopped = new CompletionException(new IllegalStateException("the registry stops"));
    unread.values().forEach(waiting -> waiting.completeExceptionally(stopped));
    loaded.completeExceptionally(stopped);
  }
}

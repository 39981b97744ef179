package oxbow.log;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.storage.internals.log.AppendOrigin;

/**
 * All local records of one partition, in Kafka's v2 batches as received. Writers take the
 * partition's lock for the length of a page-cache write; readers take none. Nothing here waits for
 * a disk but {@link #close} and what background threads call.
 */
public final class PartitionLog implements AutoCloseable {
  private PartitionLog() {}

  private static AssertionError contract() {
    return new AssertionError("contract only");
  }

  /** Topic id, name and partition. */
  public TopicIdPartition id() {
    throw contract();
  }

  public LogConfig config() {
    throw contract();
  }

  /** Takes new settings from now on. */
  public void reconfigure(LogConfig config) {
    throw contract();
  }

  /** The bounds at this moment. */
  public LogOffsets offsets() {
    throw contract();
  }

  /** End of what {@code read_committed} may see. */
  public long lastStableOffset() {
    throw contract();
  }

  /**
   * Validates what a leader was given to append, stamps offsets, epoch and (if the topic says so)
   * time in place, and writes it to the page cache. The buffer, direct or not, is borrowed for the
   * call. All batches are appended or none. A refusal is Kafka's own exception ({@code
   * RecordTooLargeException}, {@code CorruptRecordException}, {@code RecordValidationException},
   * {@code OutOfOrderSequenceException}, ...); a failing disk is a {@link LogException}.
   */
  public AppendResult append(ByteBuffer batches, int leaderEpoch, AppendOrigin origin) {
    throw contract();
  }

  /**
   * Appends what a follower fetched from its leader: offsets and epochs are as they stand in it.
   */
  public AppendResult replicate(ByteBuffer batches) {
    throw contract();
  }

  /**
   * Completes once everything below {@code endOffset} is as durable as the topic asks: at once
   * without fsync before acknowledgement, else after the next fsync, which many appends and
   * partitions share.
   */
  public CompletionStage<Void> durable(long endOffset) {
    throw contract();
  }

  /** Moves the watermark up; lower values change nothing, higher ones are cut at the log end. */
  public void advanceHighWatermark(long highWatermark) {
    throw contract();
  }

  /**
   * Finds the batches from the one that holds {@code offset}. At most {@code bytesMax} bytes, but
   * with {@code wholeFirstBatch} the first batch in full. Throws Kafka's {@code
   * OffsetOutOfRangeException} below {@link LogOffsets#localStart} (the caller asks the cold tier)
   * and above the limit.
   */
  public LogRead read(long offset, int bytesMax, ReadLimit limit, boolean wholeFirstBatch) {
    throw contract();
  }

  /** The first record at or after a time, among those below the limit. */
  public Optional<TimestampedOffset> find(long timestampMs, ReadLimit limit) {
    throw contract();
  }

  /** The record with the largest timestamp. */
  public Optional<TimestampedOffset> findMaxTimestamp() {
    throw contract();
  }

  /** Notes that a leader epoch begins at the log end. */
  public void beginEpoch(int leaderEpoch) {
    throw contract();
  }

  /** The latest leader epoch that has records, if any. */
  public Optional<Integer> latestEpoch() {
    throw contract();
  }

  /** The epoch of the record at an offset. */
  public Optional<Integer> epochOf(long offset) {
    throw contract();
  }

  /** Where an epoch ended, as OffsetForLeaderEpoch answers; empty: no such epoch known. */
  public Optional<EpochEnd> endOf(int leaderEpoch) {
    throw contract();
  }

  /** Moves the log start up to {@code offset} (DeleteRecords), at most to the watermark. */
  public void deleteBefore(long offset) {
    throw contract();
  }

  /** Drops everything from {@code offset} on: a follower that diverged. */
  public void truncateTo(long offset) {
    throw contract();
  }

  /** Drops everything and goes on at {@code offset}. */
  public void restartAt(long offset) {
    throw contract();
  }

  /** Producers with state in this log. */
  public List<ProducerView> producers() {
    throw contract();
  }

  /** Bytes of local segments. */
  public long sizeBytes() {
    throw contract();
  }

  /** Why this log takes no more writes and reads, if so. */
  public Optional<LogException> offline() {
    throw contract();
  }

  /** Fsyncs, writes indexes, snapshots and checkpoints; the next opening needs no recovery. */
  @Override
  public void close() {
    throw contract();
  }
}

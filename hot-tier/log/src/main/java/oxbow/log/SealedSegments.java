package oxbow.log;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;

/**
 * What the log offers to the cold tier: take these records, tell me when they are safe. Any thread;
 * {@link #take} may wait for the disk.
 *
 * <pre>
 *   logStart      localStart        coldEnd          end of the backlog   logEnd
 *      |== cold only ==|== cold and local ==|== backlog ==|== not yet to be had ==|
 *                                            [ range )[ range )
 * </pre>
 *
 * <p><b>What is offered.</b> Records below the watermark that belong to no open transaction and are
 * forced to disk: neither a new leader, an abort nor a power loss takes them back. They follow
 * {@link LogOffsets#coldEnd} without a gap and end between two batches, in the active segment, too;
 * a range never spans two segments. The cold tier decides when (size, age) and how much.
 *
 * <p><b>What is committed.</b> The table is the truth about what the cold tier holds, {@code
 * coldEnd} is what the log heard of it last. It is written down within a second, not before {@link
 * #committed} returns; after a crash the log may offer again what the table has. So whoever takes a
 * partition over asks the table first and calls {@link #found}. Local segments go only when they
 * lie below {@code coldEnd} in full and {@code local.retention.*} says so.
 *
 * <p><b>Who deletes.</b> The log never deletes cold data. It moves the log start (DeleteRecords,
 * retention of a log without a cold tier, a topic that leaves the cold tier), writes it down, and
 * then tells {@link LogStartListener}: what lies below is no part of the log any more and may go.
 * In the other direction the cold tier, which knows size and age of its files, applies {@code
 * retention.*} to the whole log and calls {@link #expire} before it deletes anything. If the log
 * start passes {@code coldEnd}, so does {@code coldEnd}: the next range begins there, and the table
 * has a gap that is no loss.
 *
 * <p><b>Compacted topics</b> may have a cold tier here (Kafka refuses that). A range holds what
 * compaction left when it was taken, so offsets may be missing anywhere in it, at its ends, too;
 * the ranges' bounds still follow each other. Compaction goes on over all local segments, offloaded
 * or not, but keeps tombstones and transaction markers at or above {@code coldEnd}: the cold tier
 * gets to see each of them, and applies them to what it holds itself. Local segments of a topic
 * that is only compacted are trimmed if {@code local.retention.*} is set for it, and by nothing
 * else.
 */
public interface SealedSegments {
  /** The log's bounds; empty: there is no such log here, or it is offline. */
  Optional<LogOffsets> offsets(TopicIdPartition partition);

  /** What waits for the cold tier; empty: nothing does, or the topic says not to copy. Cheap. */
  Optional<Backlog> backlog(TopicIdPartition partition);

  /**
   * The range from an offset on, or from {@code coldEnd} if that is higher; empty: there is nothing
   * yet. The caller releases it. If none of them was forced to disk yet, all are.
   *
   * @param from {@code coldEnd}, or the end of a range taken before and not yet committed
   * @param bytesMax how long it may be; a first batch that is longer comes alone
   */
  Optional<Range> take(TopicIdPartition partition, long from, int bytesMax);

  /**
   * What the table holds, told when the cold tier takes a partition over, before anything else.
   * {@code coldEnd} is taken as it is, also if it is lower than what the log heard last. Where a
   * log's start was lost here (a damaged checkpoint), the log begins where its cold records do.
   */
  void found(TopicIdPartition partition, long coldStart, long coldEnd);

  /**
   * The table holds everything of the log below {@code coldEnd}. Lower than before changes nothing.
   * Above the log end the partition goes offline: its last records were lost here, and others must
   * not get their offsets; {@link #beginAt} lets it go on.
   */
  void committed(TopicIdPartition partition, long coldEnd);

  /**
   * Cold records below an offset are past retention: the log starts there, at most at {@code
   * coldEnd}. They may be deleted once {@link LogStartListener} was told.
   */
  void expire(TopicIdPartition partition, long logStart);

  /** Bytes of local batches from an offset on; what {@code retention.bytes} counts beside cold. */
  long localBytes(TopicIdPartition partition, long from);

  /**
   * Drops all local records and goes on where the cold tier ends, which is not below the log end.
   * Waits for the disk.
   */
  void beginAt(TopicIdPartition partition, ColdStart start);

  /**
   * Takes the records of some keys, as far as they are there now, out of the local segments, also
   * where the cold tier has them, or an open transaction. Offsets, batches' headers and all other
   * records stay as they are. On return no file of the log holds them any more; a range taken
   * before may. Waits for the disk; may be repeated, also after a crash.
   *
   * @return empty: there is no such log here
   * @throws LogException it is offline or the disk is full; some may be erased
   */
  Optional<Erased> erase(TopicIdPartition partition, Keys keys, Budget budget)
      throws InterruptedException;

  /** Reads the local records below an offset back and tells how many have one of the keys. */
  Optional<Erased> find(TopicIdPartition partition, Keys keys, long endOffset, Budget budget)
      throws InterruptedException;

  /** Tells from now on when a log start moved. */
  void watchLogStarts(LogStartListener listener);

  /** Learns that a log start moved up and is written down: also a crash does not bring it back. */
  @FunctionalInterface
  interface LogStartListener {
    /** Called on a log thread. Must not wait. */
    void moved(TopicIdPartition partition, long logStart);
  }

  /**
   * What waits for the cold tier.
   *
   * @param offsets the log's bounds; it begins at {@link LogOffsets#coldEnd}
   * @param endOffset where it ends
   * @param sealedEnd where what lies in sealed segments ends; not below {@code coldEnd}
   * @param sizeBytes bytes of its batches
   * @param firstTimestampMs the largest timestamp of its first batch; -1: it has none
   */
  record Backlog(
      LogOffsets offsets, long endOffset, long sealedEnd, long sizeBytes, long firstTimestampMs) {}

  /**
   * A range of one segment's batches. Its file stays readable until it is released, also if the
   * segment is compacted or deleted meanwhile.
   *
   * @param baseOffset first offset. A batch may begin before it: what of it lies below was deleted
   *     or is in the cold tier
   * @param endOffset offset that follows the last; the last batch may end before it
   * @param slice whole batches
   * @param isSealed it reaches the end of a sealed segment
   * @param timestampMsMax no record of it is younger; -1: none has a timestamp
   * @param logStart of the log when it was taken
   * @param epochs the leader epochs of its records, in order; the first may begin before it
   * @param aborted transactions with records in it that were aborted, by first offset; their
   *     markers may lie behind it
   */
  record Range(
      long baseOffset,
      long endOffset,
      FileSlice slice,
      boolean isSealed,
      long timestampMsMax,
      long logStart,
      List<EpochStart> epochs,
      List<Aborted> aborted) {
    /** Gives the file back. */
    public void release() {
      slice.release();
    }
  }

  /** Keys of records, byte for byte. Any thread. */
  interface Keys {
    /** The buffer is borrowed and stays as it is. */
    boolean contains(ByteBuffer key);

    /** No key is longer. */
    int bytesMax();
  }

  /** Slows work down to what it may take of the machine. */
  interface Budget {
    /** May wait; throws if there is no point in going on. */
    void spend(long bytes) throws InterruptedException;
  }

  /**
   * What was found of some keys in the local segments.
   *
   * @param startOffset where the segments begin
   * @param endOffset up to where it was looked for
   * @param segments that were read
   * @param rewrittenSegments that had such records, and were written anew without them
   * @param readBytes of batches
   * @param records that have one of the keys
   * @param filesLeft of segments that left the log, and whose deletion failed
   */
  record Erased(
      long startOffset,
      long endOffset,
      int segments,
      int rewrittenSegments,
      long readBytes,
      long records,
      int filesLeft) {}

  /**
   * An aborted transaction.
   *
   * @param lastOffset of its marker
   */
  record Aborted(long producerId, long firstOffset, long lastOffset) {}
}

package oxbow.log.clean;

import java.util.concurrent.atomic.LongAdder;

/** What compaction did since start. Any thread. */
public final class CleanCounters {
  /** Rounds over a log, whole or as far as the offset map went. */
  public final LongAdder rounds = new LongAdder();

  /** Bytes read to find the latest offsets, and again to copy. */
  public final LongAdder readBytes = new LongAdder();

  /** Bytes written to new segments. */
  public final LongAdder writtenBytes = new LongAdder();

  /** Records left out, because a later one has their key, or deletes it, or they were aborted. */
  public final LongAdder droppedRecords = new LongAdder();

  /** Batches copied as they are, because opening them would need too much memory. */
  public final LongAdder oversizedBatches = new LongAdder();

  /** Rounds that a full disk, or a change of the log, ended early. */
  public final LongAdder abandonedRounds = new LongAdder();

  /** Logs that are left alone since a damaged batch was found in them. */
  public final LongAdder uncleanablePartitions = new LongAdder();

  CleanCounters() {}
}

package oxbow.log.batch;

import java.util.concurrent.atomic.LongAdder;

/** How many batches were refused and why, since start. Any thread. */
public final class BatchCounters {
  /** Wrong checksum, or too short to be a batch. */
  public final LongAdder corrupt = new LongAdder();

  /** The header or the records contradict themselves, or the payload can't be decompressed. */
  public final LongAdder invalid = new LongAdder();

  /** Larger than the topic's limit. */
  public final LongAdder tooLarge = new LongAdder();

  /** Decompressed to more than any producer puts into a batch. */
  public final LongAdder bombs = new LongAdder();

  /** Records without key in a compacted topic, or with a time that the topic doesn't take. */
  public final LongAdder badRecords = new LongAdder();

  /** Not refused: accepted, but stored with another codec than they came with. */
  public final LongAdder rewritten = new LongAdder();

  BatchCounters() {}
}

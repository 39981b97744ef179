package oxbow.cold.upkeep;

import java.util.concurrent.atomic.LongAdder;

/** What upkeep did since the start. */
public final class UpkeepCounters {
  public final LongAdder expiredFiles = new LongAdder();
  public final LongAdder mergedFiles = new LongAdder();
  public final LongAdder compactedFiles = new LongAdder();
  public final LongAdder compactedRecords = new LongAdder();
  public final LongAdder uncompactedBatches = new LongAdder();
  public final LongAdder cleanedObjects = new LongAdder();
  public final LongAdder failures = new LongAdder();
}

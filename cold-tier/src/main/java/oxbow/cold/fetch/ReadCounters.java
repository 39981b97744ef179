package oxbow.cold.fetch;

import java.util.concurrent.atomic.LongAdder;

/** What cold reads did since the start. */
public final class ReadCounters {
  public final LongAdder reads = new LongAdder();
  public final LongAdder servedBytes = new LongAdder();
  public final LongAdder failures = new LongAdder();
  public final LongAdder refusals = new LongAdder();
  public final LongAdder fetches = new LongAdder();
  public final LongAdder fetchedBytes = new LongAdder();
  public final LongAdder rangeHits = new LongAdder();
  public final LongAdder chunkHits = new LongAdder();
}

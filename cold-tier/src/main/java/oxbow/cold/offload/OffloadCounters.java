package oxbow.cold.offload;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.RawCounts;
import oxbow.cold.file.RawCounts.Reason;

/** What offloading did since the start. */
public final class OffloadCounters {
  public final LongAdder readBytes = new LongAdder();
  public final LongAdder uploadedFiles = new LongAdder();
  public final LongAdder uploadedBytes = new LongAdder();
  public final LongAdder committedFiles = new LongAdder();
  public final LongAdder committedRecords = new LongAdder();
  public final LongAdder commits = new LongAdder();
  public final LongAdder unresolved = new LongAdder();
  public final LongAdder failures = new LongAdder();
  private final Map<Reason, LongAdder> raw = new EnumMap<>(Reason.class);

  public OffloadCounters() {
    for (Reason reason : Reason.values()) raw.put(reason, new LongAdder());
  }

  /** Records kept raw for this reason. */
  public LongAdder raw(Reason reason) {
    return raw.getOrDefault(reason, new LongAdder());
  }

  void uploaded(ColdFile file, RawCounts counts) {
    uploadedFiles.increment();
    uploadedBytes.add(file.bytes());
    counts.records().forEach((reason, records) -> raw(reason).add(records));
  }

  void committed(ColdFile file) {
    committedFiles.increment();
    committedRecords.add(file.records());
  }
}

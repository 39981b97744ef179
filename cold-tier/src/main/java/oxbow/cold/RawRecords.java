package oxbow.cold;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.List;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.IndexedFileReader;
import oxbow.cold.file.RawCounts;
import oxbow.cold.rewrite.Rewriter;

/**
 * How many records of partitions have no columns, and why: what their files say, which is read once
 * of each. Thread-safe.
 */
final class RawRecords {
  private static final int FILES_MAX = 100_000;

  private final Rewriter.Readers readers;
  private final Cache<String, RawCounts> known =
      Caffeine.newBuilder().maximumSize(FILES_MAX).executor(Runnable::run).build();

  RawRecords(Rewriter.Readers readers) {
    this.readers = readers;
  }

  RawCounts of(List<ColdFile> files) {
    RawCounts sum = RawCounts.NONE;
    for (ColdFile file : files) sum = sum.plus(known.get(file.name(), _ -> read(file)));
    return sum;
  }

  /** What another engine wrote doesn't say it. */
  private RawCounts read(ColdFile file) {
    return readers.open(file) instanceof IndexedFileReader reader
        ? reader.raw().orElse(RawCounts.NONE)
        : RawCounts.NONE;
  }
}

package oxbow.cold.table;

import java.util.List;
import java.util.Optional;
import oxbow.cold.file.ColdFile;

/** A partition's cold files in offset order, at one moment. Immutable. */
public record Manifest(List<ColdFile> files) {
  public static final Manifest EMPTY = new Manifest(List.of());

  public Manifest {
    files = List.copyOf(files);
    for (int i = 1; i < files.size(); i++) {
      ColdFile before = files.get(i - 1);
      ColdFile file = files.get(i);
      if (before.endOffset() > file.baseOffset()) {
        throw new IllegalArgumentException(
            "cold files overlap: " + before.name() + " and " + file.name());
      }
    }
  }

  /** Where the partition begins in the cold tier. */
  public long start() {
    return files.isEmpty() ? 0 : files.getFirst().baseOffset();
  }

  /** The offset that follows the last. */
  public long end() {
    return files.isEmpty() ? 0 : files.getLast().endOffset();
  }

  /** The first file that may hold this offset or a later one. */
  public Optional<ColdFile> from(long offset) {
    int at = indexFrom(offset);
    return at < files.size() ? Optional.of(files.get(at)) : Optional.empty();
  }

  /** The first file that may hold a record at or after a time. */
  public Optional<ColdFile> fromTime(long timestampMs, long offset) {
    for (int i = indexFrom(offset); i < files.size(); i++) {
      if (files.get(i).timestampMax() >= timestampMs) return Optional.of(files.get(i));
    }
    return Optional.empty();
  }

  private int indexFrom(long offset) {
    int low = 0;
    int high = files.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (files.get(middle).endOffset() <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

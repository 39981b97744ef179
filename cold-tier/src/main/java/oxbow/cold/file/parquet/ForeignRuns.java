package oxbow.cold.file.parquet;

import java.util.Arrays;

/**
 * Where the rows of one partition lie in a row group: runs of rows one behind the other whose
 * offsets are so, too. In offset order.
 */
final class ForeignRuns {
  int size;
  long[] offsets = new long[16];
  int[] rows = new int[16];
  int[] counts = new int[16];

  /** Adds a row behind those before it. */
  void add(long offset, int row) {
    if (size > 0) {
      int last = size - 1;
      int count = counts[last];
      if (offsets[last] + count == offset && rows[last] + count == row) {
        counts[last]++;
        return;
      }
    }
    if (size == offsets.length) {
      offsets = Arrays.copyOf(offsets, size * 2);
      rows = Arrays.copyOf(rows, size * 2);
      counts = Arrays.copyOf(counts, size * 2);
    }
    offsets[size] = offset;
    rows[size] = row;
    counts[size++] = 1;
  }

  /** Puts the runs into the order of their offsets. */
  ForeignRuns sorted() {
    boolean isSorted = true;
    for (int i = 1; i < size; i++) isSorted &= offsets[i - 1] < offsets[i];
    if (isSorted) return this;
    Integer[] order = new Integer[size];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Long.compare(offsets[a], offsets[b]));
    ForeignRuns sorted = new ForeignRuns();
    sorted.offsets = new long[size];
    sorted.rows = new int[size];
    sorted.counts = new int[size];
    for (int i = 0; i < size; i++) {
      sorted.offsets[i] = offsets[order[i]];
      sorted.rows[i] = rows[order[i]];
      sorted.counts[i] = counts[order[i]];
    }
    sorted.size = size;
    return sorted;
  }

  /** The first run that ends behind an offset. */
  int from(long offset) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (offsets[middle] + counts[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

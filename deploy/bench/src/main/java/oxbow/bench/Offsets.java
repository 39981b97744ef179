package oxbow.bench;

import java.util.List;
import java.util.stream.IntStream;

/** An offset of each partition of a topic, in their order. */
record Offsets(List<Long> offsets) {
  Offsets {
    offsets = List.copyOf(offsets);
  }

  long of(int partition) {
    return offsets.get(partition);
  }

  long sum() {
    return offsets.stream().mapToLong(Long::longValue).sum();
  }

  /** The offsets that follow these. */
  Offsets next() {
    return new Offsets(offsets.stream().map(offset -> offset + 1).toList());
  }

  boolean reach(Offsets wanted) {
    return IntStream.range(0, offsets.size()).allMatch(p -> of(p) >= wanted.of(p));
  }
}

package oxbow.query.scan;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.SystemColumns;

/**
 * What a query may want of a topic: rows outside can't be in its answer. Bounds are inclusive.
 *
 * @param microsMin no row without a timestamp is wanted either, unless this is the least number
 * @param partitions empty: all
 * @param values of other columns, by their ids
 */
public record Wanted(
    long offsetMin,
    long offsetMax,
    long microsMin,
    long microsMax,
    Optional<Set<Integer>> partitions,
    Map<Integer, ColumnRange> values) {
  private static final int PARTITIONS_MAX = 10_000;

  public static final Wanted ALL =
      new Wanted(
          Long.MIN_VALUE,
          Long.MAX_VALUE,
          Long.MIN_VALUE,
          Long.MAX_VALUE,
          Optional.empty(),
          Map.of());

  public Wanted {
    values = Map.copyOf(values);
  }

  public static Wanted offsets(long min, long max) {
    return new Wanted(min, max, Long.MIN_VALUE, Long.MAX_VALUE, Optional.empty(), Map.of());
  }

  public static Wanted micros(long min, long max) {
    return new Wanted(Long.MIN_VALUE, Long.MAX_VALUE, min, max, Optional.empty(), Map.of());
  }

  public static Wanted partitions(Set<Integer> partitions) {
    return new Wanted(
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        Optional.of(Set.copyOf(partitions)),
        Map.of());
  }

  public static Wanted value(int column, ColumnRange range) {
    return new Wanted(
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        Optional.empty(),
        Map.of(column, range));
  }

  /** What is wanted of each column, those of a record's place among them. */
  public Map<Integer, ColumnRange> ranges() {
    Map<Integer, ColumnRange> ranges = new HashMap<>(values);
    if (offsetMin != Long.MIN_VALUE || offsetMax != Long.MAX_VALUE) {
      ranges.put(SystemColumns.OFFSET.id(), new ColumnRange.Numbers(offsetMin, offsetMax, false));
    }
    if (microsMin != Long.MIN_VALUE || microsMax != Long.MAX_VALUE) {
      ranges.put(
          SystemColumns.TIMESTAMP.id(), new ColumnRange.Numbers(microsMin, microsMax, false));
    }
    return ranges;
  }

  /** What both want. */
  public Wanted and(Wanted other) {
    return new Wanted(
        Math.max(offsetMin, other.offsetMin),
        Math.min(offsetMax, other.offsetMax),
        Math.max(microsMin, other.microsMin),
        Math.min(microsMax, other.microsMax),
        both(partitions, other.partitions),
        both(values, other.values));
  }

  private static Map<Integer, ColumnRange> both(
      Map<Integer, ColumnRange> some, Map<Integer, ColumnRange> others) {
    Map<Integer, ColumnRange> both = new HashMap<>(some);
    others.forEach((column, range) -> both.merge(column, range, ColumnRange::and));
    return both;
  }

  private static Optional<Set<Integer>> both(
      Optional<Set<Integer>> some, Optional<Set<Integer>> others) {
    if (some.isEmpty()) return others;
    if (others.isEmpty()) return some;
    Set<Integer> both = new HashSet<>(some.get());
    both.retainAll(others.get());
    return Optional.of(Set.copyOf(both));
  }

  /** At least what either wants. */
  public Wanted or(Wanted other) {
    return new Wanted(
        Math.min(offsetMin, other.offsetMin),
        Math.max(offsetMax, other.offsetMax),
        Math.min(microsMin, other.microsMin),
        Math.max(microsMax, other.microsMax),
        either(partitions, other.partitions),
        either(values, other.values));
  }

  private static Map<Integer, ColumnRange> either(
      Map<Integer, ColumnRange> some, Map<Integer, ColumnRange> others) {
    Map<Integer, ColumnRange> either = new HashMap<>(some);
    either.keySet().retainAll(others.keySet());
    either.replaceAll((column, range) -> range.or(others.getOrDefault(column, range)));
    return either;
  }

  private static Optional<Set<Integer>> either(
      Optional<Set<Integer>> some, Optional<Set<Integer>> others) {
    if (some.isEmpty() || others.isEmpty()) return Optional.empty();
    Set<Integer> all = new HashSet<>(some.get());
    all.addAll(others.get());
    return all.size() > PARTITIONS_MAX ? Optional.empty() : Optional.of(Set.copyOf(all));
  }

  public boolean mayHave(int partition) {
    return partitions.isEmpty() || partitions.get().contains(partition);
  }

  /**
   * @param end offset that follows the last
   */
  public boolean mayHaveOffsets(long base, long end) {
    return offsetMin < end && offsetMax >= base;
  }

  public boolean mayHaveTimes(long minMs, long maxMs) {
    return microsMin <= micros(maxMs) && microsMax >= micros(minMs);
  }

  /** As far as a number goes. */
  private static long micros(long ms) {
    if (ms > Long.MAX_VALUE / 1000) return Long.MAX_VALUE;
    return ms < Long.MIN_VALUE / 1000 ? Long.MIN_VALUE : ms * 1000;
  }
}

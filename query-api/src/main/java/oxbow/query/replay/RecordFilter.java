package oxbow.query.replay;

/** Tells which records of a range are wanted, by what is in them. Thread-safe; calls may wait. */
@FunctionalInterface
public interface RecordFilter {
  /** What is asked for at a time: as many offsets are held in memory. */
  int FOUND_MAX = 100_000;

  /**
   * The first wanted records of a range.
   *
   * @param offsets in ascending order, all of them within the range
   * @param end up to where it was looked: behind the last one if there may be more
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Found(long[] offsets, long end) {}

  /**
   * Tells what is wrong with the filter itself, before it is used.
   *
   * @throws oxbow.query.QueryException it can't be used
   */
  default void check() {}

  /**
   * Looks for wanted records; at most {@link #FOUND_MAX} are told.
   *
   * @param start inclusive
   * @param end exclusive; not behind what may be seen
   */
  Found find(int partition, long start, long end, Waiting waiting);
}

package oxbow.query.jobs;

import java.util.List;

/**
 * How far a job is. Immutable; written down as it is.
 *
 * @param reason why it failed, or what is in its way now; empty: nothing
 * @param endedMs zero: it hasn't
 * @param parts one per range
 * @param scanned up to where each partition of the target was looked through for what the job has
 *     appended: that is known, and counted as written
 * @param hot records that lay on local disk
 * @param cold records that came from the object store
 */
record Progress(
    State state,
    String reason,
    long endedMs,
    List<Part> parts,
    List<Long> scanned,
    long hot,
    long cold) {
  enum State {
    RUNNING,
    PAUSED,
    DONE,
    FAILED,
    CANCELLED;

    boolean isEnded() {
      return this == DONE || this == FAILED || this == CANCELLED;
    }
  }

  Progress {
    parts = List.copyOf(parts);
    scanned = List.copyOf(scanned);
  }

  /**
   * A range.
   *
   * @param next the offset that comes next
   * @param records copied
   * @param bytes of the batches they were appended in
   * @param lanes into which partitions of the target
   */
  record Part(long next, long records, long bytes, List<Lane> lanes) {
    Part {
      lanes = List.copyOf(lanes);
    }
  }

  /**
   * From a range into one partition of the target.
   *
   * @param accounted records below {@code next} that belong there
   * @param written those that are there; the difference is there too early, and passed over
   */
  record Lane(int partition, long accounted, long written) {}

  Progress with(State state, String reason, long endedMs) {
    return new Progress(state, reason, endedMs, parts, scanned, hot, cold);
  }
}

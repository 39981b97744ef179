package oxbow.query.sql;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A query as others see it.
 *
 * @param elapsed since it was asked for, its waiting included
 * @param queued how long it waited for its turn
 * @param error what it failed of
 * @param rows given out so far
 * @param percent of its work done, as far as that can be told: 0 to 100
 * @param work what it has to read
 */
public record QueryStatus(
    String id,
    String sql,
    State state,
    Instant begun,
    Duration elapsed,
    Duration queued,
    Optional<SqlException> error,
    long rows,
    double percent,
    Work work) {
  /** Where a query is on its way. */
  public enum State {
    QUEUED,
    RUNNING,
    FINISHED,
    FAILED,
    CANCELLED;

    public boolean isOver() {
      return this == FINISHED || this == FAILED || this == CANCELLED;
    }
  }

  /**
   * What a query has to read of its topics.
   *
   * @param files cold files of its topics
   * @param filesPruned those of them that can hold no row it wants
   * @param fileBytes of the files that are left
   * @param hotRecords offsets that it reads from the log
   * @param splits parts that the reading is divided into
   * @param splitsDone those that were read
   */
  public record Work(
      long files, long filesPruned, long fileBytes, long hotRecords, long splits, long splitsDone) {
    public static final Work NONE = new Work(0, 0, 0, 0, 0, 0);
  }
}

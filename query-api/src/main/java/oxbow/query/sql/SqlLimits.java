package oxbow.query.sql;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What SQL may take of this machine.
 *
 * @param directory for what queries spill
 * @param libraryDirectory where the engine's library is kept unpacked
 * @param namespace of the topics' tables, as the Iceberg catalog has it
 * @param parallelMax queries that run at a time
 * @param queuedMax queries that wait for their turn; more are sent away
 * @param threads of one query
 * @param memoryBytes of one query, before it spills
 * @param spillBytes of one query on disk
 * @param cacheBytes of the heap for what all queries fetch of cold files elsewhere: a half for what
 *     may be wanted again, a half for what is under way
 * @param timeout after which a query is stopped
 * @param textBytesMax of a statement
 */
public record SqlLimits(
    Path directory,
    Path libraryDirectory,
    String namespace,
    int parallelMax,
    int queuedMax,
    int threads,
    long memoryBytes,
    long spillBytes,
    long cacheBytes,
    Duration timeout,
    int textBytesMax) {
  /** One query has to have room for a row group. */
  private static final int AHEAD_BYTES_MIN = 4 << 20;

  private static final int AHEAD_BYTES_MAX = 64 << 20;

  /** What one query may fetch before it is needed. */
  int aheadBytes() {
    return (int)
        Math.clamp(cacheBytes / 2 / parallelMax, (long) AHEAD_BYTES_MIN, (long) AHEAD_BYTES_MAX);
  }
}

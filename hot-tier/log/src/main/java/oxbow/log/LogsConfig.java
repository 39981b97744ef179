package oxbow.log;

import java.nio.file.Path;

/**
 * How this node keeps its logs.
 *
 * @param directory where partitions lie, one directory each
 * @param threads threads for recovery, retention and compaction
 * @param retentionCheckMs time between two retention passes
 * @param checkpointMs time between two checkpoints of recovery points and log starts
 * @param flushCheckMs time between two looks for logs whose fsync is due
 * @param cleanerBufferBytes memory of the compaction's offset map
 * @param cleanerBytesPerSecondMax pace of compaction
 * @param producerExpirationMs how long a silent producer's state is kept
 * @param diskReserveBytes free space below which clients' appends are refused, so that indexes and
 *     checkpoints fit; coordinators' are below half of it
 */
public record LogsConfig(
    Path directory,
    int threads,
    long retentionCheckMs,
    long checkpointMs,
    long flushCheckMs,
    int cleanerBufferBytes,
    long cleanerBytesPerSecondMax,
    int producerExpirationMs,
    long diskReserveBytes) {

  /** Kafka's defaults, for a directory. */
  public static LogsConfig of(Path directory) {
    return new LogsConfig(
        directory,
        Math.max(2, Runtime.getRuntime().availableProcessors()),
        5 * 60_000,
        60_000,
        3_000,
        32 << 20,
        Long.MAX_VALUE,
        86_400_000,
        64L << 20);
  }
}

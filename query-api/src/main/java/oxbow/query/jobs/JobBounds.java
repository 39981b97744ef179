package oxbow.query.jobs;

import java.time.Duration;

/**
 * How much jobs may take.
 *
 * @param runningMax jobs at a time; each holds about two MiB
 * @param checkpointEvery after which what was done is written down, at the latest
 * @param retryDelay after the first thing that goes wrong; it doubles up to a hundred times that
 */
public record JobBounds(int runningMax, Duration checkpointEvery, Duration retryDelay) {
  /** As a server has it. */
  public static JobBounds of(int runningMax) {
    return new JobBounds(runningMax, Duration.ofSeconds(1), Duration.ofMillis(250));
  }
}

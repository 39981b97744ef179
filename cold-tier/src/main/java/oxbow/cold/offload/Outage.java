package oxbow.cold.offload;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.NanoClock;

/**
 * Tells of a store that is away, for all topics together: when it went, once a minute while it is
 * gone, and when it is back. Thread-safe.
 */
final class Outage {
  private static final Logger log = LoggerFactory.getLogger(Outage.class);
  private static final Duration TOLD_EVERY = Duration.ofMinutes(1);

  private final NanoClock clock;
  private boolean isAway;
  private long sinceNanos;
  private long toldNanos;
  private int tries;
  private String reason = "";

  Outage(NanoClock clock) {
    this.clock = clock;
  }

  synchronized void noAnswer(Throwable failure) {
    long now = clock.nanos();
    boolean isNew = !isAway;
    if (isNew) {
      isAway = true;
      sinceNanos = now;
      tries = 0;
    }
    tries++;
    reason = String.valueOf(failure.getMessage());
    if (!isNew && now - toldNanos < TOLD_EVERY.toNanos()) return;
    toldNanos = now;
    log.atWarn()
        .addKeyValue("seconds", TimeUnit.NANOSECONDS.toSeconds(now - sinceNanos))
        .addKeyValue("tries", tries)
        .addKeyValue("reason", reason)
        .log("the object store does not take records: they stay on the local disk until it does");
  }

  synchronized void answered() {
    if (!isAway) return;
    isAway = false;
    log.atInfo()
        .addKeyValue("seconds", TimeUnit.NANOSECONDS.toSeconds(clock.nanos() - sinceNanos))
        .addKeyValue("tries", tries)
        .log("the object store takes records again");
  }

  /** How long it has lasted; zero: there is none. */
  synchronized Duration length() {
    return isAway ? Duration.ofNanos(clock.nanos() - sinceNanos) : Duration.ZERO;
  }

  /** Why it does not answer; empty: it does. */
  synchronized Optional<String> reason() {
    return isAway ? Optional.of(reason) : Optional.empty();
  }
}

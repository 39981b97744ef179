package oxbow.broker.fetch;

import java.time.Duration;

/**
 * How fetch requests are served.
 *
 * @param bytesMax {@code fetch.max.bytes}: largest answer, except for a first batch that is larger
 * @param sessionSlots {@code max.incremental.fetch.session.cache.slots}: sessions kept at a time
 * @param sessionEviction how long a session must be unused, or old, before another may displace it
 * @param warmBytes records this near to the log end are taken to be in the page cache
 * @param coldBytesMax records of the cold tier held for fetches, read and not sent yet
 * @param coldWait {@code remote.fetch.max.wait.ms}: least time a fetch waits for the cold tier, if
 *     it finds nothing else
 */
public record FetchConfig(
    int bytesMax,
    int sessionSlots,
    Duration sessionEviction,
    long warmBytes,
    long coldBytesMax,
    Duration coldWait) {
  /** Kafka's defaults where Kafka has the setting. */
  public static final FetchConfig DEFAULT =
      new FetchConfig(55 << 20, 1_000, Duration.ofMinutes(2), 32L << 20);

  /** The same with Kafka's wait for the cold tier, and a sixteenth of the heap for its records. */
  public FetchConfig(int bytesMax, int sessionSlots, Duration sessionEviction, long warmBytes) {
    this(
        bytesMax,
        sessionSlots,
        sessionEviction,
        warmBytes,
        Math.max(8L << 20, Runtime.getRuntime().maxMemory() / 16),
        Duration.ofMillis(500));
  }

  public FetchConfig {
    atLeast("fetch.max.bytes", bytesMax, 1_024);
    atLeast("max.incremental.fetch.session.cache.slots", sessionSlots, 0);
    atLeast("fetch.warm.bytes", warmBytes, 0);
    atLeast("fetch.cold.bytes.max", coldBytesMax, 1);
    atLeast("remote.fetch.max.wait.ms", coldWait.toMillis(), 0);
  }

  private static void atLeast(String key, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(key + " is " + value + ", less than " + least);
    }
  }
}

package oxbow.broker.fetch;

import java.time.Duration;

/**
 * How fetch requests are served.
 *
 * @param bytesMax {@code fetch.max.bytes}: largest answer, except for a first batch that is larger
 * @param sessionSlots {@code max.incremental.fetch.session.cache.slots}: sessions kept at a time
 * @param sessionEviction how long a session must be unused, or old, before another may displace it
 * @param warmBytes records this near to the log end are taken to be in the page cache
 */
public record FetchConfig(
    int bytesMax, int sessionSlots, Duration sessionEviction, long warmBytes) {
  /** Kafka's defaults where Kafka has the setting. */
  public static final FetchConfig DEFAULT =
      new FetchConfig(55 << 20, 1_000, Duration.ofMinutes(2), 32L << 20);

  public FetchConfig {
    atLeast("fetch.max.bytes", bytesMax, 1_024);
    atLeast("max.incremental.fetch.session.cache.slots", sessionSlots, 0);
    atLeast("fetch.warm.bytes", warmBytes, 0);
  }

  private static void atLeast(String key, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(key + " is " + value + ", less than " + least);
    }
  }
}

package oxbow.query.replay;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;

/** A place in a topic, as people name it. As an end it is exclusive. */
public sealed interface Position {
  /** Where the log begins. */
  record Earliest() implements Position {}

  /** Behind the last record there is. */
  record Latest() implements Position {}

  /** The same offset in each partition. */
  record Offset(long offset) implements Position {}

  /** The first record of each partition with this or a later timestamp. */
  record Time(long timestampMs) implements Position {}

  /** Where another answer ended. */
  record At(Cursor cursor) implements Position {}

  /** What this interface's texts look like, for messages. */
  String FORMS =
      "earliest, latest, offset:123, 2026-01-31T12:00:00Z, 2026-01-31, timestamp:1769860800000"
          + " (ms), -15m (ago) or cursor:...";

  /**
   * Reads a position.
   *
   * @param parameter whose value it is, for messages
   * @throws QueryException it is none
   */
  static Position parse(String parameter, String text, Instant now) {
    try {
      if (text.equals("earliest")) return new Earliest();
      if (text.equals("latest")) return new Latest();
      if (text.equals("now")) return new Time(now.toEpochMilli());
      if (text.startsWith("offset:")) return new Offset(number(text.substring(7)));
      if (text.startsWith("timestamp:")) return new Time(number(text.substring(10)));
      if (text.startsWith("cursor:")) return new At(Cursor.parse(text.substring(7)));
      if (text.startsWith("-")) return new Time(now.minus(span(text.substring(1))).toEpochMilli());
      if (text.indexOf('T') < 0) {
        return new Time(
            LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli());
      }
      // A plus in a URL is a space.
      return new Time(OffsetDateTime.parse(text.replace(' ', '+')).toInstant().toEpochMilli());
    } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
      throw new QueryException(
          Kind.BAD_PARAMETER, parameter + " is '" + text + "', and may be " + FORMS, e);
    }
  }

  private static long number(String text) {
    long number = Long.parseLong(text);
    if (number < 0) throw new NumberFormatException("it is negative");
    return number;
  }

  /** A span such as {@code 1h30m}, of days, hours, minutes, seconds and milliseconds. */
  static Duration span(String text) {
    Matcher matcher =
        Pattern.compile("(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?")
            .matcher(text);
    if (text.isEmpty() || !matcher.matches()) throw new DateTimeException("no span of time");
    long[] unitMs = {86_400_000, 3_600_000, 60_000, 1_000, 1};
    long sumMs = 0;
    for (int i = 0; i < unitMs.length; i++) {
      String count = matcher.group(i + 1);
      if (count == null) continue;
      sumMs = Math.addExact(sumMs, Math.multiplyExact(Long.parseLong(count), unitMs[i]));
    }
    return Duration.ofMillis(sumMs);
  }
}

package oxbow.server.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Locale;

/** Sizes and times as people write and read them. */
final class Units {
  private static final String[] SIZES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

  private Units() {}

  /** A size in three digits or so. */
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < SIZES.length - 1) {
      value /= 1024;
      unit++;
    }
    String format = unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s";
    return String.format(Locale.ROOT, format, value, SIZES[unit]);
  }

  /**
   * A moment: milliseconds since 1970, ISO 8601 ({@code 2026-11-20}, {@code 2026-11-20T07:00}, with
   * or without {@code Z} or an offset), {@code now}, or {@code -15m} for a time ago.
   */
  static long timestampMs(String text, InstantSource clock) {
    try {
      if (text.equals("now")) return clock.millis();
      if (text.matches("\\d{1,18}")) return Long.parseLong(text);
      if (text.matches("-\\d{1,9}(ms|s|m|h|d)")) return clock.millis() - ago(text).toMillis();
      ZoneId here = ZoneId.systemDefault();
      if (text.matches("\\d{4}-\\d\\d-\\d\\d")) {
        return LocalDate.parse(text).atStartOfDay(here).toInstant().toEpochMilli();
      }
      if (text.matches(".*(Z|[+-]\\d\\d:?\\d\\d)$")) {
        return java.time.OffsetDateTime.parse(text).toInstant().toEpochMilli();
      }
      return LocalDateTime.parse(text).atZone(here).toInstant().toEpochMilli();
    } catch (DateTimeException e) {
      throw CommandException.usage(
          "'" + text + "' is not a time",
          "write 2026-11-20T07:00:00Z, 2026-11-20, milliseconds since 1970, now, or -15m");
    }
  }

  private static Duration ago(String text) {
    long amount = Long.parseLong(text.replaceAll("[^0-9]", ""));
    return switch (text.replaceAll("[^a-z]", "")) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  static String time(long timestampMs) {
    return timestampMs < 0 ? "-" : Instant.ofEpochMilli(timestampMs).toString();
  }
}

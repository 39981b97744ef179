package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColumnRange;
import oxbow.schema.layout.Type;
import oxbow.schema.layout.Type.Plain;

/** Constants of conditions, as DuckDB prints and parses them, as bounds of columns. */
final class Constants {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  /** As DuckDB prints a timestamp. */
  private static final DateTimeFormatter LOCAL =
      new DateTimeFormatterBuilder()
          .appendPattern("yyyy-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .toFormatter();

  private static final DateTimeFormatter ZONED =
      new DateTimeFormatterBuilder().append(LOCAL).appendPattern("X").toFormatter();

  private Constants() {}

  /**
   * The text of a constant, whatever it is cast to: of a number with its sign. Null: it is none.
   */
  static @Nullable String text(JsonNode node) {
    return switch (node.path("type").asText()) {
      case "VALUE_CONSTANT" -> {
        JsonNode literal = node.path("literal");
        yield literal.path("text").asText(node.path("value").path("value").asText(null));
      }
      case "OPERATOR_CAST" -> text(node.path("child"));
      case "FUNCTION" -> {
        boolean isNegation =
            node.path("function_name").asText().equals("-") && node.path("arguments").size() == 1;
        String number = isNegation ? text(node.path("arguments").get(0).path("expression")) : null;
        yield number == null ? null : "-" + number;
      }
      default -> null;
    };
  }

  /**
   * The values of a column from one constant to another. Of a constant that lies between two of the
   * column's values, the bound is the next one inside.
   *
   * @param min null: there is none
   * @param max null: there is none
   * @return empty: nothing is known
   */
  static Optional<ColumnRange> range(Type type, @Nullable String min, @Nullable String max) {
    Optional<ColumnRange> all = ColumnRange.all(type);
    if (all.isEmpty()) return all;
    try {
      return Optional.of(
          switch (all.get()) {
            case ColumnRange.Numbers(long _, long _, boolean isDecimal) ->
                new ColumnRange.Numbers(
                    min == null ? Long.MIN_VALUE : number(type, min, RoundingMode.CEILING),
                    max == null ? Long.MAX_VALUE : number(type, max, RoundingMode.FLOOR),
                    isDecimal);
            case ColumnRange.Floats _ ->
                new ColumnRange.Floats(
                    min == null ? Double.NEGATIVE_INFINITY : Math.nextDown(floating(type, min)),
                    max == null ? Double.NaN : Math.nextUp(floating(type, max)));
            case ColumnRange.Bytes _ ->
                new ColumnRange.Bytes(
                    min == null ? new byte[0] : bytes(type, min),
                    max == null ? null : bytes(type, max),
                    type == Plain.STRING);
          });
    } catch (DateTimeException | ArithmeticException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /** Texts that begin with a prefix. */
  static ColumnRange prefixed(String prefix) {
    byte[] first = prefix.getBytes(UTF_8);
    byte[] last = first.clone();
    // A byte of UTF-8 is never the largest one.
    if (last.length > 0) last[last.length - 1]++;
    return new ColumnRange.Bytes(first, last.length == 0 ? null : last, true);
  }

  private static long number(Type type, String text, RoundingMode rounding) {
    if (type instanceof Type.Decimal(int _, int scale)) {
      return clamped(new BigDecimal(text).setScale(scale, rounding).unscaledValue());
    }
    return switch ((Plain) type) {
      case DATE -> LocalDate.parse(text).toEpochDay();
      case TIMESTAMP_UTC -> micros(OffsetDateTime.parse(text, ZONED).toInstant());
      case TIMESTAMP_LOCAL -> micros(local(text));
      case TIMESTAMP_NANOS_UTC, TIMESTAMP_NANOS_LOCAL -> nanos(local(text));
      case INT, LONG -> clamped(new BigDecimal(text).setScale(0, rounding).toBigIntegerExact());
      default -> throw new IllegalArgumentException("no number: " + type);
    };
  }

  private static long clamped(BigInteger number) {
    if (number.bitLength() < Long.SIZE) return number.longValueExact();
    return number.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
  }

  private static Instant local(String text) {
    return LocalDateTime.parse(text, LOCAL).toInstant(ZoneOffset.UTC);
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  private static long nanos(Instant time) {
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), NANOS_PER_SECOND), time.getNano());
  }

  private static double floating(Type type, String text) {
    double value = type == Plain.FLOAT ? Float.parseFloat(text) : Double.parseDouble(text);
    if (Double.isNaN(value)) throw new IllegalArgumentException("no number");
    return value;
  }

  private static byte[] bytes(Type type, String text) {
    if (type == Plain.STRING) return text.getBytes(UTF_8);
    if (type == Plain.UUID) {
      UUID uuid = UUID.fromString(text);
      return ByteBuffer.allocate(2 * Long.BYTES)
          .putLong(uuid.getMostSignificantBits())
          .putLong(uuid.getLeastSignificantBits())
          .array();
    }
    return blob(text);
  }

  /** As {@code a\x00b}. */
  private static byte[] blob(String text) {
    var out = new ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      char one = text.charAt(i);
      if (one > 0x7f) throw new IllegalArgumentException("no bytes");
      if (one != '\\') {
        out.write(one);
        continue;
      }
      if (i + 3 >= text.length() || text.charAt(i + 1) != 'x') {
        throw new IllegalArgumentException("no bytes");
      }
      out.write(Integer.parseInt(text, i + 2, i + 4, 16));
      i += 3;
    }
    return out.toByteArray();
  }
}

package oxbow.query.replay;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;

/**
 * How keys, or values, are shown.
 *
 * @param reader the schema they are seen through; empty: each through the one it was written with
 */
public record Side(Decode decode, Optional<ReaderSchema> reader) {
  /** What bytes are taken for. */
  public enum Decode {
    /** By their schema; JSON objects and arrays as such; else text; else base64. */
    AUTO,
    /** JSON of any kind, else base64. */
    JSON,
    /** Text in UTF-8; what is none is replaced. */
    STRING,
    /** Everything in base64. */
    BASE64,
    /** Without any schema: text if it is, else base64. */
    RAW;

    /** Reads a parameter. */
    public static Decode parse(String parameter, String text) {
      for (Decode each : values()) {
        if (each.text().equals(text)) return each;
      }
      String known = Arrays.stream(values()).map(Decode::text).collect(Collectors.joining(", "));
      throw new QueryException(
          Kind.BAD_PARAMETER, parameter + " is '" + text + "', and may be " + known);
    }

    private String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A version to see records through, however they were written. */
  public sealed interface ReaderSchema {
    /** The newest of the subject, at the time each record is shown. */
    record Latest() implements ReaderSchema {}

    record ById(int id) implements ReaderSchema {}

    record ByVersion(int version) implements ReaderSchema {}

    /** Reads a parameter. */
    static ReaderSchema parse(String parameter, String text) {
      try {
        if (text.equals("latest")) return new Latest();
        if (text.startsWith("id:")) return new ById(positive(text.substring(3)));
        if (text.startsWith("version:")) return new ByVersion(positive(text.substring(8)));
        return new ByVersion(positive(text));
      } catch (NumberFormatException e) {
        throw new QueryException(
            Kind.BAD_PARAMETER,
            parameter + " is '" + text + "', and may be latest, version:2 (or 2), or id:17",
            e);
      }
    }

    private static int positive(String text) {
      int number = Integer.parseInt(text);
      if (number < 1) throw new NumberFormatException("it is not positive");
      return number;
    }
  }
}

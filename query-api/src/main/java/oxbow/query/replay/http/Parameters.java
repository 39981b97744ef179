package oxbow.query.replay.http;

import com.linecorp.armeria.common.QueryParams;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import oxbow.log.ReadLimit;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics.Topic;
import oxbow.query.replay.ReplayRequest;
import oxbow.query.replay.ReplayRequest.Order;
import oxbow.query.replay.Side;
import oxbow.query.replay.Side.Decode;
import oxbow.query.replay.Side.ReaderSchema;

/** The parameters of a request. Those that nobody knows are refused, and not ignored. */
final class Parameters {
  private static final double SPEED_MAX = 1e6;

  private final QueryParams given;

  Parameters(QueryParams given, Set<String> known) {
    this.given = given;
    for (String name : given.names()) {
      if (known.contains(name)) continue;
      throw new QueryException(
          Kind.BAD_PARAMETER,
          "there is no parameter '" + name + "' here; there are " + String.join(", ", known));
    }
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(given.get(name)).filter(text -> !text.isEmpty());
  }

  boolean flag(String name, boolean otherwise) {
    return switch (text(name).orElse(Boolean.toString(otherwise))) {
      case "true" -> true;
      case "false" -> false;
      case String other -> throw bad(name, other, "true or false");
    };
  }

  long number(String name, long otherwise, long max) {
    Optional<String> text = text(name);
    if (text.isEmpty()) return otherwise;
    try {
      long number = Long.parseLong(text.get());
      if (number >= 1 && number <= max) return number;
    } catch (NumberFormatException _) {
      // told below
    }
    throw bad(name, text.get(), "a number from 1 to " + max);
  }

  /** In ascending order; the partitions of a cursor where none are named. */
  List<Integer> partitions(Topic topic, Optional<List<Integer>> ofCursor) {
    Optional<String> text = text("partition");
    if (text.isEmpty()) {
      return ofCursor.orElseGet(() -> IntStream.range(0, topic.partitions()).boxed().toList());
    }
    var partitions = new LinkedHashSet<Integer>();
    try {
      for (String each : text.get().split(",", -1)) partitions.add(Integer.parseInt(each.strip()));
    } catch (NumberFormatException _) {
      throw bad("partition", text.get(), "numbers such as 0,2");
    }
    return partitions.stream().sorted().toList();
  }

  Optional<ReplayRequest.Key> key() {
    Optional<String> base64 = text("key.base64");
    if (base64.isPresent()) {
      try {
        return Optional.of(new ReplayRequest.Key(Base64.getDecoder().decode(base64.get())));
      } catch (IllegalArgumentException _) {
        throw bad("key.base64", base64.get(), "bytes in base64");
      }
    }
    return Optional.ofNullable(given.get("key"))
        .map(text -> new ReplayRequest.Key(text.getBytes(StandardCharsets.UTF_8)));
  }

  Order order(Order otherwise) {
    return switch (text("order").orElse("")) {
      case "" -> otherwise;
      case "partition" -> Order.PARTITION;
      case "time" -> Order.TIME;
      case String other -> throw bad("order", other, "partition or time");
    };
  }

  ReadLimit isolation() {
    return switch (text("isolation").orElse("read_committed")) {
      case "read_committed" -> ReadLimit.LAST_STABLE;
      case "read_uncommitted" -> ReadLimit.HIGH_WATERMARK;
      case String other -> throw bad("isolation", other, "read_committed or read_uncommitted");
    };
  }

  /** Empty: as fast as it goes. */
  Optional<Double> speed() {
    Optional<String> text = text("speed");
    if (text.isEmpty()) return Optional.empty();
    try {
      String number = text.get().endsWith("x") ? chopped(text.get()) : text.get();
      double speed = Double.parseDouble(number);
      if (speed > 0 && speed <= SPEED_MAX) return Optional.of(speed);
    } catch (NumberFormatException _) {
      // told below
    }
    throw bad("speed", text.get(), "1 (as the records came), 10, 0.5 or 10x");
  }

  private static String chopped(String text) {
    return text.substring(0, text.length() - 1);
  }

  /** The values' side, or with {@code isKey} the keys'. */
  Side side(boolean isKey, Decode otherwise) {
    String own = isKey ? "decode.key" : "decode.value";
    Decode decode =
        text(own)
            .map(text -> Decode.parse(own, text))
            .or(() -> text("decode").map(text -> Decode.parse("decode", text)))
            .orElse(otherwise);
    String schema = isKey ? "schema.key" : "schema";
    return new Side(decode, text(schema).map(text -> ReaderSchema.parse(schema, text)));
  }

  boolean isLongAsText() {
    return switch (text("longs").orElse("number")) {
      case "string" -> true;
      case "number" -> false;
      case String other -> throw bad("longs", other, "number or string");
    };
  }

  static QueryException bad(String name, String text, String allowed) {
    return new QueryException(
        Kind.BAD_PARAMETER, name + " is '" + text + "', and may be " + allowed);
  }

  static List<Integer> sorted(Iterable<Integer> numbers) {
    List<Integer> sorted = new ArrayList<>();
    numbers.forEach(sorted::add);
    return sorted;
  }
}

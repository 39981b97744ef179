package oxbow.cold.file;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How many records are kept as they came, by reason. */
public record RawCounts(Map<Reason, Long> records) {
  public static final RawCounts NONE = new RawCounts(Map.of());

  /** Why a record has no typed columns. */
  public enum Reason {
    /** Its value does not begin with a schema id, and the topic asks for none. */
    NO_SCHEMA,
    /** No such schema is registered. */
    UNKNOWN_SCHEMA,
    /** The schema can't lie in the table's columns. */
    UNMERGED_SCHEMA,
    /** Its bytes are not what its schema says. */
    UNDECODABLE,
    /** It decodes, and is encoded in a way that columns don't keep; typed columns beside it. */
    UNUSUAL_ENCODING
  }

  public RawCounts {
    records = Map.copyOf(records);
  }

  public RawCounts plus(RawCounts more) {
    Map<Reason, Long> sum = new EnumMap<>(Reason.class);
    sum.putAll(records);
    more.records.forEach((reason, count) -> sum.merge(reason, count, Long::sum));
    return new RawCounts(sum);
  }

  /** As {@code no_schema=3,undecodable=1}. */
  String text() {
    return records.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(each -> each.getKey().name().toLowerCase(Locale.ROOT) + "=" + each.getValue())
        .collect(Collectors.joining(","));
  }

  static RawCounts parse(String text) {
    Map<Reason, Long> records = new EnumMap<>(Reason.class);
    if (text.isEmpty()) return NONE;
    for (String each : text.split(",")) {
      int equals = each.indexOf('=');
      records.put(
          Reason.valueOf(each.substring(0, equals).toUpperCase(Locale.ROOT)),
          Long.valueOf(each.substring(equals + 1)));
    }
    return new RawCounts(records);
  }
}

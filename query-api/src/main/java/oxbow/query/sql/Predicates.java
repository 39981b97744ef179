package oxbow.query.sql;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import oxbow.cold.file.SystemColumns;
import oxbow.query.scan.Wanted;
import oxbow.query.sql.duckdb.Database;

/**
 * What a statement may want of each table, by DuckDB's own plan of it: the conditions that its
 * optimizer has moved down to where a table is read, through joins, views and subqueries. A
 * condition that isn't understood is none.
 */
final class Predicates {
  private static final JsonMapper JSON = new JsonMapper();

  /** As DuckDB prints a timestamp with a zone. */
  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss[.SSSSSS][.SSSSS][.SSSS][.SSS][.SS][.S]X");

  private final Database database;

  /**
   * @param database to parse conditions with
   */
  Predicates(Database database) {
    this.database = database;
  }

  /**
   * Reads a plan.
   *
   * @param plan as {@code EXPLAIN (FORMAT JSON)} gives it
   * @param prefix of the functions that read tables; behind it is the table's number
   * @return by number, of those that the plan reads
   */
  Map<Integer, Wanted> wanted(String plan, String prefix) {
    Map<Integer, Wanted> wanted = new HashMap<>();
    try {
      walk(JSON.readTree(plan), Wanted.ALL, prefix, wanted);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("DuckDB's plan is no JSON", e);
    }
    return wanted;
  }

  /**
   * @param filtered what the operator above lets through
   */
  private void walk(JsonNode node, Wanted filtered, String prefix, Map<Integer, Wanted> wanted) {
    if (node.isArray()) {
      for (JsonNode each : node) walk(each, filtered, prefix, wanted);
      return;
    }
    JsonNode extra = node.path("extra_info");
    String function = extra.path("Function").asText().toLowerCase(Locale.ROOT);
    if (function.isEmpty()) function = node.path("name").asText().strip().toLowerCase(Locale.ROOT);
    if (function.startsWith(prefix)) {
      Wanted here = filtered.and(conditions(extra.path("Filters")));
      wanted.merge(Integer.valueOf(function.substring(prefix.length())), here, Wanted::or);
    }
    boolean isFilter = node.path("name").asText().strip().equals("FILTER");
    Wanted below = isFilter ? conditions(extra.path("Expression")) : Wanted.ALL;
    for (JsonNode child : node.path("children")) walk(child, below, prefix, wanted);
  }

  private Wanted conditions(JsonNode told) {
    List<String> texts = new ArrayList<>();
    if (told.isTextual()) texts.add(told.asText());
    else told.forEach(each -> texts.add(each.asText()));
    Wanted all = Wanted.ALL;
    for (String text : texts) all = all.and(condition(text));
    return all;
  }

  private Wanted condition(String text) {
    if (text.isBlank()) return Wanted.ALL;
    String tree =
        database
            .texts("SELECT json_serialize_sql('SELECT 1 WHERE ' || ?::VARCHAR)::VARCHAR", text)
            .getFirst()
            .getFirst();
    try {
      JsonNode parsed = JSON.readTree(String.valueOf(tree));
      return of(parsed.path("statements").path(0).path("node").path("where_clause"));
    } catch (JsonProcessingException _) {
      return Wanted.ALL;
    }
  }

  private Wanted of(JsonNode condition) {
    return switch (condition.path("type").asText()) {
      case "CONJUNCTION_AND" -> {
        Wanted all = Wanted.ALL;
        for (JsonNode child : condition.path("children")) all = all.and(of(child));
        yield all;
      }
      case "CONJUNCTION_OR" -> {
        Wanted any = null;
        for (JsonNode child : condition.path("children")) {
          any = any == null ? of(child) : any.or(of(child));
        }
        yield any == null ? Wanted.ALL : any;
      }
      case "COMPARE_EQUAL",
          "COMPARE_GREATERTHAN",
          "COMPARE_GREATERTHANOREQUALTO",
          "COMPARE_LESSTHAN",
          "COMPARE_LESSTHANOREQUALTO" ->
          comparison(condition);
      case "COMPARE_BETWEEN" ->
          range(
              condition.path("input"),
              number(condition.path("lower")),
              number(condition.path("upper")));
      case "COMPARE_IN" -> in(condition.path("children"));
      default -> Wanted.ALL;
    };
  }

  private static Wanted comparison(JsonNode condition) {
    JsonNode left = condition.path("left");
    JsonNode right = condition.path("right");
    boolean isTurned = column(left).isEmpty();
    JsonNode column = isTurned ? right : left;
    Optional<Long> value = number(isTurned ? left : right);
    String type = condition.path("type").asText();
    boolean isAtLeast = type.startsWith("COMPARE_GREATER") != isTurned;
    return switch (type) {
      case "COMPARE_EQUAL" -> range(column, value, value);
      // Inclusive bounds want a little more than exclusive ones, which does no harm.
      default ->
          isAtLeast
              ? range(column, value, Optional.of(Long.MAX_VALUE))
              : range(column, Optional.of(Long.MIN_VALUE), value);
    };
  }

  private static Wanted in(JsonNode children) {
    Set<Long> values = new HashSet<>();
    for (int i = 1; i < children.size(); i++) {
      Optional<Long> value = number(children.get(i));
      if (value.isEmpty()) return Wanted.ALL;
      values.add(value.get());
    }
    if (values.isEmpty()) return Wanted.ALL;
    JsonNode column = children.path(0);
    if (column(column).equals(Optional.of(SystemColumns.PARTITION.name()))) {
      Set<Integer> partitions = new HashSet<>();
      for (long value : values) {
        if (value == (int) value) partitions.add((int) value);
      }
      return Wanted.partitions(partitions);
    }
    long min = values.stream().mapToLong(Long::longValue).min().orElseThrow();
    long max = values.stream().mapToLong(Long::longValue).max().orElseThrow();
    return range(column, Optional.of(min), Optional.of(max));
  }

  private static Wanted range(JsonNode column, Optional<Long> min, Optional<Long> max) {
    if (min.isEmpty() || max.isEmpty()) return Wanted.ALL;
    String name = column(column).orElse("");
    if (name.equals(SystemColumns.OFFSET.name())) return Wanted.offsets(min.get(), max.get());
    if (name.equals(SystemColumns.TIMESTAMP.name())) return Wanted.micros(min.get(), max.get());
    boolean isOnePartition =
        name.equals(SystemColumns.PARTITION.name())
            && min.equals(max)
            && min.get() == min.get().intValue();
    return isOnePartition ? Wanted.partitions(Set.of(min.get().intValue())) : Wanted.ALL;
  }

  private static Optional<String> column(JsonNode node) {
    boolean isColumn = node.path("type").asText().equals("COLUMN_REF");
    JsonNode names = node.path("column_names");
    return isColumn && names.size() == 1 ? Optional.of(names.get(0).asText()) : Optional.empty();
  }

  /** An integer, or the microseconds of a timestamp. */
  private static Optional<Long> number(JsonNode node) {
    return switch (node.path("type").asText()) {
      case "VALUE_CONSTANT" -> integer(node);
      case "OPERATOR_CAST" -> {
        String type =
            node.path("type_expr").path("type_name").asText(node.path("cast_type").asText());
        JsonNode child = node.path("child");
        boolean isZoned = type.toUpperCase(Locale.ROOT).matches("TIMESTAMP(TZ| WITH TIME ZONE)");
        if (isZoned) yield micros(text(child));
        boolean isInteger = type.toUpperCase(Locale.ROOT).matches("BIGINT|INTEGER|INT8|INT4");
        yield isInteger ? number(child) : Optional.empty();
      }
      default -> Optional.empty();
    };
  }

  private static String text(JsonNode constant) {
    JsonNode literal = constant.path("literal");
    return literal.path("text").asText(constant.path("value").path("value").asText());
  }

  private static Optional<Long> integer(JsonNode constant) {
    try {
      return Optional.of(Long.valueOf(text(constant)));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  private static Optional<Long> micros(String text) {
    try {
      Instant time = OffsetDateTime.parse(text, TIMESTAMP).toInstant();
      return Optional.of(ChronoUnit.MICROS.between(Instant.EPOCH, time));
    } catch (DateTimeParseException | ArithmeticException _) {
      return Optional.empty();
    }
  }
}

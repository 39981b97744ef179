package oxbow.query.sql;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.SystemColumns;
import oxbow.query.scan.Wanted;
import oxbow.query.sql.duckdb.Database;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Type;

/**
 * What a statement may want of each table, by DuckDB's own plan of it: the conditions that its
 * optimizer has moved down to where a table is read, through joins, views and subqueries. A
 * condition that isn't understood is none.
 */
final class Predicates {
  private static final JsonMapper JSON = new JsonMapper();

  /** More partitions than these are taken for all. */
  private static final int PARTITIONS_MAX = 1_000;

  private final Database database;
  private final Trees trees;
  private final IntFunction<List<Column>> columnsOf;
  private final Set<String> renamed;

  /** Of the table whose conditions are looked at. */
  private Map<String, Column> columns = Map.of();

  /**
   * What a plan reads of a table.
   *
   * @param columns by their names, as far as the plan tells
   */
  record Read(Wanted wanted, Set<String> columns) {
    Read {
      columns = Set.copyOf(columns);
    }

    private Read or(Read other) {
      Set<String> both = new HashSet<>(columns);
      both.addAll(other.columns);
      return new Read(wanted.or(other.wanted), both);
    }
  }

  /**
   * @param database to parse conditions with
   * @param columnsOf by a table's number
   * @param renamed in lower case: names that the statement itself gives to anything; conditions
   *     that name one of these may mean something else
   */
  Predicates(
      Database database, Trees trees, IntFunction<List<Column>> columnsOf, Set<String> renamed) {
    this.database = database;
    this.trees = trees;
    this.columnsOf = columnsOf;
    this.renamed = Set.copyOf(renamed);
  }

  /**
   * Reads a plan.
   *
   * @param plan as {@code EXPLAIN (FORMAT JSON)} gives it
   * @param prefix of the functions that read tables; behind it is the table's number
   * @return by number, of those that the plan reads
   */
  Map<Integer, Read> reads(String plan, String prefix) {
    List<Found> found = new ArrayList<>();
    try {
      walk(JSON.readTree(plan), List.of(), prefix, found);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("DuckDB's plan is no JSON", e);
    }
    Map<String, JsonNode> conditions =
        parsed(found.stream().flatMap(table -> table.conditions().stream()).distinct().toList());
    Map<Integer, Read> reads = new HashMap<>();
    for (Found table : found) {
      columns = new HashMap<>();
      for (Column column : columnsOf.apply(table.number())) columns.put(column.name(), column);
      Wanted here = Wanted.ALL;
      for (String text : table.conditions()) {
        JsonNode condition = conditions.get(text);
        if (condition != null) here = here.and(of(condition));
      }
      reads.merge(table.number(), new Read(here, table.columns()), Read::or);
    }
    return reads;
  }

  /** Where a plan reads a table, and the conditions there. */
  private record Found(int number, Set<String> columns, List<String> conditions) {}

  /**
   * @param filters of the operator above
   */
  private static void walk(JsonNode node, List<String> filters, String prefix, List<Found> found) {
    if (node.isArray()) {
      for (JsonNode each : node) walk(each, filters, prefix, found);
      return;
    }
    JsonNode extra = node.path("extra_info");
    String function = extra.path("Function").asText().toLowerCase(Locale.ROOT);
    if (function.isEmpty()) function = node.path("name").asText().strip().toLowerCase(Locale.ROOT);
    if (function.startsWith(prefix)) {
      List<String> conditions = new ArrayList<>(filters);
      conditions.addAll(texts(extra.path("Filters")));
      conditions.removeIf(String::isBlank);
      found.add(
          new Found(
              Integer.parseInt(function.substring(prefix.length())),
              new HashSet<>(texts(extra.path("Projections"))),
              conditions));
    }
    boolean isFilter = node.path("name").asText().strip().equals("FILTER");
    List<String> below = isFilter ? texts(extra.path("Expression")) : List.of();
    for (JsonNode child : node.path("children")) walk(child, below, prefix, found);
  }

  private static List<String> texts(JsonNode told) {
    List<String> texts = new ArrayList<>();
    if (told.isTextual()) texts.add(told.asText());
    else told.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  /** The trees of conditions, by their texts. */
  private Map<String, JsonNode> parsed(List<String> conditions) {
    List<String> statements = conditions.stream().map(Predicates::statement).toList();
    Map<String, JsonNode> trees = this.trees.of(database, statements);
    Map<String, JsonNode> parsed = new HashMap<>();
    for (String condition : conditions) {
      JsonNode tree = trees.get(statement(condition));
      if (tree == null) continue; // a condition that isn't understood is none
      parsed.put(condition, tree.path("statements").path(0).path("node").path("where_clause"));
    }
    return parsed;
  }

  private static String statement(String condition) {
    return "SELECT 1 WHERE " + condition;
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
              Constants.text(condition.path("lower")),
              Constants.text(condition.path("upper")),
              true);
      case "COMPARE_IN" -> in(condition.path("children"));
      case "OPERATOR_IS_NOT_NULL" -> notNull(condition.path("children").path(0));
      case "FUNCTION" -> function(condition);
      default -> Wanted.ALL;
    };
  }

  private Wanted comparison(JsonNode condition) {
    JsonNode left = condition.path("left");
    JsonNode right = condition.path("right");
    boolean isTurned = column(left).isEmpty();
    JsonNode column = isTurned ? right : left;
    String value = Constants.text(isTurned ? left : right);
    if (value == null) return Wanted.ALL;
    String type = condition.path("type").asText();
    boolean isAtLeast = type.startsWith("COMPARE_GREATER") != isTurned;
    // Inclusive bounds want a little more than exclusive ones, which does no harm.
    if (type.equals("COMPARE_EQUAL")) return range(column, value, value, true);
    return isAtLeast ? range(column, value, null, false) : range(column, null, value, false);
  }

  private Wanted in(JsonNode children) {
    @Nullable Wanted any = null;
    for (int i = 1; i < children.size(); i++) {
      String value = Constants.text(children.get(i));
      if (value == null) return Wanted.ALL;
      Wanted one = range(children.path(0), value, value, true);
      any = any == null ? one : any.or(one);
    }
    return any == null ? Wanted.ALL : any;
  }

  private Wanted notNull(JsonNode node) {
    Optional<Column> column = column(node);
    if (column.isEmpty() || isPlace(column.get())) return Wanted.ALL;
    return ColumnRange.all(column.get().type())
        .map(range -> Wanted.value(column.get().id(), range))
        .orElse(Wanted.ALL);
  }

  /** Texts that begin with another one. */
  private Wanted function(JsonNode call) {
    String name = call.path("function_name").asText();
    JsonNode arguments = call.path("arguments");
    boolean isPrefix = name.equals("prefix") || name.equals("starts_with") || name.equals("^@");
    if (!isPrefix || arguments.size() != 2) return Wanted.ALL;
    Optional<Column> column = column(arguments.get(0).path("expression"));
    String prefix = Constants.text(arguments.get(1).path("expression"));
    if (column.isEmpty() || prefix == null || column.get().type() != Type.Plain.STRING) {
      return Wanted.ALL;
    }
    return Wanted.value(column.get().id(), Constants.prefixed(prefix));
  }

  /**
   * @param isBounded both constants have to be known
   */
  private Wanted range(
      JsonNode node, @Nullable String min, @Nullable String max, boolean isBounded) {
    if (isBounded && (min == null || max == null)) return Wanted.ALL;
    Optional<Column> column = column(node);
    if (column.isEmpty()) return Wanted.ALL;
    Optional<ColumnRange> range = Constants.range(column.get().type(), min, max);
    if (range.isEmpty()) return Wanted.ALL;
    int id = column.get().id();
    if (!(range.get() instanceof ColumnRange.Numbers(long from, long to, boolean _))) {
      return Wanted.value(id, range.get());
    }
    if (id == SystemColumns.OFFSET.id()) return Wanted.offsets(from, to);
    if (id == SystemColumns.TIMESTAMP.id()) return Wanted.micros(from, to);
    return id == SystemColumns.PARTITION.id()
        ? partitions(from, to)
        : Wanted.value(id, range.get());
  }

  private static Wanted partitions(long from, long to) {
    if (from < 0 || to > Integer.MAX_VALUE || to - from >= PARTITIONS_MAX) return Wanted.ALL;
    Set<Integer> partitions = new HashSet<>();
    for (long partition = from; partition <= to; partition++) partitions.add((int) partition);
    return Wanted.partitions(partitions);
  }

  private static boolean isPlace(Column column) {
    return column.id() == SystemColumns.OFFSET.id() || column.id() == SystemColumns.PARTITION.id();
  }

  private Optional<Column> column(JsonNode node) {
    boolean isColumn = node.path("type").asText().equals("COLUMN_REF");
    JsonNode names = node.path("column_names");
    if (!isColumn || names.size() != 1) return Optional.empty();
    String name = names.get(0).asText();
    return renamed.contains(name.toLowerCase(Locale.ROOT))
        ? Optional.empty()
        : Optional.ofNullable(columns.get(name));
  }
}

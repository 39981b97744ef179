package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import oxbow.query.sql.SqlException.Kind;

/**
 * What a statement names, out of the tree that DuckDB makes of it; refuses what reaches beyond the
 * topics. It is the first of two fences: the engine itself may open no other file, either.
 */
final class StatementCheck {
  /** Functions in FROM that make rows of their arguments alone. */
  private static final Set<String> ROW_FUNCTIONS =
      Set.of(
          "range",
          "generate_series",
          "unnest",
          "repeat",
          "repeat_row",
          "json_each",
          "json_tree",
          "pg_timezone_names",
          "icu_calendar_names");

  /** Functions of a value that tell of the process, or do something to it. */
  private static final Set<String> FORBIDDEN =
      Set.of(
          "current_setting",
          "getenv",
          "getvariable",
          "set_config",
          "write_log",
          "parse_duckdb_log_message",
          "json_deserialize_sql",
          "json_serialize_plan",
          "current_connection_id",
          "current_transaction_id",
          "txid_current",
          "nextval",
          "currval",
          "sleep",
          "sleep_ms");

  /** Beginnings of names of such functions. */
  private static final List<String> FORBIDDEN_BEGINNINGS =
      List.of("read_", "duckdb_", "pragma_", "pg_get_", "file_", "create_", "register_");

  /** What of the engine's own tables may be looked at. */
  private static final Set<String> SCHEMATA = Set.of("information_schema");

  private final String sql;
  private final List<Table> tables = new ArrayList<>();
  private final Set<String> commonTables = new HashSet<>();
  private boolean isAboutAll;
  private boolean isShown;
  private final Set<String> functions = new HashSet<>();
  private final Set<String> renamed = new HashSet<>();
  private boolean isRowByRow;

  /**
   * A table that a statement names.
   *
   * @param path its name, with catalog and schema before it if they are given
   */
  record Table(List<String> path, int at) {
    Table {
      path = List.copyOf(path);
    }

    String name() {
      return path.getLast();
    }
  }

  private StatementCheck(String sql) {
    this.sql = sql;
  }

  /**
   * Checks one statement.
   *
   * @param tree what {@code json_serialize_sql} gave
   */
  static StatementCheck of(String sql, JsonNode tree) {
    var check = new StatementCheck(sql);
    if (tree.path("error").asBoolean()) throw check.refused(tree);
    JsonNode statements = tree.path("statements");
    if (statements.size() != 1) {
      throw new SqlException(
          Kind.SYNTAX, statements.isEmpty() ? "there is no statement" : "one statement at a time");
    }
    check.walk(statements.get(0));
    check.isRowByRow = isRowByRow(statements.get(0).path("node"));
    return check;
  }

  /** Names of tables that are none of the statement's own. */
  List<Table> tables() {
    return tables.stream()
        .filter(table ->
            table.path().size() > 1
                || !commonTables.contains(table.name().toLowerCase(Locale.ROOT)))
        .toList();
  }

  /** It asks for tables and columns as such. */
  boolean isAboutAll() {
    return isAboutAll;
  }

  /** Its rows are about a table instead of in it. */
  boolean isShown() {
    return isShown;
  }

  /** In lower case: the names that it gives to columns and values. */
  Set<String> renamed() {
    return renamed;
  }

  /** Names of the functions of values that it calls. */
  Set<String> functions() {
    return functions;
  }

  /**
   * Each of its rows is made of one row of one table, as far as the tree tells; an aggregate looks
   * like any function there.
   */
  boolean isRowByRow() {
    return isRowByRow;
  }

  private static boolean isRowByRow(JsonNode node) {
    return node.path("type").asText().equals("SELECT_NODE")
        && node.path("modifiers").isEmpty()
        && node.path("cte_map").path("map").isEmpty()
        && node.path("from_table").path("type").asText().equals("BASE_TABLE")
        && node.path("from_table").path("sample").isNull()
        && node.path("group_expressions").isEmpty()
        && node.path("group_sets").isEmpty()
        && node.path("having").isNull()
        && node.path("qualify").isNull()
        && node.path("sample").isNull()
        && !has(node, "SUBQUERY")
        && !has(node, "WINDOW");
  }

  private static boolean has(JsonNode node, String wanted) {
    if (node.path("class").asText().equals(wanted)) return true;
    for (JsonNode child : node) {
      if (has(child, wanted)) return true;
    }
    return false;
  }

  private SqlException refused(JsonNode tree) {
    String message = tree.path("error_message").asText();
    if (tree.path("error_type").asText().equals("not implemented")) {
      return new SqlException(
          Kind.FORBIDDEN,
          "topics can be queried, and nothing else be done",
          1,
          1,
          "SELECT, EXPLAIN, DESCRIBE, SHOW TABLES and SUMMARIZE are what there is",
          null);
    }
    int[] place = SqlFailures.place(sql, tree.path("position").asInt(-1));
    return new SqlException(Kind.SYNTAX, message, place[0], place[1], null, null);
  }

  private void walk(JsonNode node) {
    if (node.isObject()) look(node);
    for (JsonNode child : node) walk(child);
  }

  private void look(JsonNode node) {
    addRenamed(node);
    switch (node.path("type").asText()) {
      case "BASE_TABLE" -> addTable(node);
      case "TABLE_FUNCTION" -> checkRowFunction(node.path("function"));
      case "SHOW_REF" -> addShown(node);
      default -> {}
    }
    if (node.path("class").asText().equals("FUNCTION")) checkFunction(node);
    for (JsonNode common : node.path("cte_map").path("map")) {
      commonTables.add(common.path("key").asText().toLowerCase(Locale.ROOT));
    }
  }

  private void addRenamed(JsonNode node) {
    String alias = node.path("alias").asText("");
    JsonNode names = node.path("column_names");
    boolean isSame =
        names.size() > 0 && names.get(names.size() - 1).asText().equalsIgnoreCase(alias);
    if (!alias.isEmpty() && !isSame) renamed.add(alias.toLowerCase(Locale.ROOT));
    for (String key : List.of("column_name_alias", "aliases")) {
      for (JsonNode name : node.path(key)) renamed.add(name.asText().toLowerCase(Locale.ROOT));
    }
  }

  private void addTable(JsonNode node) {
    List<String> path = new ArrayList<>();
    for (JsonNode part : node.path("qualified_name").path("path")) path.add(part.asText());
    if (path.isEmpty()) path.add(node.path("table_name").asText());
    if (path.size() > 1 && SCHEMATA.contains(path.get(path.size() - 2).toLowerCase(Locale.ROOT))) {
      isAboutAll = true;
      return;
    }
    tables.add(new Table(path, node.path("query_location").asInt(-1)));
  }

  /** What DESCRIBE, SUMMARIZE and SHOW are about. */
  private void addShown(JsonNode node) {
    isShown = true;
    if (!node.path("query").isNull() && !node.path("query").isMissingNode()) return;
    String name = node.path("table_name").asText();
    switch (name) {
      case "\"tables\"", "__show_tables_expanded", "\"schemas\"" -> isAboutAll = true;
      default -> {
        if (node.path("show_type").asText().equals("SHOW_SPECIAL") || name.startsWith("\"")) {
          throw new SqlException(
              Kind.FORBIDDEN,
              "only tables can be shown",
              1,
              1,
              "SHOW TABLES, or DESCRIBE a table",
              null);
        }
        List<String> path = new ArrayList<>();
        for (JsonNode part : node.path("qualified_name").path("path")) path.add(part.asText());
        if (path.isEmpty()) path.add(name);
        tables.add(new Table(path, -1));
      }
    }
  }

  private void checkRowFunction(JsonNode function) {
    String name = name(function);
    if (!ROW_FUNCTIONS.contains(name)) throw forbidden(name, function);
  }

  private void checkFunction(JsonNode function) {
    String name = name(function);
    functions.add(name);
    if (FORBIDDEN.contains(name)) throw forbidden(name, function);
    for (String beginning : FORBIDDEN_BEGINNINGS) {
      if (name.startsWith(beginning)) throw forbidden(name, function);
    }
  }

  private static String name(JsonNode function) {
    return function.path("function_name").asText().toLowerCase(Locale.ROOT);
  }

  private SqlException forbidden(String name, JsonNode function) {
    int[] place = SqlFailures.place(sql, function.path("query_location").asInt(-1));
    return new SqlException(
        Kind.FORBIDDEN,
        "the function " + name + " is not for queries of topics",
        place[0],
        place[1],
        null,
        null);
  }

  /** Bytes of a statement. */
  static int sizeBytes(String sql) {
    return sql.getBytes(UTF_8).length;
  }
}

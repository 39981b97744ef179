package oxbow.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import oxbow.schema.record.JsonForms;

/** What a statement may go on with: keywords, topics, and the columns of topics that it names. */
final class SqlNames {
  private static final List<String> KEYWORDS =
      List.of(
          "SELECT",
          "FROM",
          "WHERE",
          "GROUP BY",
          "ORDER BY",
          "HAVING",
          "LIMIT",
          "OFFSET",
          "JOIN",
          "LEFT JOIN",
          "INNER JOIN",
          "CROSS JOIN",
          "ON",
          "USING",
          "AS",
          "AND",
          "OR",
          "NOT",
          "IN",
          "LIKE",
          "ILIKE",
          "BETWEEN",
          "IS NULL",
          "IS NOT NULL",
          "DISTINCT",
          "UNION ALL",
          "WITH",
          "CASE",
          "WHEN",
          "THEN",
          "ELSE",
          "END",
          "CAST",
          "OVER",
          "PARTITION BY",
          "QUALIFY",
          "DESC",
          "ASC",
          "EXPLAIN",
          "DESCRIBE",
          "SHOW TABLES",
          "AS OF TIMESTAMP",
          "AS OF OFFSETS",
          "EMIT CHANGES",
          "count(*)",
          "sum(",
          "avg(",
          "min(",
          "max(",
          "information_schema");
  private static final Pattern NAME = Pattern.compile("\"((?:[^\"]|\"\")+)\"|([A-Za-z_]\\w*)");
  private static final long TOPICS_KEPT_NANOS = 10_000_000_000L;

  private final SqlClient client;
  private final Map<String, List<String>> columns = new HashMap<>();
  private List<String> topics = List.of();
  private long topicsNanos;
  private boolean hasTopics;

  SqlNames(SqlClient client) {
    this.client = client;
  }

  /** All of them; names that need quotes have them. */
  List<String> of(String statement) {
    List<String> all = new ArrayList<>();
    List<String> known = topics();
    Matcher names = NAME.matcher(statement);
    while (names.find()) {
      String name = names.group(1) == null ? names.group(2) : names.group(1).replace("\"\"", "\"");
      if (known.contains(name)) columns(name).forEach(column -> all.add(quoted(column)));
    }
    known.forEach(topic -> all.add(quoted(topic)));
    all.addAll(KEYWORDS);
    return all.stream().distinct().toList();
  }

  private List<String> topics() {
    if (hasTopics && System.nanoTime() - topicsNanos < TOPICS_KEPT_NANOS) return topics;
    List<String> found = new ArrayList<>();
    try {
      client
          .get("/api/v1/topics")
          .path("topics")
          .forEach(topic -> found.add(topic.path("name").asText()));
    } catch (CommandException _) {
      return topics; // completion is no place to tell that the server is away
    }
    topics = found;
    hasTopics = true;
    topicsNanos = System.nanoTime();
    return topics;
  }

  private List<String> columns(String topic) {
    return columns.computeIfAbsent(topic, this::asked);
  }

  private List<String> asked(String topic) {
    List<String> names = new ArrayList<>();
    try (InputStream answer = client.run("SELECT * FROM " + quoted(topic) + " LIMIT 0", "ndjson");
        var lines = new BufferedReader(new InputStreamReader(answer, StandardCharsets.UTF_8))) {
      String head = lines.readLine();
      JsonNode told = JsonForms.MAPPER.readTree(head == null ? "{}" : head);
      told.path("columns").forEach(column -> names.add(column.path("name").asText()));
    } catch (CommandException | IOException _) {
      return names; // a topic whose table can't be read has no columns to offer
    } finally {
      client.done();
    }
    return names;
  }

  static String quoted(String name) {
    boolean isPlain = name.matches("[a-z_][a-z0-9_]*");
    return isPlain ? name : '"' + name.replace("\"", "\"\"") + '"';
  }
}

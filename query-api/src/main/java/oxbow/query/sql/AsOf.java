package oxbow.query.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.sql.StatementText.Word;
import oxbow.query.sql.duckdb.SqlType;

/**
 * Tables as they were: {@code orders AS OF TIMESTAMP '...'} and {@code AS OF OFFSETS '0:100,1:70'}
 * are the latest value of each key up to there. The statement gets a name for each, and the table
 * of that name is made for it.
 *
 * @param name what the statement calls it now
 * @param path of the topic's table
 * @param condition what of the topic counts
 */
record AsOf(String name, List<String> path, String condition) {
  /** What may follow a table without being its alias. */
  private static final Set<String> CLAUSES =
      Set.of(
          "WHERE",
          "GROUP",
          "ORDER",
          "HAVING",
          "LIMIT",
          "OFFSET",
          "QUALIFY",
          "WINDOW",
          "UNION",
          "EXCEPT",
          "INTERSECT",
          "JOIN",
          "LEFT",
          "RIGHT",
          "INNER",
          "FULL",
          "OUTER",
          "CROSS",
          "NATURAL",
          "ASOF",
          "POSITIONAL",
          "SEMI",
          "ANTI",
          "ON",
          "USING",
          "TABLESAMPLE",
          "SELECT",
          "FETCH",
          "EMIT",
          "PIVOT",
          "UNPIVOT",
          "FOR");

  AsOf {
    path = List.copyOf(path);
  }

  /**
   * A statement without them.
   *
   * @param tables those that it names now
   */
  record Rewritten(String sql, List<AsOf> tables) {
    Rewritten {
      tables = List.copyOf(tables);
    }
  }

  static Rewritten rewrite(String sql) {
    List<Word> words = StatementText.of(sql).words();
    List<AsOf> tables = new ArrayList<>();
    var out = new StringBuilder();
    int copied = 0;
    for (int i = 1; i + 3 < words.size(); i++) {
      boolean isIt =
          words.get(i).is("AS")
              && words.get(i + 1).is("OF")
              && (words.get(i + 2).is("TIMESTAMP") || words.get(i + 2).is("OFFSETS"))
              && words.get(i - 1).isName();
      if (!isIt) continue;
      Word literal = words.get(i + 3);
      if (!literal.isText()) {
        throw failure(sql, literal, "a text has to follow AS OF " + words.get(i + 2).upper());
      }
      int first = i - 1;
      while (first >= 2 && words.get(first - 1).is(".") && words.get(first - 2).isName())
        first -= 2;
      List<String> path = new ArrayList<>();
      for (int part = first; part < i; part += 2) path.add(words.get(part).bare());
      String condition =
          words.get(i + 2).is("TIMESTAMP")
              ? "kafka_timestamp <= TIMESTAMPTZ " + literal.text()
              : offsets(sql, literal);
      var table = new AsOf(path.getLast() + " as of " + (tables.size() + 1), path, condition);
      tables.add(table);
      out.append(sql, copied, words.get(first).from()).append(SqlType.quoted(table.name()));
      boolean hasAlias =
          i + 4 < words.size()
              && words.get(i + 4).isName()
              && !CLAUSES.contains(words.get(i + 4).upper());
      if (!hasAlias) out.append(" AS ").append(SqlType.quoted(path.getLast()));
      copied = literal.to();
    }
    return new Rewritten(out.append(sql, copied, sql.length()).toString(), tables);
  }

  /** As {@code 0:100,1:70}: those that follow the last; a partition that isn't named has none. */
  private static String offsets(String sql, Word literal) {
    Map<Integer, Long> ends = new TreeMap<>();
    try {
      for (String one : literal.bare().split(",")) {
        String[] parts = one.strip().split(":", 2);
        ends.put(Integer.valueOf(parts[0].strip()), Long.valueOf(parts[1].strip()));
      }
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException _) {
      throw failure(sql, literal, "offsets are written as '0:100,1:70': partition and offset");
    }
    var cases = new StringBuilder("kafka_offset < CASE kafka_partition");
    ends.forEach((partition, end) ->
        cases.append(String.format(Locale.ROOT, " WHEN %d THEN %d", partition, end)));
    return cases.append(" ELSE 0 END").toString();
  }

  private static SqlException failure(String sql, Word word, String message) {
    int bytes = StatementCheck.sizeBytes(sql.substring(0, word.from()));
    int[] place = SqlFailures.place(sql, bytes);
    return new SqlException(Kind.SYNTAX, message, place[0], place[1], null, null);
  }

  /**
   * The rows that count: of each key the last one, unless it is a tombstone. A record without key
   * is nobody's value.
   *
   * @param base the topic's table
   * @param keys the columns that a key may be in
   * @param columns all of them
   */
  String view(String base, List<String> keys, String columns) {
    String key = String.join(", ", keys);
    String isKeyed = String.join(" IS NOT NULL OR ", keys) + " IS NOT NULL";
    return "SELECT "
        + columns
        + " FROM (SELECT b.* FROM "
        + base
        + " b JOIN (SELECT kafka_partition AS p, max(kafka_offset) AS o FROM "
        + base
        + " WHERE ("
        + isKeyed
        + ") AND "
        + condition
        + " GROUP BY kafka_partition, "
        + key
        + ") l ON b.kafka_partition = l.p AND b.kafka_offset = l.o WHERE (b.kafka_form & 7) <> 4)";
  }
}

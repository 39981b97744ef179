package oxbow.query.sql;

import java.util.List;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.sql.StatementText.Word;

/**
 * What is to be done with a statement.
 *
 * @param sql what is to be run or explained: places in it are those of the text that was given, up
 *     to the first table as of some time
 * @param isPlanJson the plan is wanted as JSON, as {@code EXPLAIN (FORMAT JSON)} asks for it
 * @param isContinuous it goes on with records to come
 * @param asOf tables as they were
 */
record StatementKind(
    String sql,
    boolean isExplain,
    boolean isAnalyze,
    boolean isPlanJson,
    boolean isContinuous,
    List<AsOf> asOf) {
  StatementKind {
    asOf = List.copyOf(asOf);
  }

  static StatementKind of(String text) {
    List<Word> words = StatementText.of(text).words();
    while (!words.isEmpty() && words.getLast().is(";")) words.removeLast();
    if (words.isEmpty()) throw new SqlException(Kind.SYNTAX, "there is no statement");
    int count = words.size();
    boolean isContinuous =
        count > 2 && words.get(count - 2).is("EMIT") && words.get(count - 1).is("CHANGES");
    int end = words.get(isContinuous ? count - 3 : count - 1).to();
    boolean isExplain = words.getFirst().is("EXPLAIN");
    List<Word> options = isExplain ? explainOptions(words) : List.of();
    boolean isAnalyze =
        (isExplain && words.size() > 1 && words.get(1).is("ANALYZE")) || has(options, "ANALYZE");
    int skipped;
    if (!options.isEmpty()) skipped = 1 + options.size();
    else skipped = isAnalyze ? 2 : isExplain ? 1 : 0;
    int from = skipped == 0 ? 0 : words.get(skipped - 1).to();
    String sql = blank(text.substring(0, from)) + text.substring(from, end);
    AsOf.Rewritten rewritten = AsOf.rewrite(sql);
    return new StatementKind(
        rewritten.sql(),
        isExplain,
        isAnalyze,
        has(options, "JSON"),
        isContinuous && !isExplain,
        rewritten.tables());
  }

  /** {@code (ANALYZE, FORMAT JSON)} behind the first word; nothing if a statement stands there. */
  private static List<Word> explainOptions(List<Word> words) {
    boolean isThere =
        words.size() > 2
            && words.get(1).is("(")
            && (words.get(2).is("FORMAT") || words.get(2).is("ANALYZE"));
    if (!isThere) return List.of();
    for (int end = 2; end < words.size(); end++) {
      if (words.get(end).is(")")) return words.subList(1, end + 1);
    }
    return List.of();
  }

  private static boolean has(List<Word> options, String word) {
    return options.stream().anyMatch(each -> each.is(word));
  }

  /** Whether a statement, if it is one, goes on with records to come. */
  static boolean isContinuous(String text) {
    try {
      return of(text).isContinuous();
    } catch (SqlException _) {
      return false;
    }
  }

  private static String blank(String text) {
    return text.replaceAll("[^\\n]", " ");
  }
}

package oxbow.query.sql;

import java.util.List;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.sql.StatementText.Word;

/**
 * What is to be done with a statement.
 *
 * @param sql what is to be run or explained: places in it are those of the text that was given, up
 *     to the first table as of some time
 * @param isContinuous it goes on with records to come
 * @param asOf tables as they were
 */
record StatementKind(
    String sql, boolean isExplain, boolean isAnalyze, boolean isContinuous, List<AsOf> asOf) {
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
    boolean isAnalyze = isExplain && words.size() > 1 && words.get(1).is("ANALYZE");
    int skipped = isAnalyze ? 2 : isExplain ? 1 : 0;
    int from = skipped == 0 ? 0 : words.get(skipped - 1).to();
    String sql = blank(text.substring(0, from)) + text.substring(from, end);
    AsOf.Rewritten rewritten = AsOf.rewrite(sql);
    return new StatementKind(
        rewritten.sql(), isExplain, isAnalyze, isContinuous && !isExplain, rewritten.tables());
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

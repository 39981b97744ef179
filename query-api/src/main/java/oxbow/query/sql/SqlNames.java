package oxbow.query.sql;

import java.util.Locale;
import java.util.regex.Pattern;
import oxbow.query.sql.duckdb.SqlType;

/** Names of tables as people write them. */
final class SqlNames {
  private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

  /** Beyond this many changes of a letter it is another name. */
  private static final int CHANGES_MAX = 2;

  private SqlNames() {}

  /** As a statement has to name it. */
  static String quotedIfNeeded(String name) {
    return PLAIN.matcher(name).matches() ? name : SqlType.quoted(name);
  }

  /** Whether somebody who wrote the one may have meant the other. */
  static boolean areAlike(String name, String written) {
    String a = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    String b = written.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    return !b.isEmpty() && (a.contains(b) || distance(a, b) <= CHANGES_MAX);
  }

  /** How many letters have to be changed, added or taken away. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) row[j] = j;
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}

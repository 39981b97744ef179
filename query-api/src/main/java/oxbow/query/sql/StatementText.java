package oxbow.query.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of a statement, as far as one has to know them before it is parsed: where texts, quoted
 * names and comments begin and end.
 */
final class StatementText {
  private final String sql;
  private final List<Word> words = new ArrayList<>();

  /** A word, a text, a number or a single sign, and where it stands. */
  record Word(int from, int to, String text) {
    boolean is(String keyword) {
      return text.equalsIgnoreCase(keyword);
    }

    /** A name, quoted or not. */
    boolean isName() {
      return text.startsWith("\"") || Character.isJavaIdentifierStart(text.charAt(0));
    }

    boolean isText() {
      return text.startsWith("'");
    }

    /** The name or text itself. */
    String bare() {
      char quote = text.charAt(0);
      if (quote != '"' && quote != '\'') return text;
      String twice = String.valueOf(quote).repeat(2);
      return text.substring(1, text.length() - 1).replace(twice, String.valueOf(quote));
    }

    String upper() {
      return text.toUpperCase(Locale.ROOT);
    }
  }

  private StatementText(String sql) {
    this.sql = sql;
  }

  static StatementText of(String sql) {
    var text = new StatementText(sql);
    for (int at = 0; at < sql.length(); ) at = text.read(at);
    return text;
  }

  List<Word> words() {
    return words;
  }

  private int read(int at) {
    char first = sql.charAt(at);
    if (Character.isWhitespace(first)) return at + 1;
    if (sql.startsWith("--", at)) return endOf(sql.indexOf('\n', at), 0);
    if (sql.startsWith("/*", at)) return endOf(sql.indexOf("*/", at + 2), 2);
    int end;
    if (first == '\'' || first == '"') end = endOfQuoted(at, first);
    else if (first == '$' && dollarTag(at) > 0) end = endOfDollars(at);
    else if (Character.isJavaIdentifierPart(first)) end = endOfWord(at);
    else end = at + 1;
    words.add(new Word(at, end, sql.substring(at, end)));
    return end;
  }

  private int endOf(int found, int more) {
    return found < 0 ? sql.length() : found + more;
  }

  private int endOfQuoted(int at, char quote) {
    for (int i = at + 1; i < sql.length(); i++) {
      if (sql.charAt(i) != quote) continue;
      if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) i++;
      else return i + 1;
    }
    return sql.length();
  }

  private int endOfWord(int at) {
    int end = at;
    while (end < sql.length() && Character.isJavaIdentifierPart(sql.charAt(end))) end++;
    return end;
  }

  /** Length of the sign that begins a text in dollars; zero: there is none. */
  private int dollarTag(int at) {
    int end = at + 1;
    while (end < sql.length()
        && (Character.isLetterOrDigit(sql.charAt(end)) || sql.charAt(end) == '_')) {
      end++;
    }
    boolean isTag =
        end < sql.length()
            && sql.charAt(end) == '$'
            && !(end > at + 1 && Character.isDigit(sql.charAt(at + 1)));
    return isTag ? end + 1 - at : 0;
  }

  private int endOfDollars(int at) {
    String tag = sql.substring(at, at + dollarTag(at));
    return endOf(sql.indexOf(tag, at + tag.length()), tag.length());
  }
}

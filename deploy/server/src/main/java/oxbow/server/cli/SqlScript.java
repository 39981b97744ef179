package oxbow.server.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a text into statements at its semicolons, but not at those in texts, names and comments.
 *
 * <pre>
 *   'it''s'   "a name"   $$ text $$   $tag$ text $tag$   -- comment   /* comment *&#47;
 * </pre>
 */
final class SqlScript {
  private final List<Statement> statements = new ArrayList<>();
  private final boolean isOpen;

  /**
   * One statement.
   *
   * @param text without its semicolon
   * @param line where it begins in the whole, from 0
   */
  record Statement(String text, int line) {}

  SqlScript(String text) {
    int start = 0;
    int at = 0;
    boolean isInside = false;
    while (at < text.length() && !isInside) {
      if (text.charAt(at) == ';') {
        add(text, start, at);
        start = at + 1;
        at++;
      } else {
        int end = endOf(text, at);
        isInside = end < 0;
        at = isInside ? text.length() : end;
      }
    }
    isOpen = add(text, start, text.length()) || isInside;
  }

  /** Whether something was there to add. */
  private boolean add(String text, int start, int end) {
    int first = start;
    while (first < end) { // white space and comments before it are not part of it
      char c = text.charAt(first);
      boolean isComment = text.startsWith("--", first) || text.startsWith("/*", first);
      if (isComment) {
        int after = endOf(text, first);
        first = after < 0 ? end : Math.min(after, end);
      } else if (Character.isWhitespace(c)) {
        first++;
      } else {
        break;
      }
    }
    if (first >= end) return false;
    int line = (int) text.substring(0, first).chars().filter(c -> c == '\n').count();
    statements.add(new Statement(text.substring(first, end).stripTrailing(), line));
    return true;
  }

  /** Where what begins here ends; -1: it doesn't. */
  private static int endOf(String text, int at) {
    char c = text.charAt(at);
    if (c == '\'' || c == '"') return after(text, String.valueOf(c), at + 1);
    if (text.startsWith("--", at)) {
      int end = text.indexOf('\n', at);
      return end < 0 ? text.length() : end + 1;
    }
    if (text.startsWith("/*", at)) return after(text, "*/", at + 2);
    if (c == '$' && !isNamePart(text, at - 1)) {
      int end = at + 1;
      while (end < text.length() && isNamePart(text, end) && text.charAt(end) != '$') end++;
      boolean isTag =
          end < text.length()
              && text.charAt(end) == '$'
              && (end == at + 1 || !Character.isDigit(text.charAt(at + 1)));
      if (isTag) return after(text, text.substring(at, end + 1), end + 1);
    }
    return at + 1;
  }

  private static boolean isNamePart(String text, int at) {
    return at >= 0 && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_');
  }

  private static int after(String text, String end, int from) {
    int at = text.indexOf(end, from);
    return at < 0 ? -1 : at + end.length();
  }

  List<Statement> statements() {
    return statements;
  }

  /** The last statement has no semicolon behind it, or a text or comment goes on. */
  boolean isOpen() {
    return isOpen;
  }
}

package oxbow.schema.json;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Matches a stranger's regular expression, in bounded time: some expressions take exponentially
 * long on a short text.
 */
final class BoundedMatch {
  private static final int LOOKS_MAX = 100_000;

  private BoundedMatch() {}

  /** Whether the expression is found in the text; one that takes too long or is none isn't. */
  static boolean find(String expression, String text) {
    try {
      return Pattern.compile(expression).matcher(new Watched(text)).find();
    } catch (PatternSyntaxException | TooLongException | StackOverflowError _) {
      return false;
    }
  }

  /** A text that lets itself be looked at only so often. */
  private static final class Watched implements CharSequence {
    private final CharSequence text;
    private int looks;

    Watched(CharSequence text) {
      this.text = text;
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (++looks > LOOKS_MAX) throw new TooLongException();
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }

  private static final class TooLongException extends RuntimeException {}
}

package oxbow.server.config;

import java.util.Collection;
import java.util.Optional;

/** Finds the word somebody most likely meant. */
public final class Nearest {
  private Nearest() {}

  /** The nearest of the words, unless all of them are far off. */
  public static Optional<String> to(String given, Collection<String> words) {
    String nearest = null;
    int distance = Math.max(1, given.length() / 4) + 1;
    for (String word : words) {
      int d = distance(given, word, distance);
      if (d < distance) {
        distance = d;
        nearest = word;
      }
    }
    return Optional.ofNullable(nearest);
  }

  /** Edits (one letter added, dropped, changed, or two swapped) from one to the other. */
  static int distance(String a, String b, int cutoff) {
    if (Math.abs(a.length() - b.length()) >= cutoff) return cutoff;
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) last[j] = j;
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      int[] spare = beforeLast;
      beforeLast = last;
      last = row;
      row = spare;
    }
    return last[b.length()];
  }
}

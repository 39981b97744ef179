package oxbow.cold.table;

import java.util.Locale;

/** What other engines may do to the rows of a topic's table. */
public enum ForeignCommits {
  /** Add rows and forget snapshots: every file of ours stays, and replays byte for byte. */
  APPEND,
  /** Also write the same rows into other files: those replay record by record. */
  REPLACE,
  /** Also change and delete rows: what is gone is gone for consumers too. */
  ALL;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads a topic's setting. */
  public static ForeignCommits parse(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }
}

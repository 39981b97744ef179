package oxbow.query.produce;

import oxbow.query.QueryException;

/** What became of one record. */
public sealed interface Outcome {
  /** It is acknowledged. */
  record Appended(int partition, long offset) implements Outcome {}

  record Refused(QueryException reason) implements Outcome {}
}

package oxbow.query.sql.http;

import org.apache.arrow.vector.VectorSchemaRoot;
import oxbow.query.sql.QueryStatus;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlException;

/** Turns rows into the bytes of one answer. Confined to one thread. */
interface RowsOut {
  /** Bytes after which a piece goes to the client. */
  int PIECE_BYTES = 64 << 10;

  /** What comes before the first row. */
  void begin(RunningQuery query);

  /**
   * The rows of a batch.
   *
   * @param flush called whenever a piece is full; takes it
   */
  void batch(VectorSchemaRoot batch, Runnable flush);

  /** A sign of life, if the form has one. */
  void quiet(QueryStatus status);

  /** What tells that the answer is whole. */
  void end(QueryStatus status);

  /**
   * An error after the answer has begun.
   *
   * @return it can't be said in this form: the answer has to break off
   */
  boolean isCutBy(SqlException failure);

  boolean isEmpty();

  /** What was written since the last time. */
  byte[] take();
}

package oxbow.query.sql.http;

import org.apache.arrow.vector.VectorSchemaRoot;
import oxbow.query.rows.ArrowBytes;
import oxbow.query.sql.QueryStatus;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlException;

/** Rows as a stream of Arrow. */
final class ArrowOut implements RowsOut {
  private final ArrowBytes out = new ArrowBytes(PIECE_BYTES);

  @Override
  public void begin(RunningQuery query) {
    out.begin(query.schema());
  }

  @Override
  public void batch(VectorSchemaRoot batch, Runnable flush) {
    out.batch(batch, flush);
  }

  @Override
  public void quiet(QueryStatus status) {}

  @Override
  public void end(QueryStatus status) {
    out.end();
  }

  @Override
  public boolean isCutBy(SqlException failure) {
    return true;
  }

  @Override
  public boolean isEmpty() {
    return out.isEmpty();
  }

  @Override
  public byte[] take() {
    return out.take();
  }
}

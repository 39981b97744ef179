package oxbow.query.replay;

import java.util.Arrays;
import java.util.Optional;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import oxbow.query.QueryException;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlEngine;

/** Takes the records that a predicate of SQL takes of the topic's table. */
public final class SqlRecordFilter implements RecordFilter {
  private final RecordRows rows;

  public SqlRecordFilter(SqlEngine engine, String topic, String predicate) {
    this.rows = new RecordRows(engine, topic, Optional.of(predicate));
  }

  /**
   * Looks whether the predicate says something of the topic's records.
   *
   * @throws QueryException it doesn't
   */
  @Override
  public void check() {
    var _ = rows.describe("kafka_offset");
  }

  @Override
  public Found find(int partition, long start, long end, Waiting waiting) {
    long[] offsets = new long[64];
    int count = 0;
    try (RunningQuery query = rows.run("kafka_offset", partition, start, end, FOUND_MAX)) {
      while (RecordRows.next(query, waiting) == RunningQuery.Step.BATCH) {
        VectorSchemaRoot batch = query.batch();
        var found = (BigIntVector) batch.getVector(0);
        int more = batch.getRowCount();
        if (count + more > offsets.length) {
          offsets = Arrays.copyOf(offsets, Math.max(count + more, 2 * offsets.length));
        }
        for (int i = 0; i < more; i++) offsets[count++] = found.get(i);
      }
    }
    long lookedTo = count < FOUND_MAX ? end : offsets[count - 1] + 1;
    return new Found(Arrays.copyOf(offsets, count), lookedTo);
  }
}

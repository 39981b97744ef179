package oxbow.query.sql.http;

import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;
import org.apache.arrow.vector.VectorSchemaRoot;
import oxbow.query.rows.RowText;
import oxbow.query.rows.Utf8;
import oxbow.query.sql.QueryStatus;
import oxbow.query.sql.ResultColumn;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlException;

/**
 * Rows as NDJSON, JSON or CSV.
 *
 * <pre>
 *   NDJSON   {"queryId":..,"columns":[{"name":..,"type":..}]}      always the first line
 *            [1,"a"]                   or with rows=objects {"row":{"n":1,"t":"a"}}
 *            {"progress":{..}}                          a sign of life of a query that goes on
 *            {"stats":{..}} or {"error":{..}}           always the last line of a whole answer
 *   JSON     {"queryId":..,"columns":[..],"rows":[[1,"a"]],"stats":{..}}
 * </pre>
 */
final class TextOut implements RowsOut {
  private final SqlFormat format;
  private final boolean isByName;
  private final Utf8 out = new Utf8();
  private final RowText rows;
  private String queryId = "";
  private boolean hasRows;

  TextOut(SqlFormat format, boolean isByName, boolean isLongAsText, ZoneId zone) {
    this.format = format;
    this.isByName = isByName;
    this.rows = new RowText(zone, isLongAsText, out);
  }

  @Override
  public void begin(RunningQuery query) {
    queryId = query.id();
    if (format == SqlFormat.CSV) {
      rows.csvHead(query.columns().stream().map(ResultColumn::name).toList());
      return;
    }
    Map<String, Object> told =
        SqlJson.map("queryId", query.id(), "columns", SqlJson.columns(query.columns()));
    if (query.isContinuous()) told.put("continuous", true);
    String head = SqlJson.of(told);
    if (format == SqlFormat.NDJSON) out.add(head).add('\n');
    else out.add(head.substring(0, head.length() - 1)).add(",\"rows\":[");
  }

  @Override
  public void batch(VectorSchemaRoot batch, Runnable flush) {
    rows.batch(batch);
    int count = batch.getRowCount();
    for (int row = 0; row < count; row++) {
      row(row);
      if (out.size() >= PIECE_BYTES) flush.run();
    }
  }

  private void row(int row) {
    switch (format) {
      case NDJSON -> {
        if (isByName) {
          out.add("{\"row\":");
          rows.object(row);
          out.add('}');
        } else {
          rows.array(row);
        }
        out.add('\n');
      }
      case CSV -> rows.csv(row);
      default -> {
        if (hasRows) out.add(',');
        if (isByName) rows.object(row);
        else rows.array(row);
      }
    }
    hasRows = true;
  }

  @Override
  public void quiet(QueryStatus status) {
    if (format == SqlFormat.NDJSON) {
      out.add(SqlJson.of(Map.of("progress", SqlJson.stats(status)))).add('\n');
    }
  }

  @Override
  public void end(QueryStatus status) {
    switch (format) {
      case NDJSON -> out.add(SqlJson.of(Map.of("stats", SqlJson.stats(status)))).add('\n');
      case CSV -> {}
      default -> out.add("],\"stats\":").add(SqlJson.of(SqlJson.stats(status))).add("}\n");
    }
  }

  @Override
  public boolean isCutBy(SqlException failure) {
    if (format != SqlFormat.NDJSON) return true;
    out.add(SqlJson.of(Map.of("error", SqlJson.error(failure, Optional.of(queryId))))).add('\n');
    return false;
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

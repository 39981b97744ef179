package oxbow.query.rows;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.LargeVarCharVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Rows of batches as text. Confined to one thread. */
public final class RowText {
  private final Cells cells;
  private final Utf8 out;
  private final Utf8 one = new Utf8();
  private List<Cell> columns = List.of();
  private List<byte[]> names = List.of();
  private List<FieldVector> vectors = List.of();

  /**
   * @param zone that points in time are shown in
   * @param isLongAsText whole numbers that a double can't hold come as texts
   */
  public RowText(ZoneId zone, boolean isLongAsText, Utf8 out) {
    this.cells = new Cells(zone, isLongAsText);
    this.out = out;
  }

  /** Goes on with the rows of this batch, borrowed until the next one. */
  public void batch(VectorSchemaRoot batch) {
    vectors = batch.getFieldVectors();
    columns = new ArrayList<>();
    for (FieldVector vector : vectors) columns.add(cells.of(vector));
    if (names.isEmpty()) {
      names = new ArrayList<>();
      for (FieldVector vector : vectors) {
        names.add(new Utf8().quoted(vector.getName()).add(':').take());
      }
    }
  }

  /** {@code [1,"a"]}. */
  public void array(int row) {
    out.add('[');
    for (int i = 0; i < columns.size(); i++) {
      if (i > 0) out.add(',');
      columns.get(i).write(row, out);
    }
    out.add(']');
  }

  /** <code>{"a":1,"b":"a"}</code>. */
  public void object(int row) {
    out.add('{');
    for (int i = 0; i < columns.size(); i++) {
      if (i > 0) out.add(',');
      byte[] name = names.get(i);
      out.add(name, 0, name.length);
      columns.get(i).write(row, out);
    }
    out.add('}');
  }

  /** A line of CSV: nothing stands for null, two quotes for a text without characters. */
  public void csv(int row) {
    for (int i = 0; i < columns.size(); i++) {
      if (i > 0) out.add(',');
      if (vectors.get(i).isNull(row)) continue;
      byte[] text =
          switch (vectors.get(i)) {
            case VarCharVector texts -> texts.get(row);
            case LargeVarCharVector texts -> texts.get(row);
            default -> null;
          };
      if (text != null) {
        one.clear();
        one.add(text, 0, text.length);
        csvField(0, one.size(), text.length == 0);
      } else {
        one.clear();
        columns.get(i).write(row, one);
        boolean isQuoted = one.at(0) == '"'; // dates, numbers and base64 hold nothing to escape
        csvField(isQuoted ? 1 : 0, isQuoted ? one.size() - 1 : one.size(), false);
      }
    }
    out.add('\r').add('\n');
  }

  /** The first line of CSV. */
  public void csvHead(List<String> titles) {
    for (int i = 0; i < titles.size(); i++) {
      if (i > 0) out.add(',');
      one.clear();
      one.add(titles.get(i));
      csvField(0, one.size(), titles.get(i).isEmpty());
    }
    out.add('\r').add('\n');
  }

  private void csvField(int start, int end, boolean isQuoted) {
    boolean quotes = isQuoted;
    for (int i = start; i < end && !quotes; i++) {
      byte b = one.at(i);
      quotes = b == ',' || b == '"' || b == '\n' || b == '\r';
    }
    if (!quotes) {
      out.add(one, start, end);
      return;
    }
    out.add('"');
    for (int i = start; i < end; i++) {
      byte b = one.at(i);
      if (b == '"') out.add('"');
      out.add((char) b);
    }
    out.add('"');
  }
}

package oxbow.cold.file;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;

/**
 * The columns that every table has beside those of its values: where a record stood and what its
 * exact bytes need. Their ids never change and lie below {@link Layout#FIRST_ID}.
 */
public final class SystemColumns {
  public static final Column PARTITION = required(1, "kafka_partition", Type.Plain.INT);
  public static final Column OFFSET = required(2, "kafka_offset", Type.Plain.LONG);

  /** Null if the record has none, or none that fits microseconds. */
  public static final Column TIMESTAMP =
      optional(3, "kafka_timestamp", Type.Plain.TIMESTAMP_UTC, "when it was made or appended");

  /** As on the wire: 0 the producer's time, 1 the broker's. */
  public static final Column TIMESTAMP_TYPE = required(4, "kafka_timestamp_type", Type.Plain.INT);

  public static final Column KEY = optional(5, "kafka_key", Type.Plain.BINARY, "its key");
  public static final Column HEADER_KEY = required(8, "key", Type.Plain.STRING);
  public static final Column HEADER_VALUE = optional(9, "value", Type.Plain.BINARY, null);
  public static final Column HEADER =
      new Column(
          7,
          "element",
          Set.of(),
          new Type.Struct(List.of(HEADER_KEY, HEADER_VALUE), false),
          false,
          null);
  public static final Column HEADERS =
      optional(6, "kafka_headers", new Type.ListOf(HEADER), "its headers, in their order");

  /** Null if the value lies in no columns. */
  public static final Column SCHEMA_ID =
      optional(10, "kafka_schema_id", Type.Plain.INT, "the schema its value was written with");

  public static final Column FORM = required(11, "kafka_form", Type.Plain.INT);

  /** Null for nearly every record. */
  public static final Column RAW =
      optional(12, "kafka_raw", Type.Plain.BINARY, "bytes that its other columns don't tell");

  /** All of them, in the table's order; the value's columns follow. */
  public static final List<Column> ALL =
      List.of(PARTITION, OFFSET, TIMESTAMP, TIMESTAMP_TYPE, KEY, HEADERS, SCHEMA_ID, FORM, RAW);

  private static final String PREFIX = "kafka_";
  private static final String ESCAPE = "value_";

  /** Names that Iceberg's engines give columns of their own. */
  private static final Set<String> TAKEN =
      Set.of(
          "_file",
          "_pos",
          "_deleted",
          "_spec_id",
          "_partition",
          "_row_id",
          "_last_updated_sequence_number",
          "_change_type",
          "_change_ordinal",
          "_commit_snapshot_id",
          "file_path",
          "pos",
          "row");

  private SystemColumns() {}

  /**
   * The name of a value's top-level field as a column. One that begins with {@code kafka_}, or that
   * engines use for themselves, gets {@code value_} in front; so does one that already looks like
   * the outcome, so that no two fields become one column.
   */
  public static String columnName(String field) {
    String bare = field;
    while (bare.startsWith(ESCAPE)) bare = bare.substring(ESCAPE.length());
    return bare.startsWith(PREFIX) || TAKEN.contains(bare) ? ESCAPE + field : field;
  }

  private static Column required(int id, String name, Type type) {
    return new Column(id, name, Set.of(), type, false, null);
  }

  private static Column optional(int id, String name, Type type, @Nullable String doc) {
    return new Column(id, name, Set.of(), type, true, doc);
  }
}

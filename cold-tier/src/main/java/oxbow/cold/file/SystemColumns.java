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
  /** Parts of a key that is a record have ids from here to below {@link Layout#FIRST_ID}. */
  public static final int KEY_ID_FIRST = 100;

  public static final Column PARTITION =
      required(1, "kafka_partition", Type.Plain.INT, "partition of the topic");
  public static final Column OFFSET =
      required(2, "kafka_offset", Type.Plain.LONG, "offset in the partition");
  public static final Column TIMESTAMP =
      optional(
          3,
          "kafka_timestamp",
          Type.Plain.TIMESTAMP_UTC,
          "time that consumers see; null if no timestamp can say it");
  public static final Column TIMESTAMP_TYPE =
      required(
          4,
          "kafka_timestamp_type",
          Type.Plain.INT,
          "0: the producer's time, 1: when the broker appended it");

  /** Keys without schema. Where others have one, it is called {@link #RAW_KEY_NAME}. */
  public static final Column BINARY_KEY = optional(5, "kafka_key", Type.Plain.BINARY, "key");

  /** The same for keys that are text. */
  public static final Column TEXT_KEY = optional(5, "kafka_key", Type.Plain.STRING, "key");

  /** What the column of keys without schema makes way as. */
  static final String RAW_KEY_NAME = "kafka_key_raw";

  public static final Column HEADER_KEY = required(8, "key", Type.Plain.STRING, null);
  public static final Column HEADER_VALUE = optional(9, "value", Type.Plain.BINARY, null);
  public static final Column HEADERS =
      optional(
          6,
          "kafka_headers",
          new Type.ListOf(
              required(
                  7, "element", new Type.Struct(List.of(HEADER_KEY, HEADER_VALUE), false), null)),
          "headers in their order");
  public static final Column SCHEMA_ID =
      optional(10, "kafka_schema_id", Type.Plain.INT, "schema that the value names");
  public static final Column KEY_SCHEMA_ID =
      optional(11, "kafka_key_schema_id", Type.Plain.INT, "schema that a key in columns names");
  public static final Column FORM =
      required(12, "kafka_form", Type.Plain.INT, "how the record is kept in these columns");
  public static final Column RAW =
      optional(13, "kafka_raw", Type.Plain.BINARY, "what the other columns can't hold");

  private static final int VALUE_ID = 14;
  private static final int TYPED_KEY_ID = 15;
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

  /** The one column of keys that have a schema, whose parts have ids of their own. */
  public static Column typedKey(Type type) {
    return optional(TYPED_KEY_ID, "kafka_key", type, "key");
  }

  /** The one column of values without schema. */
  public static Column plainValue(Type.Plain type) {
    return optional(VALUE_ID, "value", type, "value");
  }

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

  public static boolean isPlainValue(Column column) {
    return column.id() == VALUE_ID;
  }

  private static Column required(int id, String name, Type type, @Nullable String doc) {
    return new Column(id, name, Set.of(), type, false, doc);
  }

  private static Column optional(int id, String name, Type type, @Nullable String doc) {
    return new Column(id, name, Set.of(), type, true, doc);
  }
}

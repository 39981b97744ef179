package oxbow.query.sql.duckdb;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.IntervalUnit;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/**
 * The type of a column of a result.
 *
 * @param kind DuckDB's number of it
 * @param name in SQL
 * @param width digits of a decimal, or length of an array
 * @param parts of a nested type
 */
public record SqlType(Kind kind, String name, int width, int scale, List<Part> parts) {
  /** A field of a struct, an element, a key or a value. */
  public record Part(String name, SqlType type) {}

  /** Those that Arrow has as well; {@link #OTHER} has to become text. */
  public enum Kind {
    BOOLEAN(1),
    TINYINT(2),
    SMALLINT(3),
    INTEGER(4),
    BIGINT(5),
    UTINYINT(6),
    USMALLINT(7),
    UINTEGER(8),
    UBIGINT(9),
    FLOAT(10),
    DOUBLE(11),
    TIMESTAMP(12),
    DATE(13),
    TIME(14),
    INTERVAL(15),
    HUGEINT(16),
    VARCHAR(17),
    BLOB(18),
    DECIMAL(19),
    TIMESTAMP_S(20),
    TIMESTAMP_MS(21),
    TIMESTAMP_NS(22),
    LIST(24),
    STRUCT(25),
    MAP(26),
    UUID(27),
    TIMESTAMP_TZ(31),
    ARRAY(33),
    NULL(36),
    OTHER(0);

    final int id;

    Kind(int id) {
      this.id = id;
    }

    private static Kind of(int id) {
      for (Kind kind : values()) {
        if (kind.id == id) return kind;
      }
      return OTHER;
    }
  }

  public SqlType {
    parts = List.copyOf(parts);
  }

  /** Reads a type of DuckDB, and gives it back. */
  static SqlType take(MemorySegment type) {
    try {
      return read(type);
    } finally {
      try (Arena arena = Arena.ofConfined()) {
        Calls.run(Calls.DESTROY_TYPE, Calls.slot(arena, type));
      }
    }
  }

  private static SqlType read(MemorySegment type) {
    Kind kind = Kind.of(Calls.integer(Calls.TYPE_ID, type));
    return switch (kind) {
      case DECIMAL -> {
        int width = Calls.small(Calls.DECIMAL_WIDTH, type);
        int scale = Calls.small(Calls.DECIMAL_SCALE, type);
        yield new SqlType(kind, "DECIMAL(" + width + "," + scale + ")", width, scale, List.of());
      }
      case LIST -> {
        SqlType element = take(Calls.pointer(Calls.LIST_CHILD, type));
        yield new SqlType(kind, element.name + "[]", 0, 0, List.of(new Part("item", element)));
      }
      case ARRAY -> {
        SqlType element = take(Calls.pointer(Calls.ARRAY_CHILD, type));
        int size = (int) Calls.number(Calls.ARRAY_SIZE, type);
        yield new SqlType(
            kind, element.name + "[" + size + "]", size, 0, List.of(new Part("item", element)));
      }
      case MAP -> {
        SqlType key = take(Calls.pointer(Calls.MAP_KEY, type));
        SqlType value = take(Calls.pointer(Calls.MAP_VALUE, type));
        yield new SqlType(
            kind,
            "MAP(" + key.name + ", " + value.name + ")",
            0,
            0,
            List.of(new Part("key", key), new Part("value", value)));
      }
      case STRUCT -> struct(type);
      case TIMESTAMP_TZ -> plain(kind, "TIMESTAMP WITH TIME ZONE");
      case NULL -> plain(kind, "\"NULL\"");
      case VARCHAR -> {
        // JSON is text by another name.
        String alias = Calls.takeText(Calls.pointer(Calls.TYPE_ALIAS, type));
        yield plain(kind, alias.isEmpty() ? "VARCHAR" : alias);
      }
      case BLOB -> {
        String alias = Calls.takeText(Calls.pointer(Calls.TYPE_ALIAS, type));
        yield alias.isEmpty() ? plain(kind, "BLOB") : plain(Kind.OTHER, alias);
      }
      default -> plain(kind, kind.name());
    };
  }

  private static SqlType plain(Kind kind, String name) {
    return new SqlType(kind, name, 0, 0, List.of());
  }

  private static SqlType struct(MemorySegment type) {
    List<Part> parts = new ArrayList<>();
    for (long i = 0; i < Calls.number(Calls.STRUCT_COUNT, type); i++) {
      String name = Calls.takeText(Calls.pointer(Calls.STRUCT_NAME, type, i));
      parts.add(new Part(name, take(Calls.pointer(Calls.STRUCT_CHILD, type, i))));
    }
    String name =
        parts.stream()
            .map(part -> quoted(part.name) + " " + part.type.name)
            .collect(Collectors.joining(", ", "STRUCT(", ")"));
    return new SqlType(Kind.STRUCT, name, 0, 0, parts);
  }

  /** A name as SQL takes it, whatever is in it. */
  public static String quoted(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  /** Whether its values can be had as Arrow vectors; if not, only as text. */
  public boolean isVector() {
    return kind != Kind.OTHER
        && (kind != Kind.STRUCT || !parts.isEmpty())
        && parts.stream().allMatch(part -> part.type.isVector());
  }

  /** What its values become in a Parquet file, which has no integers of 16 bytes. */
  public String parquetName() {
    return switch (kind) {
      case HUGEINT -> "DECIMAL(38,0)";
      case LIST -> parts.getFirst().type.parquetName() + "[]";
      case ARRAY -> parts.getFirst().type.parquetName() + "[" + width + "]";
      case MAP ->
          "MAP("
              + parts.getFirst().type.parquetName()
              + ", "
              + parts.getLast().type.parquetName()
              + ")";
      case STRUCT ->
          parts.stream()
              .map(part -> quoted(part.name) + " " + part.type.parquetName())
              .collect(Collectors.joining(", ", "STRUCT(", ")"));
      default -> name;
    };
  }

  /** What it is called where its values have become text if they had to. */
  public String resultName() {
    return isVector() ? name : "VARCHAR";
  }

  /** As Arrow has it, or as the text that it becomes. */
  public Field field(String name) {
    if (!isVector()) return Field.nullable(name, new ArrowType.Utf8());
    return new Field(
        name, FieldType.nullable(arrow()), kind == Kind.MAP ? List.of(entries()) : fields(parts));
  }

  private static List<Field> fields(List<Part> parts) {
    return parts.stream().map(part -> part.type.field(part.name)).toList();
  }

  private Field entries() {
    Field key =
        new Field(
            "key", FieldType.notNullable(parts.get(0).type.arrow()), parts.get(0).type.children());
    Field value = parts.get(1).type.field("value");
    return new Field("entries", FieldType.notNullable(new ArrowType.Struct()), List.of(key, value));
  }

  private List<Field> children() {
    return field("").getChildren();
  }

  private ArrowType arrow() {
    return switch (kind) {
      case BOOLEAN -> new ArrowType.Bool();
      case TINYINT -> new ArrowType.Int(8, true);
      case SMALLINT -> new ArrowType.Int(16, true);
      case INTEGER -> new ArrowType.Int(32, true);
      case BIGINT -> new ArrowType.Int(64, true);
      case UTINYINT -> new ArrowType.Int(8, false);
      case USMALLINT -> new ArrowType.Int(16, false);
      case UINTEGER -> new ArrowType.Int(32, false);
      case UBIGINT -> new ArrowType.Int(64, false);
      case HUGEINT -> new ArrowType.Decimal(38, 0, 128);
      case DECIMAL -> new ArrowType.Decimal(width, scale, 128);
      case FLOAT -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
      case DOUBLE -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
      case DATE -> new ArrowType.Date(DateUnit.DAY);
      case TIME -> new ArrowType.Time(TimeUnit.MICROSECOND, 64);
      case INTERVAL -> new ArrowType.Interval(IntervalUnit.MONTH_DAY_NANO);
      case TIMESTAMP -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, null);
      case TIMESTAMP_S -> new ArrowType.Timestamp(TimeUnit.SECOND, null);
      case TIMESTAMP_MS -> new ArrowType.Timestamp(TimeUnit.MILLISECOND, null);
      case TIMESTAMP_NS -> new ArrowType.Timestamp(TimeUnit.NANOSECOND, null);
      case TIMESTAMP_TZ -> new ArrowType.Timestamp(TimeUnit.MICROSECOND, "UTC");
      case VARCHAR, UUID, OTHER -> new ArrowType.Utf8();
      case BLOB -> new ArrowType.Binary();
      case LIST -> new ArrowType.List();
      case ARRAY -> new ArrowType.FixedSizeList(width);
      case STRUCT -> new ArrowType.Struct();
      case MAP -> new ArrowType.Map(false);
      case NULL -> new ArrowType.Null();
    };
  }
}

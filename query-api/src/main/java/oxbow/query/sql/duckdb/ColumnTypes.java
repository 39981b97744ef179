package oxbow.query.sql.duckdb;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Collectors;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Type;
import oxbow.schema.layout.Type.Plain;

/** The types of tables' columns as DuckDB has them, and as it reads them from our cold files. */
public final class ColumnTypes {
  private static final int BOOLEAN = 1;
  private static final int INTEGER = 4;
  private static final int BIGINT = 5;
  private static final int FLOAT = 10;
  private static final int DOUBLE = 11;
  private static final int TIMESTAMP = 12;
  private static final int DATE = 13;
  private static final int TIME = 14;
  private static final int VARCHAR = 17;
  private static final int BLOB = 18;
  private static final int TIMESTAMP_NS = 22;
  private static final int UUID = 27;
  private static final int TIMESTAMP_TZ = 31;

  private ColumnTypes() {}

  /** As SQL spells it. */
  public static String sql(Type type) {
    return switch (type) {
      case Plain plain -> sql(plain);
      case Type.Decimal(int precision, int scale) -> "DECIMAL(" + precision + "," + scale + ")";
      case Type.Fixed _ -> "BLOB";
      case Type.Struct(List<Column> parts, _) ->
          parts.stream()
              .map(part -> SqlType.quoted(part.name()) + " " + sql(part.type()))
              .collect(Collectors.joining(", ", "STRUCT(", ")"));
      case Type.ListOf(Column element) -> sql(element.type()) + "[]";
      case Type.MapOf(Column key, Column value) ->
          "MAP(" + sql(key.type()) + ", " + sql(value.type()) + ")";
    };
  }

  private static String sql(Plain plain) {
    return switch (plain) {
      case BOOLEAN -> "BOOLEAN";
      case INT -> "INTEGER";
      case LONG -> "BIGINT";
      case FLOAT -> "FLOAT";
      case DOUBLE -> "DOUBLE";
      case STRING -> "VARCHAR";
      case BINARY, OPAQUE -> "BLOB";
      case UUID -> "UUID";
      case DATE -> "DATE";
      case TIME -> "TIME";
      case TIMESTAMP_UTC -> "TIMESTAMP WITH TIME ZONE";
      case TIMESTAMP_LOCAL -> "TIMESTAMP";
      case TIMESTAMP_NANOS_UTC, TIMESTAMP_NANOS_LOCAL -> "TIMESTAMP_NS";
    };
  }

  /** A type of the library's, which the caller destroys. */
  static MemorySegment create(Type type) {
    return switch (type) {
      case Plain plain -> Calls.type(id(plain));
      case Type.Decimal(int precision, int scale) -> Calls.decimalType(precision, scale);
      case Type.Fixed _ -> Calls.type(BLOB);
      case Type.Struct(List<Column> parts, _) -> struct(parts);
      case Type.ListOf(Column element) -> {
        MemorySegment inner = create(element.type());
        MemorySegment list = Calls.pointer(Calls.CREATE_LIST, inner);
        destroy(inner);
        yield list;
      }
      case Type.MapOf(Column key, Column value) -> {
        MemorySegment keys = create(key.type());
        MemorySegment values = create(value.type());
        MemorySegment map = Calls.pointer(Calls.CREATE_MAP, keys, values);
        destroy(keys);
        destroy(values);
        yield map;
      }
    };
  }

  private static MemorySegment struct(List<Column> parts) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment types = arena.allocate(ADDRESS, parts.size());
      MemorySegment names = arena.allocate(ADDRESS, parts.size());
      for (int i = 0; i < parts.size(); i++) {
        types.setAtIndex(ADDRESS, i, create(parts.get(i).type()));
        names.setAtIndex(ADDRESS, i, Calls.text(arena, parts.get(i).name()));
      }
      MemorySegment struct = Calls.pointer(Calls.CREATE_STRUCT, types, names, (long) parts.size());
      for (int i = 0; i < parts.size(); i++) destroy(types.getAtIndex(ADDRESS, i));
      return struct;
    }
  }

  private static void destroy(MemorySegment type) {
    try (Arena arena = Arena.ofConfined()) {
      Calls.run(Calls.DESTROY_TYPE, Calls.slot(arena, type));
    }
  }

  private static int id(Plain plain) {
    return switch (plain) {
      case BOOLEAN -> BOOLEAN;
      case INT -> INTEGER;
      case LONG -> BIGINT;
      case FLOAT -> FLOAT;
      case DOUBLE -> DOUBLE;
      case STRING -> VARCHAR;
      case BINARY, OPAQUE -> BLOB;
      case UUID -> UUID;
      case DATE -> DATE;
      case TIME -> TIME;
      case TIMESTAMP_UTC -> TIMESTAMP_TZ;
      case TIMESTAMP_LOCAL -> TIMESTAMP;
      case TIMESTAMP_NANOS_UTC, TIMESTAMP_NANOS_LOCAL -> TIMESTAMP_NS;
    };
  }
}

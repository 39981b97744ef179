package oxbow.cold.table;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Type.TypeID;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type.Plain;

/** A table's columns as Iceberg's schema, id by id. */
public final class SchemaMapping {
  /** The first format version with timestamps in nanoseconds. */
  private static final int NANOS_VERSION = 3;

  private static final int USUAL_VERSION = 2;

  private SchemaMapping() {}

  static Schema schema(TableColumns columns) {
    List<Column> all = columns.all();
    Map<Integer, String> names = names(all, true);
    List<NestedField> fields = new ArrayList<>();
    for (Column column : all) fields.add(field(column, names));
    return new Schema(fields);
  }

  /** The columns and their parts under the names that engines see. */
  public static List<Column> named(TableColumns columns) {
    List<Column> all = columns.all();
    Map<Integer, String> names = names(all, true);
    return all.stream().map(column -> named(column, names.get(column.id()))).toList();
  }

  /** Whether parts of columns have other names in files than engines see. */
  public static boolean hasRenamedParts(TableColumns columns) {
    List<oxbow.schema.layout.Type> types = columns.all().stream().map(Column::type).toList();
    return !named(columns).stream().map(Column::type).toList().equals(types);
  }

  private static oxbow.schema.layout.Type named(oxbow.schema.layout.Type type) {
    return switch (type) {
      case oxbow.schema.layout.Type.Struct(List<Column> parts, boolean isUnion) -> {
        Map<Integer, String> names = names(parts, false);
        yield new oxbow.schema.layout.Type.Struct(
            parts.stream().map(part -> named(part, names.get(part.id()))).toList(), isUnion);
      }
      case oxbow.schema.layout.Type.ListOf(Column element) ->
          new oxbow.schema.layout.Type.ListOf(named(element, null));
      case oxbow.schema.layout.Type.MapOf(Column key, Column value) ->
          new oxbow.schema.layout.Type.MapOf(named(key, null), named(value, null));
      case Plain _, oxbow.schema.layout.Type.Decimal _, oxbow.schema.layout.Type.Fixed _ -> type;
    };
  }

  private static Column named(Column column, @Nullable String name) {
    return new Column(
        column.id(),
        name == null ? column.name() : name,
        column.otherNames(),
        named(column.type()),
        column.isOptional(),
        column.doc(),
        column.key());
  }

  /** The largest id of a table with these columns. */
  static int lastId(TableColumns columns) {
    return Math.max(
        columns.values().lastId(),
        TypeUtil.indexById(schema(columns).asStruct()).keySet().stream()
            .mapToInt(Integer::intValue)
            .max()
            .orElse(0));
  }

  /** Which of Iceberg's format versions has all these types. */
  static int formatVersion(Schema schema) {
    boolean hasNanos =
        TypeUtil.indexById(schema.asStruct()).values().stream()
            .anyMatch(field -> field.type().typeId() == TypeID.TIMESTAMP_NANO);
    return hasNanos ? NANOS_VERSION : USUAL_VERSION;
  }

  /**
   * Names that differ by more than case: engines fold them. A column keeps its name for ever, since
   * those with smaller ids, which were there before, choose first; only the column of values
   * without schema makes way, as {@code value_14}.
   */
  private static Map<Integer, String> names(List<Column> siblings, boolean isTop) {
    Set<String> taken = new HashSet<>();
    Map<Integer, String> names = new HashMap<>();
    List<Column> byAge =
        siblings.stream()
            .sorted(Comparator.comparing(SystemColumns::isPlainValue).thenComparingInt(Column::id))
            .toList();
    for (Column column : byAge) {
      boolean isValues = isTop && column.id() >= Layout.FIRST_ID;
      String name = isValues ? SystemColumns.columnName(column.name()) : column.name();
      while (!taken.add(name.toLowerCase(Locale.ROOT))) name += "_" + column.id();
      names.put(column.id(), name);
    }
    return names;
  }

  private static NestedField field(Column column, Map<Integer, String> names) {
    String name = names.getOrDefault(column.id(), column.name());
    return NestedField.builder()
        .withId(column.id())
        .withName(name)
        .isOptional(column.isOptional())
        .ofType(type(column.type()))
        .withDoc(column.doc())
        .build();
  }

  private static Type type(oxbow.schema.layout.Type type) {
    return switch (type) {
      case Plain plain -> plain(plain);
      case oxbow.schema.layout.Type.Decimal(int precision, int scale) ->
          Types.DecimalType.of(precision, scale);
      case oxbow.schema.layout.Type.Fixed(int length) -> Types.FixedType.ofLength(length);
      case oxbow.schema.layout.Type.Struct(List<Column> parts, _) -> {
        Map<Integer, String> names = names(parts, false);
        yield Types.StructType.of(parts.stream().map(part -> field(part, names)).toList());
      }
      case oxbow.schema.layout.Type.ListOf(Column element) ->
          element.isOptional()
              ? Types.ListType.ofOptional(element.id(), type(element.type()))
              : Types.ListType.ofRequired(element.id(), type(element.type()));
      case oxbow.schema.layout.Type.MapOf(Column key, Column value) ->
          value.isOptional()
              ? Types.MapType.ofOptional(key.id(), value.id(), type(key.type()), type(value.type()))
              : Types.MapType.ofRequired(
                  key.id(), value.id(), type(key.type()), type(value.type()));
    };
  }

  private static Type plain(Plain plain) {
    return switch (plain) {
      case BOOLEAN -> Types.BooleanType.get();
      case INT -> Types.IntegerType.get();
      case LONG -> Types.LongType.get();
      case FLOAT -> Types.FloatType.get();
      case DOUBLE -> Types.DoubleType.get();
      case STRING -> Types.StringType.get();
      case BINARY, OPAQUE -> Types.BinaryType.get();
      case UUID -> Types.UUIDType.get();
      case DATE -> Types.DateType.get();
      case TIME -> Types.TimeType.get();
      case TIMESTAMP_UTC -> Types.TimestampType.withZone();
      case TIMESTAMP_LOCAL -> Types.TimestampType.withoutZone();
      case TIMESTAMP_NANOS_UTC -> Types.TimestampNanoType.withZone();
      case TIMESTAMP_NANOS_LOCAL -> Types.TimestampNanoType.withoutZone();
    };
  }

  /**
   * Refuses what files of the old schema couldn't be read with.
   *
   * @throws StoreException {@code EXISTS} if a column is gone, {@code INVALID} if one has become
   *     what it can't
   */
  static void checkPromotion(Schema before, Schema next) {
    Map<Integer, NestedField> nextById = TypeUtil.indexById(next.asStruct());
    Map<Integer, Integer> parents = TypeUtil.indexParents(before.asStruct());
    Map<Integer, Integer> nextParents = TypeUtil.indexParents(next.asStruct());
    for (NestedField field : TypeUtil.indexById(before.asStruct()).values()) {
      int id = field.fieldId();
      NestedField now = nextById.get(id);
      if (now == null) {
        throw new StoreException(
            Kind.EXISTS, "column " + id + " (" + field.name() + ") is in the table");
      }
      boolean staysInPlace = Objects.equals(parents.get(id), nextParents.get(id));
      boolean holdsLess = now.isRequired() && field.isOptional();
      if (!isPromotion(field.type(), now.type()) || !staysInPlace || holdsLess) {
        throw new StoreException(
            Kind.INVALID, "column " + field + " of a table can't become " + now);
      }
    }
    for (NestedField added : nextById.values()) {
      if (before.findField(added.fieldId()) != null || added.isOptional()) continue;
      Integer parent = nextParents.get(added.fieldId());
      NestedField old = parent == null ? null : before.findField(parent);
      if (parent == null || (old != null && old.type().isStructType())) {
        throw new StoreException(Kind.INVALID, "old rows have no column " + added);
      }
    }
  }

  private static boolean isPromotion(Type from, Type to) {
    if (!from.isPrimitiveType()) return from.typeId() == to.typeId();
    return to.isPrimitiveType() && TypeUtil.isPromotionAllowed(from, to.asPrimitiveType());
  }
}

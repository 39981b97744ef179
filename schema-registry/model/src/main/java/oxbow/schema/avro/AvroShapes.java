package oxbow.schema.avro;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Shape;
import oxbow.schema.layout.Type;

/**
 * The columns of Avro schemas.
 *
 * <p>An optional type is the other branch; a union of several branches is a struct with a part per
 * branch, called by the branch's type or full name. A type within itself, an empty record, a null
 * and a column with more than {@link #PARTS_MAX} parts or {@link #DEPTH_MAX} levels is opaque, and
 * so is a schema of more than {@link #COLUMNS_MAX} columns and parts.
 */
final class AvroShapes {
  private static final int PARTS_MAX = 2_000;

  /** Types within each other; no engine shows more. */
  private static final int DEPTH_MAX = 50;

  private static final int COLUMNS_MAX = 10_000;
  private static final int DECIMAL_DIGITS_MAX = 38;

  private final Set<Schema> within = Collections.newSetFromMap(new IdentityHashMap<>());

  private int depth;

  /** Parts made of the type that is looked at. */
  private int parts;

  private AvroShapes() {}

  static Shape of(Schema schema) {
    var shapes = new AvroShapes();
    boolean isRecord = schema.getType() == Schema.Type.RECORD && !schema.getFields().isEmpty();
    if (!isRecord) return shapes.single(schema);
    shapes.within.add(schema);
    List<Column> columns = shapes.columns(schema);
    return columns.isEmpty()
        ? new Shape(List.of(value(Type.Plain.OPAQUE, true)))
        : new Shape(columns);
  }

  private Shape single(Schema schema) {
    return new Shape(List.of(value(boundedType(schema), isOptional(schema))));
  }

  /** One for each field; empty: too many. */
  private List<Column> columns(Schema record) {
    if (record.getFields().size() > COLUMNS_MAX) return List.of();
    List<Column> columns = new ArrayList<>();
    int total = 0;
    for (Schema.Field field : record.getFields()) {
      Type type = boundedType(field.schema());
      total += 1 + parts;
      if (total > COLUMNS_MAX) return List.of();
      columns.add(column(field, type));
    }
    return columns;
  }

  /**
   * The type, opaque where it has too many parts. Records within records make exponentially many.
   */
  private Type boundedType(Schema schema) {
    parts = 0;
    try {
      return type(schema);
    } catch (TooManyPartsException e) {
      parts = 0;
      return Type.Plain.OPAQUE;
    }
  }

  private static Column value(Type type, boolean isOptional) {
    return new Column(Column.UNASSIGNED, "value", Set.of(), type, isOptional, null);
  }

  private List<Column> fields(Schema record) {
    List<Column> columns = new ArrayList<>();
    for (Schema.Field field : record.getFields()) {
      count();
      columns.add(column(field, type(field.schema())));
    }
    return columns;
  }

  private static Column column(Schema.Field field, Type type) {
    return new Column(
        Column.UNASSIGNED,
        field.name(),
        field.aliases(),
        type,
        isOptional(field.schema()),
        field.doc());
  }

  private void count() {
    if (++parts > PARTS_MAX) throw new TooManyPartsException();
  }

  private Type type(Schema schema) {
    if (depth >= DEPTH_MAX) throw new TooManyPartsException();
    depth++;
    try {
      return typeWithin(schema);
    } finally {
      depth--;
    }
  }

  private Type typeWithin(Schema schema) {
    return switch (schema.getType()) {
      case NULL -> Type.Plain.OPAQUE;
      case BOOLEAN -> Type.Plain.BOOLEAN;
      case INT -> intType(schema.getLogicalType());
      case LONG -> longType(schema.getLogicalType());
      case FLOAT -> Type.Plain.FLOAT;
      case DOUBLE -> Type.Plain.DOUBLE;
      case STRING ->
          schema.getLogicalType() instanceof LogicalTypes.Uuid
              ? Type.Plain.UUID
              : Type.Plain.STRING;
      case ENUM -> Type.Plain.STRING;
      case BYTES -> decimalOr(Type.Plain.BINARY, schema.getLogicalType());
      case FIXED -> fixedType(schema);
      case ARRAY -> new Type.ListOf(part("element", schema.getElementType()));
      case MAP ->
          new Type.MapOf(
              new Column(
                  Column.UNASSIGNED,
                  "key",
                  Set.of(),
                  Type.Plain.STRING,
                  /* isOptional= */ false,
                  null),
              part("value", schema.getValueType()));
      case UNION -> union(schema);
      case RECORD -> record(schema);
    };
  }

  private Column part(String name, Schema schema) {
    count();
    return new Column(Column.UNASSIGNED, name, Set.of(), type(schema), isOptional(schema), null);
  }

  private Type record(Schema schema) {
    if (schema.getFields().isEmpty() || !within.add(schema)) {
      return Type.Plain.OPAQUE;
    }
    try {
      return new Type.Struct(fields(schema), /* isUnion= */ false);
    } finally {
      within.remove(schema);
    }
  }

  private Type union(Schema schema) {
    List<Schema> branches =
        schema.getTypes().stream().filter(each -> each.getType() != Schema.Type.NULL).toList();
    if (branches.isEmpty()) return Type.Plain.OPAQUE;
    if (branches.size() == 1) return type(branches.getFirst());
    List<Column> parts = new ArrayList<>();
    for (Schema branch : branches) {
      count();
      boolean isNamed =
          switch (branch.getType()) {
            case RECORD, ENUM, FIXED -> true;
            default -> false;
          };
      parts.add(
          new Column(
              Column.UNASSIGNED,
              branch.getFullName(),
              isNamed ? branch.getAliases() : Set.of(),
              type(branch),
              /* isOptional= */ true,
              isNamed ? branch.getDoc() : null));
    }
    return new Type.Struct(parts, /* isUnion= */ true);
  }

  private static boolean isOptional(Schema schema) {
    return schema.getType() == Schema.Type.NULL || schema.isNullable();
  }

  private static Type intType(@Nullable LogicalType logical) {
    return switch (logical) {
      case LogicalTypes.Date _ -> Type.Plain.DATE;
      case LogicalTypes.TimeMillis _ -> Type.Plain.TIME;
      case null, default -> Type.Plain.INT;
    };
  }

  private static Type longType(@Nullable LogicalType logical) {
    return switch (logical) {
      case LogicalTypes.TimeMicros _ -> Type.Plain.TIME;
      case LogicalTypes.TimestampMillis _ -> Type.Plain.TIMESTAMP_UTC;
      case LogicalTypes.TimestampMicros _ -> Type.Plain.TIMESTAMP_UTC;
      case LogicalTypes.TimestampNanos _ -> Type.Plain.TIMESTAMP_NANOS_UTC;
      case LogicalTypes.LocalTimestampMillis _ -> Type.Plain.TIMESTAMP_LOCAL;
      case LogicalTypes.LocalTimestampMicros _ -> Type.Plain.TIMESTAMP_LOCAL;
      case LogicalTypes.LocalTimestampNanos _ -> Type.Plain.TIMESTAMP_NANOS_LOCAL;
      case null, default -> Type.Plain.LONG;
    };
  }

  private static Type fixedType(Schema schema) {
    if (schema.getFixedSize() == 0) return Type.Plain.OPAQUE;
    if (schema.getLogicalType() instanceof LogicalTypes.Uuid) return Type.Plain.UUID;
    return decimalOr(new Type.Fixed(schema.getFixedSize()), schema.getLogicalType());
  }

  private static Type decimalOr(Type otherwise, @Nullable LogicalType logical) {
    return logical instanceof LogicalTypes.Decimal decimal
            && decimal.getPrecision() <= DECIMAL_DIGITS_MAX
        ? new Type.Decimal(decimal.getPrecision(), decimal.getScale())
        : otherwise;
  }

  private static final class TooManyPartsException extends RuntimeException {}
}

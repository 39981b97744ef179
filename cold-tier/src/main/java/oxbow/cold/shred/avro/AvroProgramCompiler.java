package oxbow.cold.shred.avro;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.CompiledValue;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.ValueStep;
import oxbow.schema.layout.Placement;
import oxbow.schema.layout.Type;

/**
 * Makes a step of each part of an Avro schema. What doesn't fit its column exactly as it should is
 * refused: nothing is converted by guess.
 */
public final class AvroProgramCompiler {
  /** The column of a schema that is no record. */
  private static final String VALUE = "value";

  private final ColumnTree tree;
  private final Placement placement;

  private AvroProgramCompiler(ColumnTree tree, Placement placement) {
    this.tree = tree;
    this.placement = placement;
  }

  /** Why a schema can't lie in these columns. */
  private static final class RefusedException extends RuntimeException {
    RefusedException(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Of values: a record's fields are columns at the top.
   *
   * @param text the schema, complete
   * @return empty: its values can't lie in these columns
   */
  public static Optional<CompiledValue> value(ColumnTree tree, String text, Placement placement) {
    var compiler = new AvroProgramCompiler(tree, placement);
    Schema schema = parse(text);
    try {
      Set<ColumnNode> columns = new HashSet<>();
      if (!isRecord(schema) || compiler.isWhole(schema)) {
        ColumnNode node = compiler.node(VALUE);
        columns.add(node);
        return Optional.of(new CompiledValue(compiler.step(schema, node, VALUE), columns));
      }
      List<ValueStep> fields = new ArrayList<>();
      for (Schema.Field field : schema.getFields()) {
        String path = Placement.path("", field.name());
        ColumnNode node = compiler.node(path);
        columns.add(node);
        fields.add(compiler.step(field.schema(), node, path));
      }
      return Optional.of(new CompiledValue(AvroRecordStep.of(fields, List.of()), columns));
    } catch (RefusedException _) {
      return Optional.empty();
    }
  }

  /** Of keys: all of one lies in one column. */
  public static Optional<CompiledValue> key(
      ColumnTree tree, ColumnNode node, String text, Placement placement) {
    var compiler = new AvroProgramCompiler(tree, placement);
    Schema schema = parse(text);
    try {
      ValueStep step =
          isRecord(schema) && node.column.type() instanceof Type.Struct
              ? compiler.record(schema, node, "")
              : compiler.step(schema, node, VALUE);
      return Optional.of(new CompiledValue(step, Set.of(node)));
    } catch (RefusedException _) {
      return Optional.empty();
    }
  }

  private static Schema parse(String text) {
    return new Schema.Parser().setValidateDefaults(false).parse(text);
  }

  /** Whether a schema is a record with a field of this name. */
  public static boolean hasField(String text, String name) {
    Schema schema = parse(text);
    return isRecord(schema) && schema.getField(name) != null;
  }

  private static boolean isRecord(Schema schema) {
    return schema.getType() == Schema.Type.RECORD && !schema.getFields().isEmpty();
  }

  /** A record that has too many parts is one opaque column; its fields have none. */
  private boolean isWhole(Schema record) {
    return placement.ids().containsKey(VALUE)
        && record.getFields().stream()
            .anyMatch(field -> !placement.ids().containsKey(Placement.path("", field.name())));
  }

  private ColumnNode node(String path) {
    Integer id = placement.ids().get(path);
    ColumnNode node = id == null ? null : tree.find(id);
    if (node == null) throw new RefusedException("no column for " + path);
    return node;
  }

  private ValueStep step(Schema schema, ColumnNode node, String path) {
    Type type = node.column.type();
    if (schema.getType() == Schema.Type.UNION) return union(schema, node, path);
    if (type == Type.Plain.OPAQUE) return new AvroByteSteps.OpaqueStep(leaf(node).index(), schema);
    return switch (schema.getType()) {
      case RECORD -> record(schema, node, path);
      case ARRAY -> {
        if (!(type instanceof Type.ListOf)) throw refused(schema, node);
        ColumnNode element = node.parts.getFirst();
        yield new AvroListStep(
            node, step(schema.getElementType(), element, Placement.path(path, "element")), null);
      }
      case MAP -> {
        if (!(type instanceof Type.MapOf)) throw refused(schema, node);
        ColumnNode key = node.parts.get(0);
        if (key.column.type() != Type.Plain.STRING) throw refused(schema, node);
        yield new AvroListStep(
            node,
            new AvroByteSteps.StringStep(leaf(key).index()),
            step(schema.getValueType(), node.parts.get(1), Placement.path(path, "value")));
      }
      case NULL, UNION -> throw refused(schema, node);
      default -> leafStep(schema, node, leaf(node));
    };
  }

  private ValueStep record(Schema schema, ColumnNode node, String path) {
    if (!(node.column.type() instanceof Type.Struct(var _, boolean isUnion)) || isUnion) {
      throw refused(schema, node);
    }
    List<ValueStep> fields = new ArrayList<>();
    List<ColumnNode> absent = new ArrayList<>(node.parts);
    for (Schema.Field field : schema.getFields()) {
      String fieldPath = Placement.path(path, field.name());
      ColumnNode part = node(fieldPath);
      if (!absent.remove(part)) throw refused(schema, node);
      fields.add(step(field.schema(), part, fieldPath));
    }
    for (ColumnNode part : absent) requireOptional(part);
    return AvroRecordStep.of(fields, absent);
  }

  private ValueStep union(Schema schema, ColumnNode node, String path) {
    List<Schema> branches = schema.getTypes();
    int nullBranch = -1;
    List<Integer> others = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      if (branches.get(i).getType() == Schema.Type.NULL) {
        nullBranch = i;
      } else {
        others.add(i);
      }
    }
    if (others.size() == 1) {
      if (nullBranch >= 0) requireOptional(node);
      int branch = others.getFirst();
      return new AvroOptionStep(node, nullBranch, branch, step(branches.get(branch), node, path));
    }
    if (node.column.type() == Type.Plain.OPAQUE) {
      return new AvroByteSteps.OpaqueStep(leaf(node).index(), schema);
    }
    if (!(node.column.type() instanceof Type.Struct(var _, boolean isUnion)) || !isUnion) {
      throw refused(schema, node);
    }
    if (nullBranch >= 0) requireOptional(node);
    var nodes = new ColumnNode[branches.size()];
    var values = new ValueStep[branches.size()];
    for (int i : others) {
      String branchPath = Placement.path(path, branches.get(i).getFullName());
      nodes[i] = node(branchPath);
      requireOptional(nodes[i]);
      values[i] = step(branches.get(i), nodes[i], branchPath);
    }
    return new AvroUnionStep(node, nullBranch, nodes, values);
  }

  private static void requireOptional(ColumnNode node) {
    if (!node.column.isOptional()) {
      throw new RefusedException("column " + node.column.name() + " takes no null");
    }
  }

  private static Leaf leaf(ColumnNode node) {
    Leaf leaf = node.leaf;
    if (leaf == null) throw new RefusedException("column " + node.column.name() + " has parts");
    return leaf;
  }

  private static ValueStep leafStep(Schema schema, ColumnNode node, Leaf leaf) {
    int index = leaf.index();
    Type type = node.column.type();
    @Nullable LogicalType logical = schema.getLogicalType();
    @Nullable ValueStep step =
        switch (type) {
          case Type.Plain plain ->
              switch (schema.getType()) {
                case BOOLEAN ->
                    plain == Type.Plain.BOOLEAN ? new AvroNumberSteps.BooleanStep(index) : null;
                case INT -> ofInt(index, plain, logical);
                case LONG -> ofLong(index, plain, logical);
                case FLOAT -> ofFloat(index, plain);
                case DOUBLE ->
                    plain == Type.Plain.DOUBLE ? new AvroNumberSteps.DoubleStep(index) : null;
                case STRING -> ofString(index, plain);
                case ENUM -> plain == Type.Plain.STRING ? ofEnum(index, schema) : null;
                case BYTES ->
                    plain == Type.Plain.BINARY ? new AvroByteSteps.BytesStep(index) : null;
                case FIXED ->
                    plain == Type.Plain.UUID && schema.getFixedSize() == leaf.fixedBytes()
                        ? new AvroByteSteps.FixedStep(index, leaf.fixedBytes())
                        : null;
                default -> null;
              };
          case Type.Fixed(int length) ->
              schema.getType() == Schema.Type.FIXED && schema.getFixedSize() == length
                  ? new AvroByteSteps.FixedStep(index, length)
                  : null;
          case Type.Decimal decimal -> ofDecimal(leaf, schema, logical, decimal);
          default -> null;
        };
    if (step == null) throw refused(schema, node);
    return step;
  }

  private static @Nullable ValueStep ofInt(
      int leaf, Type.Plain type, @Nullable LogicalType logical) {
    return switch (type) {
      case INT, LONG, DATE -> new AvroNumberSteps.IntStep(leaf);
      case TIME ->
          logical instanceof LogicalTypes.TimeMillis
              ? new AvroNumberSteps.TimeMillisStep(leaf)
              : null;
      default -> null;
    };
  }

  private static @Nullable ValueStep ofLong(
      int leaf, Type.Plain type, @Nullable LogicalType logical) {
    return switch (type) {
      case LONG -> new AvroNumberSteps.LongStep(leaf);
      case TIME ->
          logical instanceof LogicalTypes.TimeMicros
              ? new AvroNumberSteps.TimeMicrosStep(leaf)
              : null;
      case TIMESTAMP_UTC, TIMESTAMP_LOCAL ->
          switch (logical) {
            case LogicalTypes.TimestampMillis _, LogicalTypes.LocalTimestampMillis _ ->
                new AvroNumberSteps.MillisStep(leaf);
            case LogicalTypes.TimestampMicros _, LogicalTypes.LocalTimestampMicros _ ->
                new AvroNumberSteps.LongStep(leaf);
            case null, default -> null;
          };
      case TIMESTAMP_NANOS_UTC, TIMESTAMP_NANOS_LOCAL ->
          switch (logical) {
            case LogicalTypes.TimestampNanos _, LogicalTypes.LocalTimestampNanos _ ->
                new AvroNumberSteps.LongStep(leaf);
            case null, default -> null;
          };
      default -> null;
    };
  }

  private static @Nullable ValueStep ofFloat(int leaf, Type.Plain type) {
    return switch (type) {
      case FLOAT -> new AvroNumberSteps.FloatStep(leaf);
      case DOUBLE -> new AvroNumberSteps.FloatAsDoubleStep(leaf);
      default -> null;
    };
  }

  private static @Nullable ValueStep ofString(int leaf, Type.Plain type) {
    return switch (type) {
      case STRING -> new AvroByteSteps.StringStep(leaf);
      case UUID -> new AvroByteSteps.UuidStep(leaf);
      default -> null;
    };
  }

  private static ValueStep ofEnum(int leaf, Schema schema) {
    byte[][] symbols =
        schema.getEnumSymbols().stream()
            .map(symbol -> symbol.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    return new AvroByteSteps.EnumStep(leaf, symbols);
  }

  private static @Nullable ValueStep ofDecimal(
      Leaf leaf, Schema schema, @Nullable LogicalType logical, Type.Decimal type) {
    boolean fits =
        logical instanceof LogicalTypes.Decimal decimal
            && decimal.getScale() == type.scale()
            && decimal.getPrecision() <= type.precision();
    if (!fits) return null;
    int length = schema.getType() == Schema.Type.FIXED ? schema.getFixedSize() : -1;
    return new AvroByteSteps.DecimalStep(leaf, length, type.precision());
  }

  private static RefusedException refused(Schema schema, ColumnNode node) {
    return new RefusedException(
        schema.getType()
            + " does not fit column "
            + node.column.name()
            + " of "
            + node.column.type());
  }
}

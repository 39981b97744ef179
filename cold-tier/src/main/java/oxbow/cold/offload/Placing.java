package oxbow.cold.offload;

import com.google.protobuf.Descriptors.Descriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.shred.ProgramCompiler;
import oxbow.cold.shred.protobuf.ProtobufProgramCompiler;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.ParsedSchema;
import oxbow.schema.SchemaType;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;
import oxbow.schema.layout.Placement;
import oxbow.schema.layout.Shape;
import oxbow.schema.layout.Type;
import oxbow.schema.protobuf.ProtobufSchema;

/**
 * Finds each schema its place in a table's columns, which grow on the way. One thread.
 *
 * <p>Of Protobuf's messages the first that records are has its fields at the top, in every version
 * of every schema that has a message of its name; each other message that comes is one column,
 * called after it.
 */
public final class Placing {
  /** The part that stands for all of a schema that is no record. */
  private static final String WHOLE = "value";

  /** Messages of a file that are looked at. */
  private static final int MESSAGES_MAX = 10_000;

  private TableColumns columns;
  private final Map<Integer, WriterSchema> values = new HashMap<>();
  private final Map<Integer, WriterSchema> keys = new HashMap<>();
  private final Map<Integer, String> refusedValues = new LinkedHashMap<>();
  private final Map<Integer, String> refusedKeys = new LinkedHashMap<>();

  public Placing(TableColumns columns) {
    this.columns = columns;
  }

  public TableColumns columns() {
    return columns;
  }

  public Map<Integer, WriterSchema> values() {
    return values;
  }

  public Map<Integer, WriterSchema> keys() {
    return keys;
  }

  /** Why schemas of values have no place, by id. */
  Map<Integer, String> refusedValues() {
    return refusedValues;
  }

  Map<Integer, String> refusedKeys() {
    return refusedKeys;
  }

  /**
   * @param met paths of Protobuf's messages that records are, the first one first
   */
  public void value(int id, ParsedSchema schema, Set<List<Integer>> met) {
    try {
      if (schema instanceof ProtobufSchema protobuf) {
        messages(id, protobuf, met);
        return;
      }
      switch (LayoutMerger.merge(columns.values(), schema)) {
        case Merge.Placed(var next, var placement) -> {
          columns = columns.withValues(next);
          values.put(id, WriterSchema.of(id, schema, placement));
        }
        case Merge.Refused(String reason) -> refusedValues.put(id, reason);
      }
    } catch (InvalidSchemaException e) {
      refusedValues.put(id, String.valueOf(e.getMessage()));
    }
  }

  private void messages(int id, ProtobufSchema schema, Set<List<Integer>> met) {
    Map<List<Integer>, Descriptor> messages = new LinkedHashMap<>();
    collect(schema, List.of(), messages);
    if (columns.topMessage().isEmpty()) {
      met.stream()
          .filter(messages::containsKey)
          .findFirst()
          .map(messages::get)
          .ifPresent(first -> columns = columns.withTopMessage(Optional.of(first.getFullName())));
    }
    Map<String, Integer> ids = new HashMap<>();
    List<Integer> top = List.of();
    String refusal = null;
    boolean isAnyPlaced = false;
    for (Map.Entry<List<Integer>, Descriptor> each : messages.entrySet()) {
      List<Integer> path = each.getKey();
      Descriptor message = each.getValue();
      boolean isTop = columns.topMessage().equals(Optional.of(message.getFullName()));
      if (!isTop && !met.contains(path) && !hasColumn(message)) continue;
      Shape fields = schema.shape(path.stream().mapToInt(Integer::intValue).toArray());
      switch (LayoutMerger.merge(columns.values(), isTop ? fields : oneColumn(message, fields))) {
        case Merge.Placed(var next, var placement) -> {
          columns = columns.withValues(next);
          isAnyPlaced = true;
          if (isTop) top = path;
          if (isTop) ids.putAll(placement.ids());
          else putUnder(ProtobufProgramCompiler.columnPath(path), placement, ids);
        }
        case Merge.Refused(String reason) -> refusal = reason;
      }
    }
    // One without any is known nevertheless: it tells which messages come.
    if (isAnyPlaced || refusal == null) {
      values.put(id, WriterSchema.of(id, schema, new Placement(ids), top));
    } else {
      refusedValues.put(id, refusal);
    }
  }

  /** The messages that can have columns, in the order of the file. */
  private static void collect(
      ProtobufSchema schema, List<Integer> parent, Map<List<Integer>, Descriptor> messages) {
    for (int index = 0; messages.size() < MESSAGES_MAX; index++) {
      List<Integer> path = new ArrayList<>(parent);
      path.add(index);
      Optional<Descriptor> found =
          schema.message(path.stream().mapToInt(Integer::intValue).toArray());
      if (found.isEmpty()) return;
      Descriptor message = found.get();
      if (message.getOptions().getMapEntry()) continue;
      if (!message.getFields().isEmpty()) messages.put(List.copyOf(path), message);
      collect(schema, path, messages);
    }
  }

  private boolean hasColumn(Descriptor message) {
    Integer key = key(message);
    return columns.values().columns().stream().anyMatch(column -> key.equals(column.key()));
  }

  /** What the column of a message is known by; fields have positive numbers. */
  private static Integer key(Descriptor message) {
    return message.getFullName().hashCode() | Integer.MIN_VALUE;
  }

  private static Shape oneColumn(Descriptor message, Shape fields) {
    return new Shape(
        List.of(
            new Column(
                Column.UNASSIGNED,
                localName(message),
                Set.of(),
                new Type.Struct(fields.columns(), false),
                true,
                null,
                key(message))));
  }

  private static String localName(Descriptor message) {
    String scope = message.getFile().getPackage();
    String name = message.getFullName();
    return scope.isEmpty() ? name : name.substring(scope.length() + 1);
  }

  /** Takes a placement of one column over, whatever that column's own name is. */
  private static void putUnder(String path, Placement placement, Map<String, Integer> ids) {
    placement
        .ids()
        .forEach((part, id) -> {
          int slash = part.indexOf('/');
          ids.put(slash < 0 ? path : path + part.substring(slash), id);
        });
  }

  /** All of a key lies in one column, whose parts are the fields if it is a record. */
  public void key(int id, ParsedSchema schema) {
    try {
      Shape shape = schema.shape();
      switch (isRecord(schema, shape) ? mergedRecord(shape) : mergedWhole(shape)) {
        case Merge.Placed(var _, var placement) ->
            keys.put(id, WriterSchema.of(id, schema, placement));
        case Merge.Refused(String reason) -> refusedKeys.put(id, reason);
      }
    } catch (InvalidSchemaException e) {
      refusedKeys.put(id, String.valueOf(e.getMessage()));
    }
  }

  private static boolean isRecord(ParsedSchema schema, Shape shape) {
    if (schema.type() == SchemaType.PROTOBUF) return true;
    boolean isOnePart =
        shape.columns().size() == 1 && shape.columns().getFirst().name().equals(WHOLE);
    return !isOnePart || ProgramCompiler.hasField(schema, WHOLE);
  }

  private Merge mergedRecord(Shape shape) {
    Optional<Column> there = columns.typedKey();
    List<Column> parts = List.of();
    if (there.isPresent()) {
      if (!(there.get().type() instanceof Type.Struct(List<Column> known, boolean isUnion))
          || isUnion) {
        return new Merge.Refused("keys of the table are no records");
      }
      parts = known;
    }
    Merge merge = LayoutMerger.merge(new Layout(lastKeyId(), parts), shape);
    if (!(merge instanceof Merge.Placed(Layout next, var _))) return merge;
    if (next.columns().isEmpty()) return new Merge.Refused("it has no fields");
    return withKey(merge, next, new Type.Struct(next.columns(), false));
  }

  private Merge mergedWhole(Shape shape) {
    List<Column> parts =
        columns.typedKey().stream()
            .map(key -> new Column(key.id(), WHOLE, Set.of(), key.type(), true, null))
            .toList();
    Merge merge = LayoutMerger.merge(new Layout(lastKeyId(), parts), shape);
    if (!(merge instanceof Merge.Placed(Layout next, var _))) return merge;
    if (next.columns().size() > 1) {
      return new Merge.Refused("a union and a single type have no column in common");
    }
    return withKey(merge, next, next.columns().getFirst().type());
  }

  private Merge withKey(Merge merge, Layout next, Type type) {
    if (next.lastId() >= Layout.FIRST_ID) {
      return new Merge.Refused(
          "keys would have more than "
              + (Layout.FIRST_ID - SystemColumns.KEY_ID_FIRST)
              + " columns");
    }
    columns = columns.withTypedKey(Optional.of(SystemColumns.typedKey(type)));
    return merge;
  }

  private int lastKeyId() {
    return Math.max(
        SystemColumns.KEY_ID_FIRST - 1,
        columns.typedKey().map(key -> lastId(key)).orElse(SystemColumns.KEY_ID_FIRST - 1));
  }

  private static int lastId(Column column) {
    List<Column> parts =
        switch (column.type()) {
          case Type.Struct(List<Column> fields, boolean _) -> fields;
          case Type.ListOf(Column element) -> List.of(element);
          case Type.MapOf(Column key, Column value) -> List.of(key, value);
          case Type.Plain _, Type.Decimal _, Type.Fixed _ -> List.of();
        };
    return parts.stream().mapToInt(Placing::lastId).reduce(column.id(), Math::max);
  }
}

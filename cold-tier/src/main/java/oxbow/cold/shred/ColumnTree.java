package oxbow.cold.shred;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.TableColumns;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Type;

/**
 * The columns of a table as the tree that Parquet stores: three-level lists and maps, a level for
 * each thing that may be absent. Immutable.
 */
public final class ColumnTree {
  public static final String LIST_GROUP = "list";
  public static final String MAP_GROUP = "key_value";

  private final TableColumns columns;
  private final List<ColumnNode> top = new ArrayList<>();
  private final List<Leaf> leaves = new ArrayList<>();
  private final Map<Integer, ColumnNode> byId = new HashMap<>();

  public ColumnTree(TableColumns columns) {
    this.columns = columns;
    for (Column column : columns.all()) {
      top.add(node(column, List.of(), 0, 0));
    }
  }

  public TableColumns columns() {
    return columns;
  }

  /** The columns in file order. */
  public List<ColumnNode> top() {
    return top;
  }

  public List<Leaf> leaves() {
    return leaves;
  }

  /** The column or part with this id, or null. */
  public @Nullable ColumnNode find(int id) {
    return byId.get(id);
  }

  /** The column of keys that have a schema, or null. */
  public @Nullable ColumnNode typedKey() {
    return columns.typedKey().map(column -> byId.get(column.id())).orElse(null);
  }

  /** The leaf of one of our own columns. */
  Leaf leaf(int id) {
    return requireNonNull(requireNonNull(byId.get(id), "no such column").leaf, "not a leaf");
  }

  public int leafIndex(int id) {
    return leaf(id).index();
  }

  private ColumnNode node(Column column, List<String> parentPath, int above, int repetition) {
    int definition = above + (column.isOptional() ? 1 : 0);
    List<String> path = below(parentPath, column.name());
    int leafStart = leaves.size();
    var parts = new ArrayList<ColumnNode>();
    @Nullable Leaf leaf = null;
    switch (column.type()) {
      case Type.Struct(List<Column> fields, boolean _) -> {
        for (Column field : fields) parts.add(node(field, path, definition, repetition));
      }
      case Type.ListOf(Column element) ->
          parts.add(node(element, below(path, LIST_GROUP), definition + 1, repetition + 1));
      case Type.MapOf(Column key, Column value) -> {
        List<String> group = below(path, MAP_GROUP);
        parts.add(node(key, group, definition + 1, repetition + 1));
        parts.add(node(value, group, definition + 1, repetition + 1));
      }
      case Type.Plain _, Type.Decimal _, Type.Fixed _ -> {
        Type type = column.type();
        leaf =
            new Leaf(
                leaves.size(),
                column,
                path,
                LeafType.of(type),
                definition,
                repetition,
                LeafType.fixedBytes(type));
        leaves.add(leaf);
      }
    }
    var node =
        new ColumnNode(
            column, definition, repetition, leafStart, leaves.size(), List.copyOf(parts), leaf);
    byId.put(column.id(), node);
    return node;
  }

  private static List<String> below(List<String> path, String name) {
    var longer = new ArrayList<String>(path);
    longer.add(name);
    return longer;
  }
}

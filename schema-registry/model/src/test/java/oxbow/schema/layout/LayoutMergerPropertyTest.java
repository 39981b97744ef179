package oxbow.schema.layout;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random versions of a schema, with every kind of change, against what a layout promises. */
class LayoutMergerPropertyTest {
  private static final int SEQUENCES = 1_000;
  private static final String[] NAMES = {"a", "b", "c", "A", "kafka_k", "user_kafka_k", "_file"};

  @Test
  void columnsKeepTheirIdsAndHoldEverySchemaPlacedInThem() {
    for (int seed = 0; seed < SEQUENCES; seed++) {
      try {
        check(new Random(seed));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void columnsWithKeysKeepTheirIdsUnderWhateverName() {
    for (int seed = 0; seed < SEQUENCES; seed++) {
      try {
        checkKeyed(new Random(seed));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void theOrderOfSchemasWithoutRenamingsOnlyChoosesTheIds() {
    int compared = 0;
    for (int seed = 0; seed < SEQUENCES; seed++) {
      var random = new Random(seed);
      List<Shape> shapes = new ArrayList<>();
      for (int i = 0; i < 4; i++) shapes.add(withoutCollisions(shape(random, 0)));
      Layout one = merged(shapes);
      Collections.shuffle(shapes, random);
      Layout other = merged(shapes);
      // Which are refused, and which of two columns for a field has its name, depends on the order.
      if (one == null || other == null || hasNumbered(one.columns())) continue;
      compared++;
      assertThat(withoutIds(other)).as("seed %d", seed).isEqualTo(withoutIds(one));
    }
    assertThat(compared).isGreaterThan(SEQUENCES / 50);
  }

  private static void check(Random random) {
    check(random, shape -> shape);
  }

  private static void checkKeyed(Random random) {
    check(random, shape -> new Shape(keyed(shape.columns(), random)));
  }

  private static List<Column> keyed(List<Column> columns, Random random) {
    List<Integer> keys = new ArrayList<>(List.of(1, 2, 3, 4, 5, 6));
    Collections.shuffle(keys, random);
    return columns.stream().map(each -> keyed(each, keys.removeLast(), random)).toList();
  }

  private static Column keyed(Column column, @Nullable Integer key, Random random) {
    Type type =
        switch (column.type()) {
          case Type.Struct(List<Column> parts, boolean isUnion) ->
              new Type.Struct(keyed(parts, random), isUnion);
          case Type.ListOf(Column element) -> new Type.ListOf(keyed(element, null, random));
          case Type.MapOf(Column mapKey, Column value) ->
              new Type.MapOf(mapKey, keyed(value, null, random));
          default -> column.type();
        };
    return new Column(
        column.id(), column.name(), Set.of(), type, column.isOptional(), column.doc(), key);
  }

  private static void check(Random random, UnaryOperator<Shape> changed) {
    Layout layout = Layout.EMPTY;
    Map<Shape, Placement> placed = new LinkedHashMap<>();
    for (int i = 0; i < 8; i++) {
      Shape shape = changed.apply(shape(random, 0));
      Merge merge = LayoutMerger.merge(layout, shape);
      if (!(merge instanceof Merge.Placed(Layout next, Placement placement))) continue;
      Map<Integer, Column> before = byId(layout);
      Map<Integer, Column> after = byId(next);
      before.forEach((id, column) ->
          assertThat(requireNonNull(after.get(id)).type().holds(column.type())).isTrue());
      assertThat(next.lastId()).isEqualTo(Layout.FIRST_ID + after.size() - 1);
      layout = next;
      placed.put(shape, placement);
      for (Map.Entry<Shape, Placement> each : placed.entrySet()) {
        assertThat(LayoutMerger.merge(layout, each.getKey()))
            .isEqualTo(new Merge.Placed(layout, each.getValue()));
        assertHolds(layout, each.getKey(), each.getValue());
      }
      assertNamesDiffer(layout.columns());
      assertThat(layout.columns()).allMatch(Column::isOptional);
      assertThat(layout.columns())
          .noneMatch(column -> column.name().toLowerCase(Locale.ROOT).startsWith("kafka_"));
      assertThat(LayoutJson.read(LayoutJson.write(layout))).isEqualTo(layout);
    }
  }

  private static void assertHolds(Layout layout, Shape shape, Placement placement) {
    Map<Integer, Column> columns = byId(layout);
    Set<Integer> used = new HashSet<>();
    Map<String, Column> parts = new HashMap<>();
    walk(shape.columns(), "", parts::put);
    assertThat(placement.ids().keySet()).isEqualTo(parts.keySet());
    parts.forEach((path, part) -> {
      int id = placement.id(path);
      Column column = requireNonNull(columns.get(id));
      assertThat(used.add(id)).as("two parts in column %d", id).isTrue();
      assertThat(column.type().holds(part.type())).isTrue();
      assertThat(column.isOptional() || !part.isOptional()).isTrue();
    });
  }

  private static void assertNamesDiffer(List<Column> columns) {
    Set<String> names = new HashSet<>();
    for (Column column : columns) {
      assertThat(names.add(column.name().toLowerCase(Locale.ROOT))).isTrue();
      assertNamesDiffer(parts(column.type()));
    }
  }

  private static Map<Integer, Column> byId(Layout layout) {
    Map<Integer, Column> columns = new HashMap<>();
    walk(
        layout.columns(), "", (_, column) -> assertThat(columns.put(column.id(), column)).isNull());
    return columns;
  }

  private static void walk(List<Column> columns, String path, BiConsumer<String, Column> visit) {
    for (Column column : columns) {
      String columnPath = Placement.path(path, column.name());
      visit.accept(columnPath, column);
      walk(parts(column.type()), columnPath, visit);
    }
  }

  private static List<Column> parts(Type type) {
    return switch (type) {
      case Type.Struct struct -> struct.parts();
      case Type.ListOf list -> List.of(list.element());
      case Type.MapOf map -> List.of(map.key(), map.value());
      default -> List.of();
    };
  }

  private static Shape shape(Random random, int depth) {
    return new Shape(columns(random, depth, /* isUnion= */ false));
  }

  private static List<Column> columns(Random random, int depth, boolean isUnion) {
    Set<String> names = new LinkedHashSet<>();
    int count = 1 + random.nextInt(4);
    while (names.size() < count) names.add(NAMES[random.nextInt(NAMES.length)]);
    List<Column> columns = new ArrayList<>();
    for (String name : names) {
      Set<String> aliases = new HashSet<>();
      while (random.nextInt(3) == 0) aliases.add(NAMES[random.nextInt(NAMES.length)]);
      aliases.remove(name);
      columns.add(
          new Column(
              Column.UNASSIGNED,
              name,
              aliases,
              type(random, depth + 1),
              isUnion || random.nextBoolean(),
              random.nextInt(4) == 0 ? "doc " + random.nextInt(3) : null));
    }
    return columns;
  }

  private static Type type(Random random, int depth) {
    int kind = random.nextInt(depth > 3 ? 16 : 20);
    return switch (kind) {
      case 16 -> new Type.Struct(columns(random, depth, false), false);
      case 17 -> new Type.Struct(columns(random, depth, true), true);
      case 18 -> new Type.ListOf(part("element", random, depth));
      case 19 ->
          new Type.MapOf(
              new Column(-1, "key", Set.of(), Type.Plain.STRING, false, null),
              part("value", random, depth));
      case 15 -> new Type.Decimal(5 + random.nextInt(3), 2);
      case 14 -> Type.Plain.STRING;
      default -> random.nextBoolean() ? Type.Plain.INT : Type.Plain.LONG;
    };
  }

  private static Column part(String name, Random random, int depth) {
    return new Column(-1, name, Set.of(), type(random, depth + 1), random.nextBoolean(), null);
  }

  private static Shape withoutCollisions(Shape shape) {
    return new Shape(plain(shape.columns()));
  }

  /** No aliases, no docs, and names that collide with no other. */
  private static List<Column> plain(List<Column> columns) {
    return columns.stream()
        .map(column ->
            new Column(
                column.id(),
                column.name().equals("A") ? "upper" : column.name().replace("user_", "my_"),
                Set.of(),
                plain(column.type()),
                column.isOptional(),
                null))
        .toList();
  }

  private static Type plain(Type type) {
    return switch (type) {
      case Type.Struct(List<Column> parts, boolean isUnion) ->
          new Type.Struct(plain(parts), isUnion);
      case Type.ListOf(Column element) -> new Type.ListOf(plain(List.of(element)).getFirst());
      case Type.MapOf(Column key, Column value) ->
          new Type.MapOf(key, plain(List.of(value)).getFirst());
      default -> type;
    };
  }

  private static @Nullable Layout merged(List<Shape> shapes) {
    Layout layout = Layout.EMPTY;
    for (Shape shape : shapes) {
      if (!(LayoutMerger.merge(layout, shape) instanceof Merge.Placed(Layout next, _))) return null;
      layout = next;
    }
    return layout;
  }

  private static boolean hasNumbered(List<Column> columns) {
    return columns.stream()
        .anyMatch(each -> each.name().endsWith("_2") || hasNumbered(parts(each.type())));
  }

  private static Map<String, String> withoutIds(Layout layout) {
    Map<String, String> columns = new HashMap<>();
    walk(
        layout.columns(),
        "",
        (path, column) ->
            columns.put(
                path,
                (column.isOptional() ? "optional " : "")
                    + (parts(column.type()).isEmpty()
                        ? column.type()
                        : column.type().getClass().getSimpleName())
                    + column.otherNames()));
    return columns;
  }
}

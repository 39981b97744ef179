package oxbow.schema.layout;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import oxbow.schema.ParsedSchema;

/**
 * Adds schemas to a layout.
 *
 * <p>A field goes to the column that has its key; without one, to the column that has its name,
 * else to one that has an alias of it; else to a new one. A column keeps its id and the names all
 * versions had for it, so a version of before a renaming still finds it; the table shows the newest
 * name. Types widen as Iceberg allows: int to long, float to double, decimals to more digits; parts
 * of structs, lists, maps and unions change likewise. A part that a version lacks or may leave out
 * is optional; at the top all are. What can't widen is refused as a whole, and changes nothing.
 *
 * <p>A field that becomes a union of several types, or is one no longer, has a column for each: the
 * single type's stays, and the union's stands beside it.
 *
 * <p>Adding a schema again gives the same layout and placement, whatever was added in between.
 * Which columns there are doesn't depend on the order, unless fields were renamed or refused, or
 * their names collide; the ids do.
 *
 * <p>Names in the table: one that begins with {@code kafka_}, and one that Iceberg reserves, gets
 * {@code user_} before it ({@code kafka_key} becomes {@code user_kafka_key}, {@code _file} {@code
 * user_file}). Dots, quotes and control characters become underscores, an empty name {@code field}.
 * A branch is called by its type's name without namespace. Where two names differ in case only, the
 * later column gets {@code _2}, {@code _3} and so on: engines fold case.
 */
public final class LayoutMerger {
  /** Columns and parts a layout may have; a file's footer and each engine's plan name them all. */
  public static final int COLUMNS_MAX = 20_000;

  private static final int NAME_CHARS_MAX = 200;

  private static final Set<String> RESERVED =
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

  private final Map<String, Integer> ids = new HashMap<>();
  private int lastId;

  private LayoutMerger(int lastId) {
    this.lastId = lastId;
  }

  public static Merge merge(Layout layout, ParsedSchema schema) {
    return merge(layout, schema.shape());
  }

  /** Adds a schema of this shape. */
  public static Merge merge(Layout layout, Shape shape) {
    var merger = new LayoutMerger(layout.lastId());
    try {
      List<Column> columns = merger.columns(layout.columns(), shape.columns(), "", Level.TOP);
      return new Merge.Placed(new Layout(merger.lastId, columns), new Placement(merger.ids));
    } catch (RefusedException e) {
      return new Merge.Refused(e.reason);
    }
  }

  /** What a list of columns is part of. */
  private enum Level {
    TOP,
    RECORD,
    UNION
  }

  private List<Column> columns(List<Column> there, List<Column> given, String path, Level level) {
    int[] targets = targets(there, given);
    List<Column> merged = new ArrayList<>(there);
    boolean[] isGiven = new boolean[there.size()];
    for (int i = 0; i < targets.length; i++) {
      if (targets[i] >= 0) isGiven[targets[i]] = true;
    }
    for (int i = 0; i < isGiven.length; i++) {
      if (!isGiven[i]) merged.set(i, optional(there.get(i)));
    }
    // A part that comes later is missing in what was written before.
    boolean isNewOptional = level != Level.RECORD || !there.isEmpty();
    var siblings = new Siblings(level, merged, given);
    for (int i = 0; i < given.size(); i++) {
      Column part = given.get(i);
      String partPath = Placement.path(path, part.name());
      if (targets[i] < 0) {
        Column added = added(part, partPath, siblings.newName(part.name()), siblings.names(part));
        merged.add(isNewOptional ? optional(added) : added);
      } else {
        merged.set(targets[i], widened(targets[i], part, partPath, siblings));
      }
    }
    return merged;
  }

  /** Columns beside each other, while a schema is added to them. */
  private static final class Siblings {
    private final Level level;
    private final List<Column> columns;
    private final Set<String> givenNames = new HashSet<>();
    private final Set<String> taken = new HashSet<>();

    Siblings(Level level, List<Column> columns, List<Column> given) {
      this.level = level;
      this.columns = columns;
      for (Column each : given) givenNames.add(each.name());
      for (Column each : columns) taken.add(folded(each.name()));
    }

    /** The name that the table shows, different from all others whatever the case. */
    String newName(String given) {
      String base = baseName(given, level);
      String name = base;
      for (int i = 2; !taken.add(folded(name)); i++) name = base + "_" + i;
      return name;
    }

    String renamed(String old, String given) {
      taken.remove(folded(old));
      return newName(given);
    }

    /** The names a part is found by; an alias that another part has as its name is not its own. */
    Set<String> names(Column part) {
      Set<String> names = new LinkedHashSet<>(part.otherNames());
      names.removeAll(givenNames);
      names.add(part.name());
      return names;
    }

    boolean isUsedAfter(int place, String name) {
      return columns.stream()
          .skip(place + 1L)
          .anyMatch(each -> LayoutMerger.names(each).contains(name));
    }
  }

  /**
   * For each part given the place of the column it goes to, or -1 for a new one.
   *
   * <p>Columns that share a name are tried in the order of their ids, and a column gets another
   * name only if all others that have it come before: so what was placed once finds the same column
   * ever after.
   */
  private static int[] targets(List<Column> there, List<Column> given) {
    Map<Integer, Integer> byKey = new HashMap<>();
    Map<String, List<Integer>> byName = new HashMap<>();
    for (int i = 0; i < there.size(); i++) {
      Integer key = there.get(i).key();
      if (key != null) byKey.put(key, i);
      for (String name : names(there.get(i))) {
        byName.computeIfAbsent(name, _ -> new ArrayList<>()).add(i);
      }
    }
    int[] targets = new int[given.size()];
    Set<Integer> taken = new HashSet<>();
    for (int i = 0; i < targets.length; i++) {
      Integer key = given.get(i).key();
      targets[i] = key == null ? -1 : byKey.getOrDefault(key, -1);
      if (targets[i] >= 0) taken.add(targets[i]);
    }
    for (int i = 0; i < targets.length; i++) {
      if (targets[i] >= 0) continue;
      Column part = given.get(i);
      List<Integer> called =
          byName.getOrDefault(part.name(), List.of()).stream()
              .filter(place -> isOfOneKind(there.get(place), part))
              .filter(place -> part.key() == null || there.get(place).key() == null)
              .toList();
      targets[i] = firstFree(called, taken);
    }
    for (int i = 0; i < targets.length; i++) {
      Column part = given.get(i);
      if (targets[i] >= 0 || part.otherNames().isEmpty() || part.key() != null) continue;
      List<Integer> renamed = new ArrayList<>();
      for (String alias : part.otherNames()) {
        for (int place : byName.getOrDefault(alias, List.of())) {
          boolean isFit = isOfOneKind(there.get(place), part);
          if (isFit && mayBeCalled(part.name(), place, byName)) renamed.add(place);
        }
      }
      renamed.sort(null);
      targets[i] = firstFree(renamed, taken);
      // Another part of this schema may not be given the name from before this column.
      if (targets[i] >= 0) {
        byName.computeIfAbsent(part.name(), _ -> new ArrayList<>()).add(targets[i]);
      }
    }
    return targets;
  }

  /** A union of several types and a single type never share a column. */
  private static boolean isOfOneKind(Column there, Column given) {
    return isUnion(there.type()) == isUnion(given.type());
  }

  private static boolean isUnion(Type type) {
    return type instanceof Type.Struct(List<Column> _, boolean isUnion) && isUnion;
  }

  private static int firstFree(List<Integer> places, Set<Integer> taken) {
    for (int place : places) {
      if (taken.add(place)) return place;
    }
    return -1;
  }

  private static boolean mayBeCalled(String name, int place, Map<String, List<Integer>> byName) {
    List<Integer> called = byName.getOrDefault(name, List.of());
    return called.isEmpty() || called.getLast() < place;
  }

  /** The names that versions of the schema have for a column. */
  private static Set<String> names(Column column) {
    return column.otherNames().isEmpty() ? Set.of(column.name()) : column.otherNames();
  }

  private Column added(Column part, String path, String name, Set<String> names) {
    int id = nextId(path);
    return new Column(
        id,
        name,
        namesBeside(name, names),
        type(part.type(), path),
        part.isOptional(),
        part.doc(),
        part.key());
  }

  private Column widened(int place, Column part, String path, Siblings siblings) {
    Column there = siblings.columns.get(place);
    ids.put(path, there.id());
    Set<String> names = new LinkedHashSet<>(names(there));
    boolean isRenamed = !names.contains(part.name());
    for (String name : siblings.names(part)) {
      if (part.key() != null || !siblings.isUsedAfter(place, name)) names.add(name);
    }
    String name = isRenamed ? siblings.renamed(there.name(), part.name()) : there.name();
    return new Column(
        there.id(),
        name,
        namesBeside(name, names),
        widened(there.type(), part.type(), path),
        there.isOptional() || part.isOptional(),
        there.doc() == null ? part.doc() : there.doc(),
        there.key() == null ? part.key() : there.key());
  }

  private static Set<String> namesBeside(String name, Set<String> names) {
    return names.equals(Set.of(name)) ? Set.of() : names;
  }

  /** A new type, its parts with ids. */
  private Type type(Type given, String path) {
    return switch (given) {
      case Type.Plain plain -> plain;
      case Type.Decimal decimal -> decimal;
      case Type.Fixed fixed -> fixed;
      case Type.Struct(List<Column> parts, boolean isUnion) ->
          new Type.Struct(
              columns(List.of(), parts, path, isUnion ? Level.UNION : Level.RECORD), isUnion);
      case Type.ListOf(Column element) -> new Type.ListOf(addedPart(element, path));
      case Type.MapOf(Column key, Column value) ->
          new Type.MapOf(addedPart(key, path), addedPart(value, path));
    };
  }

  private Column addedPart(Column part, String path) {
    String partPath = Placement.path(path, part.name());
    return added(part, partPath, part.name(), Set.of(part.name()));
  }

  private Type widened(Type there, Type given, String path) {
    return switch (there) {
      case Type.Struct(List<Column> parts, boolean isUnion)
          when given instanceof Type.Struct(List<Column> others, boolean isOtherUnion)
              && isUnion == isOtherUnion ->
          new Type.Struct(
              columns(parts, others, path, isUnion ? Level.UNION : Level.RECORD), isUnion);
      case Type.ListOf(Column element) when given instanceof Type.ListOf(Column other) ->
          new Type.ListOf(widenedPart(element, other, path));
      case Type.MapOf(Column key, Column value)
          when given instanceof Type.MapOf(Column otherKey, Column otherValue) ->
          new Type.MapOf(widenedPart(key, otherKey, path), widenedPart(value, otherValue, path));
      default -> {
        if (there.holds(given)) yield there;
        if (there.widensTo(given)) yield given;
        throw new RefusedException(
            "'" + path + "' is " + described(given) + ", its column holds " + described(there));
      }
    };
  }

  private Column widenedPart(Column there, Column given, String path) {
    String partPath = Placement.path(path, given.name());
    ids.put(partPath, there.id());
    return new Column(
        there.id(),
        there.name(),
        there.otherNames(),
        widened(there.type(), given.type(), partPath),
        there.isOptional() || given.isOptional(),
        there.doc(),
        there.key());
  }

  private int nextId(String path) {
    lastId++;
    if (lastId - Layout.FIRST_ID >= COLUMNS_MAX) {
      throw new RefusedException("the table would have more than " + COLUMNS_MAX + " columns");
    }
    ids.put(path, lastId);
    return lastId;
  }

  private static Column optional(Column column) {
    if (column.isOptional()) return column;
    return new Column(
        column.id(),
        column.name(),
        column.otherNames(),
        column.type(),
        /* isOptional= */ true,
        column.doc(),
        column.key());
  }

  private static String baseName(String given, Level level) {
    String name = given;
    if (level == Level.UNION) name = name.substring(name.lastIndexOf('.') + 1);
    StringBuilder clean = new StringBuilder();
    name.codePoints().limit(NAME_CHARS_MAX).forEach(c -> clean.appendCodePoint(cleaned(c)));
    name = clean.toString().strip();
    if (name.isEmpty()) return "field";
    if (level != Level.TOP) return name;
    String folded = folded(name);
    if (folded.startsWith("kafka_")) return "user_" + name;
    if (RESERVED.contains(folded)) return name.startsWith("_") ? "user" + name : "user_" + name;
    return name;
  }

  private static int cleaned(int c) {
    boolean isBad = c == '.' || c == '"' || c == '`' || Character.isISOControl(c);
    return isBad || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) ? '_' : c;
  }

  /** As engines that ignore case compare names. */
  private static String folded(String name) {
    return name.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }

  private static String described(Type type) {
    return switch (type) {
      case Type.Plain plain -> plain.name().toLowerCase(Locale.ROOT);
      case Type.Decimal(int precision, int scale) -> "decimal(" + precision + "," + scale + ")";
      case Type.Fixed(int length) -> "fixed(" + length + ")";
      case Type.Struct(List<Column> _, boolean isUnion) -> isUnion ? "a union" : "a record";
      case Type.ListOf _ -> "a list";
      case Type.MapOf _ -> "a map";
    };
  }

  private static final class RefusedException extends RuntimeException {
    private final String reason;

    RefusedException(String reason) {
      super(reason, null, /* enableSuppression= */ false, /* writableStackTrace= */ false);
      this.reason = reason;
    }
  }
}

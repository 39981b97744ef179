package oxbow.schema.avro;

import static oxbow.schema.Incompatibility.READER;
import static oxbow.schema.Incompatibility.WRITER;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import oxbow.schema.Incompatibility;

/**
 * Whether one schema can read what was written with another: the rules, order and paths of Avro's
 * {@link SchemaCompatibility}, which a test compares it with. Avro's own takes exponential memory
 * where a record that doesn't fit is used again and again; this one looks at each pair of types
 * once, names each thing that breaks once, and stops at {@link #FOUND_MAX} of them.
 */
final class AvroCompatibility {
  private static final int FOUND_MAX = 200;

  /** Pairs of types compared; wide unions of records against each other make the most. */
  private static final int PAIRS_MAX = 500_000;

  /** Two schemas, told apart by identity: equal records may lie at different places. */
  private record Pair(Schema reader, Schema writer) {
    @Override
    @SuppressWarnings("ReferenceEquality") // Avro's equality walks the whole schema
    public boolean equals(Object other) {
      return other instanceof Pair(Schema thatReader, Schema thatWriter)
          && thatReader == reader
          && thatWriter == writer;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(reader) * 31 + System.identityHashCode(writer);
    }
  }

  private final Map<Pair, Boolean> verdicts = new HashMap<>();

  /** Pairs that don't fit, and what breaks in them was noted; a try notes nothing. */
  private final Set<Pair> told = new HashSet<>();

  private final Set<Incompatibility> found = new LinkedHashSet<>();
  private int pairs;

  /** Where in the reader's schema; the last step comes first. */
  private Deque<String> path = new ArrayDeque<>();

  /** Nobody wants to know what breaks in a branch that is only tried. */
  private int tries;

  private AvroCompatibility() {}

  static List<Incompatibility> check(Schema reader, Schema writer) {
    var check = new AvroCompatibility();
    try {
      check.canRead(reader, writer);
    } catch (TooMuchWorkException | StackOverflowError e) {
      check.found.add(
          new Incompatibility(
              "TOO_COMPLEX",
              "/",
              "{errorType:'TOO_COMPLEX', description:'The "
                  + READER
                  + " and the "
                  + WRITER
                  + " schema have too many types to compare'}"));
    }
    return List.copyOf(check.found);
  }

  private boolean canRead(Schema reader, Schema writer) {
    Pair pair = new Pair(reader, writer);
    Boolean known = verdicts.get(pair);
    boolean isUntold = known != null && !known && tries == 0 && told.add(pair);
    if (known != null && !isUntold) return known;
    if (++pairs > PAIRS_MAX) throw new TooMuchWorkException();
    // A type within itself is compatible unless proven otherwise.
    if (known == null) verdicts.put(pair, true);
    boolean verdict = compare(reader, writer);
    verdicts.put(pair, verdict);
    if (!verdict && tries == 0) told.add(pair);
    return verdict;
  }

  private boolean canRead(String step, Schema reader, Schema writer) {
    path.push(step);
    boolean verdict = canRead(reader, writer);
    path.pop();
    return verdict;
  }

  /** Compares without telling what breaks. */
  private boolean canReadBranch(Schema reader, Schema writer) {
    Deque<String> outer = path;
    path = new ArrayDeque<>();
    tries++;
    boolean verdict = canRead(reader, writer);
    tries--;
    path = outer;
    return verdict;
  }

  private boolean compare(Schema reader, Schema writer) {
    if (reader.getType() == writer.getType()) {
      return switch (reader.getType()) {
        case NULL, BOOLEAN, INT, LONG, FLOAT, DOUBLE, BYTES, STRING -> true;
        case ARRAY -> canRead("items", reader.getElementType(), writer.getElementType());
        case MAP -> canRead("values", reader.getValueType(), writer.getValueType());
        case FIXED -> all(sameName(reader, writer), sameSize(reader, writer));
        case ENUM -> all(sameName(reader, writer), hasSymbols(reader, writer));
        case RECORD -> all(sameName(reader, writer), hasFields(reader, writer));
        case UNION -> hasBranches(reader, writer);
      };
    }
    if (writer.getType() == Schema.Type.UNION) {
      boolean verdict = true;
      for (int i = 0; i < writer.getTypes().size(); i++) {
        verdict &= canRead(Integer.toString(i), reader, writer.getTypes().get(i));
      }
      return verdict;
    }
    return switch (reader.getType()) {
      case UNION -> {
        // Nearly always the branch of the same name; in a wide union all others take long.
        Integer same = reader.getIndexNamed(writer.getFullName());
        if (same != null && canReadBranch(reader.getTypes().get(same), writer)) yield true;
        for (Schema branch : reader.getTypes()) {
          if (canReadBranch(branch, writer)) yield true;
        }
        yield missingBranch(writer.getType());
      }
      case LONG -> writer.getType() == Schema.Type.INT || typeMismatch(reader, writer);
      case FLOAT ->
          writer.getType() == Schema.Type.INT
              || writer.getType() == Schema.Type.LONG
              || typeMismatch(reader, writer);
      case DOUBLE ->
          writer.getType() == Schema.Type.INT
              || writer.getType() == Schema.Type.LONG
              || writer.getType() == Schema.Type.FLOAT
              || typeMismatch(reader, writer);
      case BYTES -> writer.getType() == Schema.Type.STRING || typeMismatch(reader, writer);
      case STRING -> writer.getType() == Schema.Type.BYTES || typeMismatch(reader, writer);
      case NULL, BOOLEAN, INT, ARRAY, MAP, FIXED, ENUM, RECORD -> typeMismatch(reader, writer);
    };
  }

  /** Both were looked at, whatever the first one gave: all that breaks is told. */
  private static boolean all(boolean first, boolean second) {
    return first && second;
  }

  private boolean hasBranches(Schema reader, Schema writer) {
    boolean verdict = true;
    for (int i = 0; i < writer.getTypes().size(); i++) {
      Schema branch = writer.getTypes().get(i);
      if (canReadBranch(reader, branch)) continue;
      path.push(Integer.toString(i));
      verdict = missingBranch(branch.getType());
      path.pop();
    }
    return verdict;
  }

  private boolean hasFields(Schema reader, Schema writer) {
    boolean verdict = true;
    path.push("fields");
    for (Schema.Field field : reader.getFields()) {
      path.push(Integer.toString(field.pos()));
      List<Schema.Field> sources = sources(field, writer);
      if (sources.size() > 1) {
        verdict =
            breaks(
                "READER_FIELD_AMBIGUOUS",
                "The field '"
                    + field.name()
                    + "' at path '%s' in the "
                    + READER
                    + " schema matches several fields of the "
                    + WRITER
                    + " schema by its aliases",
                field.name());
      } else if (sources.size() == 1) {
        verdict &= canRead("type", field.schema(), sources.getFirst().schema());
      } else if (!field.hasDefaultValue()) {
        verdict = missingField(field, writer);
      }
      path.pop();
    }
    path.pop();
    return verdict;
  }

  private boolean missingField(Schema.Field field, Schema writer) {
    if (field.schema().getType() == Schema.Type.ENUM && field.schema().getEnumDefault() != null) {
      return canRead("type", field.schema(), writer); // never: so Avro compares
    }
    return breaks(
        "READER_FIELD_MISSING_DEFAULT_VALUE",
        "The field '"
            + field.name()
            + "' at path '%s' in the "
            + READER
            + " schema has no default value and is missing in the "
            + WRITER
            + " schema",
        field.name());
  }

  private static List<Schema.Field> sources(Schema.Field reader, Schema writer) {
    List<Schema.Field> sources = new ArrayList<>(1);
    Schema.Field direct = writer.getField(reader.name());
    if (direct != null) sources.add(direct);
    for (String alias : reader.aliases()) {
      Schema.Field renamed = writer.getField(alias);
      if (renamed != null) sources.add(renamed);
    }
    return sources;
  }

  private boolean hasSymbols(Schema reader, Schema writer) {
    Set<String> missing = new TreeSet<>(writer.getEnumSymbols());
    missing.removeAll(Set.copyOf(reader.getEnumSymbols()));
    String otherwise = reader.getEnumDefault();
    if (missing.isEmpty() || (otherwise != null && reader.hasEnumSymbol(otherwise))) return true;
    path.push("symbols");
    breaks(
        "MISSING_ENUM_SYMBOLS",
        "The "
            + READER
            + " schema is missing enum symbols '"
            + missing
            + "' at path '%s' in the "
            + WRITER
            + " schema",
        missing.toString());
    path.pop();
    return false;
  }

  private boolean sameSize(Schema reader, Schema writer) {
    if (reader.getFixedSize() == writer.getFixedSize()) return true;
    path.push("size");
    breaks(
        "FIXED_SIZE_MISMATCH",
        "The size of FIXED type field at path '%s' in the "
            + READER
            + " schema does not match with the "
            + WRITER
            + " schema",
        "expected: " + writer.getFixedSize() + ", found: " + reader.getFixedSize());
    path.pop();
    return false;
  }

  private boolean sameName(Schema reader, Schema writer) {
    if (SchemaCompatibility.schemaNameEquals(reader, writer)) return true;
    path.push("name");
    breaks(
        "NAME_MISMATCH",
        "The name of the schema has changed (path '%s')",
        "expected: " + writer.getFullName());
    path.pop();
    return false;
  }

  private boolean missingBranch(Schema.Type type) {
    return breaks(
        "MISSING_UNION_BRANCH",
        "The "
            + READER
            + " schema is missing a type inside a union field at path '%s' in the "
            + WRITER
            + " schema",
        "reader union lacking writer type: " + type);
  }

  private boolean typeMismatch(Schema reader, Schema writer) {
    return breaks(
        "TYPE_MISMATCH",
        "The type (path '%s') of a field in the "
            + READER
            + " schema does not match with the "
            + WRITER
            + " schema",
        "reader type: "
            + reader.getType()
            + " not compatible with writer type: "
            + writer.getType());
  }

  /** Notes what breaks here, unless a branch is only tried. */
  private boolean breaks(String rule, String description, String detail) {
    if (tries > 0 || found.size() >= FOUND_MAX) return false;
    String where = location();
    found.add(
        new Incompatibility(
            rule,
            where,
            "{errorType:'"
                + rule
                + "', description:'"
                + description.replace("%s", where)
                + "', additionalInfo:'"
                + detail
                + "'}"));
    return false;
  }

  /** A JSON pointer into the reader's schema. */
  private String location() {
    StringBuilder pointer = new StringBuilder();
    for (Iterator<String> steps = path.descendingIterator(); steps.hasNext(); ) {
      pointer.append('/').append(steps.next());
    }
    return pointer.isEmpty() ? "/" : pointer.toString();
  }

  private static final class TooMuchWorkException extends RuntimeException {}
}

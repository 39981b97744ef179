package oxbow.schema.json;

import static oxbow.schema.Incompatibility.READER;
import static oxbow.schema.Incompatibility.WRITER;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.CompatibilityPolicy;
import oxbow.schema.Incompatibility;
import oxbow.schema.json.Node.Criterion;

/**
 * Whether all that one schema allows is allowed by another one, by the rules and names that clients
 * of Confluent's registry know. What decides is the content model:
 *
 * <ul>
 *   <li>open: properties without a rule may be anything. Adding a property breaks what others may
 *       have put there; removing one doesn't.
 *   <li>closed: there are none besides those listed. Adding an optional one is fine, removing
 *       isn't.
 *   <li>partially open: a schema for the rest decides both.
 * </ul>
 *
 * Not judged, as there: a format, and a name that is required without being a property.
 *
 * <p>The lenient policy minds neither of these for properties.
 *
 * <p>Arrays with rules by place have the same three models. Each pair of schemas is looked at once,
 * what breaks is told once, and the work is bounded.
 */
final class JsonCompatibility {
  private static final int FOUND_MAX = 200;

  /** What the lenient policy doesn't mind. */
  private static final Set<String> LENIENT =
      Set.of(
          "ADDITIONAL_PROPERTIES_NARROWED",
          "ADDITIONAL_PROPERTIES_REMOVED",
          "UNEVALUATED_PROPERTIES_NARROWED",
          "UNEVALUATED_PROPERTIES_REMOVED",
          "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
          "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
          "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
          "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
          "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL");

  private static final int WORK_MAX = 1_000_000;

  /** What breaks, by the names that Confluent's tools have for it. */
  private enum Rule {
    TYPE_CHANGED("the types at '%s' are different in the {reader} and the {writer} schema"),
    TYPE_NARROWED(
        "the {reader} schema takes only integers at '%s', the {writer} schema any number"),
    SCHEMA_ADDED("the {reader} schema has a rule at '%s' where the {writer} schema has none"),
    KEYWORD_ADDED("the {reader} schema has the keyword at '%s', the {writer} schema has not"),
    VALUE_INCREASED(
        "the value at '%s' is larger in the {reader} schema than in the {writer} schema"),
    VALUE_DECREASED(
        "the value at '%s' is smaller in the {reader} schema than in the {writer} schema"),
    VALUE_CHANGED("the value at '%s' is different in the {reader} and the {writer} schema"),
    KEYWORD_REMOVED(
        "what '%s' allows in the {writer} schema is not allowed in the {reader} schema"),
    NARROWED("the {reader} schema allows less at '%s' than the {writer} schema"),
    EXTENDED("the {reader} schema asks for more at '%s' than the {writer} schema"),
    ADDED_TO_OPEN(
        "the {reader} schema has a rule at '%s' which the {writer} schema has not, whose open"
            + " content model allowed anything there"),
    REQUIRED_ADDED(
        "the {reader} schema requires the property at '%s', which is missing in the {writer}"
            + " schema"),
    REMOVED_FROM_CLOSED(
        "the {reader} schema has a closed content model without what the {writer} schema has at"
            + " '%s'"),
    NOT_COVERED_REMOVED(
        "what the {writer} schema has at '%s' is missing in the {reader} schema, and its partially"
            + " open content model does not cover it"),
    NOT_COVERED_ADDED(
        "what the {reader} schema has at '%s' is missing in the {writer} schema, whose partially"
            + " open content model does not cover it");

    private final String sentence;

    Rule(String sentence) {
      this.sentence = sentence;
    }
  }

  private final Nodes readers;
  private final Nodes writers;
  private final CompatibilityPolicy policy;
  private final Map<Pair, Boolean> verdicts = new HashMap<>();

  /** Pairs that don't fit, and what breaks in them was noted; a try notes nothing. */
  private final Set<Pair> told = new HashSet<>();

  private final Set<Incompatibility> found = new LinkedHashSet<>();
  private int work;

  /** Nobody wants to know what breaks in a branch that is only tried. */
  private int tries;

  private record Pair(Node reader, Node writer) {
    @Override
    @SuppressWarnings("ReferenceEquality") // the same place has the same node
    public boolean equals(Object other) {
      return other instanceof Pair(Node thatReader, Node thatWriter)
          && thatReader == reader
          && thatWriter == writer;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(reader) * 31 + System.identityHashCode(writer);
    }
  }

  private JsonCompatibility(Nodes readers, Nodes writers, CompatibilityPolicy policy, int work) {
    this.readers = readers;
    this.writers = writers;
    this.policy = policy;
    this.work = work;
  }

  static List<Incompatibility> check(
      Documents reader, Documents writer, CompatibilityPolicy policy) {
    var check = new JsonCompatibility(new Nodes(reader), new Nodes(writer), policy, 0);
    try {
      check.canRead(check.readers.root(), check.writers.root(), "#/");
    } catch (TooMuchWorkException | StackOverflowError e) {
      check.found.add(
          new Incompatibility(
              "TOO_COMPLEX",
              "#/",
              "{errorType:\"TOO_COMPLEX\", description:\"the "
                  + READER
                  + " and the "
                  + WRITER
                  + " schema have too many parts to compare\"}"));
    }
    return List.copyOf(check.found);
  }

  private boolean canRead(Node unreadReader, Node unreadWriter, String path) {
    Node reader = readers.read(unreadReader);
    Node writer = writers.read(unreadWriter);
    Pair pair = new Pair(reader, writer);
    Boolean known = verdicts.get(pair);
    boolean isUntold = known != null && !known && tries == 0 && told.add(pair);
    if (known != null && !isUntold) return known;
    if (++work > WORK_MAX) throw new TooMuchWorkException();
    // A schema within itself is compatible unless proven otherwise.
    if (known == null) verdicts.put(pair, true);
    boolean verdict = compare(reader, writer, path);
    verdicts.put(pair, verdict);
    if (!verdict && tries == 0) told.add(pair);
    return verdict;
  }

  /** Compares without telling what breaks. */
  private boolean canReadBranch(Node reader, Node writer) {
    tries++;
    boolean verdict = canRead(reader, writer, "");
    tries--;
    return verdict;
  }

  private boolean compare(Node reader, Node writer, String path) {
    if (reader instanceof Node.Any || writer instanceof Node.Never) return true;
    if (reader instanceof Node.Combined ours) {
      return writer instanceof Node.Combined theirs
          ? combined(ours, theirs, path)
          : combined(ours, writer, path);
    }
    if (writer instanceof Node.Combined theirs) return combined(reader, theirs, path);
    return switch (reader) {
      case Node.Text text when writer instanceof Node.Text other -> text(text, other, path);
      case Node.Num number when writer instanceof Node.Num other -> number(number, other, path);
      case Node.Obj object when writer instanceof Node.Obj other -> object(object, other, path);
      case Node.Arr array when writer instanceof Node.Arr other -> array(array, other, path);
      case Node.Values values when writer instanceof Node.Values other ->
          values(values, other, path);
      case Node.Not not when writer instanceof Node.Not other -> not(not, other, path);
      case Node.Conditional test when writer instanceof Node.Conditional other ->
          conditional(test, other, path);
      default ->
          reader.getClass() == writer.getClass() || breaks("TYPE_CHANGED", Rule.TYPE_CHANGED, path);
    };
  }

  // --- several schemas at once

  private boolean combined(Node.Combined reader, Node.Combined writer, String path) {
    List<Node> ours = distinct(readers, reader);
    List<Node> theirs = distinct(writers, writer);
    if (!isCriterionWider(reader.criterion(), ours.size(), writer.criterion(), theirs.size())) {
      return breaks("COMBINED_TYPE_CHANGED", Rule.TYPE_CHANGED, path);
    }
    boolean verdict = true;
    if (ours.size() > theirs.size() && reader.criterion() == Criterion.ALL) {
      verdict &= breaks("PRODUCT_TYPE_EXTENDED", Rule.EXTENDED, path);
    } else if (ours.size() < theirs.size() && writer.criterion() != Criterion.ALL) {
      verdict &= breaks("SUM_TYPE_NARROWED", Rule.NARROWED, path);
    }
    if (!verdict && tries > 0) return false;
    if (matches(ours, theirs) < Math.min(ours.size(), theirs.size())) {
      verdict &= breaks("COMBINED_TYPE_SUBSCHEMAS_CHANGED", Rule.TYPE_CHANGED, path);
    }
    return verdict;
  }

  /** Whether meeting the writer's criterion meets the reader's, if each part does. */
  private static boolean isCriterionWider(
      Criterion reader, int ours, Criterion writer, int theirs) {
    if (reader == writer || reader == Criterion.ANY) return true;
    if (reader == Criterion.ONE) return writer == Criterion.ALL || theirs == 1;
    return ours == 1 && theirs == 1;
  }

  /** How many parts can be paired, each with one that reads it. */
  private int matches(List<Node> ours, List<Node> theirs) {
    int[] partners = new int[theirs.size()];
    Arrays.fill(partners, -1);
    int matched = 0;
    for (int i = 0; i < ours.size(); i++) {
      if (findPartner(i, ours, theirs, partners, new boolean[theirs.size()])) matched++;
    }
    return matched;
  }

  /** Finds a partner, and moves others to another one where that makes room. */
  private boolean findPartner(
      int reader, List<Node> ours, List<Node> theirs, int[] partners, boolean[] asked) {
    for (int i = 0; i < theirs.size(); i++) {
      if (++work > WORK_MAX) throw new TooMuchWorkException();
      if (asked[i] || !canReadBranch(ours.get(reader), theirs.get(i))) continue;
      asked[i] = true;
      if (partners[i] < 0 || findPartner(partners[i], ours, theirs, partners, asked)) {
        partners[i] = reader;
        return true;
      }
    }
    return false;
  }

  private boolean combined(Node.Combined reader, Node writer, String path) {
    List<Node> ours = distinct(readers, reader);
    boolean verdict =
        reader.criterion() == Criterion.ALL
            ? ours.stream().allMatch(each -> canReadBranch(each, writer))
            : ours.stream().anyMatch(each -> canReadBranch(each, writer));
    return verdict || breaks("TYPE_CHANGED", Rule.TYPE_CHANGED, path);
  }

  private boolean combined(Node reader, Node.Combined writer, String path) {
    List<Node> theirs = distinct(writers, writer);
    boolean verdict =
        writer.criterion() == Criterion.ALL
            ? theirs.stream().anyMatch(each -> canReadBranch(reader, each))
            : theirs.stream().allMatch(each -> canReadBranch(reader, each));
    return verdict || breaks("TYPE_CHANGED", Rule.TYPE_CHANGED, path);
  }

  /** The parts; saying the same twice says it once. */
  private static List<Node> distinct(Nodes nodes, Node.Combined combined) {
    record Said(Class<?> kind, boolean isInteger, JsonNode json) {}
    Set<Said> seen = new HashSet<>();
    List<Node> distinct = new ArrayList<>();
    for (Node each : combined.nodes()) {
      Node node = nodes.read(each);
      boolean isInteger = node instanceof Node.Num(_, boolean integer) && integer;
      // Rules of one text side by side have the same text.
      Object said = new Said(node.getClass(), isInteger, node.json());
      if (node instanceof Node.Combined || seen.add((Said) said)) distinct.add(node);
    }
    return distinct;
  }

  // --- values

  private boolean text(Node.Text reader, Node.Text writer, String path) {
    boolean verdict = atMost("maxLength", "MAX_LENGTH", reader, writer, path);
    verdict &= atLeast("minLength", "MIN_LENGTH", reader, writer, path);
    JsonNode ours = reader.json().path("pattern");
    JsonNode theirs = writer.json().path("pattern");
    if (ours.isMissingNode() || ours.equals(theirs)) return verdict;
    String where = step(path, "pattern");
    return theirs.isMissingNode()
        ? breaks("PATTERN_ADDED", Rule.KEYWORD_ADDED, where)
        : breaks("PATTERN_CHANGED", Rule.VALUE_CHANGED, where);
  }

  private boolean number(Node.Num reader, Node.Num writer, String path) {
    boolean verdict =
        !reader.isInteger()
            || writer.isInteger()
            || breaks("TYPE_NARROWED", Rule.TYPE_NARROWED, path);
    verdict &= atMost("maximum", "MAXIMUM", reader, writer, path);
    verdict &= atLeast("minimum", "MINIMUM", reader, writer, path);
    verdict &= atMost("exclusiveMaximum", "EXCLUSIVE_MAXIMUM", reader, writer, path);
    verdict &= atLeast("exclusiveMinimum", "EXCLUSIVE_MINIMUM", reader, writer, path);
    verdict &= notMoreExclusive("exclusiveMaximum", "EXCLUSIVE_MAXIMUM", reader, writer, path);
    verdict &= notMoreExclusive("exclusiveMinimum", "EXCLUSIVE_MINIMUM", reader, writer, path);
    verdict &= multipleOf(reader, writer, path);
    return verdict;
  }

  /** In draft 4 the keyword says how the limit beside it is meant. */
  private boolean notMoreExclusive(
      String keyword, String name, Node reader, Node writer, String path) {
    boolean isNewlyExclusive =
        reader.json().path(keyword).asBoolean(false)
            && !writer.json().path(keyword).asBoolean(false);
    return !isNewlyExclusive
        || !reader.json().path(keyword).isBoolean()
        || breaks(name + "_ADDED", Rule.KEYWORD_ADDED, step(path, keyword));
  }

  private boolean multipleOf(Node reader, Node writer, String path) {
    BigDecimal ours = limit(reader, "multipleOf");
    BigDecimal theirs = limit(writer, "multipleOf");
    if (ours == null || ours.signum() == 0) return true;
    String where = step(path, "multipleOf");
    if (theirs == null) return breaks("MULTIPLE_OF_ADDED", Rule.KEYWORD_ADDED, where);
    if (isMultiple(theirs, ours)) return true;
    return isMultiple(ours, theirs)
        ? breaks("MULTIPLE_OF_EXPANDED", Rule.VALUE_INCREASED, where)
        : breaks("MULTIPLE_OF_CHANGED", Rule.VALUE_CHANGED, where);
  }

  private static boolean isMultiple(BigDecimal number, BigDecimal of) {
    // Numbers of very different size would be divided digit by digit.
    if (Math.abs((long) number.scale() - of.scale()) > 1000) return false;
    return of.signum() != 0 && number.remainder(of).signum() == 0;
  }

  private boolean atMost(String keyword, String name, Node reader, Node writer, String path) {
    BigDecimal ours = limit(reader, keyword);
    BigDecimal theirs = limit(writer, keyword);
    if (ours == null) return true;
    if (theirs == null) return breaks(name + "_ADDED", Rule.KEYWORD_ADDED, step(path, keyword));
    return ours.compareTo(theirs) >= 0
        || breaks(name + "_DECREASED", Rule.VALUE_DECREASED, step(path, keyword));
  }

  private boolean atLeast(String keyword, String name, Node reader, Node writer, String path) {
    BigDecimal ours = limit(reader, keyword);
    BigDecimal theirs = limit(writer, keyword);
    if (ours == null) return true;
    if (theirs == null) return breaks(name + "_ADDED", Rule.KEYWORD_ADDED, step(path, keyword));
    return ours.compareTo(theirs) <= 0
        || breaks(name + "_INCREASED", Rule.VALUE_INCREASED, step(path, keyword));
  }

  private static @Nullable BigDecimal limit(Node node, String keyword) {
    JsonNode json = node.json().path(keyword);
    return json.isNumber() ? json.decimalValue() : null;
  }

  private boolean values(Node.Values reader, Node.Values writer, String path) {
    Set<JsonNode> ours = new HashSet<>(reader.values());
    Set<JsonNode> theirs = new HashSet<>(writer.values());
    if (ours.containsAll(theirs)) return true;
    String where = step(path, reader.keyword());
    return theirs.containsAll(ours)
        ? breaks("ENUM_ARRAY_NARROWED", Rule.NARROWED, where)
        : breaks("ENUM_ARRAY_CHANGED", Rule.TYPE_CHANGED, where);
  }

  private boolean not(Node.Not reader, Node.Not writer, String path) {
    Node ours = readers.under(reader, "not");
    Node theirs = writers.under(writer, "not");
    if (ours == null || theirs == null) return true;
    // What is forbidden now must have been forbidden before: the other way round.
    var reversed =
        new JsonCompatibility(/* readers= */ writers, /* writers= */ readers, policy, work);
    boolean verdict = reversed.canReadBranch(theirs, ours);
    work = reversed.work;
    return verdict || breaks("NOT_TYPE_EXTENDED", Rule.EXTENDED, step(path, "not"));
  }

  private boolean conditional(Node.Conditional reader, Node.Conditional writer, String path) {
    // A changed condition sends values another way, whichever is wider.
    if (!reader.json().path("if").equals(writer.json().path("if"))) {
      return breaks("TYPE_CHANGED", Rule.TYPE_CHANGED, step(path, "if"));
    }
    boolean verdict = part("then", reader, writer, path);
    verdict &= part("else", reader, writer, path);
    return verdict;
  }

  /** A keyword that has a schema, or none: then anything is allowed. */
  private boolean part(String keyword, Node reader, Node writer, String path) {
    return part(
        readers.under(reader, keyword), writers.under(writer, keyword), step(path, keyword));
  }

  private boolean part(@Nullable Node ours, @Nullable Node theirs, String path) {
    if (ours == null) return true;
    if (theirs != null) return canRead(ours, theirs, path);
    return readers.read(ours) instanceof Node.Any
        || breaks("SCHEMA_ADDED", Rule.SCHEMA_ADDED, path);
  }

  // --- objects

  private boolean object(Node.Obj reader, Node.Obj writer, String path) {
    boolean verdict = required(reader, writer, path);
    if (!verdict && tries > 0) return false;
    verdict &= properties(reader, writer, path);
    if (!verdict && tries > 0) return false;
    verdict &= patterns(reader, writer, path);
    verdict &= rest("additionalProperties", "ADDITIONAL_PROPERTIES", reader, writer, path);
    verdict &= rest("unevaluatedProperties", "UNEVALUATED_PROPERTIES", reader, writer, path);
    verdict &= dependencies(reader, writer, path);
    verdict &= atMost("maxProperties", "MAX_PROPERTIES", reader, writer, path);
    verdict &= atLeast("minProperties", "MIN_PROPERTIES", reader, writer, path);
    return verdict;
  }

  private boolean required(Node reader, Node writer, String path) {
    boolean verdict = true;
    Set<String> theirs = Nodes.names(writer, "required");
    JsonNode before = writer.json().path("properties");
    for (String name : Nodes.names(reader, "required")) {
      // One that is new as well is judged with the properties.
      if (theirs.contains(name) || !before.has(name)) continue;
      if (hasDefault(reader, name)) continue;
      verdict &=
          breaks(
              "REQUIRED_ATTRIBUTE_ADDED", Rule.KEYWORD_ADDED, step(step(path, "required"), name));
    }
    return verdict;
  }

  private static boolean hasDefault(Node object, String property) {
    return object.json().path("properties").path(property).has("default");
  }

  private boolean properties(Node.Obj reader, Node.Obj writer, String path) {
    Map<String, Node> ours = readers.named(reader, "properties");
    Map<String, Node> theirs = writers.named(writer, "properties");
    boolean verdict = true;
    for (Map.Entry<String, Node> each : theirs.entrySet()) {
      String name = each.getKey();
      String where = step(step(path, "properties"), name);
      Node kept = ours.get(name);
      verdict &=
          kept == null
              ? removed(each.getValue(), restFor(readers, reader, name), where, "PROPERTY")
              : canRead(kept, each.getValue(), where);
      if (!verdict && tries > 0) return false;
    }
    Set<String> required = Nodes.names(reader, "required");
    for (Map.Entry<String, Node> each : ours.entrySet()) {
      String name = each.getKey();
      if (theirs.containsKey(name)) continue;
      String where = step(step(path, "properties"), name);
      boolean isRequired = required.contains(name);
      boolean hasDefault = hasDefault(reader, name);
      Rest rest = restFor(writers, writer, name);
      if (rest instanceof Rest.Open) {
        String kind =
            isRequired
                ? (hasDefault ? "REQUIRED_PROPERTY_WITH_DEFAULT" : "REQUIRED_PROPERTY")
                : "OPTIONAL_PROPERTY";
        verdict &= addedToOpen(each.getValue(), where, kind);
      } else {
        verdict &= added(each.getValue(), rest, where, "PROPERTY");
        if (isRequired && !hasDefault) {
          verdict =
              breaks("REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", Rule.REQUIRED_ADDED, where);
        }
      }
      if (!verdict && tries > 0) return false;
    }
    return verdict;
  }

  /** What holds for a property or item that has no rule of its own. */
  private sealed interface Rest {
    /** It may be anything. */
    record Open() implements Rest {}

    record Partial(Node schema) implements Rest {}

    /** It may not be there. */
    record Closed() implements Rest {}
  }

  private static Rest restFor(Nodes nodes, Node.Obj object, String name) {
    for (Map.Entry<String, Node> each : nodes.named(object, "patternProperties").entrySet()) {
      if (BoundedMatch.find(each.getKey(), name)) return rest(nodes, each.getValue());
    }
    Node additional = nodes.under(object, "additionalProperties");
    if (additional != null) return rest(nodes, additional);
    Node unevaluated = nodes.under(object, "unevaluatedProperties");
    return unevaluated == null ? new Rest.Open() : rest(nodes, unevaluated);
  }

  private static Rest restFor(Nodes nodes, Node.Arr array) {
    Node additional = nodes.additionalItems(array);
    if (additional != null) return rest(nodes, additional);
    Node unevaluated = nodes.under(array, "unevaluatedItems");
    return unevaluated == null ? new Rest.Open() : rest(nodes, unevaluated);
  }

  private static Rest rest(Nodes nodes, Node unread) {
    return switch (nodes.read(unread)) {
      case Node.Any _ -> new Rest.Open();
      case Node.Never _ -> new Rest.Closed();
      case Node schema -> new Rest.Partial(schema);
    };
  }

  /** A property or item that the reader has no rule for any more. */
  private boolean removed(Node theirs, Rest rest, String path, String kind) {
    return switch (rest) {
      case Rest.Open _ -> true;
      case Rest.Partial(Node schema) ->
          canRead(schema, theirs, path)
              || breaks(
                  kind + "_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
                  Rule.NOT_COVERED_REMOVED,
                  path);
      case Rest.Closed _ ->
          writers.read(theirs) instanceof Node.Never
              || breaks(
                  kind + "_REMOVED_FROM_CLOSED_CONTENT_MODEL", Rule.REMOVED_FROM_CLOSED, path);
    };
  }

  /** A property or item that the writer had no rule of its own for. */
  private boolean added(Node ours, Rest rest, String path, String kind) {
    return !(rest instanceof Rest.Partial(Node schema))
        || canRead(ours, schema, path)
        || breaks(
            kind + "_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
            Rule.NOT_COVERED_ADDED,
            path);
  }

  private boolean addedToOpen(Node ours, String path, String kind) {
    return readers.read(ours) instanceof Node.Any
        || breaks(kind + "_ADDED_TO_OPEN_CONTENT_MODEL", Rule.ADDED_TO_OPEN, path);
  }

  private boolean patterns(Node reader, Node writer, String path) {
    Map<String, Node> theirs = writers.named(writer, "patternProperties");
    boolean verdict = true;
    for (Map.Entry<String, Node> each : readers.named(reader, "patternProperties").entrySet()) {
      Node before = theirs.get(each.getKey());
      if (before == null) continue;
      String where = step(step(path, "patternProperties"), each.getKey());
      verdict &= canRead(each.getValue(), before, where);
    }
    return verdict;
  }

  /** The schema for properties or items that have no rule of their own. */
  private boolean rest(String keyword, String name, Node reader, Node writer, String path) {
    return rest(
        readers.under(reader, keyword), writers.under(writer, keyword), name, step(path, keyword));
  }

  private boolean rest(@Nullable Node ours, @Nullable Node theirs, String name, String path) {
    Rest after = ours == null ? new Rest.Open() : rest(readers, ours);
    Rest before = theirs == null ? new Rest.Open() : rest(writers, theirs);
    return switch (after) {
      case Rest.Open _ -> true;
      case Rest.Closed _ ->
          before instanceof Rest.Closed || breaks(name + "_REMOVED", Rule.KEYWORD_REMOVED, path);
      case Rest.Partial(Node schema) ->
          switch (before) {
            case Rest.Open _ -> breaks(name + "_NARROWED", Rule.NARROWED, path);
            case Rest.Partial(Node was) -> canRead(schema, was, path);
            case Rest.Closed _ -> true;
          };
    };
  }

  private boolean dependencies(Node reader, Node writer, String path) {
    boolean verdict = true;
    for (String keyword : new String[] {"dependencies", "dependentRequired", "dependentSchemas"}) {
      JsonNode theirs = writer.json().path(keyword);
      Map<String, Node> schemas = readers.named(reader, keyword);
      Map<String, Node> before = writers.named(writer, keyword);
      for (Map.Entry<String, JsonNode> each : reader.json().path(keyword).properties()) {
        String name = each.getKey();
        String where = step(step(path, keyword), name);
        if (each.getValue().isArray()) {
          verdict &= dependency(strings(each.getValue()), theirs.path(name), where);
          continue;
        }
        Node ours = schemas.get(name);
        if (ours == null) continue;
        Node was = before.get(name);
        verdict &=
            was == null
                ? breaks("DEPENDENCY_SCHEMA_ADDED", Rule.KEYWORD_ADDED, where)
                : canRead(ours, was, where);
      }
    }
    return verdict;
  }

  private boolean dependency(Set<String> ours, JsonNode before, String path) {
    if (!before.isArray()) return breaks("DEPENDENCY_ARRAY_ADDED", Rule.KEYWORD_ADDED, path);
    Set<String> theirs = strings(before);
    if (theirs.containsAll(ours)) return true;
    return ours.containsAll(theirs)
        ? breaks("DEPENDENCY_ARRAY_EXTENDED", Rule.EXTENDED, path)
        : breaks("DEPENDENCY_ARRAY_CHANGED", Rule.VALUE_CHANGED, path);
  }

  private static Set<String> strings(JsonNode array) {
    Set<String> strings = new HashSet<>();
    array.forEach(each -> strings.add(each.asText()));
    return strings;
  }

  // --- arrays

  private boolean array(Node.Arr reader, Node.Arr writer, String path) {
    boolean verdict = atMost("maxItems", "MAX_ITEMS", reader, writer, path);
    verdict &= atLeast("minItems", "MIN_ITEMS", reader, writer, path);
    verdict &= atMost("maxContains", "MAX_CONTAINS", reader, writer, path);
    verdict &= atLeast("minContains", "MIN_CONTAINS", reader, writer, path);
    if (reader.json().path("uniqueItems").asBoolean()
        && !writer.json().path("uniqueItems").asBoolean()) {
      verdict &= breaks("UNIQUE_ITEMS_ADDED", Rule.KEYWORD_ADDED, step(path, "uniqueItems"));
    }
    if (!verdict && tries > 0) return false;
    verdict &= part("contains", reader, writer, path);
    verdict &= part(readers.eachItem(reader), writers.eachItem(writer), step(path, "items"));
    if (!verdict && tries > 0) return false;
    verdict &= itemsByPlace(reader, writer, path);
    verdict &=
        rest(
            readers.additionalItems(reader),
            writers.additionalItems(writer),
            "ADDITIONAL_ITEMS",
            step(path, "additionalItems"));
    verdict &= rest("unevaluatedItems", "UNEVALUATED_ITEMS", reader, writer, path);
    return verdict;
  }

  private boolean itemsByPlace(Node.Arr reader, Node.Arr writer, String path) {
    List<Node> ours = readers.itemsByPlace(reader);
    List<Node> theirs = writers.itemsByPlace(writer);
    boolean verdict = true;
    for (int i = 0; i < Math.max(ours.size(), theirs.size()); i++) {
      String where = step(step(path, "items"), Integer.toString(i));
      if (i >= ours.size()) {
        verdict &= removed(theirs.get(i), restFor(readers, reader), where, "ITEM");
      } else if (i < theirs.size()) {
        verdict &= canRead(ours.get(i), theirs.get(i), where);
      } else if (restFor(writers, writer) instanceof Rest.Partial partial) {
        verdict &= added(ours.get(i), partial, where, "ITEM");
      } else if (restFor(writers, writer) instanceof Rest.Open) {
        verdict &= addedToOpen(ours.get(i), where, "ITEM");
      }
      if (!verdict && tries > 0) return false;
    }
    return verdict;
  }

  // --- what is told

  private boolean breaks(String name, Rule rule, String path) {
    if (policy == CompatibilityPolicy.LENIENT && LENIENT.contains(name)) return true;
    if (tries > 0 || found.size() >= FOUND_MAX) return false;
    String description = rule.sentence.replace("%s", path);
    found.add(
        new Incompatibility(
            name, path, "{errorType:\"" + name + "\", description:\"" + description + "\"}"));
    return false;
  }

  /** A place within another one, as a JSON pointer in a URI. */
  private static String step(String path, String name) {
    String step = name.replace("~", "~0").replace("/", "~1");
    return path.endsWith("/") ? path + step : path + "/" + step;
  }

  private static final class TooMuchWorkException extends RuntimeException {}
}

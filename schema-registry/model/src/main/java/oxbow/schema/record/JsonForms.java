package oxbow.schema.record;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.CompatibilityPolicy;
import oxbow.schema.Metadata;
import oxbow.schema.Rule;
import oxbow.schema.RuleSet;
import oxbow.schema.SubjectConfig;

/**
 * Reads the JSON that the topic and HTTP share. What is absent or null becomes null; what has
 * another type than it should have is an {@link IllegalArgumentException}.
 */
public final class JsonForms {
  private static final int DEPTH_MAX = 100;
  private static final int TEXT_LENGTH_MAX = 1 << 30; // bodies and records are bounded before

  /** Bounded in depth; unbounded in length, which whoever has the bytes knows. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEPTH_MAX)
                          .maxStringLength(TEXT_LENGTH_MAX)
                          .build())
                  .build())
          .build();

  private JsonForms() {}

  public static @Nullable Metadata metadata(JsonNode json) {
    if (isAbsent(json)) return null;
    requireObject(json);
    SortedMap<String, SortedSet<String>> tags = new TreeMap<>();
    for (var tag : json.path("tags").properties()) tags.put(tag.getKey(), texts(tag.getValue()));
    return new Metadata(tags, textsByName(json.path("properties")), texts(json.path("sensitive")));
  }

  public static @Nullable RuleSet ruleSet(JsonNode json) {
    if (isAbsent(json)) return null;
    requireObject(json);
    return new RuleSet(
        rules(json.path("migrationRules")),
        rules(json.path("domainRules")),
        rules(json.path("encodingRules")),
        text(json, "enableAt"));
  }

  private static List<Rule> rules(JsonNode json) {
    List<Rule> rules = new ArrayList<>();
    for (JsonNode rule : json) {
      requireObject(rule);
      rules.add(
          new Rule(
              text(rule, "name"),
              text(rule, "doc"),
              constant(rule, "kind", Rule.Kind::valueOf, Rule.Kind.TRANSFORM),
              constant(rule, "mode", Rule.When::valueOf, Rule.When.WRITEREAD),
              text(rule, "type"),
              texts(rule.path("tags")),
              textsByName(rule.path("params")),
              text(rule, "expr"),
              text(rule, "onSuccess"),
              text(rule, "onFailure"),
              rule.path("disabled").asBoolean(false)));
    }
    return rules;
  }

  private static <T> T constant(
      JsonNode json, String field, Function<String, T> named, T otherwise) {
    String name = text(json, field);
    return name == null ? otherwise : named.apply(name.toUpperCase(Locale.ROOT));
  }

  /** All settings but the level, which has other names and rules where it is asked for. */
  public static SubjectConfig config(JsonNode json, @Nullable CompatibilityLevel level) {
    return new SubjectConfig(
        text(json, "alias"),
        text(json, "aliasForDeks"),
        flag(json, "normalize"),
        flag(json, "validateFields"),
        flag(json, "validateNewSchemas"),
        flag(json, "validateRules"),
        level,
        CompatibilityPolicy.named(text(json, "compatibilityPolicy")).orElse(null),
        text(json, "compatibilityGroup"),
        metadata(json.path("defaultMetadata")),
        metadata(json.path("overrideMetadata")),
        ruleSet(json.path("defaultRuleSet")),
        ruleSet(json.path("overrideRuleSet")));
  }

  public static boolean isAbsent(JsonNode json) {
    return json.isMissingNode() || json.isNull();
  }

  /** Numbers and booleans are taken as texts, as Confluent's registry does. */
  public static @Nullable String text(JsonNode object, String field) {
    JsonNode text = object.path(field);
    if (isAbsent(text)) return null;
    if (!text.isValueNode()) throw new IllegalArgumentException(field + " is no text");
    return text.asText();
  }

  public static @Nullable Boolean flag(JsonNode object, String field) {
    JsonNode flag = object.path(field);
    if (isAbsent(flag)) return null;
    if (flag.isBoolean()) return flag.booleanValue();
    return switch (flag.asText()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(field + " is neither true nor false");
    };
  }

  private static void requireObject(JsonNode json) {
    if (!json.isObject()) throw new IllegalArgumentException("an object was expected");
  }

  private static SortedSet<String> texts(JsonNode json) {
    SortedSet<String> texts = new TreeSet<>();
    for (JsonNode text : json) texts.add(text.asText());
    return texts;
  }

  private static SortedMap<String, String> textsByName(JsonNode json) {
    SortedMap<String, String> texts = new TreeMap<>();
    for (var text : json.properties()) texts.put(text.getKey(), text.getValue().asText());
    return texts;
  }
}

package oxbow.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.CompatibilityPolicy;
import oxbow.schema.Incompatibility;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.SchemaFormat;
import oxbow.schema.SchemaReference;
import oxbow.schema.SchemaType;
import oxbow.schema.Subject;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.json.JsonFormat;
import oxbow.schema.protobuf.ProtobufFormat;

/**
 * A subject's versions, parsed here. A registry tells whether a schema passes at the level that is
 * set; which level would let it pass, and what breaks in which direction, is found out here.
 */
final class SubjectVersions {
  private static final int REFERENCES_MAX = 1_000;

  private final RegistryClient registry;
  private final String subject;

  /** One that is registered, as the registry shows it. */
  record Version(int number, ParsedSchema schema, JsonNode shown) {}

  /**
   * Something that breaks.
   *
   * @param version which older version is concerned
   * @param isOldData the new schema can't read the version's data; else the version can't read the
   *     new schema's data
   */
  record Break(int version, boolean isOldData, Incompatibility why) {
    Map<String, @Nullable Object> json() {
      Map<String, @Nullable Object> json = new LinkedHashMap<>();
      json.put("version", version);
      json.put("direction", isOldData ? "backward" : "forward");
      json.put("rule", why.rule());
      json.put("path", why.path());
      json.put("message", sentence());
      return json;
    }

    /** The message without the frame that Confluent's tools want around it. */
    String sentence() {
      String message =
          why.message(isOldData ? "new" : "old", isOldData ? "old" : "new")
              .replaceFirst("(?s)^\\{errorType:['\"][A-Z_]+['\"], description:['\"](.*)}$", "$1")
              .replaceFirst("(?s)['\"], additionalInfo:['\"](.*)['\"]$", " ($1)")
              .replaceFirst("['\"]$", "");
      return message.replaceAll("\\p{Cntrl}+", " ");
    }
  }

  SubjectVersions(RegistryClient registry, String subject) {
    this.registry = registry;
    this.subject = subject;
  }

  /** Those that aren't deleted, oldest first; none: there is no such subject. */
  List<Integer> numbers() {
    var answer = registry.ask("GET", RegistryClient.path("subjects", subject, "versions"), null);
    List<Integer> numbers = new ArrayList<>();
    if (answer.errorCode() == 40401) return numbers;
    for (JsonNode number : registry.require(answer)) numbers.add(number.asInt());
    return numbers;
  }

  /** A number or {@code latest}. */
  Version version(String number) {
    JsonNode shown = registry.get(RegistryClient.path("subjects", subject, "versions", number));
    return new Version(shown.path("version").asInt(), parsed(shown), shown);
  }

  private ParsedSchema parsed(JsonNode shown) {
    SchemaType type = SchemaType.valueOf(shown.path("schemaType").asText("AVRO"));
    return parsed(type, shown.path("schema").asText(), declared(shown));
  }

  /**
   * Parses a text that belongs, or may belong, to the subject.
   *
   * @throws InvalidSchemaException what is wrong with it
   */
  ParsedSchema parsed(SchemaType type, String text, List<SchemaReference> declared) {
    SchemaFormat format =
        switch (type) {
          case AVRO -> new AvroFormat();
          case JSON -> new JsonFormat();
          case PROTOBUF -> new ProtobufFormat();
        };
    SequencedMap<String, String> texts = new LinkedHashMap<>();
    collect(declared, Subject.of(subject), texts, new HashSet<>());
    return format.parse(text, new References(declared, texts));
  }

  private void collect(
      List<SchemaReference> declared,
      Subject from,
      SequencedMap<String, String> texts,
      Set<String> seen) {
    for (SchemaReference reference : declared) {
      if (!seen.add(reference.name())) continue;
      if (seen.size() > REFERENCES_MAX) {
        throw new InvalidSchemaException("references lead to more than 1000 schemas");
      }
      Subject target = Subject.of(reference.subject()).within(from);
      Object version = reference.version() < 0 ? "latest" : reference.version();
      JsonNode shown =
          registry.get(
              RegistryClient.path("subjects", target.qualified(), "versions", version)
                  + "?deleted=true");
      collect(declared(shown), target, texts, seen);
      texts.put(reference.name(), shown.path("schema").asText());
    }
  }

  static List<SchemaReference> declared(JsonNode shown) {
    List<SchemaReference> declared = new ArrayList<>();
    for (JsonNode reference : shown.path("references")) {
      declared.add(
          new SchemaReference(
              reference.path("name").asText(),
              reference.path("subject").asText(),
              reference.path("version").asInt()));
    }
    return declared;
  }

  /** Versions of other groups don't count, where the subject's settings make groups. */
  static List<Version> ofGroup(
      List<Version> versions, @Nullable String group, Map<String, String> metadata) {
    if (group == null) return versions;
    return versions.stream()
        .filter(version -> {
          JsonNode property = version.shown().path("metadata").path("properties").path(group);
          return Objects.equals(metadata.get(group), property.textValue());
        })
        .toList();
  }

  /** All that breaks between a schema and a version, in both directions. */
  static List<Break> breaks(ParsedSchema schema, Version version, CompatibilityPolicy policy) {
    List<Break> breaks = new ArrayList<>();
    ParsedSchema old = version.schema();
    if (schema.type() != old.type()) {
      breaks.add(new Break(version.number(), true, Incompatibility.ofOtherType()));
      breaks.add(new Break(version.number(), false, Incompatibility.ofOtherType()));
      return breaks;
    }
    for (Incompatibility why : schema.whyCannotRead(old, policy)) {
      breaks.add(new Break(version.number(), true, why));
    }
    for (Incompatibility why : old.whyCannotRead(schema, policy)) {
      breaks.add(new Break(version.number(), false, why));
    }
    return breaks;
  }

  /** What a level minds of all that breaks. */
  static List<Break> minded(CompatibilityLevel level, int latest, List<Break> breaks) {
    return breaks.stream()
        .filter(broken -> level.isTransitive() || broken.version() == latest)
        .filter(broken -> broken.isOldData() ? level.readsOlder() : level.isReadByOlder())
        .toList();
  }

  /** The levels at which a schema passes. */
  static Set<CompatibilityLevel> allowing(int latest, List<Break> breaks) {
    Set<CompatibilityLevel> levels = EnumSet.noneOf(CompatibilityLevel.class);
    for (CompatibilityLevel level : CompatibilityLevel.values()) {
      if (minded(level, latest, breaks).isEmpty()) levels.add(level);
    }
    return levels;
  }
}

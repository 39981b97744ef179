package oxbow.schema.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.CompatibilityPolicy;
import oxbow.schema.Incompatibility;
import oxbow.schema.Metadata;
import oxbow.schema.ParsedSchema;
import oxbow.schema.StoredSchema;
import oxbow.schema.SubjectConfig;
import oxbow.schema.layout.Column;

/** Whether a schema may follow others, and if not, why: in words for a person. No state. */
final class Compatibility {
  /** Longer schemas are cut where they are quoted. */
  private static final int QUOTED_LENGTH_MAX = 10 * 1024;

  private static final String RESERVED_PROPERTY = "confluent:reserved";

  private final Parsing parsing;

  Compatibility(Parsing parsing) {
    this.parsing = parsing;
  }

  /**
   * What speaks against it; empty: nothing.
   *
   * @param older versions that aren't deleted, oldest first
   */
  List<String> check(
      SubjectConfig config,
      CompatibilityLevel level,
      ParsedSchema schema,
      @Nullable Metadata metadata,
      List<StoredSchema> older) {
    boolean validatesFields = Boolean.TRUE.equals(config.validateFields());
    List<String> messages = new ArrayList<>();
    if (validatesFields) {
      messages.addAll(reserved(schema, metadata, older.isEmpty() ? null : older.getLast()));
    }
    CompatibilityPolicy policy =
        Objects.requireNonNullElse(config.compatibilityPolicy(), CompatibilityPolicy.STRICT);
    List<StoredSchema> counting = ofGroup(config.compatibilityGroup(), metadata, older);
    messages.addAll(against(level, policy, schema, counting));
    if (!messages.isEmpty()) {
      messages.add("{validateFields: '%b', compatibility: '%s'}".formatted(validatesFields, level));
    }
    return messages;
  }

  /** Versions of other groups don't count: there lies a break that was meant. */
  private static List<StoredSchema> ofGroup(
      @Nullable String group, @Nullable Metadata metadata, List<StoredSchema> older) {
    if (group == null) return older;
    String wanted = property(metadata, group);
    return older.stream()
        .filter(schema -> Objects.equals(wanted, property(schema.content().metadata(), group)))
        .toList();
  }

  private static @Nullable String property(@Nullable Metadata metadata, String name) {
    return metadata == null ? null : metadata.property(name).orElse(null);
  }

  private List<String> against(
      CompatibilityLevel level,
      CompatibilityPolicy policy,
      ParsedSchema schema,
      List<StoredSchema> older) {
    if (level == CompatibilityLevel.NONE) return List.of();
    List<StoredSchema> asked =
        level.isTransitive() || older.isEmpty() ? older : List.of(older.getLast());
    for (StoredSchema other : asked.reversed()) {
      List<String> messages = against(level, policy, schema, other);
      if (!messages.isEmpty()) return messages;
    }
    return List.of();
  }

  private List<String> against(
      CompatibilityLevel level,
      CompatibilityPolicy policy,
      ParsedSchema schema,
      StoredSchema other) {
    if (schema.type() != other.content().type()) {
      return List.of(Incompatibility.ofOtherType().message());
    }
    ParsedSchema old = parsing.parse(other);
    List<String> messages = new ArrayList<>();
    if (level.isReadByOlder()) add(messages, old.whyCannotRead(schema, policy), "old", "new");
    if (level.readsOlder()) add(messages, schema.whyCannotRead(old, policy), "new", "old");
    if (messages.isEmpty()) return messages;
    messages.add("{oldSchemaVersion: " + other.version() + "}");
    messages.add(
        other.content().text().length() <= QUOTED_LENGTH_MAX
            ? "{oldSchema: '" + other.content().text() + "'}"
            : "{oldSchema: <truncated> '"
                + other.content().text().substring(0, QUOTED_LENGTH_MAX)
                + "...'}");
    return messages;
  }

  private static void add(
      List<String> messages, List<Incompatibility> found, String reader, String writer) {
    for (Incompatibility broken : found) {
      messages.add(broken.message(reader, writer));
    }
  }

  private List<String> reserved(
      ParsedSchema schema, @Nullable Metadata metadata, @Nullable StoredSchema latest) {
    List<String> messages = new ArrayList<>();
    Set<String> reserved = reservedFields(metadata);
    if (latest != null) {
      for (String field : reservedFields(latest.content().metadata())) {
        if (!reserved.contains(field)) {
          messages.add(
              ("The new schema has reserved field %s removed from its metadata which is present"
                      + " in the old schema's metadata.")
                  .formatted(field));
        }
      }
    }
    for (Column column : schema.shape().columns()) {
      if (reserved.contains(column.name())) {
        messages.add(
            "The new schema has field that conflicts with the reserved field %s."
                .formatted(column.name()));
      }
    }
    return messages;
  }

  private static Set<String> reservedFields(@Nullable Metadata metadata) {
    var fields = new TreeSet<String>();
    String names = property(metadata, RESERVED_PROPERTY);
    if (names == null) return fields;
    for (String name : names.split(",", -1)) {
      if (!name.isBlank()) fields.add(name.strip());
    }
    return fields;
  }
}

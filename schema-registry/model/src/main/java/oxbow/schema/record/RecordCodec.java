package oxbow.schema.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.Metadata;
import oxbow.schema.Mode;
import oxbow.schema.RuleSet;
import oxbow.schema.SchemaContent;
import oxbow.schema.SchemaReference;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.SchemaType;
import oxbow.schema.StoredSchema;
import oxbow.schema.record.RecordKey.AssociationKey;
import oxbow.schema.record.RecordKey.ClearSubjectKey;
import oxbow.schema.record.RecordKey.ConfigKey;
import oxbow.schema.record.RecordKey.ContextKey;
import oxbow.schema.record.RecordKey.DeleteSubjectKey;
import oxbow.schema.record.RecordKey.ModeKey;
import oxbow.schema.record.RecordKey.NoopKey;
import oxbow.schema.record.RecordKey.OtherKey;
import oxbow.schema.record.RecordKey.SchemaKey;
import oxbow.schema.record.RecordValue.AssociationValue;
import oxbow.schema.record.RecordValue.ClearSubjectValue;
import oxbow.schema.record.RecordValue.ConfigValue;
import oxbow.schema.record.RecordValue.ContextValue;
import oxbow.schema.record.RecordValue.DeleteSubjectValue;
import oxbow.schema.record.RecordValue.ModeValue;
import oxbow.schema.record.RecordValue.SchemaValue;

/**
 * Keys and values of {@code _schemas}. The order of the fields, and which are left out, are those
 * of Confluent's registry; so a topic can be taken over in either direction.
 */
public final class RecordCodec {
  /** Written by older registries for schemas, too. */
  private static final int OLD_MAGIC = 0;

  private static final int SCHEMA_MAGIC = 1;
  private static final int OTHER_MAGIC = 0;
  private static final int MD5_BYTES = 16;

  /** The only tenant outside of Confluent's cloud. */
  private static final String TENANT = "default";

  /** {@code offset} and {@code ts} are the record's own and were never worth keeping here. */
  private static final Set<String> SCHEMA_FIELDS =
      Set.of(
          "subject",
          "version",
          "id",
          "md5",
          "schemaType",
          "references",
          "metadata",
          "ruleSet",
          "schema",
          "deleted",
          "offset",
          "ts");

  private static final Set<String> CONFIG_FIELDS =
      Set.of(
          "subject",
          "alias",
          "aliasForDeks",
          "normalize",
          "validateFields",
          "validateNewSchemas",
          "validateRules",
          "compatibilityLevel",
          "compatibilityPolicy",
          "compatibilityGroup",
          "defaultMetadata",
          "overrideMetadata",
          "defaultRuleSet",
          "overrideRuleSet",
          "offset",
          "ts");

  /** As it stands before the schema's own text, in which it would be escaped. */
  private static final Pattern ID = Pattern.compile("\"id\"\\s*:\\s*([0-9]{1,9})\\b");

  private RecordCodec() {}

  // ---- writing

  /** A record that sets something. */
  public static Entry entry(RecordKey key, RecordValue value) {
    return new Entry(key(key), value(value));
  }

  /** A record that takes it away. */
  public static Entry tombstone(RecordKey key) {
    return new Entry(key(key), null);
  }

  static String key(RecordKey key) {
    return switch (key) {
      case SchemaKey schema ->
          keyed("SCHEMA", schema.subject())
              .number("version", schema.version())
              .number("magic", SCHEMA_MAGIC)
              .end();
      case ConfigKey config -> keyed("CONFIG", config.subject()).number("magic", OTHER_MAGIC).end();
      case ModeKey mode -> keyed("MODE", mode.subject()).number("magic", OTHER_MAGIC).end();
      case DeleteSubjectKey delete ->
          keyed("DELETE_SUBJECT", delete.subject()).number("magic", OTHER_MAGIC).end();
      case ClearSubjectKey clear ->
          keyed("CLEAR_SUBJECT", clear.subject()).number("magic", OTHER_MAGIC).end();
      case ContextKey context ->
          keyed("CONTEXT", null)
              .text("tenant", context.tenant())
              .text("context", context.context())
              .number("magic", OTHER_MAGIC)
              .end();
      case AssociationKey association ->
          keyed("ASSOC", null)
              .text("tenant", TENANT)
              .text("resourceName", association.resourceName())
              .text("resourceNamespace", association.resourceNamespace())
              .text("resourceType", association.resourceType())
              .text("associationType", association.type())
              .text("subject", association.subject())
              .number("magic", OTHER_MAGIC)
              .end();
      case NoopKey _ -> keyed("NOOP", null).number("magic", OTHER_MAGIC).end();
      case OtherKey other ->
          throw new IllegalArgumentException("keys of type " + other.keyType() + " aren't written");
    };
  }

  private static JsonObject keyed(String keyType, @Nullable String subject) {
    return JsonObject.begin().text("keytype", keyType).text("subject", subject);
  }

  static String value(RecordValue value) {
    return switch (value) {
      case SchemaValue schema -> schema(schema.schema());
      case ConfigValue config -> config(config);
      case ModeValue mode ->
          JsonObject.begin().text("subject", mode.subject()).text("mode", mode.mode().name()).end();
      case DeleteSubjectValue delete ->
          JsonObject.begin()
              .text("subject", delete.subject())
              .number("version", delete.version())
              .end();
      case ClearSubjectValue clear -> JsonObject.begin().text("subject", clear.subject()).end();
      case ContextValue context ->
          JsonObject.begin()
              .text("tenant", context.tenant())
              .text("context", context.context())
              .end();
      case AssociationValue association -> association(association.association());
    };
  }

  private static String association(Association association) {
    JsonObject value =
        JsonObject.begin()
            .text("guid", association.guid())
            .text("tenant", TENANT)
            .text("resourceName", association.resourceName())
            .text("resourceNamespace", association.resourceNamespace())
            .text("resourceId", association.resourceId())
            .text("resourceType", association.resourceType())
            .text("associationType", association.type())
            .text("subject", association.subject())
            .text("lifecycle", association.lifecycle().name())
            .flag("frozen", association.isFrozen());
    // A new one's is its record's own time; once that was replaced, nothing else would tell it.
    return association.createdMs() < 0
        ? value.end()
        : value.number("createTs", association.createdMs()).end();
  }

  private static String schema(StoredSchema schema) {
    SchemaContent content = schema.content();
    return JsonObject.begin()
        .text("subject", schema.subject())
        .number("version", schema.version())
        .number("id", schema.id())
        .text("schemaType", content.type().name())
        .references(content.references())
        .metadata("metadata", content.metadata())
        .rules("ruleSet", content.ruleSet())
        .text("schema", content.text())
        .flag("deleted", schema.isDeleted())
        .fieldsOf(schema.unknown())
        .end();
  }

  private static String config(ConfigValue value) {
    return JsonObject.begin()
        .text("subject", value.subject())
        .config("compatibilityLevel", value.config())
        .fieldsOf(value.unknown())
        .end();
  }

  // ---- reading

  /** Reads a key; throws if it is none. */
  public static RecordKey readKey(String json) throws BadRecordException {
    JsonNode key = object(json, "key");
    String keyType = text(key, "keytype").orElse("");
    return switch (keyType) {
      case "SCHEMA" -> {
        int magic = key.path("magic").asInt(SCHEMA_MAGIC);
        if (magic != SCHEMA_MAGIC && magic != OLD_MAGIC) {
          throw new BadRecordException("a key of schemas has the magic byte " + magic);
        }
        yield new SchemaKey(text(key, "subject").orElse(""), positive(key, "version"));
      }
      case "CONFIG" -> new ConfigKey(text(key, "subject").orElse(null));
      case "MODE" -> new ModeKey(text(key, "subject").orElse(null));
      case "DELETE_SUBJECT" -> new DeleteSubjectKey(text(key, "subject").orElse(""));
      case "CLEAR_SUBJECT" -> new ClearSubjectKey(text(key, "subject").orElse(null));
      case "CONTEXT" -> new ContextKey(required(key, "tenant"), required(key, "context"));
      case "ASSOC" -> readAssociationKey(key);
      case "NOOP" -> new NoopKey();
      case "" -> throw new BadRecordException("a key has no type");
      default -> new OtherKey(keyType);
    };
  }

  /**
   * Reads the value of a key; empty: the record has none, or none that counts.
   *
   * @param timestampMs of the record
   */
  public static Optional<RecordValue> readValue(
      RecordKey key, @Nullable String json, long timestampMs) throws BadRecordException {
    if (json == null) return Optional.empty();
    try {
      return Optional.ofNullable(
          switch (key) {
            case SchemaKey schema -> readSchema(schema, object(json, "value"), timestampMs);
            case ConfigKey config -> readConfig(config, object(json, "value"));
            case ModeKey mode -> readMode(mode, object(json, "value"));
            case DeleteSubjectKey delete ->
                new DeleteSubjectValue(
                    delete.subject(), positive(object(json, "value"), "version"));
            case ClearSubjectKey clear -> new ClearSubjectValue(clear.subject());
            case ContextKey context -> new ContextValue(context.tenant(), context.context());
            case AssociationKey association ->
                readAssociation(association, object(json, "value"), timestampMs);
            case NoopKey _, OtherKey _ -> null;
          });
    } catch (IllegalArgumentException e) {
      throw new BadRecordException("a value is not what its key promises: " + e.getMessage(), e);
    }
  }

  /** The id of a schema whose value can't be read otherwise, if its text still shows one. */
  public static OptionalInt idIn(String value) {
    Matcher id = ID.matcher(value);
    return id.find() ? OptionalInt.of(Integer.parseInt(id.group(1))) : OptionalInt.empty();
  }

  private static RecordValue readSchema(SchemaKey key, JsonNode value, long timestampMs)
      throws BadRecordException {
    JsonNode id = value.path("id");
    if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0) {
      throw new BadRecordException("a schema has no id");
    }
    SchemaType type = SchemaType.valueOf(text(value, "schemaType").orElse("AVRO"));
    String text = required(value, "schema");
    List<SchemaReference> references = new ArrayList<>();
    for (JsonNode reference : value.path("references")) references.add(reference(reference));
    Metadata metadata = JsonForms.metadata(value.path("metadata"));
    RuleSet rules = JsonForms.ruleSet(value.path("ruleSet"));
    String md5 = text(value, "md5").orElse(null);
    SchemaContent content =
        md5 == null
            ? SchemaContent.of(type, text, references, metadata, rules)
            : new SchemaContent(type, text, references, metadata, rules, guid(md5));
    return new SchemaValue(
        new StoredSchema(
            key.subject(),
            key.version(),
            id.asInt(),
            content,
            value.path("deleted").asBoolean(false),
            timestampMs,
            // The hash was taken before something was encrypted, so it has to stay.
            unknown(value, SCHEMA_FIELDS, md5)));
  }

  private static UUID guid(String md5) throws BadRecordException {
    byte[] bytes = Base64.getDecoder().decode(md5);
    if (bytes.length != MD5_BYTES) throw new BadRecordException("a schema's md5 is none");
    ByteBuffer hash = ByteBuffer.wrap(bytes);
    return new UUID(hash.getLong(), hash.getLong());
  }

  private static SchemaReference reference(JsonNode reference) throws BadRecordException {
    JsonNode version = reference.path("version");
    if (!version.isInt()) throw new BadRecordException("a reference has no version");
    return new SchemaReference(
        required(reference, "name"), required(reference, "subject"), version.asInt());
  }

  private static RecordValue readConfig(ConfigKey key, JsonNode value) {
    return new ConfigValue(
        key.subject(),
        JsonForms.config(
            value,
            text(value, "compatibilityLevel").flatMap(CompatibilityLevel::named).orElse(null)),
        unknown(value, CONFIG_FIELDS, null));
  }

  private static RecordValue readMode(ModeKey key, JsonNode value) throws BadRecordException {
    String name = required(value, "mode");
    return new ModeValue(
        key.subject(),
        Mode.named(name).orElseThrow(() -> new BadRecordException("there is no mode " + name)));
  }

  private static RecordKey readAssociationKey(JsonNode key) throws BadRecordException {
    if (!required(key, "tenant").equals(TENANT)) return new OtherKey("ASSOC");
    return new AssociationKey(
        required(key, "resourceName"),
        required(key, "resourceNamespace"),
        required(key, "resourceType"),
        required(key, "associationType"),
        required(key, "subject"));
  }

  private static RecordValue readAssociation(AssociationKey key, JsonNode value, long timestampMs)
      throws BadRecordException {
    JsonNode created = value.path("createTs");
    return new AssociationValue(
        new Association(
            key.subject(),
            required(value, "guid"),
            key.resourceName(),
            key.resourceNamespace(),
            required(value, "resourceId"),
            key.resourceType(),
            key.type(),
            Association.Lifecycle.valueOf(required(value, "lifecycle")),
            value.path("frozen").asBoolean(false),
            created.isIntegralNumber() ? created.longValue() : timestampMs,
            timestampMs));
  }

  private static @Nullable String unknown(JsonNode value, Set<String> known, @Nullable String md5) {
    ObjectNode others = JsonForms.MAPPER.createObjectNode();
    if (md5 != null) others.put("md5", md5);
    for (var field : value.properties()) {
      if (!known.contains(field.getKey())) others.set(field.getKey(), field.getValue());
    }
    return others.isEmpty() ? null : others.toString();
  }

  private static JsonNode object(String json, String what) throws BadRecordException {
    JsonNode tree;
    try {
      tree = JsonForms.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new BadRecordException("a " + what + " is no JSON: " + e.getOriginalMessage(), e);
    }
    if (!tree.isObject()) throw new BadRecordException("a " + what + " is no JSON object");
    return tree;
  }

  private static Optional<String> text(JsonNode object, String field) {
    JsonNode text = object.path(field);
    return text.isTextual() ? Optional.of(text.textValue()) : Optional.empty();
  }

  private static String required(JsonNode object, String field) throws BadRecordException {
    return text(object, field)
        .orElseThrow(() -> new BadRecordException("a record has no " + field));
  }

  private static int positive(JsonNode object, String field) throws BadRecordException {
    JsonNode number = object.path(field);
    if (!number.isIntegralNumber() || !number.canConvertToInt() || number.asInt() < 1) {
      throw new BadRecordException("a record has no " + field);
    }
    return number.asInt();
  }
}

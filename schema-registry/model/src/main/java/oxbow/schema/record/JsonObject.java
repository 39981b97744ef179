package oxbow.schema.record;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Metadata;
import oxbow.schema.Rule;
import oxbow.schema.RuleSet;
import oxbow.schema.SchemaReference;
import oxbow.schema.SubjectConfig;

/**
 * Writes one JSON object, field by field: the forms that the topic and HTTP share. What is null or
 * empty is left out.
 */
public final class JsonObject {
  private final StringWriter out = new StringWriter();
  private final JsonGenerator json;

  private JsonObject() throws IOException {
    json = JsonForms.MAPPER.createGenerator(out);
    json.writeStartObject();
  }

  public static JsonObject begin() {
    try {
      return new JsonObject();
    } catch (IOException e) {
      throw impossible(e);
    }
  }

  /** A string takes whatever it is given. */
  private static UncheckedIOException impossible(IOException e) {
    return new UncheckedIOException(e);
  }

  private interface Writing {
    void write() throws IOException;
  }

  private JsonObject add(Writing writing) {
    try {
      writing.write();
    } catch (IOException e) {
      throw impossible(e);
    }
    return this;
  }

  public String end() {
    add(() -> {
      json.writeEndObject();
      json.close();
    });
    return out.toString();
  }

  public JsonObject text(String name, @Nullable String value) {
    return add(() -> writeText(name, value));
  }

  public JsonObject number(String name, long value) {
    return add(() -> json.writeNumberField(name, value));
  }

  public JsonObject flag(String name, @Nullable Boolean value) {
    return value == null ? this : add(() -> json.writeBooleanField(name, value));
  }

  public JsonObject texts(String name, Collection<String> values) {
    return values.isEmpty() ? this : add(() -> writeTexts(name, values));
  }

  private void writeTexts(String name, Collection<String> values) throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) json.writeString(value);
    json.writeEndArray();
  }

  /** An object that is JSON already. */
  public JsonObject object(String name, String object) {
    return add(() -> {
      json.writeFieldName(name);
      json.writeRawValue(object);
    });
  }

  /** The same of many. */
  public JsonObject objects(String name, List<String> objects) {
    return objects.isEmpty() ? this : object(name, "[" + String.join(",", objects) + "]");
  }

  public JsonObject references(List<SchemaReference> references) {
    if (references.isEmpty()) return this;
    return add(() -> {
      json.writeArrayFieldStart("references");
      for (SchemaReference reference : references) {
        json.writeStartObject();
        json.writeStringField("name", reference.name());
        json.writeStringField("subject", reference.subject());
        json.writeNumberField("version", reference.version());
        json.writeEndObject();
      }
      json.writeEndArray();
    });
  }

  public JsonObject metadata(String name, @Nullable Metadata metadata) {
    if (metadata == null) return this;
    return add(() -> {
      json.writeObjectFieldStart(name);
      if (!metadata.tags().isEmpty()) {
        json.writeObjectFieldStart("tags");
        for (var tag : metadata.tags().entrySet()) writeTexts(tag.getKey(), tag.getValue());
        json.writeEndObject();
      }
      writeTexts("properties", metadata.properties());
      if (!metadata.sensitive().isEmpty()) writeTexts("sensitive", metadata.sensitive());
      json.writeEndObject();
    });
  }

  private void writeTexts(String name, Map<String, String> texts) throws IOException {
    if (texts.isEmpty()) return;
    json.writeObjectFieldStart(name);
    for (var text : texts.entrySet()) json.writeStringField(text.getKey(), text.getValue());
    json.writeEndObject();
  }

  public JsonObject rules(String name, @Nullable RuleSet rules) {
    if (rules == null) return this;
    return add(() -> {
      json.writeObjectFieldStart(name);
      writeRules("migrationRules", rules.migrationRules());
      writeRules("domainRules", rules.domainRules());
      writeRules("encodingRules", rules.encodingRules());
      if (rules.enableAt() != null) json.writeStringField("enableAt", rules.enableAt());
      json.writeEndObject();
    });
  }

  private void writeRules(String name, List<Rule> rules) throws IOException {
    if (rules.isEmpty()) return;
    json.writeArrayFieldStart(name);
    for (Rule rule : rules) {
      json.writeStartObject();
      writeText("name", rule.name());
      writeText("doc", rule.doc());
      json.writeStringField("kind", rule.kind().name());
      json.writeStringField("mode", rule.mode().name());
      writeText("type", rule.type());
      if (!rule.tags().isEmpty()) writeTexts("tags", rule.tags());
      writeTexts("params", rule.params());
      writeText("expr", rule.expr());
      writeText("onSuccess", rule.onSuccess());
      writeText("onFailure", rule.onFailure());
      json.writeBooleanField("disabled", rule.isDisabled());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void writeText(String name, @Nullable String value) throws IOException {
    if (value != null && !value.isEmpty()) json.writeStringField(name, value);
  }

  /**
   * All settings.
   *
   * @param levelName what the level is called here
   */
  public JsonObject config(String levelName, SubjectConfig config) {
    return text("alias", config.alias())
        .text("aliasForDeks", config.aliasForDeks())
        .flag("normalize", config.normalize())
        .flag("validateFields", config.validateFields())
        .flag("validateNewSchemas", config.validateNewSchemas())
        .flag("validateRules", config.validateRules())
        .text(levelName, name(config.compatibilityLevel()))
        .text("compatibilityPolicy", name(config.compatibilityPolicy()))
        .text("compatibilityGroup", config.compatibilityGroup())
        .metadata("defaultMetadata", config.defaultMetadata())
        .metadata("overrideMetadata", config.overrideMetadata())
        .rules("defaultRuleSet", config.defaultRuleSet())
        .rules("overrideRuleSet", config.overrideRuleSet());
  }

  private static @Nullable String name(@Nullable Enum<?> constant) {
    return constant == null ? null : constant.name();
  }

  /**
   * Adds all fields of another object.
   *
   * @param object JSON; null: none
   */
  public JsonObject fieldsOf(@Nullable String object) {
    if (object == null) return this;
    return add(() -> {
      for (Map.Entry<String, JsonNode> field : JsonForms.MAPPER.readTree(object).properties()) {
        json.writeFieldName(field.getKey());
        json.writeTree(field.getValue());
      }
    });
  }
}

package oxbow.schema.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.Association.Lifecycle;
import oxbow.schema.Mode;
import oxbow.schema.SchemaPart;
import oxbow.schema.SchemaReference;
import oxbow.schema.StoredSchema;
import oxbow.schema.SubjectConfig;
import oxbow.schema.record.JsonForms;
import oxbow.schema.record.JsonObject;
import oxbow.schema.registry.Registry;

/** The bodies of answers. */
final class Answers {
  private Answers() {}

  /**
   * A version as the client wants to see it.
   *
   * @param text in the form that was asked for
   * @param references qualified, if that was asked for
   * @param tags of its parts, if they were asked for
   */
  record Shown(
      StoredSchema schema,
      String text,
      List<SchemaReference> references,
      @Nullable SortedMap<SchemaPart, SortedSet<String>> tags) {
    static Shown of(StoredSchema schema) {
      return new Shown(schema, schema.content().text(), schema.content().references(), null);
    }
  }

  /** What a subject's version is. */
  static String version(Shown shown) {
    return version(shown, List.of(), List.of());
  }

  /** The same among others, with the names that stand for its subject, and what uses it. */
  static String version(Shown shown, List<String> aliases, List<Association> associations) {
    StoredSchema schema = shown.schema();
    return withTimes(
            withContent(
                JsonObject.begin()
                    .text("subject", schema.subject())
                    .number("version", schema.version())
                    .number("id", schema.id()),
                shown),
            schema)
        .texts("aliases", aliases)
        .objects("associations", associations.stream().map(Answers::association).toList())
        .end();
  }

  // ---- associations

  static String associations(List<Association> associations) {
    return list(associations.stream().map(Answers::association).toList());
  }

  private static String association(Association association) {
    return JsonObject.begin()
        .text("subject", association.subject())
        .text("guid", association.guid())
        .text("resourceName", association.resourceName())
        .text("resourceNamespace", association.resourceNamespace())
        .text("resourceId", association.resourceId())
        .text("resourceType", association.resourceType())
        .text("associationType", association.type())
        .text("lifecycle", association.lifecycle().name())
        .flag("frozen", unusualFrozen(association))
        .number("createTs", association.createdMs())
        .number("updateTs", association.updatedMs())
        .end();
  }

  /** Strong ones are frozen and weak ones are not: only what is otherwise is told. */
  private static @Nullable Boolean unusualFrozen(Association association) {
    boolean isUsual = association.isFrozen() == (association.lifecycle() == Lifecycle.STRONG);
    return isUsual ? null : (Boolean) association.isFrozen();
  }

  /**
   * A resource's associations.
   *
   * @param schemas to be shown with them, by their type
   */
  static String resource(
      @Nullable String name,
      @Nullable String namespace,
      @Nullable String id,
      String type,
      List<Association> associations,
      Map<String, StoredSchema> schemas) {
    return JsonObject.begin()
        .text("resourceName", name)
        .text("resourceNamespace", namespace)
        .text("resourceId", id)
        .text("resourceType", type)
        .objects(
            "associations",
            associations.stream()
                .map(association -> association(association, schemas.get(association.type())))
                .toList())
        .end();
  }

  private static String association(Association association, @Nullable StoredSchema schema) {
    JsonObject shown =
        JsonObject.begin()
            .text("subject", association.subject())
            .text("associationType", association.type())
            .text("lifecycle", association.lifecycle().name())
            .flag("frozen", unusualFrozen(association));
    return schema == null ? shown.end() : shown.object("schema", version(Shown.of(schema))).end();
  }

  /** What became of each part of a batch: objects with an error or a result. */
  static String results(List<String> results) {
    return JsonObject.begin().objects("results", results).end();
  }

  static String result(String resource) {
    return JsonObject.begin().object("result", resource).end();
  }

  static String resultOfError(int code, String message) {
    return JsonObject.begin().object("error", error(code, message)).end();
  }

  /** What an id or a GUID means. */
  static String byId(Shown shown, boolean withSubject, @Nullable Integer maxId) {
    StoredSchema schema = shown.schema();
    JsonObject answer = JsonObject.begin();
    if (withSubject) {
      answer = answer.text("subject", schema.subject()).number("version", schema.version());
    }
    answer = withContent(answer, shown);
    if (maxId != null) answer = answer.number("maxId", maxId);
    return withTimes(answer, schema).end();
  }

  /** What became of a registration. */
  static String registered(Shown shown) {
    StoredSchema schema = shown.schema();
    return withContent(
            JsonObject.begin().number("id", schema.id()).number("version", schema.version()), shown)
        .end();
  }

  private static JsonObject withContent(JsonObject answer, Shown shown) {
    var content = shown.schema().content();
    JsonObject all =
        answer
            .text("guid", content.guid().toString())
            .text("schemaType", content.type().name())
            .references(shown.references())
            .metadata("metadata", content.metadata())
            .rules("ruleSet", content.ruleSet())
            .text("schema", shown.text());
    return shown.tags() == null ? all : all.fieldsOf("{\"schemaTags\":" + tags(shown.tags()) + "}");
  }

  private static JsonObject withTimes(JsonObject answer, StoredSchema schema) {
    JsonObject timed =
        schema.timestampMs() < 0 ? answer : answer.number("ts", schema.timestampMs());
    return timed.flag("deleted", schema.isDeleted());
  }

  private static String tags(SortedMap<SchemaPart, SortedSet<String>> tags) {
    return list(
        tags.entrySet().stream()
            .map(tagged ->
                JsonObject.begin()
                    .fieldsOf(
                        "{\"schemaEntity\":"
                            + JsonObject.begin()
                                .text("entityPath", tagged.getKey().path())
                                .text(
                                    "entityType",
                                    tagged.getKey().isRecord() ? "sr_record" : "sr_field")
                                .end()
                            + "}")
                    .texts("tags", tagged.getValue())
                    .end())
            .toList());
  }

  static String config(String levelName, SubjectConfig config) {
    return JsonObject.begin().config(levelName, config).end();
  }

  static String mode(@Nullable Mode mode) {
    return JsonObject.begin().text("mode", mode == null ? null : mode.name()).end();
  }

  static String compatible(List<String> messages, boolean isVerbose) {
    return writing(json -> {
      json.writeStartObject();
      json.writeBooleanField("is_compatible", messages.isEmpty());
      if (isVerbose) {
        json.writeArrayFieldStart("messages");
        for (String message : messages) json.writeString(message);
        json.writeEndArray();
      }
      json.writeEndObject();
    });
  }

  static String subjectVersions(List<StoredSchema> schemas) {
    return list(
        schemas.stream()
            .map(schema ->
                JsonObject.begin()
                    .text("subject", schema.subject())
                    .number("version", schema.version())
                    .end())
            .toList());
  }

  static String ids(List<Registry.ContextId> ids) {
    return list(
        ids.stream()
            .map(id -> JsonObject.begin().text("context", id.context()).number("id", id.id()).end())
            .toList());
  }

  static String texts(Collection<String> texts) {
    return writing(json -> {
      json.writeStartArray();
      for (String text : texts) json.writeString(text);
      json.writeEndArray();
    });
  }

  static String numbers(Collection<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(",", "[", "]"));
  }

  static String scope(String clusterId) {
    return writing(json ->
        JsonForms.MAPPER.writeValue(
            json,
            Map.of(
                "scope",
                Map.of(
                    "path",
                    List.of(),
                    "clusters",
                    Map.of(
                        "kafka-cluster",
                        clusterId,
                        "schema-registry-cluster",
                        "schema-registry")))));
  }

  static String error(int code, String message) {
    return JsonObject.begin().number("error_code", code).text("message", message).end();
  }

  /** Objects that are JSON already. */
  static String list(List<String> objects) {
    return "[" + String.join(",", objects) + "]";
  }

  private interface Writing {
    void to(JsonGenerator json) throws IOException;
  }

  private static String writing(Writing writing) {
    var out = new StringWriter();
    try (JsonGenerator json = JsonForms.MAPPER.createGenerator(out)) {
      writing.to(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a string takes whatever it is given
    }
    return out.toString();
  }
}

package oxbow.schema.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.Association.Lifecycle;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.Mode;
import oxbow.schema.RegistryException;
import oxbow.schema.SchemaPart;
import oxbow.schema.SchemaReference;
import oxbow.schema.SubjectConfig;
import oxbow.schema.record.JsonForms;
import oxbow.schema.registry.AssociatedResource;
import oxbow.schema.registry.AssociationFilter;
import oxbow.schema.registry.AssociationOp;
import oxbow.schema.registry.AssociationRequest;
import oxbow.schema.registry.AssociationRequest.Manner;
import oxbow.schema.registry.AssociationRequest.Wanted;
import oxbow.schema.registry.Registry;
import oxbow.schema.registry.SchemaRequest;
import oxbow.schema.registry.TagRequest;

/** The bodies of requests. Fields nobody knows are passed over. */
final class Bodies {
  private Bodies() {}

  /** A missing node where there is nothing. */
  static JsonNode read(byte[] body) {
    if (body.length == 0) return MissingNode.getInstance();
    try {
      return JsonForms.MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      throw HttpError.badBody("the request body is no JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes are read without any input
    }
  }

  /** A field of another type than it should have makes the body a bad one. */
  private static <T> T reading(Supplier<T> body) {
    try {
      return body.get();
    } catch (IllegalArgumentException e) {
      throw HttpError.badBody("the request body has a bad field: " + e.getMessage());
    }
  }

  static SchemaRequest schema(JsonNode json) {
    return reading(() ->
        new SchemaRequest(
            JsonForms.text(json, "schema"),
            JsonForms.text(json, "schemaType"),
            references(json.path("references")),
            number(json, "id", SchemaRequest.NO_ID),
            number(json, "version", 0),
            JsonForms.metadata(json.path("metadata")),
            JsonForms.ruleSet(json.path("ruleSet")),
            tags(json.path("schemaTagsToAdd")),
            tags(json.path("schemaTagsToRemove")),
            json.path("propagateSchemaTags").asBoolean(false)));
  }

  private static List<SchemaReference> references(JsonNode json) {
    List<SchemaReference> references = new ArrayList<>();
    for (JsonNode reference : json) {
      String name = JsonForms.text(reference, "name");
      String subject = JsonForms.text(reference, "subject");
      JsonNode version = reference.path("version");
      if (name == null || subject == null || JsonForms.isAbsent(version)) {
        throw RegistryException.invalidSchema(
            "Invalid reference: {name='%s', subject='%s', version=%s}"
                .formatted(name, subject, JsonForms.isAbsent(version) ? "null" : version));
      }
      references.add(
          new SchemaReference(name, subject, number(reference, "version", Registry.LATEST)));
    }
    return references;
  }

  private static int number(JsonNode json, String field, int otherwise) {
    JsonNode number = json.path(field);
    if (JsonForms.isAbsent(number)) return otherwise;
    if (number.isIntegralNumber() && number.canConvertToInt()) return number.intValue();
    if (number.isTextual()) return Integer.parseInt(number.textValue().strip());
    throw new IllegalArgumentException(field + " is no number");
  }

  private static Map<SchemaPart, Set<String>> tags(JsonNode json) {
    Map<SchemaPart, Set<String>> tags = new HashMap<>();
    for (JsonNode tagged : json) {
      JsonNode part = tagged.path("schemaEntity");
      String path = JsonForms.text(part, "entityPath");
      String type = JsonForms.text(part, "entityType");
      if (path == null || type == null) {
        throw new IllegalArgumentException("a tag has no schemaEntity");
      }
      Set<String> names =
          tags.computeIfAbsent(
              new SchemaPart(path, type.equalsIgnoreCase("sr_record")), _ -> new HashSet<>());
      for (JsonNode name : tagged.path("tags")) names.add(name.asText());
    }
    return tags;
  }

  static TagRequest tagRequest(JsonNode json) {
    return reading(() -> {
      Set<String> rulesToRemove = new HashSet<>();
      for (JsonNode name : json.path("rulesToRemove")) rulesToRemove.add(name.asText());
      var request =
          new TagRequest(
              number(json, "newVersion", 0),
              tags(json.path("tagsToAdd")),
              tags(json.path("tagsToRemove")),
              JsonForms.metadata(json.path("metadata")),
              JsonForms.ruleSet(json.path("ruleSet")),
              JsonForms.ruleSet(json.path("rulesToMerge")),
              rulesToRemove);
      if (request.ruleSet() != null
          && (request.rulesToMerge() != null || !rulesToRemove.isEmpty())) {
        throw new RegistryException(
            RegistryException.Kind.INVALID_RULE_SET,
            "ruleSet should be omitted if specifying rulesToMerge or rulesToRemove");
      }
      return request;
    });
  }

  /** What a config becomes: what is absent stays, null clears. */
  static UnaryOperator<SubjectConfig> configChange(JsonNode json) {
    CompatibilityLevel level = level(json);
    SubjectConfig given = reading(() -> JsonForms.config(json, level));
    if (given.defaultRuleSet() != null) given.defaultRuleSet().validate();
    if (given.overrideRuleSet() != null) given.overrideRuleSet().validate();
    return before ->
        new SubjectConfig(
            either(json, "alias", given.alias(), before.alias()),
            either(json, "aliasForDeks", given.aliasForDeks(), before.aliasForDeks()),
            either(json, "normalize", given.normalize(), before.normalize()),
            either(json, "validateFields", given.validateFields(), before.validateFields()),
            either(
                json,
                "validateNewSchemas",
                given.validateNewSchemas(),
                before.validateNewSchemas()),
            either(json, "validateRules", given.validateRules(), before.validateRules()),
            either(json, "compatibility", level, before.compatibilityLevel()),
            either(
                json,
                "compatibilityPolicy",
                given.compatibilityPolicy(),
                before.compatibilityPolicy()),
            either(
                json,
                "compatibilityGroup",
                given.compatibilityGroup(),
                before.compatibilityGroup()),
            either(json, "defaultMetadata", given.defaultMetadata(), before.defaultMetadata()),
            either(json, "overrideMetadata", given.overrideMetadata(), before.overrideMetadata()),
            either(json, "defaultRuleSet", given.defaultRuleSet(), before.defaultRuleSet()),
            either(json, "overrideRuleSet", given.overrideRuleSet(), before.overrideRuleSet()));
  }

  private static <T> @Nullable T either(
      JsonNode json, String field, @Nullable T given, @Nullable T before) {
    return json.has(field) ? given : before;
  }

  private static @Nullable CompatibilityLevel level(JsonNode json) {
    String name =
        reading(() -> Optional.ofNullable(JsonForms.text(json, "compatibility"))).orElse(null);
    if (name == null) return null;
    return CompatibilityLevel.named(name).orElseThrow(RegistryException::invalidLevel);
  }

  /** Empty: the mode is to be taken away. */
  static Optional<Mode> mode(JsonNode json) {
    Optional<String> name = reading(() -> Optional.ofNullable(JsonForms.text(json, "mode")));
    return name.map(given -> Mode.named(given).orElseThrow(RegistryException::invalidMode));
  }

  // ---- associations

  /** Throws {@link RegistryException} for what can't be, whatever is there. */
  static AssociationRequest association(
      JsonNode json, Manner manner, @Nullable String resourceId, boolean isDryRun) {
    return reading(() -> {
      String given = JsonForms.text(json, "resourceId");
      if (given != null && resourceId != null && !given.equals(resourceId)) {
        throw RegistryException.invalidAssociation(
            "resourceId",
            "Resource ID in the path parameter does not match the resource ID in the request"
                + " body");
      }
      AssociatedResource resource = resource(json, given == null ? resourceId : given, isDryRun);
      List<Wanted> wanted = new ArrayList<>();
      for (JsonNode one : json.path("associations")) wanted.add(wanted(resource, manner, one));
      return new AssociationRequest(resource, manner, isDryRun, wanted);
    });
  }

  private static AssociatedResource resource(
      JsonNode json, @Nullable String resourceId, boolean isDryRun) {
    return AssociatedResource.checked(
        JsonForms.text(json, "resourceName"),
        JsonForms.text(json, "resourceNamespace"),
        resourceId,
        JsonForms.text(json, "resourceType"),
        isDryRun);
  }

  private static Wanted wanted(AssociatedResource resource, Manner manner, JsonNode json) {
    requireObject(json, "an association");
    JsonNode schema = json.path("schema");
    if (!JsonForms.isAbsent(schema)) requireObject(schema, "schema");
    return Wanted.checked(
        resource,
        manner,
        JsonForms.text(json, "subject"),
        JsonForms.text(json, "associationType"),
        constant(json, "lifecycle", Lifecycle.class),
        JsonForms.flag(json, "frozen"),
        JsonForms.isAbsent(schema) ? null : schema(schema),
        Boolean.TRUE.equals(JsonForms.flag(json, "normalize")));
  }

  private static void requireObject(JsonNode json, String what) {
    if (!json.isObject()) throw new IllegalArgumentException(what + " is no object");
  }

  private static <T extends Enum<T>> @Nullable T constant(
      JsonNode json, String field, Class<T> type) {
    String name = JsonForms.text(json, field);
    return name == null ? null : Enum.valueOf(type, name);
  }

  /** Throws {@link RegistryException} for what can't be, whatever is there. */
  static AssociationOp.Batch associationOps(JsonNode json, boolean isDryRun) {
    return reading(() -> {
      AssociatedResource resource = resource(json, JsonForms.text(json, "resourceId"), isDryRun);
      List<AssociationOp> ops = new ArrayList<>();
      for (JsonNode op : json.path("associations")) ops.add(op(resource, op));
      return new AssociationOp.Batch(resource, isDryRun, ops);
    });
  }

  private static AssociationOp op(AssociatedResource resource, JsonNode json) {
    requireObject(json, "an association");
    String type = JsonForms.text(json, "opType");
    return switch (type) {
      case "CREATE" -> new AssociationOp.Put(Manner.CREATE, wanted(resource, Manner.CREATE, json));
      case "UPSERT" -> new AssociationOp.Put(Manner.UPSERT, wanted(resource, Manner.UPSERT, json));
      case "DELETE" ->
          new AssociationOp.Delete(
              AssociationRequest.checkedType(JsonForms.text(json, "associationType")),
              Boolean.TRUE.equals(JsonForms.flag(json, "cascadeLifecycle")));
      case null, default ->
          throw new IllegalArgumentException("opType is none of CREATE, UPSERT and DELETE");
    };
  }

  /**
   * Which associations are asked for.
   *
   * @param resourceName and namespace count where there is no id
   */
  record AssociationQuery(
      @Nullable String resourceName,
      @Nullable String resourceNamespace,
      @Nullable String resourceId,
      String resourceType,
      AssociationFilter filter) {}

  static AssociationQuery associationQuery(JsonNode json) {
    return reading(() -> {
      String type = JsonForms.text(json, "resourceType");
      String resourceType = type == null || type.isEmpty() ? Association.TOPIC : type;
      List<String> types = new ArrayList<>();
      for (JsonNode one : json.path("associationTypes")) types.add(one.asText());
      Lifecycle lifecycle = constant(json, "lifecycle", Lifecycle.class);
      return new AssociationQuery(
          JsonForms.text(json, "resourceName"),
          JsonForms.text(json, "resourceNamespace"),
          JsonForms.text(json, "resourceId"),
          resourceType,
          new AssociationFilter(resourceType, types, lifecycle));
    });
  }

  /** The parts of a batch. */
  static List<JsonNode> requests(JsonNode json) {
    List<JsonNode> requests = new ArrayList<>();
    for (JsonNode request : json.path("requests")) {
      if (!request.isObject()) throw HttpError.badBody("a request of the batch is no object");
      requests.add(request);
    }
    if (requests.isEmpty()) {
      throw RegistryException.invalidAssociation("requests", "cannot be null or empty");
    }
    return requests;
  }
}

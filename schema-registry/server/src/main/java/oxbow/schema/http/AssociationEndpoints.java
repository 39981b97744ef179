package oxbow.schema.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.linecorp.armeria.common.HttpStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.Association.Lifecycle;
import oxbow.schema.RegistryException;
import oxbow.schema.RegistryException.Kind;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;
import oxbow.schema.registry.AssociationFilter;
import oxbow.schema.registry.AssociationOp;
import oxbow.schema.registry.AssociationOutcome;
import oxbow.schema.registry.AssociationRequest;
import oxbow.schema.registry.AssociationRequest.Manner;
import oxbow.schema.registry.Registry;

/** What is answered below {@code /associations}. No state. */
final class AssociationEndpoints {
  /** As many as one answer has at most. */
  private static final int COUNT_MAX = 1_000;

  /** The code of an error in a batch that a single request would have another one for. */
  private static final int OTHER = HttpStatus.INTERNAL_SERVER_ERROR.code();

  private final Registry registry;

  AssociationEndpoints(Registry registry) {
    this.registry = registry;
  }

  // ---- asking

  String ofSubject(Call call) {
    String subject = Subject.normal(call.part(2));
    return shown(call, registry.associationsOf(subject, filter(call)));
  }

  String ofResource(Call call) {
    return shown(call, registry.associationsOfResource(call.part(2), filter(call)));
  }

  String ofName(Call call) {
    return shown(call, registry.associationsNamed(call.part(3), call.part(2), filter(call)));
  }

  private static String shown(Call call, List<Association> found) {
    return Answers.associations(call.page(found, COUNT_MAX));
  }

  private static AssociationFilter filter(Call call) {
    String lifecycle = call.query().get("lifecycle");
    return new AssociationFilter(
        resourceType(call),
        call.query().getAll("associationType"),
        lifecycle == null ? null : Call.constant(Lifecycle.class, lifecycle));
  }

  private static String resourceType(Call call) {
    String type = call.text("resourceType", "");
    return type.isEmpty() ? Association.TOPIC : type;
  }

  // ---- changing

  String create(Call call) {
    return associate(call, Manner.CREATE, null);
  }

  String put(Call call) {
    return associate(call, Manner.UPSERT, call.part(2));
  }

  private String associate(Call call, Manner manner, @Nullable String resourceId) {
    AssociationRequest request =
        Bodies.association(call.requiredBody(), manner, resourceId, call.flag("dryRun"));
    return shown(registry.associate(context(call), request));
  }

  private static String context(Call call) {
    return call.text("context", "");
  }

  private static String shown(AssociationOutcome outcome) {
    var resource = outcome.resource();
    return Answers.resource(
        resource.name(),
        resource.namespace(),
        resource.id(),
        resource.type(),
        outcome.associations(),
        outcome.schemas());
  }

  @Nullable String delete(Call call) {
    var which =
        new AssociationFilter(resourceType(call), call.query().getAll("associationType"), null);
    registry.dissociate(call.part(2), which, call.flag("cascadeLifecycle"), call.flag("dryRun"));
    return null;
  }

  // ---- many at once: what is wrong with one is that one's result

  String get(Call call) {
    boolean withSchemas = call.flag("includeSchemas");
    List<Bodies.AssociationQuery> queries =
        Bodies.requests(call.requiredBody()).stream().map(Bodies::associationQuery).toList();
    return Answers.results(queries.stream().map(query -> result(query, withSchemas)).toList());
  }

  private String result(Bodies.AssociationQuery query, boolean withSchemas) {
    String id = query.resourceId();
    String name = query.resourceName();
    String namespace = query.resourceNamespace();
    boolean hasId = id != null && !id.isEmpty();
    if (!hasId && (name == null || name.isEmpty())) {
      return refused("resourceId", "either resourceId or resourceName must be specified");
    }
    if (name != null && !name.isEmpty() && (namespace == null || namespace.isEmpty())) {
      return refused(
          "resourceNamespace", "resourceNamespace is required when resourceName is specified");
    }
    List<Association> found =
        id != null && !id.isEmpty()
            ? registry.associationsOfResource(id, query.filter())
            : registry.associationsNamed(
                Objects.requireNonNullElse(name, ""),
                Objects.requireNonNullElse(namespace, ""),
                query.filter());
    if (!found.isEmpty()) {
      Association first = found.getFirst();
      name = name == null ? first.resourceName() : name;
      namespace = namespace == null ? first.resourceNamespace() : namespace;
      id = id == null ? first.resourceId() : id;
    }
    for (Association association : found) {
      if (!association.resourceName().equals(name)
          || !association.resourceNamespace().equals(namespace)
          || !association.resourceId().equals(id)) {
        return failed(
            "All associations must have the same resourceName, resourceNamespace, resourceId,"
                + " and resourceType.");
      }
    }
    return Answers.result(
        Answers.resource(
            name, namespace, id, query.resourceType(), found, latest(found, withSchemas)));
  }

  private static String refused(String property, String detail) {
    return failed("property: " + property + "; detail: " + detail);
  }

  private static String failed(String message) {
    return Answers.resultOfError(OTHER, "Error while getting associations: " + message);
  }

  private Map<String, StoredSchema> latest(List<Association> associations, boolean withSchemas) {
    Map<String, StoredSchema> schemas = new HashMap<>();
    if (!withSchemas) return schemas;
    for (Association association : associations) {
      registry
          .find(association.subject(), Registry.LATEST, false)
          .ifPresent(schema -> schemas.put(association.type(), schema));
    }
    return schemas;
  }

  String mutate(Call call) {
    boolean isDryRun = call.flag("dryRun");
    // Whatever can't be understood is found before anything is done.
    List<Supplier<String>> parts = new ArrayList<>();
    for (JsonNode request : Bodies.requests(call.requiredBody())) {
      parts.add(part(call, request, isDryRun));
    }
    return Answers.results(parts.stream().map(Supplier::get).toList());
  }

  private Supplier<String> part(Call call, JsonNode request, boolean isDryRun) {
    AssociationOp.Batch batch;
    try {
      batch = Bodies.associationOps(request, isDryRun);
    } catch (RegistryException e) {
      return () -> error(e);
    }
    return () -> {
      try {
        return Answers.result(shown(registry.associate(context(call), batch)));
      } catch (RegistryException e) {
        return error(e);
      }
    };
  }

  private static String error(RegistryException refused) {
    String message = String.valueOf(refused.getMessage());
    return switch (refused.kind()) {
      case INVALID_ASSOCIATION,
          RESOURCE_ASSOCIATED,
          SUBJECT_ASSOCIATED,
          SUBJECT_OWNED,
          NO_LIVE_VERSION,
          ASSOCIATION_FROZEN,
          REFERENCE_EXISTS,
          TOO_LARGE,
          INCOMPATIBLE ->
          Answers.resultOfError(refused.kind().code(), message);
      case INVALID_SCHEMA -> Answers.resultOfError(Kind.INVALID_ASSOCIATION.code(), message);
      default -> Answers.resultOfError(OTHER, "Error while creating association: " + message);
    };
  }

  // ---- as a filter of schemas

  /**
   * Whose subject's uses are asked for.
   *
   * @param isAsked none of it: whatever is there counts, and isn't shown
   * @param lifecycles that count; empty: both
   * @param takesUnused also a subject without any
   */
  record Wanted(
      boolean isAsked, AssociationFilter filter, List<Lifecycle> lifecycles, boolean takesUnused) {
    private static final String NONE = "NONE";

    static Wanted of(Call call) {
      List<String> types = call.query().getAll("associationType");
      List<String> lifecycles = call.query().getAll("lifecycle");
      String resourceType = call.query().get("resourceType");
      boolean isAsked = resourceType != null || !types.isEmpty() || !lifecycles.isEmpty();
      return new Wanted(
          isAsked,
          new AssociationFilter(resourceType, types, null),
          lifecycles.stream()
              .filter(name -> !name.equals(NONE))
              .map(name -> Call.constant(Lifecycle.class, name))
              .toList(),
          lifecycles.contains(NONE));
    }

    boolean takes(List<Association> associations) {
      if (!isAsked) return true;
      return associations.isEmpty() ? takesUnused : !shown(associations).isEmpty();
    }

    List<Association> shown(List<Association> associations) {
      if (lifecycles.isEmpty()) return takesUnused ? List.of() : associations;
      return associations.stream()
          .filter(association -> lifecycles.contains(association.lifecycle()))
          .toList();
    }
  }
}

package oxbow.schema.http;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.QueryParams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.Mode;
import oxbow.schema.RegistryException;
import oxbow.schema.SchemaPart;
import oxbow.schema.SchemaReference;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;
import oxbow.schema.SubjectConfig;
import oxbow.schema.http.Answers.Shown;
import oxbow.schema.record.JsonObject;
import oxbow.schema.registry.Registry;
import oxbow.schema.registry.Registry.Filter;
import oxbow.schema.registry.SchemaRequest;

/** The paths, and what is answered at each. No state. */
final class Endpoints {
  /** As many schemas as one answer has at most. */
  private static final int SCHEMAS_MAX = 1_000;

  /** Methods of a path that has been found, by name; the answer is JSON, null: nothing. */
  private static final class Methods {
    private final Map<HttpMethod, Function<Call, @Nullable String>> handlers = new HashMap<>();
    private boolean isQuick;
    private HttpStatus status = HttpStatus.OK;

    static Methods get(Function<Call, @Nullable String> handler) {
      return new Methods().and(HttpMethod.GET, handler);
    }

    static Methods post(Function<Call, @Nullable String> handler) {
      return new Methods().and(HttpMethod.POST, handler);
    }

    Methods and(HttpMethod method, Function<Call, @Nullable String> handler) {
      handlers.put(method, handler);
      return this;
    }

    /** Getting takes no longer than finding something in memory. */
    Methods quick() {
      isQuick = true;
      return this;
    }

    /** An answer may hold errors beside results. */
    Methods answeringPartByPart() {
      status = HttpStatus.MULTI_STATUS;
      return this;
    }
  }

  private final Registry registry;
  private final ServerFacts facts;
  private final RegistryMeters meters;
  private final AssociationEndpoints associations;

  Endpoints(Registry registry, ServerFacts facts, RegistryMeters meters) {
    this.registry = registry;
    this.facts = facts;
    this.meters = meters;
    this.associations = new AssociationEndpoints(registry);
  }

  /**
   * What answers a call.
   *
   * @param isQuick it may run where nothing may wait
   * @param status of an answer
   */
  record Handler(Function<Call, @Nullable String> answer, boolean isQuick, HttpStatus status) {}

  /** Throws 404 where there is no such path, 405 where it has no such method. */
  Handler handler(HttpMethod method, List<String> path, QueryParams query) {
    Methods methods = methods(path);
    boolean isHead = method == HttpMethod.HEAD;
    Function<Call, @Nullable String> handler =
        methods.handlers.get(isHead ? HttpMethod.GET : method);
    if (handler == null) throw HttpError.of(HttpStatus.METHOD_NOT_ALLOWED);
    boolean isPlain = query.get("format", "").isEmpty() && query.getAll("findTags").isEmpty();
    boolean isGet = isHead || method == HttpMethod.GET;
    return new Handler(handler, methods.isQuick && isGet && isPlain, methods.status);
  }

  private Methods methods(List<String> path) {
    if (path.isEmpty()) return Methods.get(_ -> "{}").and(HttpMethod.POST, _ -> "{}").quick();
    List<String> rest = path.subList(1, path.size());
    return switch (path.getFirst()) {
      case "subjects" -> subjects(rest);
      case "schemas" -> schemas(rest);
      case "compatibility" -> compatibility(rest);
      case "config" -> config(rest);
      case "mode" -> mode(rest);
      case "contexts" -> contexts(rest);
      case "associations" -> associations(rest);
      case "associations:batchGet" -> batch(rest, associations::get);
      case "associations:batchMutate" -> batch(rest, associations::mutate);
      case "v1" -> metadata(rest);
      default -> throw HttpError.notFound();
    };
  }

  // ---- /subjects

  private Methods subjects(List<String> rest) {
    return switch (rest.size()) {
      case 0 -> Methods.get(this::listSubjects);
      case 1 -> Methods.post(this::lookUp).and(HttpMethod.DELETE, this::deleteSubject);
      case 2 ->
          switch (rest.get(1)) {
            case "versions" ->
                Methods.get(this::listVersions).and(HttpMethod.POST, this::register).quick();
            case "metadata" -> Methods.get(this::latestWithMetadata);
            default -> throw HttpError.notFound();
          };
      case 3 -> {
        require(rest, 1, "versions");
        yield Methods.get(this::version).and(HttpMethod.DELETE, this::deleteVersion).quick();
      }
      case 4 -> {
        require(rest, 1, "versions");
        yield switch (rest.get(3)) {
          case "schema" -> Methods.get(this::versionText).quick();
          case "referencedby" -> Methods.get(this::referencedBy);
          case "tags" -> Methods.post(this::tag);
          default -> throw HttpError.notFound();
        };
      }
      default -> throw HttpError.notFound();
    };
  }

  private static void require(List<String> rest, int index, String part) {
    if (!rest.get(index).equals(part)) throw HttpError.notFound();
  }

  private String listSubjects(Call call) {
    Filter filter = call.flag("deletedOnly") ? Filter.DELETED : call.filter();
    List<String> names = registry.subjects(call.text("subjectPrefix", Subject.ANY_CONTEXT), filter);
    return Answers.texts(call.page(names, Integer.MAX_VALUE));
  }

  private String lookUp(Call call) {
    meters.lookUp();
    String subject = call.part(1);
    SchemaRequest request = Bodies.schema(call.requiredBody());
    boolean withDeleted = call.flag("deleted");
    StoredSchema found =
        registry
            .find(subject, request, call.flag("normalize"), withDeleted)
            .orElseThrow(() -> absent(subject, withDeleted));
    return Answers.version(shown(found, call));
  }

  private RegistryException absent(String subject, boolean withDeleted) {
    return registry.hasSubjects(subject, withDeleted ? Filter.ALL : Filter.LIVE)
        ? RegistryException.schemaNotFound()
        : RegistryException.subjectNotFound(subject);
  }

  private String deleteSubject(Call call) {
    return Answers.numbers(
        call.flag("permanent")
            ? registry.deleteSubjectForGood(call.part(1))
            : registry.deleteSubject(call.part(1)));
  }

  private String latestWithMetadata(Call call) {
    List<String> names = call.query().getAll("key");
    List<String> values = call.query().getAll("value");
    Map<String, String> wanted = new HashMap<>();
    for (int i = 0; i < Math.min(names.size(), values.size()); i++) {
      wanted.put(names.get(i), values.get(i));
    }
    boolean withDeleted = call.flag("deleted");
    StoredSchema found =
        registry
            .latestWith(call.part(1), wanted, withDeleted)
            .orElseThrow(() -> absent(call.part(1), withDeleted));
    return Answers.version(shown(found, call));
  }

  private String listVersions(Call call) {
    String subject = call.part(1);
    boolean isAskedForDeleted = call.flag("deleted") || call.flag("deletedOnly");
    if (!registry.hasSubjects(subject, isAskedForDeleted ? Filter.ALL : Filter.LIVE)) {
      throw RegistryException.subjectNotFound(subject);
    }
    boolean isSigned = call.flag("deletedAsNegative");
    Filter filter =
        isSigned ? Filter.ALL : call.flag("deletedOnly") ? Filter.DELETED : call.filter();
    List<Integer> versions =
        registry.versions(subject, filter).stream()
            .map(schema -> isSigned && schema.isDeleted() ? -schema.version() : schema.version())
            .toList();
    return Answers.numbers(call.page(versions, Integer.MAX_VALUE));
  }

  private String register(Call call) {
    SchemaRequest request = Bodies.schema(call.requiredBody());
    StoredSchema registered =
        registry.register(call.part(1), request, call.flag("normalize"), call.flag("force"));
    meters.registration();
    return Answers.registered(shown(registered, call));
  }

  private StoredSchema found(Call call, boolean withDeleted) {
    String subject = call.part(1);
    int version = call.version(3);
    return registry
        .findInContexts(subject, version, withDeleted)
        .orElseThrow(() ->
            registry.hasSubjects(subject, withDeleted ? Filter.ALL : Filter.LIVE)
                ? RegistryException.versionNotFound(version)
                : RegistryException.subjectNotFound(subject));
  }

  private String version(Call call) {
    return Answers.version(shown(found(call, call.flag("deleted")), call));
  }

  private String versionText(Call call) {
    return shown(found(call, call.flag("deleted")), call).text();
  }

  private String referencedBy(Call call) {
    List<Integer> ids = registry.referrers(found(call, true), call.filter());
    return Answers.numbers(call.page(ids, SCHEMAS_MAX));
  }

  private String deleteVersion(Call call) {
    String subject = call.part(1);
    int version = call.version(3);
    return Integer.toString(
        call.flag("permanent")
            ? registry.deleteVersionForGood(subject, version)
            : registry.deleteVersion(subject, version));
  }

  private String tag(Call call) {
    if (!Subject.of(call.part(1)).isValid()) {
      throw RegistryException.invalidSubject(call.part(1));
    }
    var request = Bodies.tagRequest(call.requiredBody());
    return Answers.registered(Shown.of(registry.tag(found(call, false), request)));
  }

  // ---- how a schema is shown

  private Shown shown(StoredSchema schema, Call call) {
    String form = call.text("format", "").strip();
    List<String> tags = call.query().getAll("findTags");
    List<SchemaReference> references = schema.content().references();
    if (call.text("referenceFormat", "").equals("qualified")) {
      Subject subject = Subject.of(schema.subject());
      references =
          references.stream()
              .map(reference ->
                  new SchemaReference(
                      reference.name(),
                      Subject.of(reference.subject()).within(subject).qualified(),
                      reference.version()))
              .toList();
    }
    String text =
        form.isEmpty() ? schema.content().text() : registry.parsed(schema).formatted(form);
    return new Shown(schema, text, references, tags.isEmpty() ? null : tagged(schema, tags));
  }

  private SortedMap<SchemaPart, SortedSet<String>> tagged(
      StoredSchema schema, List<String> wanted) {
    SortedMap<SchemaPart, SortedSet<String>> found = new TreeMap<>();
    registry
        .parsed(schema)
        .tags()
        .forEach((part, tags) -> {
          if (wanted.contains("*") || tags.stream().anyMatch(wanted::contains)) {
            found.put(part, new TreeSet<>(tags));
          }
        });
    return found;
  }

  // ---- /schemas

  private Methods schemas(List<String> rest) {
    if (rest.isEmpty()) return Methods.get(this::listSchemas);
    String kind = rest.getFirst();
    String detail = rest.size() == 3 ? rest.get(2) : "";
    if (rest.size() == 1 && kind.equals("types")) {
      return Methods.get(_ -> Answers.texts(types())).quick();
    }
    if (rest.size() < 2 || rest.size() > 3) throw HttpError.notFound();
    return switch (kind + "/" + detail) {
      case "ids/" -> Methods.get(this::byId).quick();
      case "ids/schema" -> Methods.get(this::textById).quick();
      case "ids/subjects" -> Methods.get(this::subjectsOfId);
      case "ids/versions" -> Methods.get(this::versionsOfId);
      case "guids/" -> Methods.get(this::byGuid).quick();
      case "guids/ids" -> Methods.get(this::idsOfGuid).quick();
      default -> throw HttpError.notFound();
    };
  }

  /** In the order Confluent's server has them. */
  private List<String> types() {
    return registry.types().stream().map(Enum::name).sorted(Endpoints::byRegistrysOrder).toList();
  }

  private static int byRegistrysOrder(String one, String other) {
    List<String> order = List.of("JSON", "PROTOBUF", "AVRO");
    return Integer.compare(order.indexOf(one), order.indexOf(other));
  }

  private String listSchemas(Call call) {
    String prefix = call.text("subjectPrefix", "");
    String ruleType = call.text("ruleType", "");
    Filter filter = call.filter();
    boolean latestOnly = call.flag("latestOnly");
    Map<String, List<String>> aliases = call.flag("aliases") ? registry.aliases(prefix) : Map.of();
    var schemas = new TreeSet<>(registry.schemas(prefix, filter, latestOnly));
    for (String subject : aliases.keySet()) {
      List<StoredSchema> versions = registry.versions(subject, filter);
      schemas.addAll(latestOnly && !versions.isEmpty() ? List.of(versions.getLast()) : versions);
    }
    var uses = AssociationEndpoints.Wanted.of(call);
    List<StoredSchema> wanted = new ArrayList<>();
    for (StoredSchema schema : schemas) {
      var rules = schema.content().ruleSet();
      boolean hasRules = ruleType.isEmpty() || (rules != null && rules.hasRuleOfType(ruleType));
      if (hasRules && uses.takes(associations(schema, uses))) wanted.add(schema);
    }
    return Answers.list(
        call.page(wanted, SCHEMAS_MAX).stream()
            .map(schema ->
                Answers.version(
                    Shown.of(schema),
                    aliases.getOrDefault(schema.subject(), List.of()),
                    uses.shown(associations(schema, uses))))
            .toList());
  }

  private List<Association> associations(StoredSchema schema, AssociationEndpoints.Wanted wanted) {
    return wanted.isAsked()
        ? registry.associationsOf(schema.subject(), wanted.filter())
        : List.of();
  }

  private StoredSchema foundById(Call call) {
    meters.lookUp();
    int id = Call.parsed(call.part(2));
    return registry
        .byId(id, call.query().get("subject"))
        .orElseThrow(() -> RegistryException.schemaNotFound(id));
  }

  private String byId(Call call) {
    StoredSchema found = foundById(call);
    Integer maxId =
        call.flag("fetchMaxId")
            ? (Integer) registry.maxId(Subject.of(found.subject()).context())
            : null;
    return Answers.byId(shown(found, call), call.query().contains("subject"), maxId);
  }

  private String textById(Call call) {
    return shown(foundById(call), call).text();
  }

  private List<StoredSchema> usesOfId(Call call) {
    return registry
        .uses(Call.parsed(call.part(2)), call.query().get("subject"), call.filter())
        .orElseThrow(RegistryException::schemaNotFound);
  }

  private String subjectsOfId(Call call) {
    List<String> subjects = usesOfId(call).stream().map(StoredSchema::subject).distinct().toList();
    return Answers.texts(call.page(subjects, Integer.MAX_VALUE));
  }

  private String versionsOfId(Call call) {
    return Answers.subjectVersions(call.page(usesOfId(call), Integer.MAX_VALUE));
  }

  private String byGuid(Call call) {
    meters.lookUp();
    StoredSchema found =
        guid(call.part(2))
            .flatMap(registry::storedByGuid)
            .orElseThrow(() -> RegistryException.schemaNotFound(call.part(2)));
    return Answers.byId(shown(found, call), false, null);
  }

  private String idsOfGuid(Call call) {
    return Answers.ids(guid(call.part(2)).map(registry::ids).orElse(List.of()));
  }

  /** With dashes or without. */
  private static Optional<UUID> guid(String text) {
    String dashed =
        text.matches("[0-9a-fA-F]{32}")
            ? text.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5")
            : text;
    try {
      return Optional.of(UUID.fromString(dashed));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  // ---- /compatibility

  private Methods compatibility(List<String> rest) {
    if (rest.size() < 3 || rest.size() > 4) throw HttpError.notFound();
    require(rest, 0, "subjects");
    require(rest, 2, "versions");
    return Methods.post(this::check);
  }

  private String check(Call call) {
    boolean isVerbose = call.flag("verbose");
    String subject = call.part(2);
    boolean hasVersion = call.path().size() == 5;
    int version = hasVersion ? call.version(4) : Registry.LATEST;
    SchemaRequest request = Bodies.schema(call.requiredBody());
    boolean normalizes = call.flag("normalize");
    List<String> messages;
    try {
      messages =
          hasVersion
              ? registry.check(subject, version, request, normalizes)
              : registry.check(subject, request, normalizes);
    } catch (RegistryException e) {
      if (!isVerbose || e.kind() != RegistryException.Kind.INVALID_SCHEMA) throw e;
      messages = List.of(String.valueOf(e.getMessage()));
    }
    return Answers.compatible(messages, isVerbose);
  }

  // ---- /config and /mode

  private Methods config(List<String> rest) {
    if (rest.size() > 1) throw HttpError.notFound();
    return Methods.get(this::getConfig)
        .and(HttpMethod.PUT, this::putConfig)
        .and(HttpMethod.DELETE, this::deleteConfig)
        .quick();
  }

  private Methods mode(List<String> rest) {
    if (rest.size() > 1) throw HttpError.notFound();
    return Methods.get(this::getMode)
        .and(HttpMethod.PUT, this::putMode)
        .and(HttpMethod.DELETE, this::deleteMode)
        .quick();
  }

  /** Null where all are meant: without a subject, and in the default context. */
  private static @Nullable String settingsOf(Call call) {
    if (call.path().size() == 1) return null;
    String subject = Subject.normal(call.part(1));
    return subject.isEmpty() ? null : subject;
  }

  private static void checkSubject(@Nullable String subject) {
    if (subject != null && !Subject.of(subject).isValidForSettings()) {
      throw RegistryException.invalidSubject(subject);
    }
  }

  private String getConfig(Call call) {
    String subject = settingsOf(call);
    SubjectConfig config =
        call.flag("defaultToGlobal")
            ? registry.configInScope(subject)
            : registry
                .config(subject)
                .orElseThrow(() -> RegistryException.configNotSet(String.valueOf(subject)));
    return Answers.config("compatibilityLevel", config);
  }

  private String putConfig(Call call) {
    String subject = settingsOf(call);
    var change = Bodies.configChange(call.requiredBody());
    checkSubject(subject);
    return Answers.config("compatibility", registry.changeConfig(subject, change));
  }

  private String deleteConfig(Call call) {
    return Answers.config("compatibilityLevel", registry.deleteConfig(settingsOf(call)));
  }

  private String getMode(Call call) {
    String subject = settingsOf(call);
    return Answers.mode(
        call.flag("defaultToGlobal")
            ? registry.modeInScope(subject)
            : registry
                .mode(subject)
                .orElseThrow(() -> RegistryException.modeNotSet(String.valueOf(subject))));
  }

  private String putMode(Call call) {
    String subject = settingsOf(call);
    checkSubject(subject);
    Mode mode = Bodies.mode(call.requiredBody()).orElse(null);
    registry.setMode(subject, mode, call.flag("force"));
    return Answers.mode(mode);
  }

  private String deleteMode(Call call) {
    return Answers.mode(registry.deleteMode(settingsOf(call), call.flag("recursive")).orElse(null));
  }

  // ---- /associations

  private Methods associations(List<String> rest) {
    if (rest.isEmpty()) return Methods.post(associations::create);
    return switch (rest.getFirst() + "/" + rest.size()) {
      case "subjects/2" -> Methods.get(associations::ofSubject).quick();
      case "resources/2" ->
          Methods.get(associations::ofResource)
              .and(HttpMethod.PUT, associations::put)
              .and(HttpMethod.DELETE, associations::delete)
              .quick();
      case "resources/3" -> Methods.get(associations::ofName);
      default -> throw HttpError.notFound();
    };
  }

  private static Methods batch(List<String> rest, Function<Call, @Nullable String> handler) {
    if (!rest.isEmpty()) throw HttpError.notFound();
    return Methods.post(handler).answeringPartByPart();
  }

  // ---- /contexts and /v1/metadata

  private Methods contexts(List<String> rest) {
    if (rest.size() > 1) throw HttpError.notFound();
    if (rest.size() == 1) return new Methods().and(HttpMethod.DELETE, this::deleteContext);
    return Methods.get(this::listContexts).quick();
  }

  private String listContexts(Call call) {
    String prefix = call.text("contextPrefix", "");
    List<String> names =
        registry.contexts().stream().filter(name -> name.startsWith(prefix)).toList();
    return Answers.texts(call.page(names, Integer.MAX_VALUE));
  }

  private @Nullable String deleteContext(Call call) {
    registry.deleteContext(call.part(1));
    return null;
  }

  private Methods metadata(List<String> rest) {
    if (rest.size() != 2 || !rest.getFirst().equals("metadata")) throw HttpError.notFound();
    return switch (rest.get(1)) {
      case "id" -> Methods.get(_ -> Answers.scope(facts.clusterId().get())).quick();
      case "version" ->
          Methods.get(_ ->
                  JsonObject.begin()
                      .text("version", facts.version())
                      .text("commitId", facts.commit())
                      .end())
              .quick();
      case "deployment" -> Methods.get(_ -> "{\"attributes\":[]}").quick();
      default -> throw HttpError.notFound();
    };
  }
}

package oxbow.schema.registry;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.schema.Association;
import oxbow.schema.Mode;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.RegistryException;
import oxbow.schema.SchemaFormat;
import oxbow.schema.SchemaStore;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.SchemaType;
import oxbow.schema.Schemas;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;
import oxbow.schema.SubjectConfig;

/**
 * Schemas, the subjects they are versions of, and what may follow what: behaves as Confluent's
 * registry does, rule by rule.
 *
 * <p>Questions are answered from memory on any thread. Commands wait until their record is durable
 * and applied: whoever was answered finds the change from then on, here and after a crash. Both
 * throw {@link RegistryException}. Subjects are given by qualified names.
 */
public final class Registry implements Schemas, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Registry.class);

  /** Stands for a version: the newest one. */
  public static final int LATEST = Parsing.LATEST;

  /** Stands for a resource's name or namespace: any. */
  public static final String ANY_RESOURCE = "-";

  /** Which versions are asked for. */
  public enum Filter {
    LIVE,
    ALL,
    DELETED;

    boolean takes(boolean isDeleted) {
      return switch (this) {
        case LIVE -> !isDeleted;
        case ALL -> true;
        case DELETED -> isDeleted;
      };
    }
  }

  /** An id is a context's own. */
  public record ContextId(String context, int id) {}

  private final SchemaStore store;
  private final InstantSource clock;
  private final RegistryState state = new RegistryState();
  private final Settings settings;
  private final Parsing parsing;
  private final Registering registering;
  private final Deleting deleting;
  private final Changing changing;
  private final Associating associating;
  private volatile @Nullable Duration loadTime;

  public Registry(
      SchemaStore store,
      List<? extends SchemaFormat> formats,
      RegistryConfig config,
      InstantSource clock) {
    this.store = store;
    this.clock = clock;
    this.settings = new Settings(state, config.level());
    this.parsing = new Parsing(state, List.copyOf(formats), config.parsedBytes());
    var journal = new Journal(store, config.patience());
    this.registering =
        new Registering(state, settings, parsing, new Compatibility(parsing), journal);
    this.deleting = new Deleting(state, settings, journal);
    this.changing = new Changing(state, settings, journal);
    this.associating =
        new Associating(state, settings, registering, deleting, journal, UUID::randomUUID);
  }

  /** Reads what is there; completes when all was read. Called once. */
  public CompletionStage<Void> open() {
    Instant begin = clock.instant();
    return store
        .open(this::apply)
        .thenRun(() -> {
          Duration took = Duration.between(begin, clock.instant());
          loadTime = took;
          log.atInfo()
              .addKeyValue("schemas", state.schemaCount())
              .addKeyValue("subjects", state.subjectCount())
              .addKeyValue("passedOver", state.passedOver())
              .addKeyValue("ms", took.toMillis())
              .log("schema registry loaded");
        });
  }

  private void apply(long offset, long timestampMs, Entry entry) {
    state.apply(offset, timestampMs, entry);
  }

  @Override
  public void close() {
    store.close();
  }

  // ---- facts for operators

  public boolean isLoaded() {
    return loadTime != null;
  }

  /** How long reading everything took, if it has ended. */
  public Optional<Duration> loadTime() {
    return Optional.ofNullable(loadTime);
  }

  /** Why the store can't be read now; what was read is served all the same. */
  public Optional<String> trouble() {
    return store.trouble();
  }

  public int schemaCount() {
    return state.schemaCount();
  }

  public int subjectCount() {
    return state.subjectCount();
  }

  /** Records that meant nothing here. */
  public long passedOver() {
    return state.passedOver();
  }

  // ---- for the other modules

  @Override
  public Optional<ParsedSchema> byId(int id) {
    return state.uses(Subject.DEFAULT_CONTEXT, id).stream().findFirst().map(parsing::parse);
  }

  @Override
  public Optional<ParsedSchema> byGuid(UUID guid) {
    return storedByGuid(guid).map(parsing::parse);
  }

  @Override
  public OptionalInt idOf(UUID guid) {
    return state
        .id(Subject.DEFAULT_CONTEXT, guid)
        .map(OptionalInt::of)
        .orElseGet(OptionalInt::empty);
  }

  @Override
  public List<RegisteredSchema> versions(String subject) {
    return state.versions(subject).stream().map(StoredSchema::registered).toList();
  }

  @Override
  public boolean isRegistered(String subject, int id) {
    String context = Subject.of(subject).context();
    return state.uses(context, id, subject).stream().anyMatch(schema -> !schema.isDeleted());
  }

  @Override
  public boolean isRegistered(String subject, UUID guid) {
    return state.versions(subject).stream()
        .anyMatch(schema -> !schema.isDeleted() && schema.content().guid().equals(guid));
  }

  @Override
  public long revision() {
    return state.revision();
  }

  // ---- schemas

  /** The languages that can be registered. */
  public Set<SchemaType> types() {
    return parsing.types();
  }

  public ParsedSchema parsed(StoredSchema schema) {
    return parsing.parse(schema);
  }

  /**
   * The version of a subject, {@link #LATEST} of those that aren't deleted. A version whose record
   * is damaged is an error, not the absence of one.
   *
   * @param withDeleted also a softly deleted one
   */
  public Optional<StoredSchema> find(String subject, int version, boolean withDeleted) {
    if (version == LATEST) return state.latest(subject);
    Optional<StoredSchema> found = state.find(subject, version);
    if (found.isEmpty() && state.isDamaged(subject, version)) {
      throw new RegistryException(
          RegistryException.Kind.STORE,
          "Version %d of subject '%s' can't be read: its record is damaged"
              .formatted(version, subject));
    }
    return found.filter(schema -> withDeleted || !schema.isDeleted());
  }

  /** The same; a subject of the default context that isn't there is looked for in the others. */
  public Optional<StoredSchema> findInContexts(String subject, int version, boolean withDeleted) {
    Optional<StoredSchema> found = find(subject, version, withDeleted);
    Subject named = Subject.of(subject);
    if (found.isPresent() || !named.isInDefaultContext()) return found;
    for (String context : state.contextNames()) {
      found = find(new Subject(context, named.name()).qualified(), version, withDeleted);
      if (found.isPresent()) return found;
    }
    return found;
  }

  /**
   * A version with an id.
   *
   * @param subject null or a context: whichever subject's; an unqualified one that doesn't use the
   *     id is looked for in the other contexts
   */
  public Optional<StoredSchema> byId(int id, @Nullable String subject) {
    Subject named = Subject.of(subject == null ? "" : subject);
    if (named.isContext()) return state.uses(named.context(), id).stream().findFirst();
    Optional<StoredSchema> own = last(state.uses(named.context(), id, named.qualified()));
    if (own.isPresent() || !named.isInDefaultContext()) return own;
    for (String context : state.contextNames()) {
      Optional<StoredSchema> other =
          last(state.uses(context, id, new Subject(context, named.name()).qualified()));
      if (other.isPresent()) return other;
    }
    return state.uses(Subject.DEFAULT_CONTEXT, id).stream().findFirst();
  }

  private static Optional<StoredSchema> last(Collection<StoredSchema> schemas) {
    return schemas.stream().reduce((_, later) -> later);
  }

  /** The largest id that was given in a context so far. */
  public int maxId(String context) {
    return state.maxId(context);
  }

  /** All versions with the id that {@link #byId(int, String)} finds, by subject; empty: no id. */
  public Optional<List<StoredSchema>> uses(int id, @Nullable String subject, Filter filter) {
    return byId(id, subject)
        .map(found ->
            state.uses(Subject.of(found.subject()).context(), id).stream()
                .filter(schema -> filter.takes(schema.isDeleted()))
                .toList());
  }

  /** A version with this content, in whatever context. */
  public Optional<StoredSchema> storedByGuid(UUID guid) {
    if (!state.hasContent(guid)) return Optional.empty();
    for (String context : state.contextsWithIds()) {
      Optional<StoredSchema> found =
          state
              .id(context, guid)
              .flatMap(id ->
                  state.uses(context, id).stream()
                      .filter(use -> use.content().guid().equals(guid))
                      .findFirst());
      if (found.isPresent()) return found;
    }
    return Optional.empty();
  }

  /** What id a content has in each context. */
  public List<ContextId> ids(UUID guid) {
    List<ContextId> ids = new ArrayList<>();
    for (String context : state.contextsWithIds()) {
      state.id(context, guid).ifPresent(id -> ids.add(new ContextId(context, id)));
    }
    return ids;
  }

  /** Ids of schemas that refer to a version. */
  public List<Integer> referrers(StoredSchema schema, Filter filter) {
    var ids = new TreeSet<Integer>();
    for (StoredSchema referrer : state.referrers(schema.subject(), schema.version())) {
      if (filter.takes(referrer.isDeleted())) ids.add(referrer.id());
    }
    return List.copyOf(ids);
  }

  /** The newest version whose metadata has all these properties. */
  public Optional<StoredSchema> latestWith(
      String subject, Map<String, String> properties, boolean withDeleted) {
    return state.versionsDescending(subject).stream()
        .filter(schema -> withDeleted || !schema.isDeleted())
        .filter(schema ->
            schema.content().metadata() != null
                && schema
                    .content()
                    .metadata()
                    .properties()
                    .entrySet()
                    .containsAll(properties.entrySet()))
        .findFirst();
  }

  // ---- subjects and contexts

  /** Whether there is such a subject, or in a context any. */
  public boolean hasSubjects(String subject, Filter filter) {
    return state.matching(subject).values().stream()
        .flatMap(versions -> versions.values().stream())
        .anyMatch(schema -> filter.takes(schema.isDeleted()));
  }

  public List<StoredSchema> versions(String subject, Filter filter) {
    return state.versions(subject).stream()
        .filter(schema -> filter.takes(schema.isDeleted()))
        .toList();
  }

  /**
   * Names of subjects, in order.
   *
   * @param prefix of the qualified name; {@link Subject#ANY_CONTEXT} before it: in all contexts,
   *     {@code :.:} or nothing: in the default one
   */
  public List<String> subjects(String prefix, Filter filter) {
    List<String> names = new ArrayList<>();
    withPrefix(prefix)
        .forEach((name, versions) -> {
          boolean isLive = versions.values().stream().anyMatch(schema -> !schema.isDeleted());
          if (!versions.isEmpty() && filter.takes(!isLive)) names.add(name);
        });
    return names;
  }

  /** Versions of the subjects that {@link #subjects} names, by subject and version. */
  public List<StoredSchema> schemas(String prefix, Filter filter, boolean latestOnly) {
    List<StoredSchema> found = new ArrayList<>();
    for (NavigableMap<Integer, StoredSchema> versions : withPrefix(prefix).values()) {
      if (latestOnly) {
        versions.descendingMap().values().stream()
            .filter(schema -> filter.takes(schema.isDeleted()))
            .findFirst()
            .ifPresent(found::add);
      } else {
        versions.values().stream()
            .filter(schema -> filter.takes(schema.isDeleted()))
            .forEach(found::add);
      }
    }
    return found;
  }

  private NavigableMap<String, ? extends NavigableMap<Integer, StoredSchema>> withPrefix(
      String prefix) {
    if (prefix.equals(Subject.ANY_CONTEXT)) return state.withPrefix("");
    Subject named = Subject.of(prefix);
    if (named.context().equals("*")) {
      var found = new TreeMap<String, NavigableMap<Integer, StoredSchema>>();
      found.putAll(unqualified(named.name()));
      for (String context : state.contextNames()) {
        found.putAll(state.withPrefix(new Subject(context, named.name()).qualified()));
      }
      return found;
    }
    return named.isInDefaultContext()
        ? unqualified(named.name())
        : state.withPrefix(named.qualified());
  }

  /** An empty prefix and one with a colon would find qualified names too. */
  private NavigableMap<String, NavigableMap<Integer, StoredSchema>> unqualified(String prefix) {
    var found = new TreeMap<String, NavigableMap<Integer, StoredSchema>>();
    state
        .withPrefix(prefix)
        .forEach((name, versions) -> {
          if (!Subject.isQualified(name)) found.put(name, versions);
        });
    return found;
  }

  /** All contexts by name, the default one first. */
  public List<String> contexts() {
    List<String> names = new ArrayList<>();
    names.add(Subject.DEFAULT_CONTEXT);
    names.addAll(state.contextNames());
    return names;
  }

  // ---- configs and modes

  /** What was set for a subject or a context; null: for all, which have a level always. */
  public Optional<SubjectConfig> config(@Nullable String subject) {
    return settings.config(subject);
  }

  /** What counts for it. */
  public SubjectConfig configInScope(@Nullable String subject) {
    return settings.configInScope(subject);
  }

  /** What was set for a subject or a context; null: for all, which have one always. */
  public Optional<Mode> mode(@Nullable String subject) {
    return settings.mode(subject);
  }

  /** What counts for it. */
  public Mode modeInScope(@Nullable String subject) {
    return settings.modeInScope(subject);
  }

  /** The subject a name stands for: another, if it is an alias. */
  public String resolved(String subject) {
    if (subject.isEmpty()) return subject;
    String alias = settings.config(subject).map(SubjectConfig::alias).orElse(null);
    return alias == null || alias.isEmpty()
        ? subject
        : Subject.of(alias).within(Subject.of(subject)).qualified();
  }

  /** Subjects that have aliases among the names with a prefix, to these. */
  public SortedMap<String, List<String>> aliases(String prefix) {
    SortedMap<String, List<String>> aliases = new TreeMap<>();
    String begin = prefix.equals(Subject.ANY_CONTEXT) ? "" : Subject.normal(prefix);
    state
        .configsWithPrefix(begin)
        .forEach((name, config) -> {
          if (config.alias() == null || config.alias().isEmpty()) return;
          String meant = Subject.of(config.alias()).within(Subject.of(name)).qualified();
          aliases.computeIfAbsent(meant, _ -> new ArrayList<>()).add(name);
        });
    return aliases;
  }

  // ---- commands

  /** The version of a subject that has this schema, or means it; softly deleted ones if asked. */
  public Optional<StoredSchema> find(
      String subject, SchemaRequest request, boolean normalizes, boolean withDeleted) {
    Optional<StoredSchema> found = registering.find(subject, request, normalizes, withDeleted);
    Subject named = Subject.of(subject);
    if (found.isPresent() || !named.isInDefaultContext()) return found;
    for (String context : state.contextNames()) {
      String other = new Subject(context, named.name()).qualified();
      if (state.versions(other).isEmpty()) continue;
      try {
        found = registering.find(other, request, normalizes, withDeleted);
      } catch (RegistryException e) {
        if (e.kind() != RegistryException.Kind.INVALID_SCHEMA) throw e;
      }
      if (found.isPresent()) return found;
    }
    return found;
  }

  /** Returns the version of the subject that has this schema now. */
  public StoredSchema register(
      String subject, SchemaRequest request, boolean normalizes, boolean isForced) {
    if (!Subject.of(subject).isValid()) throw RegistryException.invalidSubject(subject);
    if (request.ruleSet() != null) request.ruleSet().validate();
    return registering.register(subject, request, normalizes, isForced);
  }

  /** Registers a version again, with other tags, metadata and rules. */
  public StoredSchema tag(StoredSchema version, TagRequest request) {
    if (request.ruleSet() != null) request.ruleSet().validate();
    if (request.rulesToMerge() != null) request.rulesToMerge().validate();
    return registering.tag(version, request);
  }

  /** What speaks against a schema as the next version, by the level that counts. */
  public List<String> check(String subject, SchemaRequest request, boolean normalizes) {
    return registering.check(subject, request, normalizes, versions(subject, Filter.LIVE));
  }

  /** What speaks against a schema after one version, {@link #LATEST} perhaps. */
  public List<String> check(
      String subject, int version, SchemaRequest request, boolean normalizes) {
    Optional<StoredSchema> older = find(subject, version, false);
    if (older.isEmpty() && version != LATEST) throw RegistryException.versionNotFound(version);
    return registering.check(subject, request, normalizes, older.stream().toList());
  }

  /** Deletes one version softly, and returns which. */
  public int deleteVersion(String subject, int version) {
    return deleting.version(subject, version);
  }

  /** Deletes one version for good that was softly deleted before. */
  public int deleteVersionForGood(String subject, int version) {
    return deleting.versionForGood(subject, version);
  }

  /** Deletes all versions softly, and returns them. */
  public List<Integer> deleteSubject(String subject) {
    return deleting.subject(subject);
  }

  /** Deletes all versions for good that were softly deleted before. */
  public List<Integer> deleteSubjectForGood(String subject) {
    return deleting.subjectForGood(subject);
  }

  /**
   * Deletes a context that has no subjects.
   *
   * @param prefix as in {@code :.context:}
   */
  public void deleteContext(String prefix) {
    deleting.context(prefix);
  }

  /** Changes what was set, and returns what is set now. */
  public SubjectConfig changeConfig(@Nullable String subject, UnaryOperator<SubjectConfig> change) {
    return changing.config(subject, change);
  }

  /** Takes back what was set, and returns it. */
  public SubjectConfig deleteConfig(@Nullable String subject) {
    return changing.deleteConfig(subject);
  }

  /**
   * Sets a mode; null takes it away.
   *
   * @param isForced to IMPORT although there are schemas
   */
  public void setMode(@Nullable String subject, @Nullable Mode mode, boolean isForced) {
    changing.mode(subject, mode, isForced);
  }

  /**
   * Takes a mode back and returns it.
   *
   * @param isRecursive also those of all subjects of the context
   */
  public Optional<Mode> deleteMode(@Nullable String subject, boolean isRecursive) {
    return changing.deleteMode(subject, isRecursive);
  }

  // ---- associations

  /** Which resources use a subject. */
  public List<Association> associationsOf(String subject, AssociationFilter filter) {
    return state.associations().ofSubject(subject).stream().filter(filter::takes).toList();
  }

  /** Which subjects a resource uses. */
  public List<Association> associationsOfResource(String id, AssociationFilter filter) {
    return state.associations().ofResourceId(id).stream().filter(filter::takes).toList();
  }

  /**
   * Which subjects the resources use that have a name, in the order of names.
   *
   * @param name {@link #ANY_RESOURCE}: whatever name
   * @param namespace {@link #ANY_RESOURCE}: whatever namespace
   */
  public List<Association> associationsNamed(
      String name, String namespace, AssociationFilter filter) {
    boolean isAnyName = name.equals(ANY_RESOURCE);
    boolean isAnyNamespace = namespace.equals(ANY_RESOURCE);
    List<Association> named =
        isAnyName ? state.associations().everything() : state.associations().ofResourceName(name);
    return named.stream()
        .filter(found -> isAnyNamespace || namespace.equals(found.resourceNamespace()))
        .filter(filter::takes)
        .toList();
  }

  /**
   * Makes or changes associations.
   *
   * @param context of subjects that name none, as in {@code :.context:}
   */
  public AssociationOutcome associate(String context, AssociationRequest request) {
    return associating.put(context, request);
  }

  /** Makes, changes and takes away associations of one resource, one after the other. */
  public AssociationOutcome associate(String context, AssociationOp.Batch batch) {
    return associating.mutate(context, batch);
  }

  /**
   * Takes associations of a resource away.
   *
   * @param cascades also frozen ones, and the subjects that the resource owns, for good
   * @param isDryRun only says whether it could be done
   */
  public void dissociate(
      String resourceId, AssociationFilter which, boolean cascades, boolean isDryRun) {
    associating.delete(resourceId, which, cascades, isDryRun);
  }
}

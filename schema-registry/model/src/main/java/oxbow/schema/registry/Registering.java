package oxbow.schema.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association.Lifecycle;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.Metadata;
import oxbow.schema.Mode;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegistryException;
import oxbow.schema.RuleSet;
import oxbow.schema.SchemaContent;
import oxbow.schema.SchemaReference;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;
import oxbow.schema.SubjectConfig;
import oxbow.schema.record.RecordCodec;
import oxbow.schema.record.RecordKey.ContextKey;
import oxbow.schema.record.RecordKey.SchemaKey;
import oxbow.schema.record.RecordValue.ContextValue;
import oxbow.schema.record.RecordValue.SchemaValue;
import oxbow.schema.registry.Journal.Decision;

/** Finds a schema among the versions of a subject, or makes it the next one. */
final class Registering {
  static final String TENANT = "default";

  /** Others write to the topic too, if rarely: then a version or an id may be taken meanwhile. */
  private static final int ATTEMPTS = 5;

  private final RegistryState state;
  private final Settings settings;
  private final Parsing parsing;
  private final Compatibility compatibility;
  private final Journal journal;

  Registering(
      RegistryState state,
      Settings settings,
      Parsing parsing,
      Compatibility compatibility,
      Journal journal) {
    this.state = state;
    this.settings = settings;
    this.parsing = parsing;
    this.compatibility = compatibility;
    this.journal = journal;
  }

  /** A request with the schema as it would be stored. */
  private record Canonical(SchemaRequest request, ParsedSchema schema, SchemaContent content) {}

  // ---- finding

  /** The version that has this schema, with the metadata it would get if it was registered. */
  Optional<StoredSchema> find(
      String subject, SchemaRequest request, boolean normalizes, boolean withDeleted) {
    SubjectConfig config = settings.configInScope(subject);
    boolean isNormal = normalizes || Boolean.TRUE.equals(config.normalize());
    SchemaRequest tagged = withTags(subject, request);
    Optional<StoredSchema> found = find(subject, tagged, isNormal, withDeleted, false);
    if (found.isPresent()) return found;
    Optional<StoredSchema> latest = state.latest(subject);
    if (latest.isEmpty()) return found;
    SchemaRequest populated = withMetadata(config, tagged, latest.get(), null);
    return populated.equals(tagged)
        ? found
        : find(subject, populated, isNormal, withDeleted, false);
  }

  private Optional<StoredSchema> find(
      String subject,
      SchemaRequest request,
      boolean normalizes,
      boolean withDeleted,
      boolean inLatestOnly) {
    if (request.isBlank()) return Optional.empty();
    Canonical wanted = canonical(subject, request, false, normalizes);
    if (!inLatestOnly) {
      Optional<StoredSchema> same = sameContent(subject, wanted.content(), withDeleted);
      if (same.isPresent()) return same;
    }
    Collection<StoredSchema> candidates =
        inLatestOnly
            ? state.latest(subject).map(List::of).orElse(List.of())
            : state.versionsDescending(subject);
    for (StoredSchema candidate : candidates) {
      if (candidate.isDeleted() && !withDeleted) continue;
      if (means(wanted, candidate)) return Optional.of(candidate);
    }
    return Optional.empty();
  }

  /** The newest version with exactly this content. */
  private Optional<StoredSchema> sameContent(
      String subject, SchemaContent content, boolean withDeleted) {
    String context = Subject.of(subject).context();
    Optional<Integer> id = state.id(context, content.guid());
    if (id.isEmpty()) return Optional.empty();
    StoredSchema found = null;
    for (StoredSchema use : state.uses(context, id.get(), subject)) {
      if (use.isDeleted() && !withDeleted) continue;
      if (use.content().guid().equals(content.guid())) found = use;
    }
    return Optional.ofNullable(found);
  }

  /**
   * Whether a schema that was sent is meant to be one that is registered: references may be written
   * out in its text, and the metadata may lack the version.
   */
  private boolean means(Canonical wanted, StoredSchema candidate) {
    SchemaContent content = candidate.content();
    if (wanted.content().type() != content.type()) return false;
    if (!sameMetadata(wanted.content(), candidate)) return false;
    if (!Objects.equals(wanted.content().ruleSet(), content.ruleSet())) return false;
    boolean hasSameText =
        wanted.content().text().equals(content.text())
            && wanted.content().references().equals(content.references());
    boolean mayBeInlined =
        wanted.content().references().isEmpty() && !content.references().isEmpty();
    if (!hasSameText && !mayBeInlined) return false;
    try {
      return wanted.schema().finds(parsing.parse(candidate));
    } catch (RegistryException e) {
      return false; // an old version that can't be parsed any more is not what is looked for
    }
  }

  private static boolean sameMetadata(SchemaContent wanted, StoredSchema candidate) {
    Metadata own = wanted.metadata();
    Metadata other = candidate.content().metadata();
    Optional<String> ownVersion = own == null ? Optional.empty() : own.version();
    Optional<String> otherVersion = other == null ? Optional.empty() : other.version();
    if (ownVersion.isPresent() == otherVersion.isPresent()) return Objects.equals(own, other);
    if (ownVersion.isPresent() && !ownVersion.get().equals(Integer.toString(candidate.version()))) {
      return false;
    }
    return orEmpty(own).withoutVersion().equals(orEmpty(other).withoutVersion());
  }

  private static Metadata orEmpty(@Nullable Metadata metadata) {
    return metadata == null ? Metadata.EMPTY : metadata;
  }

  private Canonical canonical(
      String subject, SchemaRequest request, boolean isNew, boolean normalizes) {
    ParsedSchema parsed = parsing.parse(request, Subject.of(subject), isNew);
    Mode mode = settings.modeInScope(subject);
    if (normalizes && !mode.takesIds()) {
      try {
        parsed = parsed.normalized();
      } catch (InvalidSchemaException e) {
        throw RegistryException.invalidSchema("Invalid schema, details: " + e.getMessage());
      }
    }
    return new Canonical(
        request,
        parsed,
        SchemaContent.of(
            parsed.type(),
            parsed.canonicalText(),
            parsed.references().declared(),
            request.metadata(),
            request.ruleSet()));
  }

  private SchemaRequest withTags(String subject, SchemaRequest request) {
    if (!request.changesTags() || request.isBlank()) return request;
    ParsedSchema parsed = parsing.parse(request, Subject.of(subject), false);
    ParsedSchema tagged = tagged(parsed, request);
    return request.with(
        tagged.canonicalText(), tagged.type().name(), tagged.references().declared());
  }

  private static ParsedSchema tagged(ParsedSchema schema, SchemaRequest request) {
    try {
      return schema.withTags(request.tagsToAdd(), request.tagsToRemove());
    } catch (InvalidSchemaException e) {
      throw RegistryException.invalidSchema(e);
    }
  }

  // ---- checking

  /**
   * What speaks against registering it; empty: nothing.
   *
   * @param older what it is held against, oldest first
   */
  List<String> check(
      String subject, SchemaRequest request, boolean normalizes, List<StoredSchema> older) {
    SubjectConfig config = settings.configInScope(subject);
    boolean isNormal = normalizes || Boolean.TRUE.equals(config.normalize());
    if (request.isBlank()) throw RegistryException.invalidSchema("Empty schema");
    Canonical wanted = canonical(subject, request, validatesNew(config), isNormal);
    return compatibility.check(
        config, settings.level(config), wanted.schema(), request.metadata(), older);
  }

  /** What speaks against it as the next version, with the tags that it asks for. */
  List<String> checkNext(String subject, SchemaRequest request, boolean normalizes) {
    List<StoredSchema> live =
        state.versions(subject).stream().filter(version -> !version.isDeleted()).toList();
    return check(subject, withTags(subject, request), normalizes, live);
  }

  private static boolean validatesNew(SubjectConfig config) {
    return !Boolean.FALSE.equals(config.validateNewSchemas());
  }

  // ---- registering

  /** Registers a version again, with other tags, metadata and rules. */
  StoredSchema tag(StoredSchema version, TagRequest request) {
    return applied(
        version.subject(),
        () -> alone(() -> decide(version.subject(), tagged(version, request), false, false)));
  }

  private SchemaRequest tagged(StoredSchema version, TagRequest request) {
    ParsedSchema tagged;
    try {
      tagged = parsing.parse(version).withTags(request.tagsToAdd(), request.tagsToRemove());
    } catch (InvalidSchemaException e) {
      throw RegistryException.invalidSchema(e);
    }
    Metadata metadata =
        request.metadata() == null ? version.content().metadata() : request.metadata();
    return new SchemaRequest(
        tagged.canonicalText(),
        tagged.type().name(),
        tagged.references().declared(),
        SchemaRequest.NO_ID,
        request.newVersion(),
        Metadata.withVersion(metadata, request.newVersion()),
        rules(version.subject(), request),
        Map.of(),
        Map.of(),
        false);
  }

  private @Nullable RuleSet rules(String subject, TagRequest request) {
    if (request.rulesToMerge() == null && request.rulesToRemove().isEmpty()) {
      return request.ruleSet();
    }
    Optional<StoredSchema> before =
        request.newVersion() > 0
            ? state.find(subject, request.newVersion() - 1)
            : state.latest(subject);
    RuleSet rules =
        RuleSet.merged(
            before.map(StoredSchema::content).map(SchemaContent::ruleSet).orElse(null),
            request.rulesToMerge());
    return rules == null ? null : rules.without(request.rulesToRemove());
  }

  /**
   * Returns the version that has this schema: one that had it, or a new one.
   *
   * @param isForced nothing is checked for compatibility
   */
  StoredSchema register(
      String subject, SchemaRequest request, boolean normalizes, boolean isForced) {
    SubjectConfig config = settings.configInScope(subject);
    boolean isNormal = normalizes || Boolean.TRUE.equals(config.normalize());
    return already(config, subject, request, isNormal)
        .orElseGet(() -> registerNow(subject, request, isNormal, isForced));
  }

  /** The same as part of a command. */
  StoredSchema registerInCommand(String subject, SchemaRequest request, boolean normalizes) {
    SubjectConfig config = settings.configInScope(subject);
    boolean isNormal = normalizes || Boolean.TRUE.equals(config.normalize());
    return already(config, subject, request, isNormal)
        .orElseGet(
            () -> applied(subject, () -> alone(() -> decide(subject, request, isNormal, false))));
  }

  private StoredSchema registerNow(
      String subject, SchemaRequest request, boolean normalizes, boolean isForced) {
    Supplier<Decision> decide = () -> decide(subject, request, normalizes, isForced);
    boolean isPlain = request.id() < 0 && request.version() == 0 && !request.changesTags();
    return applied(
        subject,
        () -> isPlain ? journal.register(subject, decide, this::isApplied) : alone(decide));
  }

  private StoredSchema alone(Supplier<Decision> decide) {
    return journal.command(() -> {
      Decision decision = decide.get();
      StoredSchema version = decision.version();
      if (!decision.entries().isEmpty()) {
        journal.append(decision.entries(), () -> isApplied(version));
      }
      return version;
    });
  }

  /** What most producers ask at their start: needs no turn among the changes. */
  private Optional<StoredSchema> already(
      SubjectConfig config, String subject, SchemaRequest request, boolean normalizes) {
    if (request.changesTags() || request.keepsTags() || config.hasDefaultsOrOverrides()) {
      return Optional.empty();
    }
    boolean wantsLatest = request.version() == Parsing.LATEST;
    return find(subject, request, normalizes, false, wantsLatest)
        .filter(found -> request.id() < 0 || request.id() == found.id())
        .filter(
            found -> request.version() == 0 || wantsLatest || request.version() == found.version());
  }

  private StoredSchema applied(String subject, Supplier<StoredSchema> register) {
    for (int attempt = 1; ; attempt++) {
      StoredSchema registered = register.get();
      // Another writer of the topic may have been faster: then the record was passed over, or
      // replaced. The checks are done again on what there is now.
      Optional<StoredSchema> applied = state.find(subject, registered.version());
      if (applied.filter(now -> isSame(now, registered)).isPresent()) return applied.get();
      if (attempt == ATTEMPTS) {
        throw new RegistryException(
            RegistryException.Kind.STORE,
            "other writers of the topic took each version that was tried");
      }
    }
  }

  private boolean isApplied(StoredSchema version) {
    return state
        .find(version.subject(), version.version())
        .filter(now -> isSame(now, version))
        .isPresent();
  }

  private static boolean isSame(StoredSchema applied, StoredSchema wanted) {
    return applied.id() == wanted.id()
        && applied.isDeleted() == wanted.isDeleted()
        && applied.content().guid().equals(wanted.content().guid());
  }

  private Decision decide(
      String subject, SchemaRequest original, boolean normalizes, boolean isForced) {
    Mode mode = settings.modeInScope(subject);
    checkMode(subject, original, mode);
    SubjectConfig config = settings.configInScope(subject);
    List<StoredSchema> live = new ArrayList<>();
    int newVersion = state.maxDamaged(subject) + 1;
    for (StoredSchema version : state.versions(subject)) {
      newVersion = Math.max(newVersion, version.version() + 1);
      if (!version.isDeleted()) live.add(version);
    }

    SchemaRequest request = withTags(subject, original);
    if (request.changesTags() && request.version() == 0) request = request.withVersion(-1);
    if (!mode.takesIds()) request = populated(config, request, live, newVersion);
    boolean isNew = request.id() < 0 && validatesNew(config);
    Canonical wanted = canonical(subject, request, isNew, normalizes);
    SchemaContent content = wanted.content();
    checkReferences(Subject.of(subject), content);

    Optional<StoredSchema> same = existing(subject, wanted, live);
    if (same.isPresent()) return new Decision(same.get(), List.of());
    if (!mode.takesIds() && !isForced) {
      List<String> broken =
          compatibility.check(
              config, settings.level(config), wanted.schema(), content.metadata(), live);
      if (!broken.isEmpty()) {
        throw new RegistryException(
            RegistryException.Kind.INCOMPATIBLE,
            ("Schema being registered is incompatible with an earlier schema for subject \"%s\","
                    + " details: %s")
                .formatted(subject, broken));
      }
    }

    int version = request.version() <= 0 ? newVersion : request.version();
    if (version != newVersion && !mode.takesIds()) {
      throw RegistryException.invalidSchema("Version is not one more than previous version");
    }
    int id = id(subject, request, content);
    var added = new StoredSchema(subject, version, id, content, false, -1, null);
    return new Decision(added, entries(added));
  }

  private void checkMode(String subject, SchemaRequest request, Mode mode) {
    String context = Subject.of(subject).contextPrefix();
    String refusal;
    if (mode.isReadOnly()) refusal = "is in read-only mode";
    else if (request.id() >= 0 && !mode.takesIds()) refusal = "is not in import mode";
    else if (request.id() < 0 && mode != Mode.READWRITE) refusal = "is not in read-write mode";
    else return;
    throw RegistryException.notPermitted(
        "Subject " + subject + " in context " + context + " " + refusal);
  }

  /** What a topic owns may change and go with it: nothing else may build on it. */
  private void checkReferences(Subject subject, SchemaContent content) {
    for (SchemaReference reference : content.references()) {
      String target = Subject.of(reference.subject()).within(subject).qualified();
      boolean isOwned =
          state.associations().ofSubject(target).stream()
              .anyMatch(association -> association.lifecycle() == Lifecycle.STRONG);
      if (isOwned) {
        throw RegistryException.notPermitted(
            "Subject '%s' has a strong association and cannot be referenced"
                .formatted(reference.subject()));
      }
    }
  }

  /** What the request leaves out comes from the latest version and from the settings. */
  private SchemaRequest populated(
      SubjectConfig config, SchemaRequest request, List<StoredSchema> live, int newVersion) {
    StoredSchema latest = live.isEmpty() ? null : live.getLast();
    SchemaRequest populated = request;
    if (request.isBlank()) {
      if (latest == null) throw RegistryException.invalidSchema("Empty schema");
      SchemaContent content = latest.content();
      populated = request.with(content.text(), content.type().name(), content.references());
    }
    if (request.keepsTags() && latest != null) {
      populated = withTagsOf(latest, populated);
    }
    return withMetadata(config, populated, latest, newVersion);
  }

  private SchemaRequest withTagsOf(StoredSchema latest, SchemaRequest request) {
    var tags = parsing.parse(latest).tags();
    if (tags.isEmpty()) return request;
    ParsedSchema parsed = parsing.parse(request, Subject.of(latest.subject()), false);
    try {
      ParsedSchema tagged = parsed.withTags(new TreeMap<>(tags), Map.of());
      return request.with(
          tagged.canonicalText(), tagged.type().name(), tagged.references().declared());
    } catch (InvalidSchemaException e) {
      throw RegistryException.invalidSchema(e);
    }
  }

  /**
   * @param newVersion null: it is only looked for
   */
  private static SchemaRequest withMetadata(
      SubjectConfig config,
      SchemaRequest request,
      @Nullable StoredSchema latest,
      @Nullable Integer newVersion) {
    Metadata metadata = request.metadata();
    RuleSet rules = request.ruleSet();
    if (latest != null) {
      if (metadata == null) metadata = latest.content().metadata();
      if (rules == null) rules = latest.content().ruleSet();
    }
    metadata =
        Metadata.merged(
            Metadata.merged(config.defaultMetadata(), metadata), config.overrideMetadata());
    rules =
        RuleSet.merged(RuleSet.merged(config.defaultRuleSet(), rules), config.overrideRuleSet());
    boolean tellsVersion = metadata != null && metadata.version().isPresent();
    if (newVersion != null && (request.version() != 0 || tellsVersion)) {
      metadata = Metadata.withVersion(metadata, newVersion);
    }
    return request.with(metadata, rules);
  }

  /** A live version that has or means the schema, unless a version or another id is asked for. */
  private Optional<StoredSchema> existing(
      String subject, Canonical wanted, List<StoredSchema> live) {
    SchemaRequest request = wanted.request();
    if (request.version() != 0) return Optional.empty();
    Optional<StoredSchema> same =
        sameContent(subject, wanted.content(), false)
            .filter(found -> request.id() < 0 || request.id() == found.id());
    if (same.isPresent()) return same;
    for (StoredSchema candidate : live.reversed()) {
      if (request.id() >= 0 && request.id() != candidate.id()) continue;
      if (means(wanted, candidate)) return Optional.of(candidate);
    }
    return Optional.empty();
  }

  /** The id that was asked for, that of the same content, or the next. */
  private int id(String subject, SchemaRequest request, SchemaContent content) {
    Subject named = Subject.of(subject);
    Optional<Integer> known = state.id(named.context(), content.guid());
    if (request.id() < 0) {
      String context = named.context();
      int max = Math.max(state.maxId(context), journal.maxIdUnderWay(context));
      return known.orElse(max + 1);
    }
    for (StoredSchema use : state.uses(named.context(), request.id())) {
      if (!use.content().guid().equals(content.guid())) {
        throw RegistryException.notPermitted(
            "Overwrite new schema with id %d in context %s is not permitted."
                .formatted(request.id(), named.contextPrefix()));
      }
    }
    return request.id();
  }

  /** What makes a version so. */
  private List<Entry> entries(StoredSchema added) {
    List<Entry> entries = new ArrayList<>();
    String context = Subject.of(added.subject()).context();
    if (!context.equals(Subject.DEFAULT_CONTEXT) && !state.hasContext(context)) {
      entries.add(
          RecordCodec.entry(new ContextKey(TENANT, context), new ContextValue(TENANT, context)));
    }
    // The new version first: however much of this is written, its id is never without one.
    entries.add(
        RecordCodec.entry(new SchemaKey(added.subject(), added.version()), new SchemaValue(added)));
    // Softly deleted versions with the same id would hide the new one from older registries, so
    // they go, unless somebody refers to them.
    for (StoredSchema old : state.versions(added.subject())) {
      boolean isReplaced =
          old.isDeleted() && old.id() == added.id() && old.version() < added.version();
      if (isReplaced && state.referrers(old.subject(), old.version()).isEmpty()) {
        entries.add(RecordCodec.tombstone(new SchemaKey(old.subject(), old.version())));
      }
    }
    return entries;
  }
}

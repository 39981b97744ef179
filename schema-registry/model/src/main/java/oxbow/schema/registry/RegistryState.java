package oxbow.schema.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.schema.Mode;
import oxbow.schema.SchemaContent;
import oxbow.schema.SchemaReference;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;
import oxbow.schema.SubjectConfig;
import oxbow.schema.record.BadRecordException;
import oxbow.schema.record.RecordCodec;
import oxbow.schema.record.RecordKey;
import oxbow.schema.record.RecordKey.AssociationKey;
import oxbow.schema.record.RecordKey.ClearSubjectKey;
import oxbow.schema.record.RecordKey.ConfigKey;
import oxbow.schema.record.RecordKey.ContextKey;
import oxbow.schema.record.RecordKey.DeleteSubjectKey;
import oxbow.schema.record.RecordKey.ModeKey;
import oxbow.schema.record.RecordKey.NoopKey;
import oxbow.schema.record.RecordKey.OtherKey;
import oxbow.schema.record.RecordKey.SchemaKey;
import oxbow.schema.record.RecordValue;
import oxbow.schema.record.RecordValue.AssociationValue;
import oxbow.schema.record.RecordValue.ConfigValue;
import oxbow.schema.record.RecordValue.DeleteSubjectValue;
import oxbow.schema.record.RecordValue.ModeValue;
import oxbow.schema.record.RecordValue.SchemaValue;

/**
 * What the records say so far. One thread applies records, any thread asks. Everything that is
 * handed out is immutable; what several maps say may differ for the moment one record takes.
 */
final class RegistryState {
  private static final Logger log = LoggerFactory.getLogger(RegistryState.class);
  private static final int WARNED_RECORDS = 20;

  /** Stands for "of all" where maps can't have null. */
  private static final String ALL = "";

  private final NavigableMap<String, ConcurrentNavigableMap<Integer, StoredSchema>> subjects =
      new ConcurrentSkipListMap<>();
  private final Map<String, ContextIds> contexts = new ConcurrentHashMap<>();
  private final Set<String> contextNames = new ConcurrentSkipListSet<>();
  private final Map<UUID, SharedContent> contents = new ConcurrentHashMap<>();
  private final Map<Target, Set<StoredSchema>> referrers = new ConcurrentHashMap<>();
  private final NavigableMap<String, ConfigValue> configs = new ConcurrentSkipListMap<>();
  private final NavigableMap<String, Mode> modes = new ConcurrentSkipListMap<>();
  private final AssociationIndex associations = new AssociationIndex();

  /** Versions whose records can't be read: their numbers and ids are not given again. */
  private final Set<SchemaKey> damaged = ConcurrentHashMap.newKeySet();

  private final AtomicInteger schemaCount = new AtomicInteger();
  private final AtomicLong revision = new AtomicLong();
  private final AtomicLong passedOver = new AtomicLong();

  /** The ids of one context. */
  private static final class ContextIds {
    final Map<Integer, Uses> uses = new ConcurrentHashMap<>();
    final Map<UUID, Integer> byGuid = new ConcurrentHashMap<>();
    volatile int maxId;
  }

  /** One content, however many versions have it. The count is the applying thread's. */
  private static final class SharedContent {
    final SchemaContent content;
    int versions;

    SharedContent(SchemaContent content) {
      this.content = content;
    }
  }

  /** What a reference points at. */
  private record Target(String subject, int version) {}

  // ---- applying

  /** Applies one record. Never fails: what means nothing is counted and passed over. */
  void apply(long offset, long timestampMs, Entry entry) {
    RecordKey key = null;
    try {
      key = RecordCodec.readKey(entry.key());
      Optional<RecordValue> value = RecordCodec.readValue(key, entry.value(), timestampMs);
      if (value.isPresent()) set(value.get(), offset);
      else if (entry.value() == null) remove(key);
    } catch (BadRecordException e) {
      passOver(offset, e.getMessage());
      if (key instanceof SchemaKey schema && entry.value() != null) {
        damage(schema, RecordCodec.idIn(entry.value()));
      }
    }
    revision.incrementAndGet();
  }

  /**
   * Notes that a version is there which nobody knows.
   *
   * @param id that its record still shows; empty: at most the one after those that are known
   */
  private void damage(SchemaKey key, OptionalInt id) {
    if (find(key.subject(), key.version()).isPresent()) return; // an older record tells of it
    damaged.add(key);
    ContextIds ids =
        contexts.computeIfAbsent(Subject.of(key.subject()).context(), _ -> new ContextIds());
    ids.maxId = Math.max(ids.maxId, id.orElse(ids.maxId + 1));
  }

  private void set(RecordValue value, long offset) {
    switch (value) {
      case SchemaValue schema -> set(schema.schema(), offset);
      case ConfigValue config -> configs.put(named(config.subject()), config);
      case ModeValue mode -> modes.put(named(mode.subject()), mode.mode());
      case DeleteSubjectValue deleted -> deleteUpTo(deleted.subject(), deleted.version());
      case RecordValue.ClearSubjectValue cleared -> clear(cleared.subject());
      case RecordValue.ContextValue context -> contextNames.add(context.context());
      case AssociationValue association -> associations.set(association.association());
    }
  }

  private void remove(RecordKey key) {
    switch (key) {
      case SchemaKey schema -> removeVersion(schema.subject(), schema.version());
      case ConfigKey config -> configs.remove(named(config.subject()));
      case ModeKey mode -> modes.remove(named(mode.subject()));
      case ContextKey context -> contextNames.remove(context.context());
      case AssociationKey association -> associations.remove(association);
      case DeleteSubjectKey _, ClearSubjectKey _, NoopKey _, OtherKey _ -> {}
    }
  }

  private void passOver(long offset, @Nullable String reason) {
    long count = passedOver.incrementAndGet();
    if (count > WARNED_RECORDS) return;
    log.atWarn()
        .addKeyValue("offset", offset)
        .addKeyValue("reason", reason)
        .log(
            count < WARNED_RECORDS
                ? "record passed over"
                : "record passed over; further ones are only counted");
  }

  private void set(StoredSchema read, long offset) {
    Subject subject = Subject.of(read.subject());
    ContextIds ids = contexts.computeIfAbsent(subject.context(), _ -> new ContextIds());
    ids.maxId = Math.max(ids.maxId, read.id());
    Uses uses = ids.uses.get(read.id());
    if (uses != null && !hasText(uses, read.content().text())) {
      passOver(offset, "id " + read.id() + " belongs to another schema already");
      return;
    }
    boolean _ = damaged.remove(new SchemaKey(read.subject(), read.version()));
    StoredSchema old = find(read.subject(), read.version()).orElse(null);
    StoredSchema added = withSharedContent(read);
    // Whoever finds a version finds its id, and one that is replaced is never missing: so the new
    // one comes first, the subject's list after the ids, and the old one goes last.
    ids.uses.merge(read.id(), Uses.of(added), (before, _) -> before.with(added));
    ids.byGuid.put(added.content().guid(), added.id());
    Set<Target> targets = targets(added, subject);
    for (Target target : targets) {
      Set<StoredSchema> of = referrers.computeIfAbsent(target, _ -> new ConcurrentSkipListSet<>());
      of.remove(added); // equal by their order, so an older state has to go first
      of.add(added);
    }
    if (!subject.isInDefaultContext()) contextNames.add(subject.context());
    subjects
        .computeIfAbsent(added.subject(), _ -> new ConcurrentSkipListMap<>())
        .put(added.version(), added);
    if (old == null) schemaCount.incrementAndGet();
    else forget(old, subject, old.id() == added.id(), targets);
  }

  private static boolean hasText(Uses uses, String text) {
    return uses.all().stream().limit(1).allMatch(schema -> schema.content().text().equals(text));
  }

  private static Set<Target> targets(StoredSchema schema, Subject subject) {
    if (schema.content().references().isEmpty()) return Set.of();
    var targets = new HashSet<Target>();
    for (SchemaReference reference : schema.content().references()) {
      targets.add(
          new Target(
              Subject.of(reference.subject()).within(subject).qualified(), reference.version()));
    }
    return targets;
  }

  private StoredSchema withSharedContent(StoredSchema read) {
    SharedContent shared =
        contents.computeIfAbsent(read.content().guid(), _ -> new SharedContent(read.content()));
    shared.versions++;
    // A hash that was given need not fit; only what is really the same is shared.
    if (!shared.content.equals(read.content())) return read;
    return new StoredSchema(
        read.subject(),
        read.version(),
        read.id(),
        shared.content,
        read.isDeleted(),
        read.timestampMs(),
        read.unknown());
  }

  private void deleteUpTo(String subject, int version) {
    ConcurrentNavigableMap<Integer, StoredSchema> versions = subjects.get(subject);
    if (versions == null) return;
    for (StoredSchema schema : versions.headMap(version, true).values()) {
      if (!schema.isDeleted()) replace(schema, schema.deleted());
    }
  }

  private void replace(StoredSchema old, StoredSchema with) {
    Subject subject = Subject.of(old.subject());
    ContextIds ids = contexts.get(subject.context());
    if (ids != null) ids.uses.computeIfPresent(old.id(), (_, uses) -> uses.with(with));
    for (Target target : targets(old, subject)) {
      Set<StoredSchema> of = referrers.get(target);
      if (of == null) continue;
      of.remove(old);
      of.add(with);
    }
    ConcurrentNavigableMap<Integer, StoredSchema> versions = subjects.get(old.subject());
    if (versions != null) versions.put(with.version(), with);
  }

  private void clear(@Nullable String subject) {
    List<StoredSchema> cleared = new ArrayList<>();
    for (var versions : matching(subject).values()) {
      for (StoredSchema schema : versions.values()) {
        if (schema.isDeleted()) cleared.add(schema);
      }
    }
    for (StoredSchema schema : cleared) removeVersion(schema.subject(), schema.version());
  }

  private void removeVersion(String subject, int version) {
    boolean _ = damaged.remove(new SchemaKey(subject, version));
    StoredSchema old = find(subject, version).orElse(null);
    if (old == null) return;
    ConcurrentNavigableMap<Integer, StoredSchema> versions = subjects.get(subject);
    if (versions != null) {
      versions.remove(version);
      if (versions.isEmpty()) subjects.remove(subject);
    }
    forget(old, Subject.of(subject), false, Set.of());
    schemaCount.decrementAndGet();
  }

  /**
   * Takes a version out of everything but its subject's list.
   *
   * @param keepsId another state of the version has the same id
   * @param keptTargets what that state refers to
   */
  private void forget(StoredSchema old, Subject subject, boolean keepsId, Set<Target> keptTargets) {
    UUID guid = old.content().guid();
    ContextIds ids = contexts.get(subject.context());
    if (ids != null && !keepsId) {
      ids.uses.computeIfPresent(old.id(), (_, uses) -> uses.without(old));
      if (!ids.uses.containsKey(old.id())) ids.byGuid.remove(guid, old.id());
    }
    for (Target target : targets(old, subject)) {
      Set<StoredSchema> of = referrers.get(target);
      if (of == null || keptTargets.contains(target)) continue;
      of.remove(old);
      if (of.isEmpty()) referrers.remove(target);
    }
    SharedContent shared = contents.get(guid);
    if (shared != null && --shared.versions == 0) contents.remove(guid);
  }

  private static String named(@Nullable String subject) {
    return subject == null ? ALL : subject;
  }

  // ---- asking

  long revision() {
    return revision.get();
  }

  /** Records that meant nothing. */
  long passedOver() {
    return passedOver.get();
  }

  int schemaCount() {
    return schemaCount.get();
  }

  int subjectCount() {
    return subjects.size();
  }

  Optional<StoredSchema> find(String subject, int version) {
    ConcurrentNavigableMap<Integer, StoredSchema> versions = subjects.get(subject);
    return versions == null ? Optional.empty() : Optional.ofNullable(versions.get(version));
  }

  /** Whether a version's record is there, and can't be read. */
  boolean isDamaged(String subject, int version) {
    return damaged.contains(new SchemaKey(subject, version));
  }

  /** The largest version of a subject whose record can't be read; 0: there is none. */
  int maxDamaged(String subject) {
    return damaged.stream()
        .filter(key -> key.subject().equals(subject))
        .mapToInt(SchemaKey::version)
        .max()
        .orElse(0);
  }

  /** The newest version that isn't deleted. */
  Optional<StoredSchema> latest(String subject) {
    for (StoredSchema schema : versionsDescending(subject)) {
      if (!schema.isDeleted()) return Optional.of(schema);
    }
    return Optional.empty();
  }

  /** A subject's versions, deleted ones too, oldest first. */
  Collection<StoredSchema> versions(String subject) {
    ConcurrentNavigableMap<Integer, StoredSchema> versions = subjects.get(subject);
    return versions == null ? List.of() : Collections.unmodifiableCollection(versions.values());
  }

  /** The same, newest first. */
  Collection<StoredSchema> versionsDescending(String subject) {
    ConcurrentNavigableMap<Integer, StoredSchema> versions = subjects.get(subject);
    return versions == null
        ? List.of()
        : Collections.unmodifiableCollection(versions.descendingMap().values());
  }

  /** All subjects whose qualified name begins so, by name. */
  NavigableMap<String, ? extends NavigableMap<Integer, StoredSchema>> withPrefix(String prefix) {
    return prefix.isEmpty()
        ? subjects
        : subjects.subMap(prefix, true, prefix + Character.MAX_VALUE, true);
  }

  /** The subject itself, or all of a context; null: all there are. */
  NavigableMap<String, ? extends NavigableMap<Integer, StoredSchema>> matching(
      @Nullable String subject) {
    if (subject == null) return subjects;
    Subject asked = Subject.of(subject);
    if (!asked.isContext()) return subjects.subMap(subject, true, subject, true);
    if (asked.context().equals(Subject.GLOBAL_CONTEXT)) return subjects;
    if (!asked.isInDefaultContext()) return withPrefix(asked.contextPrefix());
    var unqualified = new TreeMap<String, ConcurrentNavigableMap<Integer, StoredSchema>>();
    subjects.forEach((name, versions) -> {
      if (!Subject.isQualified(name)) unqualified.put(name, versions);
    });
    return unqualified;
  }

  /** All versions that have an id in a context. */
  Collection<StoredSchema> uses(String context, int id) {
    ContextIds ids = contexts.get(context);
    Uses uses = ids == null ? null : ids.uses.get(id);
    return uses == null ? List.of() : uses.all();
  }

  /** The same of one subject, oldest first. */
  Collection<StoredSchema> uses(String context, int id, String subject) {
    ContextIds ids = contexts.get(context);
    Uses uses = ids == null ? null : ids.uses.get(id);
    return uses == null ? List.of() : uses.of(subject);
  }

  /** All contexts with ids, the default one first if it has any. */
  List<String> contextsWithIds() {
    var sorted = new ArrayList<>(contexts.keySet());
    Collections.sort(sorted);
    return sorted;
  }

  /** The id of a content in a context, if a version has it. */
  Optional<Integer> id(String context, UUID guid) {
    ContextIds ids = contexts.get(context);
    return ids == null ? Optional.empty() : Optional.ofNullable(ids.byGuid.get(guid));
  }

  int maxId(String context) {
    ContextIds ids = contexts.get(context);
    return ids == null ? 0 : ids.maxId;
  }

  boolean hasContent(UUID guid) {
    return contents.containsKey(guid);
  }

  /** Versions that refer to this one, by subject and version. */
  Collection<StoredSchema> referrers(String subject, int version) {
    Set<StoredSchema> of = referrers.get(new Target(subject, version));
    return of == null ? List.of() : Collections.unmodifiableSet(of);
  }

  /** Contexts other than the default one, by name. */
  Set<String> contextNames() {
    return Collections.unmodifiableSet(contextNames);
  }

  boolean hasContext(String context) {
    return contextNames.contains(context);
  }

  /** What was set for a subject, a context, or (null) for all. */
  Optional<ConfigValue> config(@Nullable String subject) {
    return Optional.ofNullable(configs.get(named(subject)));
  }

  /** What was set for a subject, a context, or (null) for all. */
  Optional<Mode> mode(@Nullable String subject) {
    return Optional.ofNullable(modes.get(named(subject)));
  }

  AssociationIndex associations() {
    return associations;
  }

  /** Subjects and contexts with a mode of their own, by name. */
  Set<String> subjectsWithMode() {
    return Collections.unmodifiableSet(modes.keySet());
  }

  /** Subjects with an alias that is theirs, to what it means. */
  Map<String, SubjectConfig> configsWithPrefix(String prefix) {
    var found = new TreeMap<String, SubjectConfig>();
    configs
        .tailMap(prefix, true)
        .forEach((subject, value) -> {
          if (subject.startsWith(prefix)) found.put(subject, value.config());
        });
    return found;
  }
}

package oxbow.schema.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import oxbow.schema.RegistryException;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;
import oxbow.schema.record.RecordCodec;
import oxbow.schema.record.RecordKey.ConfigKey;
import oxbow.schema.record.RecordKey.ContextKey;
import oxbow.schema.record.RecordKey.DeleteSubjectKey;
import oxbow.schema.record.RecordKey.ModeKey;
import oxbow.schema.record.RecordKey.SchemaKey;
import oxbow.schema.record.RecordValue.DeleteSubjectValue;
import oxbow.schema.record.RecordValue.SchemaValue;

/** Takes versions, subjects and contexts away: softly first, then for good. */
final class Deleting {
  private final RegistryState state;
  private final Settings settings;
  private final Journal journal;

  Deleting(RegistryState state, Settings settings, Journal journal) {
    this.state = state;
    this.settings = settings;
    this.journal = journal;
  }

  // ---- softly

  /** Returns the version that was deleted: that of the latest, if it was asked for. */
  int version(String subject, int version) {
    return journal.command(() -> {
      StoredSchema schema = find(subject, version);
      if (schema.isDeleted()) throw RegistryException.versionSoftDeleted(subject, version);
      checkMode(subject);
      boolean isLast =
          state.versions(subject).stream()
              .noneMatch(other -> !other.isDeleted() && other.version() != schema.version());
      if (isLast && isAssociated(subject)) throw RegistryException.noLiveVersion(subject);
      if (isReferred(schema, false)) {
        throw RegistryException.referenceExists(subject, schema.version());
      }
      var key = new SchemaKey(subject, schema.version());
      journal.append(
          List.of(RecordCodec.entry(key, new SchemaValue(schema.deleted()))),
          () -> state.find(subject, schema.version()).filter(StoredSchema::isDeleted).isPresent());
      return schema.version();
    });
  }

  /** Returns the versions that were deleted. */
  List<Integer> subject(String subject) {
    return journal.command(() -> {
      Collection<StoredSchema> versions = state.versions(subject);
      if (versions.isEmpty()) throw RegistryException.subjectNotFound(subject);
      List<StoredSchema> live = versions.stream().filter(version -> !version.isDeleted()).toList();
      if (live.isEmpty()) throw RegistryException.subjectSoftDeleted(subject);
      checkMode(subject);
      if (isAssociated(subject)) throw RegistryException.subjectAssociated(subject);
      for (StoredSchema version : live) {
        if (isReferredByOthers(version, false)) {
          throw RegistryException.referenceExists(subject, version.version());
        }
      }
      int last = live.getLast().version();
      journal.append(
          List.of(
              RecordCodec.entry(
                  new DeleteSubjectKey(subject), new DeleteSubjectValue(subject, last))),
          () -> state.latest(subject).isEmpty());
      return live.stream().map(StoredSchema::version).toList();
    });
  }

  // ---- for good

  /** Returns the version that is no more. */
  int versionForGood(String subject, int version) {
    return journal.command(() -> {
      StoredSchema schema = find(subject, version);
      checkMode(subject);
      if (isReferred(schema, true)) {
        throw RegistryException.referenceExists(subject, schema.version());
      }
      if (!schema.isDeleted()) {
        throw RegistryException.versionNotSoftDeleted(subject, schema.version());
      }
      List<Entry> entries = new ArrayList<>();
      entries.add(RecordCodec.tombstone(new SchemaKey(subject, schema.version())));
      if (state.versions(subject).size() == 1) entries.addAll(settingsOf(subject));
      journal.append(entries, () -> state.find(subject, schema.version()).isEmpty());
      return schema.version();
    });
  }

  /** Returns the versions that are no more. */
  List<Integer> subjectForGood(String subject) {
    return journal.command(() -> {
      List<StoredSchema> versions = List.copyOf(state.versions(subject));
      if (versions.isEmpty()) throw RegistryException.subjectNotFound(subject);
      checkMode(subject);
      if (isAssociated(subject)) throw RegistryException.subjectAssociated(subject);
      for (StoredSchema version : versions) {
        if (isReferredByOthers(version, true)) {
          throw RegistryException.referenceExists(subject, version.version());
        }
        if (!version.isDeleted()) throw RegistryException.subjectNotSoftDeleted(subject);
      }
      journal.append(forGood(subject, versions), () -> state.versions(subject).isEmpty());
      return versions.stream().map(StoredSchema::version).toList();
    });
  }

  private List<Entry> forGood(String subject, List<StoredSchema> versions) {
    List<Entry> entries = new ArrayList<>();
    for (StoredSchema version : versions.reversed()) { // newer ones may refer to older ones
      entries.add(RecordCodec.tombstone(new SchemaKey(subject, version.version())));
    }
    entries.addAll(settingsOf(subject));
    return entries;
  }

  /** What takes a subject away at once: softly and then for good. Refuses if others refer to it. */
  List<Entry> allOf(String subject) {
    List<StoredSchema> versions = List.copyOf(state.versions(subject));
    if (versions.isEmpty()) return List.of();
    if (versions.stream().anyMatch(version -> isReferredByOthers(version, true))) {
      throw RegistryException.referenceExists(subject);
    }
    List<Entry> entries = new ArrayList<>();
    entries.add(
        RecordCodec.entry(
            new DeleteSubjectKey(subject),
            new DeleteSubjectValue(subject, versions.getLast().version())));
    entries.addAll(forGood(subject, versions));
    return entries;
  }

  /** A context without subjects, whatever its name may be. */
  void context(String prefix) {
    journal.command(() -> {
      if (!state.matching(prefix).isEmpty()) throw RegistryException.contextNotEmpty(prefix);
      String context = Subject.of(prefix).context();
      journal.append(
          List.of(RecordCodec.tombstone(new ContextKey(Registering.TENANT, context))),
          () -> !state.hasContext(context));
      return context;
    });
  }

  // ---- what both ask

  private StoredSchema find(String subject, int version) {
    return (version == Parsing.LATEST ? state.latest(subject) : state.find(subject, version))
        .orElseThrow(() ->
            state.versions(subject).isEmpty()
                ? RegistryException.subjectNotFound(subject)
                : RegistryException.versionNotFound(version));
  }

  private void checkMode(String subject) {
    settings.checkWritable(subject);
  }

  private boolean isAssociated(String subject) {
    return !state.associations().ofSubject(subject).isEmpty();
  }

  private boolean isReferred(StoredSchema schema, boolean alsoByDeleted) {
    return state.referrers(schema.subject(), schema.version()).stream()
        .anyMatch(referrer -> alsoByDeleted || !referrer.isDeleted());
  }

  private boolean isReferredByOthers(StoredSchema schema, boolean alsoByDeleted) {
    return state.referrers(schema.subject(), schema.version()).stream()
        .filter(referrer -> !referrer.subject().equals(schema.subject()))
        .anyMatch(referrer -> alsoByDeleted || !referrer.isDeleted());
  }

  /** The settings of a subject go with its last version. */
  private List<Entry> settingsOf(String subject) {
    List<Entry> entries = new ArrayList<>();
    if (state.mode(subject).isPresent()) {
      entries.add(RecordCodec.tombstone(new ModeKey(subject)));
    }
    if (state.config(subject).isPresent()) {
      entries.add(RecordCodec.tombstone(new ConfigKey(subject)));
    }
    return entries;
  }
}

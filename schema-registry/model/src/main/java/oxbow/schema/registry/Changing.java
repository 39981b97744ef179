package oxbow.schema.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Mode;
import oxbow.schema.RegistryException;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;
import oxbow.schema.SubjectConfig;
import oxbow.schema.record.RecordCodec;
import oxbow.schema.record.RecordKey.ClearSubjectKey;
import oxbow.schema.record.RecordKey.ConfigKey;
import oxbow.schema.record.RecordKey.ModeKey;
import oxbow.schema.record.RecordKey.SchemaKey;
import oxbow.schema.record.RecordValue.ClearSubjectValue;
import oxbow.schema.record.RecordValue.ConfigValue;
import oxbow.schema.record.RecordValue.ModeValue;

/** Changes configs and modes. A subject that is null means all. */
final class Changing {
  private final RegistryState state;
  private final Settings settings;
  private final Journal journal;

  Changing(RegistryState state, Settings settings, Journal journal) {
    this.state = state;
    this.settings = settings;
    this.journal = journal;
  }

  /** Returns the config as it is now. */
  SubjectConfig config(@Nullable String subject, UnaryOperator<SubjectConfig> change) {
    return journal.command(() -> {
      settings.checkWritable(subject);
      Optional<ConfigValue> before = state.config(subject);
      SubjectConfig changed =
          change.apply(before.map(ConfigValue::config).orElse(SubjectConfig.NONE));
      var value = new ConfigValue(subject, changed, before.map(ConfigValue::unknown).orElse(null));
      journal.append(
          List.of(RecordCodec.entry(new ConfigKey(subject), value)),
          () -> state.config(subject).equals(Optional.of(value)));
      return changed;
    });
  }

  /** Returns what was set. */
  SubjectConfig deleteConfig(@Nullable String subject) {
    return journal.command(() -> {
      SubjectConfig before =
          settings
              .config(subject)
              .orElseThrow(() -> RegistryException.subjectNotFound(String.valueOf(subject)));
      settings.checkWritable(subject);
      journal.append(
          List.of(RecordCodec.tombstone(new ConfigKey(subject))),
          () -> state.config(subject).isEmpty());
      return before;
    });
  }

  /**
   * Sets a mode; null takes it away.
   *
   * @param isForced to IMPORT although there are schemas
   */
  void mode(@Nullable String subject, @Nullable Mode mode, boolean isForced) {
    if (mode == Mode.FORWARD && !isGlobalContext(subject)) {
      throw new RegistryException(
          RegistryException.Kind.INVALID_MODE, "Forward mode only supported on global level");
    }
    journal.command(() -> {
      List<Entry> entries = new ArrayList<>();
      if (mode == Mode.IMPORT && settings.modeInScope(subject) != Mode.IMPORT && !isForced) {
        entries.addAll(emptied(subject));
      }
      entries.add(
          mode == null
              ? RecordCodec.tombstone(new ModeKey(subject))
              : RecordCodec.entry(new ModeKey(subject), new ModeValue(subject, mode)));
      journal.append(entries, () -> state.mode(subject).equals(Optional.ofNullable(mode)));
      return entries;
    });
  }

  private static boolean isGlobalContext(@Nullable String subject) {
    if (subject == null) return false;
    Subject named = Subject.of(subject);
    return named.isContext() && named.context().equals(Subject.GLOBAL_CONTEXT);
  }

  /** What takes away the remains of deleted schemas. Refuses if there are others. */
  private List<Entry> emptied(@Nullable String subject) {
    List<Entry> entries = new ArrayList<>();
    for (var versions : state.matching(subject).values()) {
      for (StoredSchema version : versions.values()) {
        if (!version.isDeleted()) {
          throw RegistryException.notPermitted("Cannot import since found existing subjects");
        }
        if (!state.referrers(version.subject(), version.version()).isEmpty()) {
          throw RegistryException.referenceExists(version.subject(), version.version());
        }
        entries.add(RecordCodec.tombstone(new SchemaKey(version.subject(), version.version())));
      }
    }
    entries.add(RecordCodec.entry(new ClearSubjectKey(subject), new ClearSubjectValue(subject)));
    return entries;
  }

  /**
   * Returns what was set; empty: nothing was, which only counts as an error if nothing else was
   * asked for.
   *
   * @param isRecursive also those of all subjects of the context
   */
  Optional<Mode> deleteMode(@Nullable String subject, boolean isRecursive) {
    return journal.command(() -> {
      Optional<Mode> before = settings.mode(subject);
      if (before.isEmpty() && !isRecursive) {
        throw RegistryException.subjectNotFound(String.valueOf(subject));
      }
      List<Entry> entries = new ArrayList<>();
      entries.add(RecordCodec.tombstone(new ModeKey(subject)));
      if (isRecursive) {
        for (String other : state.subjectsWithMode()) {
          if (isWithin(other, subject)) entries.add(RecordCodec.tombstone(new ModeKey(other)));
        }
      }
      journal.append(entries, () -> state.mode(subject).isEmpty());
      return before;
    });
  }

  private static boolean isWithin(String subject, @Nullable String context) {
    Subject outer = Subject.of(context == null ? "" : context);
    return outer.isContext()
        && !subject.isEmpty()
        && Subject.of(subject).context().equals(outer.context());
  }
}

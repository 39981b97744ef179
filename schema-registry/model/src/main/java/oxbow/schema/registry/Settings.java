package oxbow.schema.registry;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.Mode;
import oxbow.schema.RegistryException;
import oxbow.schema.Subject;
import oxbow.schema.SubjectConfig;
import oxbow.schema.record.RecordValue.ConfigValue;

/** Which config and which mode count for a subject: its own, its context's, or that of all. */
final class Settings {
  private static final Subject GLOBAL = new Subject(Subject.GLOBAL_CONTEXT, "");

  private final RegistryState state;
  private final CompatibilityLevel defaultLevel;

  Settings(RegistryState state, CompatibilityLevel defaultLevel) {
    this.state = state;
    this.defaultLevel = defaultLevel;
  }

  /**
   * What was set for it, with the default level if it has none.
   *
   * @param subject null: for all, which have something always
   */
  Optional<SubjectConfig> config(@Nullable String subject) {
    Optional<SubjectConfig> set =
        state
            .config(subject)
            .map(ConfigValue::config)
            .map(config -> config.withLevelIfNone(defaultLevel));
    return set.isEmpty() && isGlobal(subject) ? Optional.of(defaults()) : set;
  }

  private SubjectConfig defaults() {
    return SubjectConfig.NONE.withLevelIfNone(defaultLevel);
  }

  private static boolean isGlobal(@Nullable String subject) {
    return subject == null || Subject.of(subject).context().equals(Subject.GLOBAL_CONTEXT);
  }

  /** What counts for it. */
  SubjectConfig configInScope(@Nullable String subject) {
    if (subject == null) return inherited(null);
    Optional<SubjectConfig> own = config(subject);
    return own.isPresent()
        ? own.get().over(config(null).orElseGet(this::defaults))
        : inherited(subject);
  }

  private SubjectConfig inherited(@Nullable String subject) {
    return state
        .config(parent(subject))
        .or(() -> state.config(GLOBAL.qualified()))
        .map(ConfigValue::config)
        .map(config -> config.withLevelIfNone(defaultLevel))
        .orElseGet(this::defaults);
  }

  /** The context's name, null for the default one: its settings are those of all. */
  private static @Nullable String parent(@Nullable String subject) {
    if (subject == null) return null;
    Subject named = Subject.of(subject);
    return named.isInDefaultContext() ? null : named.contextPrefix();
  }

  /** What was set for it; for all there is a mode always. */
  Optional<Mode> mode(@Nullable String subject) {
    Optional<Mode> set = state.mode(subject);
    return set.isEmpty() && isGlobal(subject) ? Optional.of(Mode.READWRITE) : set;
  }

  /** What counts for it. */
  Mode modeInScope(@Nullable String subject) {
    return (subject == null ? Optional.<Mode>empty() : state.mode(subject))
        .or(() -> state.mode(parent(subject)))
        .or(() -> state.mode(GLOBAL.qualified()))
        .orElse(Mode.READWRITE);
  }

  void checkWritable(@Nullable String subject) {
    if (!modeInScope(subject).isReadOnly()) return;
    String context = subject == null ? "" : Subject.of(subject).contextPrefix();
    throw RegistryException.notPermitted(
        "Subject " + subject + " in context " + context + " is in read-only mode");
  }

  CompatibilityLevel level(SubjectConfig config) {
    return config.compatibilityLevel() == null ? defaultLevel : config.compatibilityLevel();
  }
}

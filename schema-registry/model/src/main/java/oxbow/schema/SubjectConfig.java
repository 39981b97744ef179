package oxbow.schema;

import org.jspecify.annotations.Nullable;

/** What was set for a subject, for a context, or for all; null: nothing was. */
public record SubjectConfig(
    @Nullable String alias,
    @Nullable String aliasForDeks,
    @Nullable Boolean normalize,
    @Nullable Boolean validateFields,
    @Nullable Boolean validateNewSchemas,
    @Nullable Boolean validateRules,
    @Nullable CompatibilityLevel compatibilityLevel,
    @Nullable CompatibilityPolicy compatibilityPolicy,
    @Nullable String compatibilityGroup,
    @Nullable Metadata defaultMetadata,
    @Nullable Metadata overrideMetadata,
    @Nullable RuleSet defaultRuleSet,
    @Nullable RuleSet overrideRuleSet) {
  public static final SubjectConfig NONE =
      new SubjectConfig(
          null, null, null, null, null, null, null, null, null, null, null, null, null);

  /** With the level that holds where none was set. */
  public SubjectConfig withLevelIfNone(CompatibilityLevel level) {
    if (compatibilityLevel != null) return this;
    return new SubjectConfig(
        alias,
        aliasForDeks,
        normalize,
        validateFields,
        validateNewSchemas,
        validateRules,
        level,
        compatibilityPolicy,
        compatibilityGroup,
        defaultMetadata,
        overrideMetadata,
        defaultRuleSet,
        overrideRuleSet);
  }

  /** A subject's own, where some settings count from the global one unless it has them. */
  public SubjectConfig over(SubjectConfig global) {
    return new SubjectConfig(
        alias,
        aliasForDeks,
        either(normalize, global.normalize),
        either(validateFields, global.validateFields),
        either(validateNewSchemas, global.validateNewSchemas),
        either(validateRules, global.validateRules),
        compatibilityLevel,
        either(compatibilityPolicy, global.compatibilityPolicy),
        either(compatibilityGroup, global.compatibilityGroup),
        defaultMetadata,
        overrideMetadata,
        defaultRuleSet,
        overrideRuleSet);
  }

  private static <T> @Nullable T either(@Nullable T own, @Nullable T global) {
    return own == null ? global : own;
  }

  public boolean hasDefaultsOrOverrides() {
    return defaultMetadata != null
        || overrideMetadata != null
        || defaultRuleSet != null
        || overrideRuleSet != null;
  }
}

package oxbow.schema.registry;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.Association.Lifecycle;
import oxbow.schema.RegistryException;

/**
 * Associations of one resource to be made or changed.
 *
 * @param wanted at least one
 */
public record AssociationRequest(
    AssociatedResource resource, Manner manner, boolean isDryRun, List<Wanted> wanted) {
  /** Whether what is there may be changed. */
  public enum Manner {
    CREATE,
    UPSERT
  }

  public AssociationRequest {
    wanted = List.copyOf(wanted);
    if (wanted.isEmpty()) {
      throw RegistryException.invalidAssociation("associations", "cannot be null or empty");
    }
  }

  boolean isCreate() {
    return manner == Manner.CREATE;
  }

  /**
   * What one is to be like.
   *
   * @param subject qualified or not; null: the one it has, or the topic's own
   * @param type of the association: the key's or the value's
   * @param lifecycle null: the one it has, or what goes with the rest
   * @param isFrozen null: the same
   * @param schema to be registered under the subject; null: none
   */
  public record Wanted(
      @Nullable String subject,
      String type,
      @Nullable Lifecycle lifecycle,
      @Nullable Boolean isFrozen,
      @Nullable SchemaRequest schema,
      boolean normalizes) {
    /** Refuses what can't be, whatever is there. */
    public static Wanted checked(
        AssociatedResource resource,
        Manner manner,
        @Nullable String subject,
        @Nullable String type,
        @Nullable Lifecycle lifecycle,
        @Nullable Boolean isFrozen,
        @Nullable SchemaRequest schema,
        boolean normalizes) {
      if (subject != null) checkSubject(subject);
      var given = new Wanted(subject, checkedType(type), lifecycle, isFrozen, schema, normalizes);
      if (manner == Manner.CREATE) return given.withDefaults(manner).ofNew(resource);
      given.checkWeak();
      return given;
    }

    private static void checkSubject(String subject) {
      if (subject.isEmpty() || subject.chars().anyMatch(Character::isISOControl)) {
        throw RegistryException.invalidAssociation("subject", "must not be empty");
      }
    }

    private Wanted ofNew(AssociatedResource resource) {
      checkWeak();
      if (lifecycle == Lifecycle.WEAK && subject == null) throw subjectMissing();
      String own = resource.ownSubject(type);
      Wanted named = subject == null ? withSubject(own) : this;
      if (Boolean.TRUE.equals(isFrozen) && !own.equals(named.subject)) throw notOwn(own);
      if (lifecycle == Lifecycle.WEAK && own.equals(named.subject)) throw own(own);
      return named;
    }

    private void checkWeak() {
      if (lifecycle != Lifecycle.WEAK) return;
      if (schema != null) throw weakWithSchema();
      if (Boolean.TRUE.equals(isFrozen)) throw weakAndFrozen();
    }

    /** What an association gets that isn't there yet. */
    Wanted withDefaults(Manner manner) {
      if (manner == Manner.UPSERT && schema != null) {
        throw RegistryException.invalidAssociation(
            "schema",
            "cannot be provided when adding an association to an existing topic; an association"
                + " with a schema must be created with the topic");
      }
      if (schema != null && lifecycle == Lifecycle.WEAK) throw weakWithSchema();
      if (schema != null && Boolean.FALSE.equals(isFrozen)) {
        throw RegistryException.invalidAssociation(
            "frozen", "cannot be false when a schema is provided");
      }
      Lifecycle becomes =
          schema != null ? Lifecycle.STRONG : lifecycle == null ? Lifecycle.WEAK : lifecycle;
      boolean becomesFrozen = becomes == Lifecycle.STRONG;
      if (isFrozen != null && isFrozen != becomesFrozen) throw frozenAs(becomes, isFrozen);
      return new Wanted(subject, type, becomes, becomesFrozen, schema, normalizes);
    }

    Wanted withSubject(String named) {
      return new Wanted(named, type, lifecycle, isFrozen, schema, normalizes);
    }

    // ---- refusals

    static RegistryException subjectMissing() {
      return RegistryException.invalidAssociation(
          "subject", "must be provided for WEAK associations");
    }

    static RegistryException weakWithSchema() {
      return RegistryException.invalidAssociation(
          "lifecycle", "cannot be WEAK when schema is provided");
    }

    static RegistryException weakAndFrozen() {
      return RegistryException.invalidAssociation(
          "frozen", "association with lifecycle of WEAK cannot be frozen");
    }

    static RegistryException frozenAs(Lifecycle lifecycle, boolean isFrozen) {
      return RegistryException.invalidAssociation(
          "frozen",
          "association with lifecycle of %s cannot be frozen=%b".formatted(lifecycle, isFrozen));
    }

    static RegistryException notOwn(String own) {
      return RegistryException.invalidAssociation(
          "subject", "frozen associations must use subject '" + own + "'");
    }

    static RegistryException own(String own) {
      return RegistryException.invalidAssociation(
          "subject", "WEAK associations cannot use subject '" + own + "'");
    }
  }

  /** The value's, if nothing is said. */
  public static String checkedType(@Nullable String type) {
    if (type == null || type.isEmpty()) return Association.VALUE;
    if (type.equals(Association.KEY) || type.equals(Association.VALUE)) return type;
    throw RegistryException.invalidAssociation(
        "associationType",
        "must be either '%s' or '%s'".formatted(Association.KEY, Association.VALUE));
  }

  static void requireDistinct(List<String> types) {
    Set<String> seen = new HashSet<>();
    for (String type : types) {
      if (seen.add(type)) continue;
      throw RegistryException.invalidAssociation(
          "associationType",
          "may only appear once per request, but '%s' appears more than once".formatted(type));
    }
  }
}

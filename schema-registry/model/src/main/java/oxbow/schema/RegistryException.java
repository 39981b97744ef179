package oxbow.schema;

import org.jspecify.annotations.Nullable;

/** The registry refuses or cannot do what was asked; the message is for whoever asked. */
public final class RegistryException extends RuntimeException {
  /** What to do about it; the numbers are Confluent's, whose clients look at them. */
  public enum Kind {
    SUBJECT_NOT_FOUND(40401),
    VERSION_NOT_FOUND(40402),
    SCHEMA_NOT_FOUND(40403),
    SUBJECT_SOFT_DELETED(40404),
    SUBJECT_NOT_SOFT_DELETED(40405),
    VERSION_SOFT_DELETED(40406),
    VERSION_NOT_SOFT_DELETED(40407),
    CONFIG_NOT_SET(40408),
    MODE_NOT_SET(40409),
    ASSOCIATION_NOT_FOUND(40410),
    INCOMPATIBLE(40901),
    RESOURCE_ASSOCIATED(40903),
    SUBJECT_ASSOCIATED(40904),
    SUBJECT_OWNED(40905),
    NO_LIVE_VERSION(40907),
    ASSOCIATION_FROZEN(40908),
    INVALID_SCHEMA(42201),
    INVALID_VERSION(42202),
    INVALID_LEVEL(42203),
    INVALID_MODE(42204),
    NOT_PERMITTED(42205),
    REFERENCE_EXISTS(42206),
    INVALID_SUBJECT(42208),
    TOO_LARGE(42209),
    INVALID_RULE_SET(42210),
    CONTEXT_NOT_EMPTY(42211),
    INVALID_ASSOCIATION(42212),
    /** The store failed; whether something was written is known: it was not. */
    STORE(50001),
    /** No answer in time; it may still be written. Asking again is safe. */
    TIMED_OUT(50002);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }
  }

  private final Kind kind;

  public RegistryException(Kind kind, String message) {
    this(kind, message, null);
  }

  public RegistryException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  public static RegistryException subjectNotFound(String subject) {
    return new RegistryException(
        Kind.SUBJECT_NOT_FOUND, "Subject '%s' not found.".formatted(subject));
  }

  public static RegistryException versionNotFound(int version) {
    return new RegistryException(
        Kind.VERSION_NOT_FOUND, "Version %d not found.".formatted(version));
  }

  public static RegistryException schemaNotFound() {
    return new RegistryException(Kind.SCHEMA_NOT_FOUND, "Schema not found");
  }

  public static RegistryException schemaNotFound(Object idOrGuid) {
    return new RegistryException(Kind.SCHEMA_NOT_FOUND, "Schema %s not found".formatted(idOrGuid));
  }

  public static RegistryException subjectSoftDeleted(String subject) {
    return new RegistryException(
        Kind.SUBJECT_SOFT_DELETED,
        "Subject '%s' was soft deleted.Set permanent=true to delete permanently"
            .formatted(subject));
  }

  public static RegistryException subjectNotSoftDeleted(String subject) {
    return new RegistryException(
        Kind.SUBJECT_NOT_SOFT_DELETED,
        "Subject '%s' was not deleted first before being permanently deleted".formatted(subject));
  }

  public static RegistryException versionSoftDeleted(String subject, int version) {
    return new RegistryException(
        Kind.VERSION_SOFT_DELETED,
        "Subject '%s' Version %d was soft deleted.Set permanent=true to delete permanently"
            .formatted(subject, version));
  }

  public static RegistryException versionNotSoftDeleted(String subject, int version) {
    return new RegistryException(
        Kind.VERSION_NOT_SOFT_DELETED,
        "Subject '%s' Version %d was not deleted first before being permanently deleted"
            .formatted(subject, version));
  }

  public static RegistryException configNotSet(String subject) {
    return new RegistryException(
        Kind.CONFIG_NOT_SET,
        "Subject '%s' does not have subject-level compatibility configured".formatted(subject));
  }

  public static RegistryException modeNotSet(String subject) {
    return new RegistryException(
        Kind.MODE_NOT_SET,
        "Subject '%s' does not have subject-level mode configured".formatted(subject));
  }

  public static RegistryException invalidSchema(String message) {
    return new RegistryException(Kind.INVALID_SCHEMA, message);
  }

  public static RegistryException invalidSchema(InvalidSchemaException reason) {
    return new RegistryException(Kind.INVALID_SCHEMA, String.valueOf(reason.getMessage()), reason);
  }

  public static RegistryException invalidVersion(String version) {
    return new RegistryException(
        Kind.INVALID_VERSION,
        ("The specified version '%s' is not a valid version id. "
                + "Allowed values are between [1, 2^31-1] and the string \"latest\"")
            .formatted(version));
  }

  public static RegistryException invalidLevel() {
    return new RegistryException(
        Kind.INVALID_LEVEL,
        "Invalid compatibility level. Valid values are none, backward, forward, full, "
            + "backward_transitive, forward_transitive, and full_transitive");
  }

  public static RegistryException invalidMode() {
    return new RegistryException(
        Kind.INVALID_MODE,
        "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.");
  }

  public static RegistryException invalidSubject(String subject) {
    return new RegistryException(
        Kind.INVALID_SUBJECT, "The specified subject '%s' is not a valid.".formatted(subject));
  }

  public static RegistryException notPermitted(String message) {
    return new RegistryException(Kind.NOT_PERMITTED, message);
  }

  public static RegistryException referenceExists(String subject, int version) {
    return new RegistryException(
        Kind.REFERENCE_EXISTS,
        ("One or more references exist to the schema "
                + "{magic=1,keytype=SCHEMA,subject=%s,version=%d}.")
            .formatted(subject, version));
  }

  public static RegistryException contextNotEmpty(String context) {
    return new RegistryException(
        Kind.CONTEXT_NOT_EMPTY, "The specified context '%s' is not empty.".formatted(context));
  }

  /** A subject that a topic owns, or would own, has versions others refer to. */
  public static RegistryException referenceExists(String subject) {
    return new RegistryException(
        Kind.REFERENCE_EXISTS, "One or more references exist to the schema %s.".formatted(subject));
  }

  public static RegistryException invalidAssociation(String property, String detail) {
    return new RegistryException(
        Kind.INVALID_ASSOCIATION,
        "The association specified an invalid value for property: '%s', detail: %s"
            .formatted(property, detail));
  }

  public static RegistryException associationNotFound(String resource) {
    return new RegistryException(
        Kind.ASSOCIATION_NOT_FOUND, "Association for '%s' not found.".formatted(resource));
  }

  public static RegistryException resourceAssociated(String type, String resource) {
    return new RegistryException(
        Kind.RESOURCE_ASSOCIATED,
        "An association of type '%s' already exists for resource '%s'".formatted(type, resource));
  }

  public static RegistryException subjectAssociated(String subject) {
    return new RegistryException(
        Kind.SUBJECT_ASSOCIATED,
        "An association already exists for subject '%s'".formatted(subject));
  }

  public static RegistryException subjectOwned(String subject) {
    return new RegistryException(
        Kind.SUBJECT_OWNED,
        "A strong association already exists for subject '%s'".formatted(subject));
  }

  public static RegistryException noLiveVersion(String subject) {
    return new RegistryException(
        Kind.NO_LIVE_VERSION,
        "No active (non-deleted) version exists for subject '%s'".formatted(subject));
  }

  public static RegistryException associationFrozen(String type, String subject) {
    return new RegistryException(
        Kind.ASSOCIATION_FROZEN,
        "The association of type  '%s' is frozen for subject '%s'".formatted(type, subject));
  }
}

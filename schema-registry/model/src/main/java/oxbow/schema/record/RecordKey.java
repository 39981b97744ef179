package oxbow.schema.record;

import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;

/** What a record is about. A later record of the same key replaces it. */
public sealed interface RecordKey {
  /** One version of a subject. */
  record SchemaKey(String subject, int version) implements RecordKey {}

  /**
   * Settings.
   *
   * @param subject null: of all
   */
  record ConfigKey(@Nullable String subject) implements RecordKey {}

  /**
   * A mode.
   *
   * @param subject null: of all
   */
  record ModeKey(@Nullable String subject) implements RecordKey {}

  /** All versions of a subject up to one were softly deleted. */
  record DeleteSubjectKey(String subject) implements RecordKey {}

  /**
   * What was softly deleted is forgotten.
   *
   * @param subject or a context; null: everywhere
   */
  record ClearSubjectKey(@Nullable String subject) implements RecordKey {}

  /** There is a context. */
  record ContextKey(String tenant, String context) implements RecordKey {}

  /**
   * The subject of one side of a resource's records.
   *
   * @param type of the association: the key's or the value's
   */
  record AssociationKey(
      String resourceName,
      String resourceNamespace,
      String resourceType,
      String type,
      String subject)
      implements RecordKey {
    public static AssociationKey of(Association association) {
      return new AssociationKey(
          association.resourceName(),
          association.resourceNamespace(),
          association.resourceType(),
          association.type(),
          association.subject());
    }
  }

  /** Nothing: written to learn that all before it was read. */
  record NoopKey() implements RecordKey {}

  /** A kind this registry doesn't know, or doesn't use. It stays in the topic. */
  record OtherKey(String keyType) implements RecordKey {}
}

package oxbow.schema.record;

import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.Mode;
import oxbow.schema.StoredSchema;
import oxbow.schema.SubjectConfig;

/** What a record says about its key. */
public sealed interface RecordValue {
  record SchemaValue(StoredSchema schema) implements RecordValue {}

  /**
   * Settings.
   *
   * @param unknown JSON of an object with what this registry doesn't know; null: nothing
   */
  record ConfigValue(@Nullable String subject, SubjectConfig config, @Nullable String unknown)
      implements RecordValue {}

  record ModeValue(@Nullable String subject, Mode mode) implements RecordValue {}

  /**
   * @param version the last that was deleted
   */
  record DeleteSubjectValue(String subject, int version) implements RecordValue {}

  record ClearSubjectValue(@Nullable String subject) implements RecordValue {}

  record ContextValue(String tenant, String context) implements RecordValue {}

  record AssociationValue(Association association) implements RecordValue {}
}

package oxbow.schema;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One version of a subject with all that is known of it.
 *
 * @param subject with its context, if not the default one
 * @param isDeleted softly
 * @param timestampMs when its record was written; negative: unknown
 * @param unknown JSON of an object with what its record has besides; null: nothing
 */
public record StoredSchema(
    String subject,
    int version,
    int id,
    SchemaContent content,
    boolean isDeleted,
    long timestampMs,
    @Nullable String unknown)
    implements Comparable<StoredSchema> {
  private static final Comparator<StoredSchema> ORDER =
      Comparator.comparing(StoredSchema::subject).thenComparingInt(StoredSchema::version);

  private static final SchemaContent NOTHING =
      SchemaContent.of(SchemaType.AVRO, "", List.of(), null, null);

  /** Where a version stands in the order, to look for it. */
  public static StoredSchema place(String subject, int version) {
    return new StoredSchema(subject, version, 0, NOTHING, false, -1, null);
  }

  /** By subject and version, which no other has. */
  @Override
  public int compareTo(StoredSchema other) {
    return ORDER.compare(this, other);
  }

  public StoredSchema deleted() {
    return new StoredSchema(subject, version, id, content, true, timestampMs, unknown);
  }

  public RegisteredSchema registered() {
    return new RegisteredSchema(
        subject, version, id, content.type(), content.text(), content.references(), isDeleted);
  }
}

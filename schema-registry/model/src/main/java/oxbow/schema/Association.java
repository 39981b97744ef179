package oxbow.schema;

import java.util.Comparator;

/**
 * Says which subject one side of a topic's records has its schemas under: what a serializer asks
 * for that isn't told a naming strategy.
 *
 * @param subject qualified
 * @param guid its own, for as long as it lasts
 * @param resourceName the topic
 * @param resourceNamespace the cluster the topic is in, as whoever made the association calls it
 * @param resourceId the topic's own id there
 * @param resourceType {@link #TOPIC}
 * @param type {@link #KEY} or {@link #VALUE}
 * @param isFrozen it can't be changed; only ever deleted together with its subject
 * @param createdMs when it was first made
 * @param updatedMs when its record was written
 */
public record Association(
    String subject,
    String guid,
    String resourceName,
    String resourceNamespace,
    String resourceId,
    String resourceType,
    String type,
    Lifecycle lifecycle,
    boolean isFrozen,
    long createdMs,
    long updatedMs)
    implements Comparable<Association> {
  public static final String TOPIC = "topic";
  public static final String KEY = "key";
  public static final String VALUE = "value";

  private static final Comparator<Association> ORDER =
      Comparator.comparing(Association::resourceName)
          .thenComparing(Association::resourceNamespace)
          .thenComparing(Association::resourceType)
          .thenComparing(Association::type)
          .thenComparing(Association::subject);

  /** Whose the subject is. */
  public enum Lifecycle {
    /** The topic's: no other may use it, and it goes with the topic. */
    STRONG,
    /** Nobody's: topics share it. */
    WEAK
  }

  /** By what its record is found under. */
  @Override
  public int compareTo(Association other) {
    return ORDER.compare(this, other);
  }
}

package oxbow.schema;

import java.util.Comparator;

/**
 * A schema's use of another one.
 *
 * @param name how the text names it: a full name in Avro, a URL in JSON Schema, a file in Protobuf
 * @param subject where it is registered
 * @param version which version of it
 */
public record SchemaReference(String name, String subject, int version)
    implements Comparable<SchemaReference> {
  private static final Comparator<SchemaReference> ORDER =
      Comparator.comparing(SchemaReference::subject)
          .thenComparingInt(SchemaReference::version)
          .thenComparing(SchemaReference::name);

  @Override
  public int compareTo(SchemaReference other) {
    return ORDER.compare(this, other);
  }
}

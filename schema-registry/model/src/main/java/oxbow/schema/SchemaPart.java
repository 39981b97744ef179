package oxbow.schema;

/**
 * A part of a schema that tags are put on.
 *
 * @param path names from the outermost in, joined by dots
 * @param isRecord a record or message; otherwise a field of one
 */
public record SchemaPart(String path, boolean isRecord) implements Comparable<SchemaPart> {
  @Override
  public int compareTo(SchemaPart other) {
    int byPath = path.compareTo(other.path);
    return byPath != 0 ? byPath : Boolean.compare(isRecord, other.isRecord);
  }
}

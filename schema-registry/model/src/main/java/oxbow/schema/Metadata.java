package oxbow.schema;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What its owners say about a schema. Part of its identity.
 *
 * @param tags of parts of the schema, by path
 * @param sensitive names of properties that are nobody else's business
 */
public record Metadata(
    SortedMap<String, SortedSet<String>> tags,
    SortedMap<String, String> properties,
    SortedSet<String> sensitive) {
  public static final Metadata EMPTY =
      new Metadata(new TreeMap<>(), new TreeMap<>(), new TreeSet<>());

  /** The version a schema was registered as, where its owner wants it in the metadata. */
  private static final String VERSION_PROPERTY = "confluent:version";

  public Metadata {
    tags = Collections.unmodifiableSortedMap(new TreeMap<>(tags));
    properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
    sensitive = Collections.unmodifiableSortedSet(new TreeSet<>(sensitive));
  }

  /** Both, where {@code over} wins; null if both are absent. */
  public static @Nullable Metadata merged(@Nullable Metadata under, @Nullable Metadata over) {
    if (under == null) return over;
    if (over == null) return under;
    var sensitive = new TreeSet<>(under.sensitive);
    sensitive.addAll(over.sensitive);
    return new Metadata(
        merged(under.tags, over.tags), merged(under.properties, over.properties), sensitive);
  }

  private static <T> SortedMap<String, T> merged(Map<String, T> under, Map<String, T> over) {
    var both = new TreeMap<>(under);
    both.putAll(over);
    return both;
  }

  public Optional<String> property(String name) {
    return Optional.ofNullable(properties.get(name));
  }

  public Optional<String> version() {
    return property(VERSION_PROPERTY);
  }

  public static Metadata withVersion(@Nullable Metadata metadata, int version) {
    Metadata before = metadata == null ? EMPTY : metadata;
    var properties = new TreeMap<>(before.properties);
    properties.put(VERSION_PROPERTY, Integer.toString(version));
    return new Metadata(before.tags, properties, before.sensitive);
  }

  public Metadata withoutVersion() {
    if (!properties.containsKey(VERSION_PROPERTY)) return this;
    var others = new TreeMap<>(properties);
    others.remove(VERSION_PROPERTY);
    return new Metadata(tags, others, sensitive);
  }
}

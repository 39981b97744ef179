package oxbow.schema;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import oxbow.schema.layout.Shape;

/** A schema in one of the three languages. Immutable, thread-safe. */
public interface ParsedSchema {
  SchemaType type();

  References references();

  /** The text it is stored, returned and identified by. */
  String canonicalText();

  /** The same schema in the one form that all texts which mean the same have. */
  ParsedSchema normalized();

  /**
   * Its text in another form, such as {@code resolved}, {@code serialized} or {@code
   * ignore_extensions}; a form that its language doesn't know gives the canonical text.
   */
  String formatted(String form);

  /**
   * Whether a look-up with this schema finds {@code registered}: the texts and references are the
   * same, or this one has inlined what the other refers to.
   */
  default boolean finds(ParsedSchema registered) {
    return type() == registered.type()
        && references().declared().equals(registered.references().declared())
        && canonicalText().equals(registered.canonicalText());
  }

  /** What breaks if data written with {@code writer} is read with this schema; empty: nothing. */
  List<Incompatibility> whyCannotRead(ParsedSchema writer);

  /** The same by a policy, which not every language has rules for. */
  default List<Incompatibility> whyCannotRead(ParsedSchema writer, CompatibilityPolicy policy) {
    return whyCannotRead(writer);
  }

  /**
   * The full name of its record or message (a JSON Schema's title), for subjects named after it.
   */
  Optional<String> recordName();

  /**
   * Bytes that were written with this schema, as JSON for people.
   *
   * @param data what follows the mark that {@link Framing} reads; in Protobuf the message path
   *     comes first. Stays as it is.
   * @param reader the schema to see them through: this one, or another version
   * @throws UndecodableException the bytes are something else, or the reader can't have them
   */
  String json(ByteBuffer data, ParsedSchema reader);

  /**
   * What {@link #json} shows, as bytes: JSON from people, written with this schema, without a mark.
   *
   * @throws UndecodableException it isn't what the schema says, or its language isn't written yet
   */
  default byte[] bytes(String json) {
    throw new UndecodableException(
        "a schema of type " + type() + " isn't written from JSON: send whole bytes in base64");
  }

  /** The tags that stand in the text, by what they are of. */
  default SortedMap<SchemaPart, SortedSet<String>> tags() {
    return Collections.emptySortedMap();
  }

  /**
   * The same schema with other tags in its text.
   *
   * @throws InvalidSchemaException a part isn't there, or its language has no place for tags
   */
  default ParsedSchema withTags(
      Map<SchemaPart, Set<String>> added, Map<SchemaPart, Set<String>> removed) {
    if (added.isEmpty() && removed.isEmpty()) return this;
    throw new InvalidSchemaException("a schema of type " + type() + " takes no tags");
  }

  /** The columns its values have, before a table gave them ids. */
  Shape shape();
}

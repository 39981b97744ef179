package oxbow.schema;

import java.util.List;
import java.util.Optional;
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

  /**
   * The full name of its record or message (a JSON Schema's title), for subjects named after it.
   */
  Optional<String> recordName();

  /** The columns its values have, before a table gave them ids. */
  Shape shape();
}

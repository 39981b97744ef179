package oxbow.schema;

/**
 * One schema language. Bad texts cost bounded time and memory, and nothing outside the given
 * references is ever read. Thread-safe.
 */
public interface SchemaFormat {
  SchemaType type();

  /**
   * Parses a text that is registered already.
   *
   * @throws InvalidSchemaException what is wrong with it
   */
  ParsedSchema parse(String text, References references);

  /**
   * Parses a text that comes new, and checks more: an Avro default that does not fit its type, say.
   *
   * @throws InvalidSchemaException what is wrong with it
   */
  ParsedSchema parseNew(String text, References references);
}

package oxbow.schema;

/**
 * One thing that breaks between two versions.
 *
 * @param rule its short name in capitals, as in {@code READER_FIELD_MISSING_DEFAULT_VALUE}
 * @param path where in the schema
 * @param message the whole text a client gets, in the shape Confluent's tools know: {@code
 *     {errorType:'..', description:'..'}}; {@link #READER} and {@link #WRITER} stand for the two
 *     schemas
 */
public record Incompatibility(String rule, String path, String message) {
  /** What the schema that reads is called is put here: "new" where old data must stay readable. */
  public static final String READER = "{reader}";

  /** What the schema that was written with is called is put here. */
  public static final String WRITER = "{writer}";

  /** Two languages never read each other. */
  public static Incompatibility ofOtherType() {
    return new Incompatibility(
        "SCHEMA_TYPE_CHANGED", "/", "Incompatible because of different schema type");
  }

  /** The message with the schemas' names put in. */
  public String message(String reader, String writer) {
    return message.replace(READER, reader).replace(WRITER, writer);
  }
}

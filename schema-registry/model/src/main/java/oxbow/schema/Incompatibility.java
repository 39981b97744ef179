package oxbow.schema;

/**
 * One thing that breaks between two versions.
 *
 * @param rule its short name in capitals, as in {@code READER_FIELD_MISSING_DEFAULT_VALUE}
 * @param path where in the schema
 * @param message what to change, for a person
 */
public record Incompatibility(String rule, String path, String message) {}

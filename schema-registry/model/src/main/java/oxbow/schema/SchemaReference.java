package oxbow.schema;

/**
 * A schema's use of another one.
 *
 * @param name how the text names it: a full name in Avro, a URL in JSON Schema, a file in Protobuf
 * @param subject where it is registered
 * @param version which version of it
 */
public record SchemaReference(String name, String subject, int version) {}

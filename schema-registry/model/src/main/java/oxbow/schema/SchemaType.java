package oxbow.schema;

/** The languages a schema can be written in. */
public enum SchemaType {
  AVRO,
  JSON,
  PROTOBUF
}

package oxbow.schema.protobuf;

import oxbow.schema.InvalidSchemaException;
import oxbow.schema.References;
import oxbow.schema.SchemaFormat;
import oxbow.schema.SchemaType;

/**
 * Protobuf: proto2, proto3 and editions, as a file's text or as its descriptor in base64. Imports
 * are references by name, or files that come with the program; nothing else is ever read.
 */
public final class ProtobufFormat implements SchemaFormat {
  private final KnownFiles known = new KnownFiles();

  @Override
  public SchemaType type() {
    return SchemaType.PROTOBUF;
  }

  /** Reads the text alone: a name that stands for nothing shows when the schema is used. */
  @Override
  public ProtobufSchema parse(String text, References references) {
    return new ProtobufSchema(new Sources(known).parse(text), references, known);
  }

  @Override
  public ProtobufSchema parseNew(String text, References references) {
    ProtoFile file = new Sources(known).parse(text);
    Rules.check(file);
    ProtobufSchema schema = new ProtobufSchema(file, references, known);
    if (schema.recordName().isEmpty() && file.services().isEmpty() && file.extensions().isEmpty()) {
      throw new InvalidSchemaException("the file declares nothing; add a message");
    }
    schema.linkNew(file);
    return schema;
  }
}

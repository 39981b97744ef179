package oxbow.cold.file;

import oxbow.cold.shred.protobuf.ProtobufProgramCompiler;
import oxbow.schema.ParsedSchema;
import oxbow.schema.SchemaType;
import oxbow.schema.layout.Placement;
import oxbow.schema.protobuf.ProtobufSchema;

/**
 * A schema that records were written with, as a cold file keeps it.
 *
 * @param text complete: it refers to no other
 * @param placement of its parts in the file's columns
 */
public record WriterSchema(int id, SchemaType type, String text, Placement placement) {
  /** A registered schema, with all that it refers to. */
  public static WriterSchema of(int id, ParsedSchema schema, Placement placement) {
    String text =
        schema instanceof ProtobufSchema protobuf
            ? ProtobufProgramCompiler.completeText(protobuf.descriptor())
            : schema.formatted("resolved");
    return new WriterSchema(id, schema.type(), text, placement);
  }
}

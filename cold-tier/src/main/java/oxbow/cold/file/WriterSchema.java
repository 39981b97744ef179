package oxbow.cold.file;

import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.List;
import oxbow.cold.shred.protobuf.ProtobufProgramCompiler;
import oxbow.schema.ParsedSchema;
import oxbow.schema.SchemaType;
import oxbow.schema.layout.Placement;
import oxbow.schema.protobuf.ProtobufSchema;

/**
 * A schema that records were written with, as a cold file keeps it.
 *
 * @param text complete: it refers to no other
 * @param placement of its parts in the file's columns. In Protobuf the parts of a message that is
 *     one column have its path before theirs: {@code #2.0/name}
 * @param topMessage in Protobuf: path of the message whose fields are columns at the top; empty:
 *     none's are
 */
public record WriterSchema(
    int id, SchemaType type, String text, Placement placement, List<Integer> topMessage) {
  /** The path that a file's first message has. */
  public static final List<Integer> FIRST_MESSAGE = List.of(0);

  public WriterSchema {
    topMessage = List.copyOf(topMessage);
  }

  /** In Protobuf its first message is the one whose fields are columns at the top. */
  public WriterSchema(int id, SchemaType type, String text, Placement placement) {
    this(id, type, text, placement, FIRST_MESSAGE);
  }

  /** A registered schema, with all that it refers to. */
  public static WriterSchema of(int id, ParsedSchema schema, Placement placement) {
    return of(id, schema, placement, FIRST_MESSAGE);
  }

  /** The same of a file of messages, one of which is at the top. */
  public static WriterSchema of(
      int id, ParsedSchema schema, Placement placement, List<Integer> topMessage) {
    return new WriterSchema(id, schema.type(), completeText(schema), placement, topMessage);
  }

  private static String completeText(ParsedSchema schema) {
    if (!(schema instanceof ProtobufSchema protobuf)) return schema.formatted("resolved");
    FileDescriptor file =
        protobuf.message().map(first -> first.getFile()).orElseGet(protobuf::descriptor);
    return ProtobufProgramCompiler.completeText(file);
  }
}

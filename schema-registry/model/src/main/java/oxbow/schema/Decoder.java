package oxbow.schema;

import java.nio.ByteBuffer;

/**
 * Keys and values as JSON, for people and queries, whatever language their schema is in. Buffers
 * stay as they are. All methods throw {@link UndecodableException} where the bytes aren't what the
 * schema says.
 */
public final class Decoder {
  private Decoder() {}

  /** Bytes that a mark precedes, as clients write them. */
  public static String framed(ByteBuffer bytes, ParsedSchema writer) {
    return framed(bytes, writer, writer);
  }

  /** Bytes that a mark precedes, seen through another version of their schema. */
  public static String framed(ByteBuffer bytes, ParsedSchema writer, ParsedSchema reader) {
    ByteBuffer data = bytes.duplicate();
    if (Framing.read(data).isEmpty()) {
      throw new UndecodableException("no schema id precedes the bytes");
    }
    return writer.json(data, reader);
  }

  /** Bytes whose mark lies in this header of the record. */
  public static String marked(
      ByteBuffer header, ByteBuffer bytes, ParsedSchema writer, ParsedSchema reader) {
    ByteBuffer path = header.duplicate();
    if (Framing.read(path).isEmpty()) {
      throw new UndecodableException("the header is no schema id");
    }
    return writer.json(path.hasRemaining() ? joined(path, bytes) : bare(bytes, writer), reader);
  }

  /** Bytes without any mark; a Protobuf file's first message. */
  public static String bare(ByteBuffer bytes, ParsedSchema writer, ParsedSchema reader) {
    return writer.json(bare(bytes, writer), reader);
  }

  private static ByteBuffer bare(ByteBuffer bytes, ParsedSchema writer) {
    if (writer.type() != SchemaType.PROTOBUF) return bytes.duplicate();
    return joined(ByteBuffer.wrap(Framing.writeMessagePath(0)), bytes);
  }

  private static ByteBuffer joined(ByteBuffer path, ByteBuffer bytes) {
    return ByteBuffer.allocate(path.remaining() + bytes.remaining())
        .put(path)
        .put(bytes.duplicate())
        .flip();
  }
}

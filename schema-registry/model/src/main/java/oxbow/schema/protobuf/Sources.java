package oxbow.schema.protobuf;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Base64;
import java.util.regex.Pattern;
import oxbow.schema.InvalidSchemaException;

/** What clients send as a schema: a file's text, or its descriptor in base64. */
final class Sources {
  /** No file's text is of these letters alone: each has a blank or a semicolon. */
  private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/]+={0,2}");

  private final KnownFiles known;

  Sources(KnownFiles known) {
    this.known = known;
  }

  /**
   * Reads either.
   *
   * @throws InvalidSchemaException it is neither
   */
  ProtoFile parse(String text) {
    String stripped = text.strip();
    if (stripped.length() > ProtoParser.CHARS_MAX || !BASE64.matcher(stripped).matches()) {
      return ProtoParser.parse(text);
    }
    FileDescriptorProto descriptor;
    try {
      byte[] bytes = Base64.getDecoder().decode(stripped);
      descriptor = FileDescriptorProto.parseFrom(bytes, extensions());
    } catch (IllegalArgumentException | InvalidProtocolBufferException e) {
      // A word that is no descriptor: the text's error says more.
      return ProtoParser.parse(text);
    }
    // A descriptor can hold any name and any depth; its text has to be one that can be read.
    return ProtoParser.parse(ProtoPrinter.print(new DescriptorReader(descriptor).file()));
  }

  /** The custom options that a descriptor's text shows: Confluent's. */
  private ExtensionRegistry extensions() {
    ExtensionRegistry registry = ExtensionRegistry.newInstance();
    known
        .find(KnownFiles.CONFLUENT_META)
        .ifPresent(file ->
            file.getExtensions()
                .forEach(
                    e -> registry.add(e, DynamicMessage.getDefaultInstance(e.getMessageType()))));
    return registry;
  }
}

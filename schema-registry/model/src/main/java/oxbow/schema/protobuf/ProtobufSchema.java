package oxbow.schema.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Framing;
import oxbow.schema.Incompatibility;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.SchemaPart;
import oxbow.schema.SchemaType;
import oxbow.schema.TextSchema;
import oxbow.schema.UndecodableException;
import oxbow.schema.layout.Shape;

/**
 * A schema in Protobuf: a file of messages. Which of them a record is says the path of indexes that
 * precedes it; without one it is the first. Keeps the text; a descriptor is made when it is needed.
 */
public final class ProtobufSchema extends TextSchema {
  /** What the file is called in its descriptor. */
  private static final String FILE_NAME = "default";

  private final KnownFiles known;

  /** The first type's full name; of a file that only passes another one on it is in there. */
  private final @Nullable String firstType;

  private final boolean isWrapper;

  /**
   * Made when it is needed; two threads may make the same. Twenty times the size of a text, so it
   * goes where memory is short.
   */
  private volatile SoftReference<@Nullable Linked> linked = new SoftReference<>(null);

  ProtobufSchema(ProtoFile file, References references, KnownFiles known) {
    super(SchemaType.PROTOBUF, ProtoPrinter.print(file), references);
    this.known = known;
    this.firstType = firstType(file);
    this.isWrapper =
        file.types().isEmpty()
            && file.services().isEmpty()
            && file.extensions().isEmpty()
            && file.imports().size() == 1
            && file.imports().getFirst().kind() == ProtoFile.ImportKind.PUBLIC;
  }

  private static @Nullable String firstType(ProtoFile file) {
    String scope = file.packageName() == null ? "" : file.packageName();
    Optional<? extends ProtoFile.Declared> first = file.messages().stream().findFirst();
    if (first.isEmpty()) {
      first = ProtoFile.enums(file.types()).stream().findFirst();
    }
    return first.map(type -> Names.in(scope, type.name())).orElse(null);
  }

  /**
   * What a file stands for.
   *
   * @param types the file whose messages the paths count: itself, or the one that it passes on
   */
  private record Linked(FileDescriptor file, FileDescriptor types, ProtobufValues values) {}

  private Linked linked(FileDescriptor file) {
    FileDescriptor types =
        isWrapper && file.getPublicDependencies().size() == 1
            ? file.getPublicDependencies().getFirst()
            : file;
    return new Linked(file, types, new ProtobufValues(file));
  }

  private Linked linked() {
    Linked made = linked.get();
    if (made == null) {
      ProtoFile file = ProtoParser.parse(canonicalText());
      made = linked(new Linker(known, references()).link(FILE_NAME, file));
      linked = new SoftReference<>(made);
    }
    return made;
  }

  @Override
  public ProtobufSchema normalized() {
    ProtoFile file = ProtoParser.parse(canonicalText());
    Normalizer normalizer = new Normalizer(new Linker(known, references()).names(file));
    return new ProtobufSchema(normalizer.normalize(file), references().normalized(), known);
  }

  /**
   * The text in another form: {@code serialized} for the descriptor in base64, {@code
   * ignore_extensions} without extensions and custom options.
   */
  @Override
  public String formatted(String form) {
    return switch (form.toLowerCase(Locale.ROOT)) {
      case "serialized" -> Base64.getEncoder().encodeToString(descriptor().toProto().toByteArray());
      case "ignore_extensions" ->
          ProtoPrinter.print(Plain.withoutExtensions(ProtoParser.parse(canonicalText())));
      default -> canonicalText();
    };
  }

  /** Beyond the same text and references, the same text sent without any. */
  @Override
  public boolean finds(ParsedSchema registered) {
    return super.finds(registered)
        || (registered instanceof ProtobufSchema other
            && references().declared().isEmpty()
            && canonicalText().equals(other.canonicalText()));
  }

  @Override
  public List<Incompatibility> whyCannotRead(ParsedSchema writer) {
    if (!(writer instanceof ProtobufSchema other)) {
      return List.of(Incompatibility.ofOtherType());
    }
    Optional<Incompatibility> unlinked =
        other.unlinked(Incompatibility.WRITER).or(() -> unlinked(Incompatibility.READER));
    return unlinked.isPresent()
        ? List.of(unlinked.get())
        : ProtobufCompatibility.check(other, this);
  }

  /** What keeps a schema, which another registry may have let in, from being compared. */
  private Optional<Incompatibility> unlinked(String called) {
    try {
      descriptor();
      return Optional.empty();
    } catch (InvalidSchemaException e) {
      return Optional.of(
          ProtobufCompatibility.incompatibility(
              "UNRESOLVED_SCHEMA",
              "#/",
              "The " + called + " schema can't be resolved: " + e.getMessage()));
    }
  }

  @Override
  public Optional<String> recordName() {
    if (!isWrapper) {
      return Optional.ofNullable(firstType);
    }
    FileDescriptor types = linked().types();
    return types.getMessageTypes().isEmpty()
        ? types.getEnumTypes().stream().findFirst().map(EnumDescriptor::getFullName)
        : Optional.of(types.getMessageTypes().getFirst().getFullName());
  }

  /**
   * Links the file, which comes new, more strictly than one that is registered.
   *
   * @param written it with the lines of the text that was sent
   * @throws InvalidSchemaException what is wrong with it
   */
  void linkNew(ProtoFile written) {
    Linked made = linked(new Linker(known, references()).linkNew(FILE_NAME, written));
    linked = new SoftReference<>(made);
  }

  /**
   * The file's descriptor, with its imports.
   *
   * @throws InvalidSchemaException a name in it stands for nothing
   */
  public FileDescriptor descriptor() {
    return linked().file();
  }

  /**
   * The message at a path of indexes: the first in the file, the second in that, and so on. No path
   * is the first message.
   *
   * @return nothing, if there is none
   * @throws InvalidSchemaException a name in the file stands for nothing
   */
  public Optional<Descriptor> message(int... path) {
    List<Descriptor> siblings = linked().types().getMessageTypes();
    if (path.length == 0) {
      return siblings.stream().findFirst();
    }
    Descriptor message = null;
    for (int index : path) {
      if (index < 0 || index >= siblings.size()) {
        return Optional.empty();
      }
      message = siblings.get(index);
      siblings = message.getNestedTypes();
    }
    return Optional.ofNullable(message);
  }

  /**
   * Reads a message that was written with this schema as another version has it.
   *
   * @param data the message path, then the message; stays as it is
   * @throws UndecodableException the bytes are something else, or the reader lacks the message
   */
  public DynamicMessage read(ByteBuffer data, ProtobufSchema reader) {
    try {
      return readLinked(data.duplicate(), reader);
    } catch (InvalidSchemaException e) {
      throw new UndecodableException("the schema can't be resolved: " + e.getMessage(), e);
    }
  }

  private DynamicMessage readLinked(ByteBuffer bytes, ProtobufSchema reader) {
    int[] path = Framing.readMessagePath(bytes);
    Descriptor written =
        message(path)
            .orElseThrow(() ->
                new UndecodableException(
                    "the schema has no message at the path " + Arrays.toString(path)));
    if (reader.equals(this)) {
      return linked().values().read(bytes, written);
    }
    Descriptor read =
        Names.find(reader.linked().types(), reader.fullNameOf(written))
            .filter(Descriptor.class::isInstance)
            .map(Descriptor.class::cast)
            .orElseThrow(() ->
                new UndecodableException(
                    "the reader's schema has no message " + reader.fullNameOf(written)));
    return reader.linked().values().read(bytes, read);
  }

  /** What a message of another version is called here, where the package may be another. */
  private String fullNameOf(Descriptor message) {
    String packageName = message.getFile().getPackage();
    String local =
        packageName.isEmpty()
            ? message.getFullName()
            : message.getFullName().substring(packageName.length() + 1);
    return Names.in(linked().types().getPackage(), local);
  }

  @Override
  public String json(ByteBuffer data, ParsedSchema reader) {
    if (!(reader instanceof ProtobufSchema other)) {
      throw new UndecodableException("the reader's schema is not Protobuf");
    }
    DynamicMessage message = read(data, other);
    return other.linked().values().json(message);
  }

  /** The first message of the file, behind its path. */
  @Override
  public byte[] bytes(String json) {
    try {
      Descriptor type =
          message()
              .orElseThrow(() -> new UndecodableException("the schema has no message to write"));
      byte[] written = new ProtobufWriting(linked().values()).bytes(json, type);
      byte[] path = Framing.writeMessagePath(0);
      return ByteBuffer.allocate(path.length + written.length).put(path).put(written).array();
    } catch (InvalidSchemaException e) {
      throw new UndecodableException("the schema can't be resolved: " + e.getMessage(), e);
    }
  }

  @Override
  public SortedMap<SchemaPart, SortedSet<String>> tags() {
    return ProtobufTags.read(ProtoParser.parse(canonicalText()));
  }

  @Override
  public ProtobufSchema withTags(
      Map<SchemaPart, Set<String>> added, Map<SchemaPart, Set<String>> removed) {
    ProtoFile changed = ProtobufTags.change(ProtoParser.parse(canonicalText()), added, removed);
    return new ProtobufSchema(changed, references(), known);
  }

  /** The columns of the first message; of a file without messages none. */
  @Override
  public Shape shape() {
    return shape(0);
  }

  /**
   * The columns of the message at a path of indexes.
   *
   * @throws IllegalArgumentException there is none
   */
  public Shape shape(int... path) {
    Optional<Descriptor> message = message(path);
    if (message.isEmpty() && linked().types().getMessageTypes().isEmpty()) {
      return new Shape(List.of());
    }
    return ProtobufShapes.of(
        message.orElseThrow(() ->
            new IllegalArgumentException("no message at the index path " + Arrays.toString(path))));
  }
}

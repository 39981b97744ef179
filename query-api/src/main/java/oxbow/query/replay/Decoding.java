package oxbow.query.replay;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics.Topic;
import oxbow.query.replay.Side.ReaderSchema;
import oxbow.schema.Decoder;
import oxbow.schema.Framing;
import oxbow.schema.Framing.Mark;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.Schemas;
import oxbow.schema.SubjectNames;
import oxbow.schema.UndecodableException;

/** Shows keys and values of one topic. Asks the registry, never waits. Confined to one thread. */
public final class Decoding {
  private final Optional<Schemas> schemas;
  private final Topic topic;
  private final Side key;
  private final Side value;
  private final JsonCopy json;

  /**
   * A key or value.
   *
   * @param json as JSON in one line
   * @param schemaId what it was written with; empty: no schema that is known by a number
   * @param error why it isn't shown by its schema, if so
   */
  public record Shown(String json, Optional<Integer> schemaId, Optional<String> error) {}

  /**
   * @param schemas empty: there is no registry
   * @param isLongAsText whole numbers that a double can't hold come as texts
   * @throws QueryException a reader's schema is not registered
   */
  public Decoding(
      Optional<Schemas> schemas, Topic topic, Side key, Side value, boolean isLongAsText) {
    this.schemas = schemas;
    this.topic = topic;
    this.key = key;
    this.value = value;
    this.json = new JsonCopy(isLongAsText);
    requireReader(key, true);
    requireReader(value, false);
  }

  public Shown key(ReplayedRecord record) {
    return shown(record.key(), record.headers(), key, true);
  }

  public Shown value(ReplayedRecord record) {
    return shown(record.value(), record.headers(), value, false);
  }

  /** A number as JSON, or as text where a double can't hold it and that was asked for. */
  public String number(long number) {
    return json.copy(Long.toString(number));
  }

  private Shown shown(@Nullable ByteBuffer bytes, List<Header> headers, Side side, boolean isKey) {
    if (bytes == null) return plain("null");
    return switch (side.decode()) {
      case AUTO -> auto(bytes, headers, side, isKey);
      case JSON -> plain(json.copy(array(bytes)).orElseGet(() -> wrapped(bytes)));
      case STRING -> plain(quoted(StandardCharsets.UTF_8.decode(bytes.duplicate()).toString()));
      case BASE64 -> plain(quoted(base64(bytes)));
      case RAW -> plain(textOrWrapped(bytes));
    };
  }

  private Shown auto(ByteBuffer bytes, List<Header> headers, Side side, boolean isKey) {
    if (schemas.isPresent()) {
      Shown found = bySchema(schemas.get(), bytes, headers, side, isKey);
      if (found != null) return found;
    }
    int first = bytes.hasRemaining() ? bytes.get(bytes.position()) : 0;
    if (first == '{' || first == '[') {
      Optional<String> copied = json.copy(array(bytes));
      if (copied.isPresent()) return plain(copied.get());
    }
    return plain(textOrWrapped(bytes));
  }

  private @Nullable Shown bySchema(
      Schemas registry, ByteBuffer bytes, List<Header> headers, Side side, boolean isKey) {
    ByteBuffer header = mark(headers, isKey ? Framing.KEY_HEADER : Framing.VALUE_HEADER);
    Optional<Mark> mark = Framing.read((header == null ? bytes : header).duplicate());
    Optional<ParsedSchema> writer =
        mark.flatMap(known ->
            switch (known) {
              case Mark.Id(int id) -> registry.byId(id);
              case Mark.Guid(var guid) -> registry.byGuid(guid);
            });
    if (writer.isEmpty()) return null;
    Optional<Integer> id =
        mark.get() instanceof Mark.Id(int number) ? Optional.of(number) : Optional.empty();
    try {
      ParsedSchema reader = reader(registry, writer.get(), side, isKey);
      String shown =
          header == null
              ? Decoder.framed(bytes, writer.get(), reader)
              : Decoder.marked(header, bytes, writer.get(), reader);
      return new Shown(json.copy(shown), id, Optional.empty());
    } catch (UndecodableException | QueryException e) {
      return new Shown(wrapped(bytes), id, Optional.of(String.valueOf(e.getMessage())));
    }
  }

  private static @Nullable ByteBuffer mark(List<Header> headers, String name) {
    for (int i = headers.size() - 1; i >= 0; i--) {
      byte[] found = headers.get(i).value();
      if (headers.get(i).key().equals(name) && found != null) return ByteBuffer.wrap(found);
    }
    return null;
  }

  private ParsedSchema reader(Schemas registry, ParsedSchema writer, Side side, boolean isKey) {
    if (side.reader().isEmpty()) return writer;
    return switch (side.reader().get()) {
      case ReaderSchema.ById(int id) -> byId(registry, id);
      case ReaderSchema.Latest _ -> ofSubject(registry, subject(writer, isKey), null);
      case ReaderSchema.ByVersion(int version) ->
          ofSubject(registry, subject(writer, isKey), version);
    };
  }

  private String subject(ParsedSchema writer, boolean isKey) {
    SubjectNames names = names(topic, isKey);
    Optional<String> subject =
        isKey ? names.keySubject(topic.name(), writer) : names.valueSubject(topic.name(), writer);
    return subject.orElseThrow(
        () -> new QueryException(Kind.NO_SCHEMA, "the schema has no name, so there is no subject"));
  }

  /** How the topic's subjects are called. */
  public static SubjectNames names(Topic topic, boolean isKey) {
    String setting =
        isKey ? "confluent.key.subject.name.strategy" : "confluent.value.subject.name.strategy";
    return SubjectNames.of(topic.settings().get(setting)).orElse(SubjectNames.TOPIC_NAME);
  }

  private static ParsedSchema byId(Schemas registry, int id) {
    return registry
        .byId(id)
        .orElseThrow(() -> new QueryException(Kind.NO_SCHEMA, "no schema has the id " + id));
  }

  private static ParsedSchema ofSubject(
      Schemas registry, String subject, @Nullable Integer version) {
    RegisteredSchema found =
        registry.versions(subject).stream()
            .filter(each -> version == null ? !each.isDeleted() : each.version() == version)
            .max(Comparator.comparingInt(RegisteredSchema::version))
            .orElseThrow(() ->
                new QueryException(
                    Kind.NO_SCHEMA,
                    version == null
                        ? "the subject " + subject + " has no schema"
                        : "the subject " + subject + " has no version " + version));
    return byId(registry, found.id());
  }

  /** What can be told before the first record is. */
  private void requireReader(Side side, boolean isKey) {
    if (side.reader().isEmpty()) return;
    Schemas registry =
        schemas.orElseThrow(
            () -> new QueryException(Kind.NO_SCHEMA, "this server has no schema registry"));
    if (side.decode() != Side.Decode.AUTO) {
      throw new QueryException(
          Kind.BAD_PARAMETER, "a schema to read with is for decode=auto, which asks the registry");
    }
    SubjectNames names = names(topic, isKey);
    String subject = topic.name() + (isKey ? "-key" : "-value");
    switch (side.reader().get()) {
      case ReaderSchema.ById(int id) -> byId(registry, id);
      case ReaderSchema.Latest _ when names == SubjectNames.TOPIC_NAME ->
          ofSubject(registry, subject, null);
      case ReaderSchema.ByVersion(int version) when names == SubjectNames.TOPIC_NAME ->
          ofSubject(registry, subject, version);
      default -> {} // which subject it is, the record's own schema says
    }
  }

  private static Shown plain(String json) {
    return new Shown(json, Optional.empty(), Optional.empty());
  }

  private static String textOrWrapped(ByteBuffer bytes) {
    try {
      return quoted(
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(bytes.duplicate())
              .toString());
    } catch (CharacterCodingException _) {
      return wrapped(bytes);
    }
  }

  private static String wrapped(ByteBuffer bytes) {
    return "{\"base64\":\"" + base64(bytes) + "\"}";
  }

  static String base64(ByteBuffer bytes) {
    return Base64.getEncoder().encodeToString(array(bytes));
  }

  /** A header's value: text if it is, else base64. */
  public static String header(byte @Nullable [] bytes) {
    return bytes == null ? "null" : textOrWrapped(ByteBuffer.wrap(bytes));
  }

  /** A text as JSON. */
  public static String quoted(String text) {
    var quoted = new StringBuilder(text.length() + 2).append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, quoted);
    return quoted.append('"').toString();
  }

  private static byte[] array(ByteBuffer bytes) {
    byte[] array = new byte[bytes.remaining()];
    bytes.duplicate().get(array);
    return array;
  }
}

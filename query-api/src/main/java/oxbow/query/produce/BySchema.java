package oxbow.query.produce;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Optional;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics.Topic;
import oxbow.schema.Framing;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.SchemaType;
import oxbow.schema.Schemas;
import oxbow.schema.SubjectNames;
import oxbow.schema.UndecodableException;

/** Writes JSON as the newest schema of a topic's subject says, marked with its id. */
public final class BySchema {
  private BySchema() {}

  /** For a topic's keys or values; without a schema they are plain. */
  public static ProduceBody.Side of(Schemas registry, Topic topic, boolean isKey) {
    SubjectNames names = oxbow.query.replay.Decoding.names(topic, isKey);
    if (names != SubjectNames.TOPIC_NAME) return ProduceBody.Side.PLAIN;
    Optional<RegisteredSchema> newest =
        registry.versions(topic.name() + (isKey ? "-key" : "-value")).stream()
            .filter(each -> !each.isDeleted())
            .max(Comparator.comparingInt(RegisteredSchema::version));
    return newest
        .flatMap(known -> registry.byId(known.id()).map(schema -> side(known.id(), schema)))
        .orElse(ProduceBody.Side.PLAIN);
  }

  private static ProduceBody.Side side(int id, ParsedSchema schema) {
    byte[] mark = Framing.write(new Framing.Mark.Id(id));
    return json -> {
      JsonNode base64 = json.size() == 1 ? json.get("base64") : null;
      if (base64 != null && base64.isTextual()) return ProduceBody.Side.base64(base64);
      byte[] data = data(json, schema);
      return ByteBuffer.allocate(mark.length + data.length).put(mark).put(data).array();
    };
  }

  private static byte[] data(JsonNode json, ParsedSchema schema) {
    // As Confluent's serializer out of the box: marked, and not validated.
    if (schema.type() == SchemaType.JSON) return json.toString().getBytes(StandardCharsets.UTF_8);
    try {
      return schema.bytes(json.toString());
    } catch (UndecodableException e) {
      throw new QueryException(Kind.BAD_RECORD, String.valueOf(e.getMessage()), e);
    }
  }
}

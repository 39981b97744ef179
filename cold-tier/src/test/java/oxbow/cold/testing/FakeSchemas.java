package oxbow.cold.testing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.SchemaFormat;
import oxbow.schema.SchemaType;
import oxbow.schema.Schemas;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.json.JsonFormat;
import oxbow.schema.protobuf.ProtobufFormat;

/** A registry without rules. Thread-safe. */
public final class FakeSchemas implements Schemas {
  private final Map<Integer, ParsedSchema> byId = new HashMap<>();
  private final List<RegisteredSchema> versions = new ArrayList<>();

  /** Registers a schema in Avro under a subject. */
  public void register(String subject, int id, String avro) {
    register(subject, id, SchemaType.AVRO, avro);
  }

  public synchronized void register(String subject, int id, SchemaType type, String text) {
    SchemaFormat format =
        switch (type) {
          case AVRO -> new AvroFormat();
          case JSON -> new JsonFormat();
          case PROTOBUF -> new ProtobufFormat();
        };
    byId.put(id, format.parse(text, References.NONE));
    versions.add(
        new RegisteredSchema(subject, versions.size() + 1, id, type, text, List.of(), false));
  }

  /** What the schema with this id is known by besides. */
  public static UUID guid(int id) {
    return UUID.nameUUIDFromBytes(("schema " + id).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public synchronized Optional<ParsedSchema> byId(int id) {
    return Optional.ofNullable(byId.get(id));
  }

  @Override
  public Optional<ParsedSchema> byGuid(UUID guid) {
    OptionalInt id = idOf(guid);
    return id.isEmpty() ? Optional.empty() : byId(id.getAsInt());
  }

  @Override
  public synchronized OptionalInt idOf(UUID guid) {
    return byId.keySet().stream()
        .mapToInt(Integer::intValue)
        .filter(id -> guid(id).equals(guid))
        .findAny();
  }

  @Override
  public synchronized List<RegisteredSchema> versions(String subject) {
    return versions.stream().filter(version -> version.subject().equals(subject)).toList();
  }

  @Override
  public boolean isRegistered(String subject, int id) {
    return versions(subject).stream().anyMatch(version -> version.id() == id);
  }

  @Override
  public boolean isRegistered(String subject, UUID guid) {
    OptionalInt id = idOf(guid);
    return id.isPresent() && isRegistered(subject, id.getAsInt());
  }

  @Override
  public synchronized long revision() {
    return versions.size();
  }
}

package oxbow.cold.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.SchemaType;
import oxbow.schema.Schemas;
import oxbow.schema.avro.AvroFormat;

/** A registry of Avro schemas without rules. */
public final class FakeSchemas implements Schemas {
  private final Map<Integer, ParsedSchema> byId = new HashMap<>();
  private final List<RegisteredSchema> versions = new ArrayList<>();

  /** Registers a schema under a subject. */
  public void register(String subject, int id, String avro) {
    byId.put(id, new AvroFormat().parse(avro, References.NONE));
    versions.add(
        new RegisteredSchema(
            subject, versions.size() + 1, id, SchemaType.AVRO, avro, List.of(), false));
  }

  @Override
  public Optional<ParsedSchema> byId(int id) {
    return Optional.ofNullable(byId.get(id));
  }

  @Override
  public Optional<ParsedSchema> byGuid(UUID guid) {
    return Optional.empty();
  }

  @Override
  public List<RegisteredSchema> versions(String subject) {
    return versions.stream().filter(version -> version.subject().equals(subject)).toList();
  }

  @Override
  public boolean isRegistered(String subject, int id) {
    return versions(subject).stream().anyMatch(version -> version.id() == id);
  }

  @Override
  public boolean isRegistered(String subject, UUID guid) {
    return false; // its schemas have none
  }

  @Override
  public long revision() {
    return versions.size();
  }
}

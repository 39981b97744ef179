package oxbow.server.cold;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.Schemas;

/**
 * The registry as the cold tier sees it: the registry keeps its schemas in the broker's own log, so
 * it comes after the broker, and the cold tier is a part of that. Until then nothing is registered.
 */
final class LateSchemas implements Schemas {
  private volatile Schemas registry = Schemas.NONE;

  void are(Schemas known) {
    registry = known;
  }

  @Override
  public Optional<ParsedSchema> byId(int id) {
    return registry.byId(id);
  }

  @Override
  public Optional<ParsedSchema> byGuid(UUID guid) {
    return registry.byGuid(guid);
  }

  @Override
  public OptionalInt idOf(UUID guid) {
    return registry.idOf(guid);
  }

  @Override
  public List<RegisteredSchema> versions(String subject) {
    return registry.versions(subject);
  }

  @Override
  public boolean isRegistered(String subject, int id) {
    return registry.isRegistered(subject, id);
  }

  @Override
  public boolean isRegistered(String subject, UUID guid) {
    return registry.isRegistered(subject, guid);
  }

  @Override
  public long revision() {
    return registry.revision();
  }
}

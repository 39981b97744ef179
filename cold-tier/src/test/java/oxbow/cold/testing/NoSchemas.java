package oxbow.cold.testing;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.Schemas;

/** A registry in which nothing is registered. */
public final class NoSchemas implements Schemas {
  @Override
  public Optional<ParsedSchema> byId(int id) {
    return Optional.empty();
  }

  @Override
  public Optional<ParsedSchema> byGuid(UUID guid) {
    return Optional.empty();
  }

  @Override
  public List<RegisteredSchema> versions(String subject) {
    return List.of();
  }

  @Override
  public boolean isRegistered(String subject, int id) {
    return false;
  }

  @Override
  public boolean isRegistered(String subject, UUID guid) {
    return false;
  }

  @Override
  public long revision() {
    return 0;
  }
}

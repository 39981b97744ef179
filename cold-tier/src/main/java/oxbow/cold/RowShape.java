package oxbow.cold;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.file.WriterSchemas;
import oxbow.cold.offload.Placing;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.Schemas;

/**
 * What a topic's records look like as rows at one moment: the table's columns, if there is a table,
 * those that schemas registered since will give it, and each schema's place in them. Changes
 * nothing.
 *
 * @param isFramed values may begin with a magic byte and a schema id
 */
public record RowShape(TableColumns columns, WriterSchemas schemas, boolean isFramed) {
  /** The first message of a Protobuf file: what records are that nobody has looked at. */
  private static final Set<List<Integer>> FIRST_MESSAGE = Set.of(List.of(0));

  /**
   * @param table its columns; empty: nothing of the topic is in the cold tier yet
   */
  public static RowShape of(
      String topic, TopicTiering tiering, Optional<TableColumns> table, Schemas schemas) {
    TableColumns columns = table.orElseGet(() -> Bucket.firstColumns(topic, tiering, schemas));
    var placing = new Placing(columns);
    for (RegisteredSchema version : schemas.versions(topic + "-key")) {
      schemas.byId(version.id()).ifPresent(schema -> placing.key(version.id(), schema));
    }
    for (RegisteredSchema version : schemas.versions(topic + "-value")) {
      schemas.byId(version.id()).ifPresent(schema -> value(placing, version.id(), schema));
    }
    var placed =
        new Placed(
            placing.columns(),
            new ConcurrentHashMap<>(placing.values()),
            new ConcurrentHashMap<>(placing.keys()),
            tiering.keys().isFramed(),
            schemas);
    return new RowShape(placing.columns(), placed, tiering.isFramed());
  }

  private static void value(Placing placing, int id, ParsedSchema schema) {
    boolean isNew = placing.columns().topMessage().isEmpty();
    placing.value(id, schema, isNew ? FIRST_MESSAGE : Set.of());
  }

  /** Schemas that are registered elsewhere have a place if the table has all their columns. */
  private record Placed(
      TableColumns columns,
      Map<Integer, WriterSchema> values,
      Map<Integer, WriterSchema> keys,
      boolean areKeysFramed,
      Schemas schemas)
      implements WriterSchemas {
    @Override
    public Answer value(int schemaId) {
      return answer(schemaId, values, false);
    }

    @Override
    public Answer key(int schemaId) {
      return areKeysFramed ? answer(schemaId, keys, true) : new Answer.Unknown();
    }

    private Answer answer(int schemaId, Map<Integer, WriterSchema> known, boolean isKey) {
      WriterSchema placed = known.get(schemaId);
      if (placed != null) return new Answer.Known(placed);
      Optional<ParsedSchema> schema = schemas.byId(schemaId);
      if (schema.isEmpty()) return new Answer.Unknown();
      WriterSchema found = place(schemaId, schema.get(), isKey);
      if (found == null) return new Answer.Unmerged();
      known.put(schemaId, found);
      return new Answer.Known(found);
    }

    private @Nullable WriterSchema place(int schemaId, ParsedSchema schema, boolean isKey) {
      var placing = new Placing(columns);
      if (isKey) placing.key(schemaId, schema);
      else RowShape.value(placing, schemaId, schema);
      if (!placing.columns().equals(columns)) return null;
      return (isKey ? placing.keys() : placing.values()).get(schemaId);
    }

    @Override
    public OptionalInt idOf(UUID guid) {
      return schemas.idOf(guid);
    }
  }
}

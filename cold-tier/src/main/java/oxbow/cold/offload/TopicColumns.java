package oxbow.cold.offload;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.file.FileFacts;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.file.WriterSchemas;
import oxbow.cold.shred.ProgramTable;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.Partitioning;
import oxbow.schema.Framing;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.Schemas;
import oxbow.schema.protobuf.ProtobufSchema;

/**
 * The columns of one topic's keys and values, as its table has them, and the place in them of each
 * schema: those registered for the topic, and those its records name beside them. Thread-safe.
 */
public final class TopicColumns {
  private static final Logger log = LoggerFactory.getLogger(TopicColumns.class);

  private final String topic;
  private final ColdTable table;
  private final Schemas schemas;
  private final Set<Integer> met = new LinkedHashSet<>();
  private final Set<Integer> metKeys = new LinkedHashSet<>();
  private final Map<Integer, Set<List<Integer>>> metMessages = new HashMap<>();
  private final Set<Integer> refusedBefore = new LinkedHashSet<>();
  private final Set<Integer> refusedKeysBefore = new LinkedHashSet<>();
  private Partitioning partitioning = Partitioning.NONE;
  private @Nullable String unpartitioned;
  private @Nullable Known known;

  /**
   * What a file can be written with.
   *
   * @param revision of the registry
   * @param placed schemas of values that have a place, by id
   * @param refused ids of schemas that can have none
   * @param keys schemas of keys that have a place, by id
   */
  record Known(
      long revision,
      TableColumns columns,
      Map<Integer, WriterSchema> placed,
      Set<Integer> refused,
      Map<Integer, WriterSchema> keys,
      Set<Integer> refusedKeys) {}

  public TopicColumns(String topic, ColdTable table, Schemas schemas) {
    this.topic = topic;
    this.table = table;
    this.schemas = schemas;
  }

  /** Adds what was registered since the last time to the table. May wait for the store. */
  synchronized Known now() {
    Known last = known;
    long revision = schemas.revision();
    if (last != null && last.revision() == revision) return last;
    TableColumns before = table.columns();
    var placing = new Placing(before);
    for (int id : ids("-key", metKeys)) {
      schemas.byId(id).ifPresent(schema -> placing.key(id, schema));
    }
    for (int id : ids("-value", met)) {
      Set<List<Integer>> messages = metMessages.getOrDefault(id, Set.of());
      schemas.byId(id).ifPresent(schema -> placing.value(id, schema, messages));
    }
    placing
        .refusedKeys()
        .forEach((id, reason) -> {
          if (refusedKeysBefore.add(id)) tell(id, reason, "keys");
        });
    placing
        .refusedValues()
        .forEach((id, reason) -> {
          if (refusedBefore.add(id)) tell(id, reason, "values");
        });
    if (!placing.columns().equals(before)) {
      table.evolve(placing.columns());
      repartition(); // by columns that came just now, perhaps
    }
    Known next =
        new Known(
            revision,
            placing.columns(),
            Map.copyOf(placing.values()),
            Set.copyOf(placing.refusedValues().keySet()),
            Map.copyOf(placing.keys()),
            Set.copyOf(placing.refusedKeys().keySet()));
    known = next;
    return next;
  }

  /** How the table is to be partitioned, as far as it has the columns and from when it has them. */
  public synchronized void partitionBy(Partitioning wanted) {
    partitioning = wanted;
    repartition();
  }

  /** What a table can't be partitioned by must not keep records from it. */
  private void repartition() {
    try {
      table.repartition(partitioning);
      unpartitioned = null;
    } catch (StoreException e) {
      if (e.kind() != StoreException.Kind.INVALID) throw e;
      String wanted = partitioning.toString();
      if (wanted.equals(unpartitioned)) return;
      unpartitioned = wanted;
      log.atWarn()
          .addKeyValue("topic", topic)
          .addKeyValue("partitioning", wanted)
          .addKeyValue("reason", e.getMessage())
          .log("the table stays partitioned as it was");
    }
  }

  private Set<Integer> ids(String suffix, Set<Integer> metBeside) {
    Set<Integer> ids = new LinkedHashSet<>();
    List<RegisteredSchema> versions = schemas.versions(topic + suffix);
    for (RegisteredSchema version : versions) ids.add(version.id());
    ids.addAll(metBeside);
    return ids;
  }

  /** Records name a schema that is registered elsewhere: it gets its columns, too. */
  synchronized void meet(int id) {
    if (met.add(id)) known = null;
  }

  /** Their keys do. */
  synchronized void meetKey(int id) {
    if (metKeys.add(id)) known = null;
  }

  /**
   * Records are this message of a file: it gets its columns.
   *
   * @return whether that is news, and there is such a message
   */
  synchronized boolean meetMessage(int id, List<Integer> path) {
    boolean isMessage =
        schemas
            .byId(id)
            .filter(schema -> schema instanceof ProtobufSchema)
            .flatMap(schema ->
                ((ProtobufSchema) schema)
                    .message(path.stream().mapToInt(Integer::intValue).toArray()))
            .isPresent();
    if (!isMessage) return false;
    boolean isNews =
        metMessages.computeIfAbsent(id, _ -> new LinkedHashSet<>()).add(List.copyOf(path));
    if (isNews) known = null;
    return isNews;
  }

  /**
   * What brings records back that lie in columns of the table and don't say themselves what these
   * mean: all that was ever placed there has its place still.
   */
  public Placed placed() {
    Known last = now();
    return new Placed(
        last.columns(),
        new WriterSchemas() {
          @Override
          public Answer value(int schemaId) {
            WriterSchema schema = last.placed().get(schemaId);
            if (schema == null) {
              meet(schemaId);
              schema = now().placed().get(schemaId);
            }
            return schema == null ? new Answer.Unknown() : new Answer.Known(schema);
          }

          @Override
          public Answer key(int schemaId) {
            WriterSchema schema = last.keys().get(schemaId);
            if (schema == null) {
              meetKey(schemaId);
              schema = now().keys().get(schemaId);
            }
            return schema == null ? new Answer.Unknown() : new Answer.Known(schema);
          }
        });
  }

  /** A table's columns, and the places of schemas in them. */
  public record Placed(TableColumns columns, WriterSchemas schemas) {}

  /** Whether any of these schemas, as a file tells of them, can be put into columns now. */
  public boolean anyPlaced(FileFacts.Absent absent, boolean mayMeetKeys) {
    Known last = now();
    return absent.values().stream()
            .anyMatch(told -> isPlaced(told, last.placed(), last.refused(), true))
        || absent.keys().stream()
            .anyMatch(told -> isPlaced(told, last.keys(), last.refusedKeys(), mayMeetKeys));
  }

  private boolean isPlaced(
      String told, Map<Integer, WriterSchema> placed, Set<Integer> refused, boolean mayMeet) {
    if (told.equals(ProgramTable.MORE_ABSENT)) return mayMeet;
    OptionalInt id = OptionalInt.empty();
    if (told.startsWith(ProgramTable.MARK)) {
      byte[] mark = HexFormat.of().parseHex(told.substring(ProgramTable.MARK.length()));
      id =
          Framing.read(ByteBuffer.wrap(mark))
              .map(read ->
                  switch (read) {
                    case Framing.Mark.Id(int number) -> OptionalInt.of(number);
                    case Framing.Mark.Guid(UUID guid) -> schemas.idOf(guid);
                  })
              .orElse(id);
    } else {
      id = OptionalInt.of(Integer.parseInt(told));
    }
    if (id.isEmpty() || refused.contains(id.getAsInt())) return false;
    boolean isMet = mayMeet && schemas.byId(id.getAsInt()).isPresent();
    return placed.containsKey(id.getAsInt()) || isMet;
  }

  /** The id of a schema that records name by its content. */
  OptionalInt idOf(UUID guid) {
    return schemas.idOf(guid);
  }

  Optional<ParsedSchema> registered(int id) {
    return schemas.byId(id);
  }

  private void tell(int id, String reason, String what) {
    log.atWarn()
        .addKeyValue("topic", topic)
        .addKeyValue("schemaId", id)
        .addKeyValue("of", what)
        .addKeyValue("reason", reason)
        .log("records of a schema are kept raw: the table can't hold its columns");
  }
}

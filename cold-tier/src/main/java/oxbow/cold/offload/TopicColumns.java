package oxbow.cold.offload;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.table.ColdTable;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.Schemas;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;

/**
 * The columns of one topic's values, as its table has them, and the place in them of each schema:
 * those registered for the topic, and those its records name beside them. Thread-safe.
 */
public final class TopicColumns {
  private static final Logger log = LoggerFactory.getLogger(TopicColumns.class);

  private final String topic;
  private final ColdTable table;
  private final Schemas schemas;
  private final Set<Integer> met = new LinkedHashSet<>();
  private final Set<Integer> refusedBefore = new LinkedHashSet<>();
  private @Nullable Known known;

  /**
   * What a file can be written with.
   *
   * @param revision of the registry
   * @param placed schemas that have a place, by id
   * @param refused ids of schemas that can have none
   */
  record Known(
      long revision,
      TableColumns columns,
      Map<Integer, WriterSchema> placed,
      Set<Integer> refused) {}

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
    TableColumns columns = table.columns();
    Layout layout = columns.values();
    Map<Integer, WriterSchema> placed = new HashMap<>();
    Set<Integer> refused = new LinkedHashSet<>();
    for (int id : ids()) {
      Optional<ParsedSchema> schema = schemas.byId(id);
      if (schema.isEmpty()) continue;
      switch (LayoutMerger.merge(layout, schema.get())) {
        case Merge.Placed(var next, var placement) -> {
          layout = next;
          placed.put(id, WriterSchema.of(id, schema.get(), placement));
        }
        case Merge.Refused(String reason) -> {
          refused.add(id);
          tell(id, reason);
        }
      }
    }
    if (!layout.equals(columns.values())) {
      columns = columns.withValues(layout);
      table.evolve(columns);
    }
    Known next = new Known(revision, columns, Map.copyOf(placed), Set.copyOf(refused));
    known = next;
    return next;
  }

  private Set<Integer> ids() {
    Set<Integer> ids = new LinkedHashSet<>();
    List<RegisteredSchema> versions = schemas.versions(topic + "-value");
    for (RegisteredSchema version : versions) ids.add(version.id());
    ids.addAll(met);
    return ids;
  }

  /** Records name a schema that is registered elsewhere: it gets its columns, too. */
  synchronized void meet(int id) {
    if (met.add(id)) known = null;
  }

  Optional<ParsedSchema> registered(int id) {
    return schemas.byId(id);
  }

  private void tell(int id, String reason) {
    if (!refusedBefore.add(id)) return;
    log.atWarn()
        .addKeyValue("topic", topic)
        .addKeyValue("schemaId", id)
        .addKeyValue("reason", reason)
        .log("values of a schema are kept raw: the table can't hold its columns");
  }
}

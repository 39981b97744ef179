package oxbow.cold.table;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.apache.iceberg.BaseMetastoreCatalog;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.NamespaceNotEmptyException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.util.ThreadPools;
import org.apache.kafka.common.Uuid;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.ObjectStore.ObjectInfo;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.table.ObjectTableOperations.CommitRules;

/**
 * All tables of a bucket, kept in the bucket alone: those of topics, and any that other engines
 * make. Needs nothing of the store but that of many who create an object one succeeds. To Iceberg's
 * own code it is a catalog like any other; what comes that way keeps to {@link ForeignCommitRules}.
 * The store is borrowed. Thread-safe.
 */
public final class IcebergCatalog extends BaseMetastoreCatalog implements SupportsNamespaces {
  private static final int LIST_COUNT = 1000;
  private static final int CREATE_ATTEMPTS = 20;
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * Metadata compressed at little cost, and a few old versions for those who are just reading them.
   */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          TableProperties.METADATA_COMPRESSION,
          "gzip",
          TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED,
          "true",
          TableProperties.METADATA_PREVIOUS_VERSIONS_MAX,
          "20",
          TableProperties.MANIFEST_COMPRESSION_LEVEL,
          "1",
          TableProperties.PARQUET_COMPRESSION,
          "zstd");

  private final ObjectStore store;
  private final ObjectFileIO io;
  private final InstantSource clock;
  private final Fence fence;
  private final ForeignReplays replays;
  private final Pins pins;
  private final ManifestBounds bounds = new ManifestBounds();

  private IcebergCatalog(
      ObjectStore store, InstantSource clock, ForeignReplays replays, Fence fence, Pins pins) {
    loadPools();
    this.store = store;
    this.io = new ObjectFileIO(store);
    this.clock = clock;
    this.replays = replays;
    this.fence = fence;
    this.pins = pins;
  }

  /** Iceberg's pools register a shutdown hook: the first commit may be too late for that. */
  private static void loadPools() {
    try {
      Object _ = ThreadPools.getWorkerPool();
    } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
      throw new StoreException(Kind.BUSY, "the process is ending", e);
    }
  }

  /** Opens a bucket, or begins one, that nobody takes over. */
  public static IcebergCatalog open(ObjectStore store, InstantSource clock) {
    return open(store, clock, ForeignReplays.ALL);
  }

  /**
   * The same.
   *
   * @param replays asked before other engines replace files of ours
   */
  public static IcebergCatalog open(
      ObjectStore store, InstantSource clock, ForeignReplays replays) {
    BucketLayout.open(store);
    return new IcebergCatalog(store, clock, replays, Fence.NONE, new Pins());
  }

  /**
   * The same for one of the owners that a bucket has one after the other.
   *
   * @param owner its number; 0: not known yet, and nothing is committed to topics' tables
   * @param pins what cleaning leaves for later
   */
  public static IcebergCatalog open(
      ObjectStore store,
      InstantSource clock,
      ForeignReplays replays,
      LongSupplier owner,
      Pins pins) {
    BucketLayout.open(store);
    return new IcebergCatalog(store, clock, replays, new Fence(owner), pins);
  }

  /** Whether somebody has begun a bucket here. */
  public static boolean isBucket(ObjectStore store) {
    return BucketLayout.isMarked(store);
  }

  /** Where a bucket is, as engines outside address it. */
  public static String location(ObjectStore store) {
    return BucketLayout.location(store);
  }

  /** A topic's table that is in the bucket. */
  public record TopicTable(String namespace, String name, Uuid topicId) {}

  /** Opens the table of a topic, if the newest of this name is this topic's. */
  public Optional<ColdTable> find(String namespace, String name, Uuid topicId) {
    ObjectTableOperations operations = operations(namespace, name, CommitRules.NONE);
    return load(operations)
        .filter(metadata -> isOf(topicId, metadata))
        .map(_ -> table(namespace, name, topicId, operations));
  }

  /**
   * Opens the table of a topic, or makes it. A table that an earlier topic of this name left, or
   * another engine made, is not touched.
   *
   * @throws StoreException {@code EXISTS} if there is such a table
   */
  public ColdTable findOrCreate(
      String namespace,
      String name,
      Uuid topicId,
      TableColumns columns,
      Partitioning partitioning) {
    ensureNamespace(namespace);
    for (int attempt = 1; attempt <= CREATE_ATTEMPTS; attempt++) {
      ObjectTableOperations operations = operations(namespace, name, CommitRules.NONE);
      Optional<TableMetadata> existing = load(operations);
      if (existing.isPresent()) {
        if (isOf(topicId, existing.get())) return table(namespace, name, topicId, operations);
        throw new StoreException(
            Kind.EXISTS, namespace + "." + name + " is not the table of topic " + topicId);
      }
      try {
        operations.commit(null, newTable(namespace, name, topicId, columns, partitioning));
      } catch (CommitFailedException _) {
        // Somebody else has just made it: read it.
      } catch (CommitStateUnknownException e) {
        throw new StoreException(
            Kind.OUTCOME_UNKNOWN, "no answer whether " + namespace + "." + name + " is made", e);
      }
    }
    throw new StoreException(Kind.BUSY, namespace + "." + name + " comes and goes");
  }

  private TableMetadata newTable(
      String namespace,
      String name,
      Uuid topicId,
      TableColumns columns,
      Partitioning partitioning) {
    Schema schema = SchemaMapping.schema(columns);
    Map<String, String> properties = new HashMap<>(DEFAULTS);
    properties.put(TopicProperties.TOPIC_ID, topicId.toString());
    properties.put(TopicProperties.COLUMNS, ColumnsJson.write(columns));
    properties.put(TopicProperties.ENDS, "");
    properties.put(TopicProperties.STARTS, "");
    if (fence.number() > 0) properties.put(TopicProperties.OWNER, Long.toString(fence.number()));
    TableMetadata.Builder builder =
        TableMetadata.buildFromEmpty(SchemaMapping.formatVersion(schema))
            .assignUUID()
            .setLocation(io.location(path(namespace, name, topicId)))
            .setCurrentSchema(schema, SchemaMapping.lastId(columns))
            .addPartitionSpec(IcebergTable.spec(schema, Partitioning.NONE))
            .setDefaultPartitionSpec(IcebergTable.BASE_SPEC_ID)
            .addSortOrder(SortOrder.unsorted())
            .setDefaultSortOrder(SortOrder.unsorted())
            .setProperties(properties);
    Partitioning known = partitioning.of(column -> schema.findField(column) != null);
    if (!known.fields().isEmpty()) {
      builder.setDefaultPartitionSpec(IcebergTable.spec(schema, known));
    }
    return builder.build();
  }

  private IcebergTable table(
      String namespace, String name, Uuid topicId, ObjectTableOperations operations) {
    return new IcebergTable(
        path(namespace, name, topicId), operations, store, io, clock, fence, pins, bounds);
  }

  private static String path(String namespace, String name, Uuid topicId) {
    return BucketLayout.table(namespace, name, topicId.toString());
  }

  private static boolean isOf(Uuid topicId, TableMetadata metadata) {
    return TopicProperties.isTopic(metadata) && TopicProperties.topicId(metadata).equals(topicId);
  }

  private static Optional<TableMetadata> load(ObjectTableOperations operations) {
    return Optional.ofNullable(operations.refresh());
  }

  private ObjectTableOperations operations(String namespace, String name, CommitRules rules) {
    var pointers = new Pointers(store, BucketLayout.pointers(namespace, name));
    return new ObjectTableOperations(namespace + "." + name, pointers, io, rules);
  }

  /** Every topic that has a table here, as the bucket's listings tell. */
  public List<TopicTable> topics() {
    List<TopicTable> topics = new ArrayList<>();
    for (Namespace namespace : listNamespaces()) {
      topics.addAll(topics(namespace.level(0), Set.of()));
    }
    return topics;
  }

  /**
   * The same of one namespace; none if it isn't there.
   *
   * @param known names of tables that nobody wants to hear of
   */
  public List<TopicTable> topics(String name, Set<String> known) {
    Namespace namespace = Namespace.of(name);
    if (!namespaceExists(namespace)) return List.of();
    List<TopicTable> topics = new ArrayList<>();
    for (TableIdentifier table : listTables(namespace)) {
      if (known.contains(table.name())) continue;
      load(operations(name, table.name(), CommitRules.NONE))
          .filter(TopicProperties::isTopic)
          .map(metadata -> new TopicTable(name, table.name(), TopicProperties.topicId(metadata)))
          .ifPresent(topics::add);
    }
    return topics;
  }

  /**
   * Drops a topic's table with everything in it. May be repeated until it succeeds; a table of
   * another topic is left alone.
   */
  public void drop(String namespace, String name, Uuid topicId) {
    String path = path(namespace, name, topicId);
    for (int attempt = 1; attempt <= CREATE_ATTEMPTS; attempt++) {
      ObjectTableOperations operations = operations(namespace, name, CommitRules.NONE);
      Optional<TableMetadata> found = load(operations).filter(metadata -> isOf(topicId, metadata));
      boolean isThere = found.isPresent();
      found.ifPresent(fence::check);
      if (!isThere || operations.pointers().createDropped(operations.version() + 1, path)) {
        deleteAll(path + "/");
        return;
      }
    }
    throw new StoreException(Kind.BUSY, path + ": commits were faster than its deletion");
  }

  private void deleteAll(String prefix) {
    while (true) {
      List<String> names =
          store.list(prefix, "", LIST_COUNT).stream().map(ObjectInfo::name).toList();
      if (names.isEmpty()) return;
      store.delete(names);
    }
  }

  /** Where a table's newest metadata lies, found without reading it; empty: there is no table. */
  public Optional<String> metadataLocation(TableIdentifier table) {
    if (!isValidIdentifier(table)) return Optional.empty();
    return new Pointers(store, BucketLayout.pointers(level(table.namespace()), table.name()))
        .newest(0)
        .filter(pointer -> !pointer.isDropped())
        .map(pointer -> io.location(pointer.object()));
  }

  /** Whether there is such a table, and a topic's. */
  public boolean isTopic(TableIdentifier table) {
    if (!isValidIdentifier(table)) return false;
    return load(operations(level(table.namespace()), table.name(), CommitRules.NONE))
        .filter(TopicProperties::isTopic)
        .isPresent();
  }

  @Override
  protected TableOperations newTableOps(TableIdentifier table) {
    String level = level(table.namespace());
    CommitRules rules = foreignRules(level, table.name());
    return operations(
        level,
        table.name(),
        (base, next) -> {
          fence.check(base);
          rules.check(base, next);
        });
  }

  private ForeignCommitRules foreignRules(String namespace, String name) {
    return new ForeignCommitRules(
        io.location(BucketLayout.table(namespace, name, "")), io, replays);
  }

  @Override
  protected String defaultWarehouseLocation(TableIdentifier table) {
    return io.location(
        BucketLayout.table(level(table.namespace()), table.name(), UUID.randomUUID().toString()));
  }

  /** In what a namespace's tables lie: each in a directory of its name and something unique. */
  public String location(Namespace namespace) {
    return io.location(BucketLayout.tables(level(namespace)));
  }

  @Override
  protected boolean isValidIdentifier(TableIdentifier table) {
    return table.namespace().length() == 1;
  }

  @Override
  public List<TableIdentifier> listTables(Namespace namespace) {
    if (!namespaceExists(namespace)) {
      throw noSuchNamespace(namespace);
    }
    String prefix = BucketLayout.pointers(level(namespace));
    List<TableIdentifier> tables = new ArrayList<>();
    String after = prefix;
    while (true) {
      List<ObjectInfo> next = store.list(prefix, after, 1);
      if (next.isEmpty()) return tables;
      // The first pointer of a table is its newest; behind its last comes the next table.
      String table = BucketLayout.tableOf(prefix, next.getFirst().name());
      Pointers pointers = new Pointers(store, BucketLayout.pointers(level(namespace), table));
      if (pointers.newest(0).filter(pointer -> !pointer.isDropped()).isPresent()) {
        tables.add(TableIdentifier.of(namespace, table));
      }
      after = BucketLayout.afterPointers(level(namespace), table);
    }
  }

  @Override
  public boolean dropTable(TableIdentifier table, boolean purge) {
    ObjectTableOperations operations =
        operations(
            level(table.namespace()),
            table.name(),
            foreignRules(level(table.namespace()), table.name()));
    Optional<TableMetadata> metadata = load(operations);
    if (metadata.isEmpty()) return false;
    if (TopicProperties.isTopic(metadata.get())) {
      throw new ValidationException("%s goes with its topic", table);
    }
    String path = io.name(metadata.get().location());
    if (!operations.pointers().createDropped(operations.version() + 1, path)) {
      throw new CommitFailedException("a commit to %s was faster", table);
    }
    if (purge) deleteAll(path + "/");
    return true;
  }

  @Override
  public void renameTable(TableIdentifier from, TableIdentifier to) {
    ObjectTableOperations source = operations(from);
    TableMetadata metadata =
        load(source).orElseThrow(() -> new NoSuchTableException("Table does not exist: %s", from));
    if (TopicProperties.isTopic(metadata)) {
      throw new ValidationException("%s is called as its topic is", from);
    }
    if (!namespaceExists(to.namespace())) throw noSuchNamespace(to.namespace());
    ObjectTableOperations target = operations(to);
    if (load(target).isPresent()) {
      throw new AlreadyExistsException("Table already exists: %s", to);
    }
    if (!source.pointers().move(source.version(), target.pointers(), target.version())) {
      throw new CommitFailedException("a commit to %s or %s was faster", from, to);
    }
  }

  private ObjectTableOperations operations(TableIdentifier table) {
    return operations(level(table.namespace()), table.name(), CommitRules.NONE);
  }

  private static NoSuchNamespaceException noSuchNamespace(Namespace namespace) {
    return new NoSuchNamespaceException("Namespace does not exist: %s", namespace);
  }

  private static String level(Namespace namespace) {
    if (namespace.length() != 1) {
      throw new NoSuchNamespaceException("namespaces have one level, not %s", namespace);
    }
    return namespace.level(0);
  }

  /** Makes a namespace, if there is none of this name. */
  public void ensureNamespace(String namespace) {
    try {
      if (store.find(BucketLayout.namespace(namespace)).isEmpty()) {
        createNamespace(Namespace.of(namespace), Map.of());
      }
    } catch (AlreadyExistsException _) {
      // Somebody else did, just now.
    }
  }

  @Override
  public void createNamespace(Namespace namespace, Map<String, String> properties) {
    ByteBuffer body = json(properties);
    try {
      store.create(BucketLayout.namespace(level(namespace)), body);
    } catch (StoreException e) {
      if (e.kind() == Kind.EXISTS) {
        throw new AlreadyExistsException(e, "Namespace already exists: %s", namespace);
      }
      throw e;
    }
  }

  @Override
  public List<Namespace> listNamespaces(Namespace parent) {
    if (!parent.isEmpty()) {
      if (namespaceExists(parent)) return List.of();
      throw noSuchNamespace(parent);
    }
    List<Namespace> namespaces = new ArrayList<>();
    String after = "";
    while (true) {
      List<ObjectInfo> page = store.list(BucketLayout.NAMESPACES, after, LIST_COUNT);
      if (page.isEmpty()) return namespaces;
      for (ObjectInfo object : page) {
        BucketLayout.namespaceOf(object.name()).map(Namespace::of).ifPresent(namespaces::add);
      }
      after = page.getLast().name();
    }
  }

  @Override
  public Map<String, String> loadNamespaceMetadata(Namespace namespace) {
    try {
      if (namespace.length() == 1) {
        return JSON.readValue(
            UTF_8.decode(store.read(BucketLayout.namespace(level(namespace)))).toString(),
            new TypeReference<Map<String, String>>() {});
      }
    } catch (StoreException e) {
      if (e.kind() != Kind.NOT_FOUND) throw e;
    } catch (JsonProcessingException e) {
      throw new StoreException(Kind.CORRUPT, "can't understand namespace " + namespace, e);
    }
    throw noSuchNamespace(namespace);
  }

  @Override
  public boolean dropNamespace(Namespace namespace) {
    if (!namespaceExists(namespace)) return false;
    if (!listTables(namespace).isEmpty()) {
      throw new NamespaceNotEmptyException("Namespace %s is not empty", namespace);
    }
    store.delete(List.of(BucketLayout.namespace(level(namespace))));
    return true;
  }

  @Override
  public boolean setProperties(Namespace namespace, Map<String, String> properties) {
    Map<String, String> all = new HashMap<>(loadNamespaceMetadata(namespace));
    all.putAll(properties);
    store.put(BucketLayout.namespace(level(namespace)), json(all));
    return true;
  }

  @Override
  public boolean removeProperties(Namespace namespace, Set<String> properties) {
    Map<String, String> left = new HashMap<>(loadNamespaceMetadata(namespace));
    boolean wasThere = left.keySet().removeAll(properties);
    store.put(BucketLayout.namespace(level(namespace)), json(left));
    return wasThere;
  }

  private static ByteBuffer json(Map<String, String> properties) {
    try {
      return ByteBuffer.wrap(JSON.writeValueAsBytes(properties));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not text: " + properties, e);
    }
  }

  @Override
  public String name() {
    return "oxbow";
  }
}

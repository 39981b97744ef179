package oxbow.cold;

import static java.nio.charset.StandardCharsets.UTF_8;
import static oxbow.cold.store.StoreException.Kind.DENIED;
import static oxbow.cold.store.StoreException.Kind.EXISTS;
import static oxbow.cold.store.StoreException.Kind.NOT_FOUND;
import static oxbow.cold.store.StoreException.Kind.OUTCOME_UNKNOWN;

import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.offload.TopicColumns;
import oxbow.cold.state.Owner;
import oxbow.cold.state.OwnerName;
import oxbow.cold.state.Owners;
import oxbow.cold.state.RestoredStarts;
import oxbow.cold.state.StateKeeper;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Manifest;
import oxbow.cold.table.Partitioning;
import oxbow.cold.table.Pins;
import oxbow.schema.Schemas;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;

/**
 * The topics' tables in the bucket. Nothing is opened before somebody asks: the store may be away
 * for hours, at the start, too. Calls block. Thread-safe.
 */
final class Bucket {
  /** Whose bucket it is. */
  private static final String OWNER = OwnerName.OBJECT;

  private final ObjectStore store;
  private final String namespace;
  private final Schemas schemas;
  private final InstantSource clock;
  private final Owners owners;
  private final StateKeeper state;
  private final RestoredStarts remembered;
  private final Map<Uuid, OpenTopic> open = new ConcurrentHashMap<>();
  private final Set<Uuid> dropped = ConcurrentHashMap.newKeySet();
  private final Pins pins = new Pins();
  private @Nullable IcebergCatalog catalog;
  private @Nullable String clusterId;
  private volatile long ownerNumber;

  /** A topic's table, and what its values' columns are made of. */
  record OpenTopic(ColdTable table, TopicColumns columns) {}

  /**
   * @param state told once the bucket is this process's
   * @param remembered what this data directory knows of its bucket
   */
  Bucket(
      ObjectStore store,
      String namespace,
      Schemas schemas,
      InstantSource clock,
      Owners owners,
      StateKeeper state,
      RestoredStarts remembered) {
    this.store = store;
    this.namespace = namespace;
    this.schemas = schemas;
    this.clock = clock;
    this.owners = owners;
    this.state = state;
    this.remembered = remembered;
  }

  synchronized IcebergCatalog catalog() {
    IcebergCatalog opened = catalog;
    if (opened == null) {
      requireRemembered();
      opened =
          IcebergCatalog.open(store, clock, new Replays(store, schemas), () -> ownerNumber, pins);
      if (clusterId != null) {
        claim(clusterId);
        opened.ensureNamespace(namespace); // engines list it before there is a topic
      }
      catalog = opened;
    }
    return opened;
  }

  /** Whose bucket it has to be; one that is nobody's becomes this cluster's. */
  synchronized void belongsTo(String cluster) {
    clusterId = cluster;
    catalog = null; // asked anew whose it is
  }

  /**
   * A directory that is not mounted is empty, and so is another bucket that was named by mistake.
   * Taken for a new one it would have the log begin where the disk does, and the records in the
   * right bucket would be taken for deleted ones.
   */
  private void requireRemembered() {
    if (!remembered.hasClaimed() || owners.newest().isPresent()) return;
    throw new StoreException(
        DENIED,
        "there is nothing of this server in the bucket of "
            + IcebergCatalog.location(store)
            + ", and it had a bucket before: is this the right one, is it mounted? To go on with an"
            + " empty bucket, without the records that are in the other, remove "
            + remembered.claimedFile());
  }

  private void claim(String cluster) {
    claimForCluster(cluster);
    Owner owner = owners.claim(cluster, remembered.token());
    remembered.claimed(owner);
    ownerNumber = owner.number();
    state.owned(owner);
  }

  /** Two clusters in one bucket would each take the other's tables for leftovers. */
  private void claimForCluster(String cluster) {
    String owner = owner(store);
    if (owner.isEmpty()) {
      try {
        ObjectStore.ObjectInfo _ = store.create(OWNER, ByteBuffer.wrap(cluster.getBytes(UTF_8)));
        return;
      } catch (StoreException e) {
        if (e.kind() != EXISTS && e.kind() != OUTCOME_UNKNOWN) throw e;
        owner = owner(store); // somebody else was faster, or we were
      }
    }
    if (owner.equals(cluster)) return;
    throw new StoreException(
        DENIED,
        "the bucket of "
            + store.location(OWNER)
            + " belongs to cluster "
            + owner
            + ", this is cluster "
            + cluster
            + ": give each a bucket of its own");
  }

  /** The cluster whose bucket it is; empty: nobody's yet. */
  static String owner(ObjectStore store) {
    try {
      return UTF_8.decode(store.read(OWNER)).toString();
    } catch (StoreException e) {
      if (e.kind() == NOT_FOUND) return "";
      throw e;
    }
  }

  /** Opens a topic's table, or makes it. */
  OpenTopic topic(Uuid topicId, String topic, TopicTiering tiering) {
    OpenTopic known = open.get(topicId);
    if (known == null) {
      if (dropped.contains(topicId)) {
        throw new StoreException(NOT_FOUND, "topic " + topic + " is deleted, and so is its table");
      }
      IcebergCatalog opened = catalog();
      // A new table has nobody's fence yet; one of a cluster that lost the bucket stays unmade.
      if (ownerNumber > 0) state.requireOwner();
      ColdTable table =
          opened.findOrCreate(
              namespace, topic, topicId, firstColumns(topic, tiering, schemas), Partitioning.NONE);
      known = opened(topicId, topic, table);
    }
    return known;
  }

  /** Opens a topic's table if there is one. */
  Optional<OpenTopic> find(Uuid topicId, String topic) {
    OpenTopic known = open.get(topicId);
    if (known != null) return Optional.of(known);
    return catalog().find(namespace, topic, topicId).map(table -> opened(topicId, topic, table));
  }

  private OpenTopic opened(Uuid topicId, String topic, ColdTable table) {
    var opened = new OpenTopic(table, new TopicColumns(topic, table, schemas));
    OpenTopic other = open.putIfAbsent(topicId, opened);
    return other == null ? opened : other;
  }

  /** What a new table begins with. */
  static TableColumns firstColumns(String topic, TopicTiering tiering, Schemas schemas) {
    boolean hasSchema = !schemas.versions(topic + "-value").isEmpty();
    Optional<Type.Plain> plainValue =
        switch (tiering.values()) {
          case AVRO, PROTOBUF -> Optional.empty();
          case AUTO -> hasSchema ? Optional.empty() : Optional.of(Type.Plain.BINARY);
          case JSON -> hasSchema ? Optional.empty() : Optional.of(Type.Plain.STRING);
          case STRING -> Optional.of(Type.Plain.STRING);
          case BYTES -> Optional.of(Type.Plain.BINARY);
        };
    Column key =
        switch (tiering.keys()) {
          case JSON, STRING -> SystemColumns.TEXT_KEY;
          case AUTO, AVRO, PROTOBUF, BYTES -> SystemColumns.BINARY_KEY;
        };
    return new TableColumns(key, plainValue.map(SystemColumns::plainValue), Layout.EMPTY);
  }

  static Partitioning partitioning(TopicTiering tiering) {
    return Partitioning.parse(String.join(",", tiering.partitionBy()));
  }

  /** What the table has of a partition; nothing, if there is no table. */
  Manifest manifest(TopicIdPartition partition) {
    List<ColdFile> files =
        find(partition.topicId(), partition.topic())
            .map(topic -> topic.table().replayed(partition.partition()))
            .orElse(List.of());
    return new Manifest(files);
  }

  /** Opens a file of a table that was opened. */
  ColdFileReader reader(ColdFile file, ColdFileReader.RangeSource source) {
    if (file.format() != ColdFormat.FOREIGN) return ColdFiles.open(file, source);
    OpenTopic topic = open.get(file.topicId());
    if (topic == null) throw new StoreException(NOT_FOUND, "the table of " + file + " is gone");
    TopicColumns.Placed placed = topic.columns().placed();
    return ColdFiles.openForeign(file, source, placed.columns(), placed.schemas());
  }

  Pins pins() {
    return pins;
  }

  /** Drops a deleted topic's table with everything in it. May be repeated until it succeeds. */
  void drop(Uuid topicId, String topic) {
    dropped.add(topicId); // a pass under way doesn't make it anew
    open.remove(topicId);
    catalog().drop(namespace, topic, topicId);
  }
}

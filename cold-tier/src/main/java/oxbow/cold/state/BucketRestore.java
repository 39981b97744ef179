package oxbow.cold.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static oxbow.cold.store.StoreException.Kind.DENIED;
import static oxbow.cold.store.StoreException.Kind.NOT_FOUND;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.ForeignReplays;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Pins;
import oxbow.log.ColdStart;

/**
 * Takes a bucket over for an empty machine, and reads from it all that a cluster is made of. First
 * whoever had the bucket is fenced off, by a commit to each table that they can't follow; what the
 * tables hold then is what the cluster goes on with.
 */
public final class BucketRestore {
  /** Who writes shows it every half minute. */
  static final Duration SILENCE_MIN = Duration.ofMinutes(3);

  private final ObjectStore store;
  private final String namespace;
  private final InstantSource clock;

  /**
   * @param namespace that the topics' tables are in
   */
  public BucketRestore(ObjectStore store, String namespace, InstantSource clock) {
    this.store = store;
    this.namespace = namespace;
    this.clock = clock;
  }

  /**
   * A topic to be made anew.
   *
   * @param isKept its records are in the bucket; false: it never had a cold tier
   * @param starts where its partitions go on, of those that have records
   */
  public record Topic(TopicState state, boolean isKept, Map<Integer, ColdStart> starts) {
    public Topic {
      starts = Map.copyOf(starts);
    }

    /** Where a partition ends. */
    public long end(int partition) {
      ColdStart start = starts.get(partition);
      return start == null ? 0 : start.coldEnd();
    }
  }

  /**
   * A cluster as the bucket has it.
   *
   * @param nextProducerId no producer has got this id, or a higher one, as far as that is known
   * @param schemas batches of the registry's log; empty: nothing was ever registered
   * @param positions as they were when they were saved last
   * @param problems what could not be brought back, in words
   */
  public record Contents(
      Owner owner,
      SettingsState settings,
      long nextProducerId,
      List<Topic> topics,
      Optional<ByteBuffer> schemas,
      Positions positions,
      List<String> problems) {}

  /**
   * Makes the bucket this caller's, and reads it.
   *
   * @param isForced also if somebody else wrote to it just now
   * @throws StoreException {@code DENIED} if there is nothing to restore, or somebody may still
   *     write to it
   */
  public Contents takeOver(boolean isForced) {
    if (!IcebergCatalog.isBucket(store)) {
      throw new StoreException(DENIED, "there is no bucket of Oxbow's: it has no oxbow.json");
    }
    Owners owners = new Owners(store, clock);
    Optional<Owner> before = owners.newest();
    String cluster =
        before
            .map(Owner::cluster)
            .or(() -> text(OwnerName.OBJECT))
            .orElseThrow(() -> new StoreException(DENIED, "the bucket was never used"));
    if (before.isPresent() && !isForced) requireSilence(before.get());
    long number = before.map(Owner::number).orElse(0L) + 1;
    Owner owner =
        owners
            .become(number, cluster, UUID.randomUUID().toString())
            .orElseThrow(
                () -> new StoreException(DENIED, "somebody else has just taken the bucket over"));
    IcebergCatalog catalog =
        IcebergCatalog.open(store, clock, ForeignReplays.ALL, owner::number, new Pins());
    return read(owner, catalog);
  }

  /** An owner that is alive says so every half minute, and that it stopped when it does. */
  private void requireSilence(Owner owner) {
    String alive = StateObjects.alive(owner.number());
    Optional<ObjectStore.ObjectInfo> seen = store.find(alive);
    if (seen.isEmpty()) return;
    if (StateJson.isStopped(store.read(alive))) return;
    Duration silence = Duration.ofMillis(storeMillis() - seen.get().modifiedMs());
    if (silence.compareTo(SILENCE_MIN) >= 0) return;
    throw new StoreException(
        DENIED,
        "another server has the bucket since "
            + owner.since()
            + " and wrote to it "
            + Math.max(0, silence.toSeconds())
            + " s ago: stop it, or wait "
            + SILENCE_MIN.toMinutes()
            + " minutes after it died; --take-over fences it off at once, and what it has on its"
            + " disk alone is lost to this one");
  }

  private long storeMillis() {
    String name = StateObjects.clock(UUID.randomUUID().toString());
    ObjectStore.ObjectInfo _ = store.put(name, ByteBuffer.wrap("now\n".getBytes(UTF_8)));
    try {
      return store.find(name).map(ObjectStore.ObjectInfo::modifiedMs).orElse(clock.millis());
    } finally {
      store.delete(List.of(name));
    }
  }

  private Contents read(Owner owner, IcebergCatalog catalog) {
    List<String> problems = new ArrayList<>();
    Optional<ClusterState> saved = newest(owner, StateObjects::topics).map(StateJson::cluster);
    Positions positions =
        newest(owner, StateObjects::positions).map(StateJson::positions).orElse(Positions.EMPTY);
    List<Topic> topics = new ArrayList<>();
    Set<String> kept = new HashSet<>();
    // Each is asked for by its name: a listing that lags would make an empty topic of it.
    for (TopicState state : saved.map(ClusterState::topics).orElse(List.of())) {
      Optional<ColdTable> table = catalog.find(namespace, state.name(), state.id());
      if (table.isPresent()) kept.add(state.name());
      topics.add(
          table
              .map(found -> topic(found, state, positions, problems))
              .orElseGet(() -> new Topic(state, false, Map.of())));
    }
    List<IcebergCatalog.TopicTable> others = catalog.topics(namespace, kept);
    if (saved.isEmpty()) {
      problems.add(
          "the bucket has no list of topics: they are made from the tables that it lists, without"
              + " settings");
    }
    for (IcebergCatalog.TopicTable other : others) {
      if (saved.isPresent()) {
        problems.add(
            "the table "
                + other.name()
                + " is left alone: its topic "
                + other.topicId()
                + " was deleted");
        continue;
      }
      ColdTable table =
          catalog
              .find(namespace, other.name(), other.topicId())
              .orElseThrow(
                  () -> new StoreException(NOT_FOUND, "the table of " + other.name() + " is gone"));
      var state = new TopicState(other.name(), other.topicId(), 0, List.of(), Map.of());
      topics.add(topic(table, state, positions, problems));
    }
    return new Contents(
        owner,
        saved.map(ClusterState::settings).orElse(SettingsState.EMPTY),
        saved.map(ClusterState::nextProducerId).orElse(0L),
        topics,
        newest(owner, StateObjects::schemas),
        positions,
        problems);
  }

  /** What an owner before this one wrote last. */
  private Optional<ByteBuffer> newest(Owner owner, Function<Long, String> name) {
    for (long number = owner.number() - 1; number > 0; number--) {
      Optional<ByteBuffer> found = find(name.apply(number));
      if (found.isPresent()) return found;
    }
    return Optional.empty();
  }

  private Optional<ByteBuffer> find(String name) {
    try {
      return Optional.of(store.read(name));
    } catch (StoreException e) {
      if (e.kind() == NOT_FOUND) return Optional.empty();
      throw e;
    }
  }

  private Optional<String> text(String name) {
    return find(name).map(body -> UTF_8.decode(body).toString());
  }

  private Topic topic(
      ColdTable table, TopicState state, Positions positions, List<String> problems) {
    table.takeOver();
    Map<Integer, Long> ends = new TreeMap<>(table.ends());
    Map<Integer, Long> starts = table.starts();
    Map<Integer, ColdStart> found = new HashMap<>();
    int partitions = state.partitions();
    var tails = new PartitionTails(store);
    for (Map.Entry<Integer, Long> end : ends.entrySet()) {
      int partition = end.getKey();
      partitions = Math.max(partitions, partition + 1);
      long start = starts.getOrDefault(partition, 0L);
      for (LogStart moved : positions.logStarts()) {
        boolean isIt = moved.topic().equals(state.name()) && moved.partition() == partition;
        if (isIt) start = Math.max(start, moved.offset());
      }
      start = Math.min(start, end.getValue());
      List<ColdFile> files = table.replayed(partition);
      found.put(partition, tails.start(files, start, end.getValue()));
      if (files.stream().anyMatch(file -> file.format() == ColdFormat.FOREIGN)) {
        problems.add(
            state.name()
                + "-"
                + partition
                + " has files that another engine wrote: the leader epochs and producers of their"
                + " records are not known");
      }
    }
    return new Topic(
        new TopicState(
            state.name(), state.id(), partitions, state.leaderEpochs(), state.settings()),
        true,
        found);
  }

  /** Hands over all batches that the bucket has of a partition, in order. */
  public void batches(Topic topic, int partition, Consumer<ByteBuffer> each) {
    IcebergCatalog catalog = IcebergCatalog.open(store, clock);
    catalog
        .find(namespace, topic.state().name(), topic.state().id())
        .ifPresent(table ->
            new PartitionTails(store).batches(table.replayed(partition), table.columns(), each));
  }
}

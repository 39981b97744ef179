package oxbow.server.query;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.jspecify.annotations.Nullable;
import oxbow.broker.Broker;
import oxbow.broker.control.ClusterView;
import oxbow.broker.group.CommittedOffset;
import oxbow.broker.group.GroupDescription;
import oxbow.broker.replica.Partition;
import oxbow.cold.ColdTier;
import oxbow.cold.TopicTiering;
import oxbow.cold.offload.Offloader;
import oxbow.log.LogException;
import oxbow.log.LogOffsets;
import oxbow.log.NanoClock;
import oxbow.log.ReadLimit;
import oxbow.log.TimestampedOffset;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Topic;
import oxbow.query.overview.Overview;
import oxbow.server.query.ColdTotals.Total;

/** What there is on this server, taken from its parts without asking any client. */
final class ServerOverview implements Overview, AutoCloseable {
  private static final long GROUPS_PATIENCE_MS = 5_000;
  private static final Duration FIRST_COUNT = Duration.ofSeconds(1);
  private static final int NOBODY = -1;

  private final Broker broker;
  private final Topics topics;
  private final Supplier<Optional<ColdTier>> tier;
  private final ServerFacts server;
  private final ColdTotals totals;

  ServerOverview(
      Broker broker,
      Topics topics,
      Supplier<Optional<ColdTier>> tier,
      ServerFacts server,
      NanoClock clock) {
    this.broker = broker;
    this.topics = topics;
    this.tier = tier;
    this.server = server;
    this.totals = new ColdTotals(tier, clock);
  }

  // ---- cluster

  /** Makes an answer again if what the cold tier has was counted for the first time meanwhile. */
  private <T> T counted(Supplier<T> making) {
    T made = making.get();
    try {
      return totals.awaitFirst(FIRST_COUNT) ? making.get() : made;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return made;
    }
  }

  @Override
  public Cluster cluster() {
    return counted(this::clusterNow);
  }

  private Cluster clusterNow() {
    List<Topic> all = topics.all();
    Offloads offloads = offloads();
    Sizes sizes = Sizes.NONE;
    int partitions = 0;
    for (Topic topic : all) {
      partitions += topic.partitions();
      for (PartitionFacts each : partitions(topic, offloads, false))
        sizes = sizes.plus(each.sizes());
    }
    Runtime runtime = Runtime.getRuntime();
    return new Cluster(
        broker.control().clusterId(),
        server.version().oxbow(),
        server.version().kafka(),
        server.startedAt(),
        server.brokerId(),
        address(),
        listeners(),
        all.size(),
        partitions,
        sizes,
        new Cold(
            server.bucket().isPresent(),
            server.bucket().orElse(null),
            tier.get().flatMap(ColdTier::storeTrouble).orElse(null),
            offloads.lagMs()),
        runtime.totalMemory() - runtime.freeMemory(),
        runtime.maxMemory());
  }

  private Map<String, String> kafkaListeners() {
    Map<String, String> addresses = new TreeMap<>();
    broker
        .partitions()
        .view()
        .flatMap(view -> view.broker(server.brokerId()))
        .ifPresent(known ->
            known
                .endpoints()
                .forEach((name, at) -> addresses.put(name, at.host() + ":" + at.port())));
    return addresses;
  }

  private String address() {
    return kafkaListeners().values().stream().findFirst().orElse("");
  }

  private Map<String, String> listeners() {
    Map<String, String> all = new TreeMap<>(server.doors().get());
    all.putAll(kafkaListeners());
    return all;
  }

  // ---- topics

  /** How offload is doing, taken once for a whole answer. */
  private record Offloads(Map<TopicIdPartition, Offloader.Status> byPartition) {
    long lagMs() {
      return byPartition.values().stream().mapToLong(Offloader.Status::ageMs).max().orElse(0);
    }
  }

  private Offloads offloads() {
    Map<TopicIdPartition, Offloader.Status> byPartition = new HashMap<>();
    tier.get()
        .ifPresent(opened ->
            opened.status().forEach(status -> byPartition.put(status.partition(), status)));
    return new Offloads(byPartition);
  }

  @Override
  public List<TopicFacts> topics() {
    return counted(this::topicsNow);
  }

  private List<TopicFacts> topicsNow() {
    Offloads offloads = offloads();
    List<TopicFacts> facts = new ArrayList<>();
    Set<Uuid> ids = new HashSet<>();
    for (Topic topic : topics.all()) {
      facts.add(facts(topic, partitions(topic, offloads, false)));
      ids.add(topic.id());
    }
    totals.retain(ids);
    return facts;
  }

  private TopicFacts facts(Topic topic, List<PartitionFacts> partitions) {
    Sizes sizes = Sizes.NONE;
    long records = 0;
    long lagMs = 0;
    for (PartitionFacts each : partitions) {
      sizes = sizes.plus(each.sizes());
      lagMs = Math.max(lagMs, each.lagMs());
      Bounds bounds = each.bounds();
      if (bounds != null) records += bounds.highWatermark() - bounds.logStart();
    }
    return new TopicFacts(
        topic.name(),
        topic.id().toString(),
        topic.isInternal(),
        topic.partitions(),
        records,
        sizes,
        isTiered(topic),
        topic.settings().getOrDefault(TopicConfig.CLEANUP_POLICY_CONFIG, ""),
        lagMs);
  }

  private boolean isTiered(Topic topic) {
    return tier.get().isPresent() && TopicTiering.of(topic.settings()).isOn();
  }

  @Override
  public Optional<TopicDetail> topic(String name) {
    return counted(() -> topicNow(name));
  }

  private Optional<TopicDetail> topicNow(String name) {
    return topics
        .find(name)
        .map(topic -> {
          List<PartitionFacts> partitions = partitions(topic, offloads(), true);
          return new TopicDetail(facts(topic, partitions), settings(topic), partitions);
        });
  }

  private List<Setting> settings(Topic topic) {
    Map<String, String> own =
        broker.partitions().view().map(view -> view.topicSettings(topic.name())).orElseGet(Map::of);
    return new TreeMap<>(topic.settings())
        .entrySet().stream()
            .map(each ->
                new Setting(each.getKey(), each.getValue(), !own.containsKey(each.getKey())))
            .toList();
  }

  /**
   * A topic's partitions.
   *
   * @param isWhole with what has to be read from the logs
   */
  private List<PartitionFacts> partitions(Topic topic, Offloads offloads, boolean isWhole) {
    Optional<List<Total>> cold = cold(topic);
    List<Integer> leaders = leaders(topic);
    List<PartitionFacts> all = new ArrayList<>();
    for (int i = 0; i < topic.partitions(); i++) {
      int index = i;
      Optional<Total> total =
          cold.map(known -> index < known.size() ? known.get(index) : Total.NONE);
      Offloader.@Nullable Status offload = offloads.byPartition().get(topic.partition(i));
      int leader = i < leaders.size() ? leaders.get(i) : NOBODY;
      all.add(
          broker
              .partitions()
              .find(topic.id(), i)
              .map(found -> facts(found, leader, total, offload, isWhole))
              .orElseGet(() -> absent(index, leader, total)));
    }
    return all;
  }

  private List<Integer> leaders(Topic topic) {
    return broker
        .partitions()
        .view()
        .flatMap(view -> view.topic(topic.id()))
        .map(found -> found.partitions().stream().map(ClusterView.Partition::leader).toList())
        .orElseGet(List::of);
  }

  /** What the cold tier has of a topic; nothing if it never took any of it. */
  private Optional<List<Total>> cold(Topic topic) {
    long signature = topic.partitions();
    boolean isEmpty = true;
    for (int i = 0; i < topic.partitions(); i++) {
      Optional<Partition> found = broker.partitions().find(topic.id(), i);
      if (found.isEmpty()) continue;
      LogOffsets offsets = found.get().log().offsets();
      isEmpty &= offsets.coldEnd() <= offsets.logStart();
      signature = 31 * signature + offsets.coldEnd();
      signature = 31 * signature + offsets.logStart();
    }
    return isEmpty ? Optional.of(List.of()) : totals.of(topic, signature);
  }

  private static Sizes sizes(long hotBytes, Optional<Total> cold) {
    return new Sizes(
        hotBytes,
        cold.map(Total::bytes).orElse(0L),
        cold.map(Total::files).orElse(0),
        cold.isPresent());
  }

  private PartitionFacts facts(
      Partition partition,
      int leader,
      Optional<Total> cold,
      Offloader.@Nullable Status offload,
      boolean isWhole) {
    Optional<LogException> offline = partition.log().offline();
    LogOffsets offsets = partition.log().offsets();
    String trouble = offload == null ? null : offload.trouble();
    State state;
    if (offline.isPresent()) state = State.OFFLINE;
    else if (!partition.isLeader()) state = State.ELSEWHERE;
    else state = trouble == null ? State.ONLINE : State.DEGRADED;
    boolean isReadable = isWhole && state != State.OFFLINE;
    return new PartitionFacts(
        partition.id().partition(),
        leader,
        new Bounds(
            offsets.logStart(),
            offsets.localStart(),
            offsets.coldEnd(),
            offsets.highWatermark(),
            offsets.logEnd()),
        sizes(partition.log().sizeBytes(), cold),
        offload == null ? 0 : offload.ageMs(),
        state,
        offline.map(Throwable::getMessage).orElse(trouble),
        isReadable ? first(partition, offsets, cold) : null,
        isReadable ? last(partition, cold) : null);
  }

  private PartitionFacts absent(int index, int leader, Optional<Total> cold) {
    boolean isOurs = leader == server.brokerId();
    return new PartitionFacts(
        index,
        leader,
        null,
        sizes(0, cold),
        0,
        isOurs ? State.OFFLINE : State.ELSEWHERE,
        isOurs ? "its log could not be opened" : null,
        null,
        null);
  }

  private static @Nullable Long first(
      Partition partition, LogOffsets offsets, Optional<Total> cold) {
    if (offsets.logStart() < offsets.localStart()) {
      return cold.map(Total::firstTimestamp).filter(time -> time != Long.MAX_VALUE).orElse(null);
    }
    try {
      return partition
          .log()
          .find(0, ReadLimit.HIGH_WATERMARK)
          .map(TimestampedOffset::timestampMs)
          .orElse(null);
    } catch (LogException _) {
      return null; // its log closed meanwhile
    }
  }

  private static @Nullable Long last(Partition partition, Optional<Total> cold) {
    long last = cold.map(Total::lastTimestamp).orElse(Long.MIN_VALUE);
    try {
      last =
          Math.max(
              last,
              partition
                  .log()
                  .findMaxTimestamp()
                  .map(TimestampedOffset::timestampMs)
                  .orElse(Long.MIN_VALUE));
    } catch (LogException _) {
      // Its log closed meanwhile.
    }
    return last < 0 ? null : last;
  }

  // ---- groups

  @Override
  public List<GroupFacts> groups() {
    try {
      return answered(broker.groups().describe()).stream().map(this::facts).toList();
    } catch (CoordinatorNotAvailableException _) {
      return List.of(); // the topic of groups' offsets isn't made before there is a group
    }
  }

  @Override
  public Optional<GroupFacts> group(String name) {
    try {
      return answered(broker.groups().describe(name)).map(this::facts);
    } catch (CoordinatorNotAvailableException _) {
      return Optional.empty();
    }
  }

  private static <T> T answered(CompletionStage<T> asked) {
    CompletableFuture<T> waited =
        asked.toCompletableFuture().copy().orTimeout(GROUPS_PATIENCE_MS, TimeUnit.MILLISECONDS);
    try {
      return waited.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof TimeoutException) {
        throw new QueryException(Kind.UNAVAILABLE, "the groups' coordinator does not answer", e);
      }
      throw e.getCause() instanceof RuntimeException known ? known : e;
    }
  }

  private GroupFacts facts(GroupDescription group) {
    return new GroupFacts(
        group.name(),
        group.type(),
        group.state(),
        group.members().stream()
            .map(member ->
                new Member(
                    member.id(),
                    member.clientId(),
                    member.host().replaceFirst("^/", ""),
                    member.partitions().stream().map(TopicPartition::toString).toList()))
            .toList(),
        group.offsets().stream().map(this::offset).toList());
  }

  private GroupOffset offset(CommittedOffset committed) {
    Optional<LogOffsets> offsets =
        broker
            .partitions()
            .find(new TopicPartition(committed.topic(), committed.partition()))
            .map(found -> found.log().offsets());
    Long end = offsets.map(LogOffsets::highWatermark).orElse(null);
    return new GroupOffset(
        committed.topic(),
        committed.partition(),
        committed.offset(),
        end,
        end == null ? null : Math.max(0, end - committed.offset()),
        offsets
            .map(known -> Math.max(committed.offset(), known.logStart()) < known.localStart())
            .orElse(false),
        committed.metadata());
  }

  @Override
  public void close() {
    totals.close();
  }
}

package oxbow.broker.replica;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.network.ListenerName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.control.ClusterListener;
import oxbow.broker.control.ClusterView;
import oxbow.log.ColdPartitions;
import oxbow.log.LogConfig;
import oxbow.log.Logs;
import oxbow.log.PartitionLog;
import oxbow.log.batch.RecordCheck;

/**
 * The partitions this broker has a replica of. Follows the cluster's metadata: opens and deletes
 * logs, takes and gives up leadership.
 *
 * <p>The steps of one partition run on log threads in the order of the metadata; partitions don't
 * wait for one another. The control plane's thread waits only for partitions that a change has just
 * created or that are led from here since, so that whoever sees them in the metadata finds them.
 */
public final class Partitions implements ClusterListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Partitions.class);

  private final int brokerId;
  private final Logs logs;
  private final Executor logThreads;
  private final ColdPartitions cold;
  private final RecordChecks checks;

  private final Map<TopicPartition, Partition> byName = new ConcurrentHashMap<>();
  private final Map<ById, Partition> byId = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Exception> failed = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> opened = new CompletableFuture<>();
  private volatile @Nullable ClusterView view;

  // The last step of each partition that is still under way. Used by the control plane's thread,
  // entries taken out by the steps themselves.
  private final Map<TopicPartition, CompletableFuture<Void>> steps = new ConcurrentHashMap<>();

  // What the cold tier was told last of each partition led here; changed by the partition's steps.
  private final Map<TopicPartition, Told> told = new ConcurrentHashMap<>();

  private final Object leadership = new Object(); // who leads, and who is told, change together
  private final Map<TopicPartition, Integer> led = new HashMap<>();
  private final List<LeadershipListener> listeners = new ArrayList<>();

  /**
   * @param logThreads opens, recovers and deletes logs, several at a time
   */
  public Partitions(int brokerId, Logs logs, Executor logThreads) {
    this(brokerId, logs, logThreads, ColdPartitions.NONE, RecordChecks.NONE);
  }

  /**
   * The same with more around it.
   *
   * @param cold is told what this broker leads
   * @param checks what topics ask of their producers' records
   */
  public Partitions(
      int brokerId, Logs logs, Executor logThreads, ColdPartitions cold, RecordChecks checks) {
    this.brokerId = brokerId;
    this.logs = logs;
    this.logThreads = logThreads;
    this.cold = cold;
    this.checks = checks;
  }

  /** Completes once every partition of the first view is open: from then on it may be served. */
  public CompletionStage<Void> opened() {
    return opened;
  }

  @Override
  public void changed(ClusterView now, Change change) {
    boolean isFirst = view == null;
    view = now;
    // One that is still recovering is not waited for: its recovery may take minutes.
    Set<TopicPartition> busy = Set.copyOf(steps.keySet());
    var awaited = new ArrayList<CompletionStage<Void>>();
    if (isFirst) {
      setStraysAside(now);
      now.topics().forEach(topic -> follow(now, topic, busy, awaited));
      all(awaited).thenRun(() -> opened.complete(null));
      return;
    }

    change.deleted().forEach(this::remove);
    Set<String> topics = new HashSet<>(change.topics());
    topics.addAll(change.settingsOf());
    if (change.defaults()) now.topics().forEach(topic -> topics.add(topic.name()));
    for (String name : topics)
      now.topic(name).ifPresent(topic -> follow(now, topic, busy, awaited));
    all(awaited).toCompletableFuture().join();
  }

  /** Completes once everything the metadata has asked for so far is done. */
  public CompletionStage<Void> settled() {
    return all(steps.values());
  }

  public Optional<Partition> find(TopicPartition partition) {
    return Optional.ofNullable(byName.get(partition));
  }

  public Optional<Partition> find(Uuid topic, int index) {
    return Optional.ofNullable(byId.get(new ById(topic, index)));
  }

  /**
   * The partition, if this broker leads it. Throws Kafka's {@code
   * UnknownTopicOrPartitionException}, {@code NotLeaderOrFollowerException} or {@code
   * KafkaStorageException} (its log is offline).
   */
  public Partition leading(TopicPartition partition) {
    Partition found = byName.get(partition);
    if (found == null) throw absent(partition);
    found.requireLeader();
    return found;
  }

  /** The same by topic id, with {@code UnknownTopicIdException} where the id is not known. */
  public Partition leading(Uuid topic, int index) {
    Partition found = byId.get(new ById(topic, index));
    if (found == null) {
      ClusterView now = view;
      throw now == null || now.topic(topic).isEmpty()
          ? new UnknownTopicIdException("no topic has the id " + topic)
          : absent(new TopicPartition(now.topic(topic).get().name(), index));
    }
    found.requireLeader();
    return found;
  }

  public Collection<Partition> all() {
    return List.copyOf(byName.values());
  }

  /** The metadata these partitions follow, if any has come yet. */
  public Optional<ClusterView> view() {
    return Optional.ofNullable(view);
  }

  /** Who leads a partition, as far as the metadata tells, for a client of a listener. */
  public LeaderHint leaderOf(TopicPartition partition, ListenerName listener) {
    ClusterView now = view;
    return now == null ? LeaderHint.unknown() : LeaderHint.of(now, partition, listener);
  }

  /** The name of a topic id, if there is such a topic. */
  public Optional<String> topicName(Uuid topic) {
    ClusterView now = view;
    return now == null ? Optional.empty() : now.topic(topic).map(ClusterView.Topic::name);
  }

  /** Partitions that cannot be served, because their log is damaged or could not be opened. */
  public Set<TopicPartition> offline() {
    var offline = new HashSet<>(failed.keySet());
    byName.forEach((partition, replica) -> {
      if (replica.log().offline().isPresent()) offline.add(partition);
    });
    return offline;
  }

  /** Tells from now on, and at once for those already led, who leads what. */
  public void watchLeadership(LeadershipListener listener) {
    synchronized (leadership) {
      listeners.add(listener);
      led.forEach(listener::elected);
    }
  }

  /** Learns when this broker becomes or stops being a partition's leader. Must not wait. */
  public interface LeadershipListener {
    /** Also called when a leader goes on in a new epoch. */
    void elected(TopicPartition partition, int leaderEpoch);

    void resigned(TopicPartition partition, int leaderEpoch);
  }

  /** Gives up every leadership and ends what is under way. The logs stay open. */
  @Override
  public void close() {
    all(steps.values()).toCompletableFuture().join();
    byName.forEach((partition, replica) -> {
      replica.follow(replica.leaderEpoch(), -1);
      resign(partition, replica.leaderEpoch());
      tellResigned(replica.id());
    });
  }

  private RuntimeException absent(TopicPartition partition) {
    Exception failure = failed.get(partition);
    if (failure != null) return new KafkaStorageException(partition + " is offline", failure);
    ClusterView now = view;
    boolean isKnown =
        now != null
            && now.topic(partition.topic())
                .filter(topic -> partition.partition() >= 0)
                .filter(topic -> partition.partition() < topic.partitions().size())
                .isPresent();
    return isKnown
        ? new NotLeaderOrFollowerException("broker " + brokerId + " does not hold " + partition)
        : new UnknownTopicOrPartitionException("there is no partition " + partition);
  }

  /**
   * Moves aside what lies on disk and isn't ours by the first view. Not deleted: should the
   * metadata have been lost, the records are still there.
   */
  private void setStraysAside(ClusterView now) {
    for (TopicIdPartition stored : logs.stored()) {
      boolean isOurs =
          topicOf(stored, now)
              .filter(topic -> stored.partition() < topic.partitions().size())
              .map(topic -> topic.partitions().get(stored.partition()))
              .filter(partition -> partition.replicas().contains(brokerId))
              .isPresent();
      if (isOurs) continue;
      log.atWarn().addKeyValue("partition", stored).log("stray partition moved aside");
      step(stored.topicPartition(), () -> logs.setAside(stored));
    }
  }

  private static Optional<ClusterView.Topic> topicOf(TopicIdPartition stored, ClusterView now) {
    // After a power loss a new partition may not know its topic's id: then its name counts.
    return stored.topicId().equals(Uuid.ZERO_UUID)
        ? now.topic(stored.topic())
        : now.topic(stored.topicId());
  }

  private void follow(
      ClusterView now,
      ClusterView.Topic topic,
      Set<TopicPartition> busy,
      List<CompletionStage<Void>> awaited) {
    Settings settings = settings(now, topic.name());
    for (ClusterView.Partition state : topic.partitions()) {
      var id = new TopicIdPartition(topic.id(), state.index(), topic.name());
      boolean isOurs = state.replicas().contains(brokerId);
      Partition here = byName.get(id.topicPartition());
      boolean isPending = steps.containsKey(id.topicPartition());
      if (!isOurs && here == null && !isPending) continue;
      CompletionStage<Void> step =
          isOurs
              ? step(id.topicPartition(), () -> take(id, state, settings))
              : step(id.topicPartition(), () -> drop(id.topicPartition(), null));
      if (!isOurs) continue;
      if (here == null) {
        if (!busy.contains(id.topicPartition())) awaited.add(step);
      } else if (!here.id().topicId().equals(topic.id()) || isElected(here, state)) {
        awaited.add(step);
      }
    }
  }

  private boolean isElected(Partition partition, ClusterView.Partition state) {
    return state.leader() == brokerId
        && (!partition.isLeader() || state.leaderEpoch() > partition.leaderEpoch());
  }

  private void remove(ClusterView.Topic topic) {
    for (ClusterView.Partition state : topic.partitions()) {
      var partition = new TopicPartition(topic.name(), state.index());
      step(partition, () -> drop(partition, topic.id()));
    }
  }

  /** Runs a step of a partition after those before it. It reports its own failure. */
  private CompletionStage<Void> step(TopicPartition partition, Runnable body) {
    CompletableFuture<Void> before =
        steps.getOrDefault(partition, CompletableFuture.completedFuture(null));
    Runnable guarded =
        () -> {
          try {
            body.run();
          } catch (RuntimeException e) {
            failed.put(partition, e);
            log.atError()
                .addKeyValue("partition", partition)
                .setCause(e)
                .log("partition does not follow the metadata");
          }
        };
    CompletableFuture<Void> step = before.thenRunAsync(guarded, logThreads);
    steps.put(partition, step);
    return step.thenRun(() -> steps.remove(partition, step));
  }

  private static CompletionStage<Void> all(Collection<? extends CompletionStage<Void>> stages) {
    return CompletableFuture.allOf(
        stages.stream()
            .map(CompletionStage::toCompletableFuture)
            .toArray(CompletableFuture[]::new));
  }

  private void take(TopicIdPartition id, ClusterView.Partition state, Settings settings) {
    TopicPartition name = id.topicPartition();
    Partition partition = byName.get(name);
    if (partition != null && !partition.id().topicId().equals(id.topicId())) {
      drop(name, null);
      partition = null;
    }
    if (partition == null) {
      partition = open(id, settings);
    } else if (!partition.log().config().equals(settings.log())) {
      partition.log().reconfigure(settings.log());
    }
    failed.remove(name);
    partition.inSyncMin(settings.inSyncMin());
    partition.check(settings.check());

    if (state.leader() == brokerId) {
      boolean isElected = isElected(partition, state);
      partition.lead(state.leaderEpoch(), state.replicas(), state.inSync());
      if (isElected) elect(name, state.leaderEpoch());
      tellLed(id, new Told(state.leaderEpoch(), settings.all()));
    } else {
      boolean isResigned = partition.isLeader();
      partition.follow(state.leaderEpoch(), state.leader());
      if (isResigned) resign(name, state.leaderEpoch());
      tellResigned(id);
    }
  }

  private void tellLed(TopicIdPartition id, Told news) {
    if (news.equals(told.put(id.topicPartition(), news))) return;
    tell(id, () -> cold.led(id, news.leaderEpoch(), news.settings()));
  }

  private void tellResigned(TopicIdPartition id) {
    if (told.remove(id.topicPartition()) != null) tell(id, () -> cold.resigned(id));
  }

  /** A cold tier that fails to listen is no reason not to serve the partition. */
  private static void tell(TopicIdPartition id, Runnable telling) {
    try {
      telling.run();
    } catch (RuntimeException e) {
      log.atError()
          .addKeyValue("partition", id)
          .setCause(e)
          .log("cold tier does not follow the metadata");
    }
  }

  private Partition open(TopicIdPartition id, Settings settings) {
    PartitionLog opened = logs.open(id, settings.log());
    opened
        .offline()
        .ifPresent(reason ->
            log.atError()
                .addKeyValue("partition", id)
                .setCause(reason)
                .log("partition is offline"));
    if (settings.log().isTiered() && opened.offline().isEmpty() && opened.sizeBytes() == 0) {
      cold.startOf(id)
          .filter(start -> start.coldEnd() > opened.offsets().logEnd())
          .ifPresent(opened::beginAt);
    }
    var partition = new Partition(id, brokerId, opened);
    byName.put(id.topicPartition(), partition);
    byId.put(new ById(id.topicId(), id.partition()), partition);
    return partition;
  }

  /**
   * @param topicId of the one to drop; null: whichever is here
   */
  private void drop(TopicPartition name, @Nullable Uuid topicId) {
    Partition partition = byName.get(name);
    if (partition == null) {
      failed.remove(name);
      return;
    }
    TopicIdPartition id = partition.id();
    if (topicId != null && !topicId.equals(id.topicId())) return;
    byName.remove(name, partition);
    byId.remove(new ById(id.topicId(), id.partition()), partition);
    boolean isResigned = partition.isLeader();
    partition.gone();
    if (isResigned) resign(name, partition.leaderEpoch());
    tellResigned(id);
    logs.delete(id);
    if (topicId != null) tell(id, () -> cold.deleted(id));
  }

  private void elect(TopicPartition partition, int leaderEpoch) {
    synchronized (leadership) {
      led.put(partition, leaderEpoch);
      listeners.forEach(listener -> listener.elected(partition, leaderEpoch));
    }
  }

  private void resign(TopicPartition partition, int leaderEpoch) {
    synchronized (leadership) {
      if (led.remove(partition) == null) return;
      listeners.forEach(listener -> listener.resigned(partition, leaderEpoch));
    }
  }

  private Settings settings(ClusterView now, String topic) {
    Map<String, String> effective = now.effectiveTopicSettings(topic);
    try {
      return new Settings(
          LogConfig.of(effective),
          Integer.parseInt(effective.getOrDefault(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, "1")),
          checks.of(topic, effective).orElse(null),
          effective);
    } catch (ConfigException | NumberFormatException e) {
      // The controller refuses such settings, so these came in by a hand that bypassed it.
      log.atError().addKeyValue("topic", topic).setCause(e).log("topic settings are not usable");
      return new Settings(LogConfig.DEFAULT, 1, null, effective);
    }
  }

  private record ById(Uuid topic, int index) {}

  private record Settings(
      LogConfig log, int inSyncMin, @Nullable RecordCheck check, Map<String, String> all) {}

  private record Told(int leaderEpoch, Map<String, String> settings) {}
}

package oxbow.broker.control;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.image.ConfigurationsDelta;
import org.apache.kafka.image.ConfigurationsImage;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.image.TopicsDelta;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.raft.LeaderAndEpoch;
import org.apache.kafka.server.common.KRaftVersion;
import org.apache.kafka.server.fault.FaultHandler;
import org.jspecify.annotations.Nullable;
import oxbow.broker.control.ControlException.Kind;

/**
 * Turns each new image of the metadata into a view, tells the listeners what is different, and
 * wakes those who wait for an offset. Runs on the metadata loader's thread; views are taken and
 * waits begun from any.
 */
final class ViewPublisher implements MetadataPublisher {
  private final int nodeId;
  private final String clusterId;
  private final TopicSettings topicSettings;
  private final BrokerSettings brokerSettings;
  private final Supplier<KRaftVersion> raftVersion;
  private final FaultHandler faults;

  // Loader's thread only.
  private final List<Follower> followers = new ArrayList<>();
  private OptionalInt leader = OptionalInt.empty();
  private TopicSettings.@Nullable Effective effective;

  // Read by every thread: the newest view, complete for all listeners.
  private volatile @Nullable ImageView view;

  private final PriorityQueue<Wait> waits = new PriorityQueue<>();
  private long appliedOffset = -1; // guarded by waits
  private boolean isClosed; // guarded by waits

  ViewPublisher(
      int nodeId,
      String clusterId,
      TopicSettings topicSettings,
      BrokerSettings brokerSettings,
      Supplier<KRaftVersion> raftVersion,
      FaultHandler faults) {
    this.nodeId = nodeId;
    this.clusterId = clusterId;
    this.topicSettings = topicSettings;
    this.brokerSettings = brokerSettings;
    this.raftVersion = raftVersion;
    this.faults = faults;
  }

  @Override
  public String name() {
    return "cluster-view";
  }

  /** The newest view; empty until the metadata log has been read once. */
  @Nullable ImageView view() {
    return view;
  }

  /** What topics have where they set nothing themselves. */
  Map<String, String> topicDefaults() {
    ImageView now = view;
    return now == null
        ? topicSettings.effective(brokerSettings, Map.of(), Map.of()).defaults()
        : now.topicDefaults();
  }

  /** Completes once the view shows this offset and the listeners have been told. */
  CompletableFuture<Void> applied(long offset) {
    var reached = new CompletableFuture<Void>();
    synchronized (waits) {
      if (isClosed) {
        return CompletableFuture.failedFuture(closed());
      }
      if (appliedOffset < offset) {
        waits.add(new Wait(offset, reached));
        return reached;
      }
    }
    reached.complete(null);
    return reached;
  }

  private static ControlException closed() {
    return new ControlException(Kind.CLOSED, "the control plane was closed");
  }

  @Override
  public void onControllerChange(LeaderAndEpoch newLeader) {
    leader = newLeader.leaderId();
    ImageView last = view;
    if (last != null) view = viewOf(last.image());
  }

  @Override
  public void onMetadataUpdate(MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
    ImageView last = view;
    MetadataImage before = last == null ? MetadataImage.EMPTY : last.image();
    boolean areDefaultsChanged = last == null || areDefaultsChanged(before, image);
    if (areDefaultsChanged) effective = null;
    ImageView now = viewOf(image);
    var change = change(delta, before, image, last == null || areDefaultsChanged);
    for (Follower follower : followers) tell(follower, now, change, delta);
    // Only now do clients see it: a leader that is named in it has opened its log by this time.
    view = now;
    wake(image.offset());
  }

  private ImageView viewOf(MetadataImage image) {
    return new ImageView(image, clusterId, leader, raftVersion.get(), effective(image));
  }

  private TopicSettings.Effective effective(MetadataImage image) {
    TopicSettings.Effective known = effective;
    if (known != null) return known;
    TopicSettings.Effective made =
        topicSettings.effective(
            brokerSettings,
            image.configs().configMapForResource(thisBroker()),
            image.configs().configMapForResource(allBrokers()));
    effective = made;
    return made;
  }

  private ConfigResource thisBroker() {
    return new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(nodeId));
  }

  private static ConfigResource allBrokers() {
    return new ConfigResource(ConfigResource.Type.BROKER, "");
  }

  private boolean areDefaultsChanged(MetadataImage before, MetadataImage now) {
    return isChanged(thisBroker(), before.configs(), now.configs())
        || isChanged(allBrokers(), before.configs(), now.configs());
  }

  private static boolean isChanged(
      ConfigResource resource, ConfigurationsImage before, ConfigurationsImage now) {
    return !before.configMapForResource(resource).equals(now.configMapForResource(resource));
  }

  /** Somebody who learns of each change before those who asked for it are answered. */
  @FunctionalInterface
  interface Follower {
    void changed(ImageView now, ClusterListener.Change change, MetadataDelta delta);
  }

  /** Adds a follower, telling it everything first. Called on the loader's thread. */
  private void join(Follower follower, MetadataDelta everything) {
    ImageView now = Objects.requireNonNull(view, "joined before the first image");
    tell(follower, now, everything(now), everything);
    followers.add(follower);
  }

  private void tell(
      Follower follower, ImageView now, ClusterListener.Change change, MetadataDelta delta) {
    try {
      follower.changed(now, change, delta);
    } catch (RuntimeException | Error e) {
      // The others still have to learn of it. What this one missed it can't make up for.
      RuntimeException _ =
          faults.handleFault("a listener failed at offset " + now.metadataOffset(), e);
    }
  }

  private static ClusterListener.Change everything(ImageView now) {
    var settingsOf = new HashSet<String>();
    now.image()
        .configs()
        .resourceData()
        .keySet()
        .forEach(resource -> {
          if (resource.type() == ConfigResource.Type.TOPIC) settingsOf.add(resource.name());
        });
    return new ClusterListener.Change(
        Set.copyOf(now.image().topics().topicsByName().keySet()),
        Set.of(),
        settingsOf,
        Set.copyOf(now.image().cluster().brokers().keySet()),
        true);
  }

  /**
   * What is different. A delta names what was written, which after a snapshot is everything, so
   * each name is compared.
   */
  private ClusterListener.Change change(
      MetadataDelta delta, MetadataImage before, MetadataImage now, boolean areDefaultsChanged) {
    var topics = new HashSet<String>();
    var deleted = new HashSet<ClusterView.Topic>();
    TopicsDelta topicsDelta = delta.topicsDelta();
    if (topicsDelta != null) {
      topicsDelta
          .changedTopics()
          .keySet()
          .forEach(id -> {
            TopicImage topic = now.topics().getTopic(id);
            if (topic != null && !topic.equals(before.topics().getTopic(id))) {
              topics.add(topic.name());
            }
          });
      ImageView last = view;
      for (var id : topicsDelta.deletedTopicIds()) {
        TopicImage topic = before.topics().getTopic(id);
        if (topic != null && last != null) deleted.add(last.view(topic));
      }
    }
    var brokers = new HashSet<Integer>();
    if (delta.clusterDelta() != null) {
      for (int id : delta.clusterDelta().changedBrokers().keySet()) {
        if (!Objects.equals(before.cluster().broker(id), now.cluster().broker(id))) {
          brokers.add(id);
        }
      }
    }
    return new ClusterListener.Change(
        topics, deleted, settingsOf(delta, before, now), brokers, areDefaultsChanged);
  }

  private static Set<String> settingsOf(
      MetadataDelta delta, MetadataImage before, MetadataImage now) {
    ConfigurationsDelta configs = delta.configsDelta();
    if (configs == null) return Set.of();
    var settingsOf = new HashSet<String>();
    for (ConfigResource resource : configs.changes().keySet()) {
      if (resource.type() == ConfigResource.Type.TOPIC
          && now.topics().getTopic(resource.name()) != null
          && isChanged(resource, before.configs(), now.configs())) {
        settingsOf.add(resource.name());
      }
    }
    return settingsOf;
  }

  private void wake(long offset) {
    var reached = new ArrayList<Wait>();
    synchronized (waits) {
      appliedOffset = offset;
      for (Wait next = waits.peek(); next != null && next.offset <= offset; next = waits.peek()) {
        reached.add(waits.remove());
      }
    }
    reached.forEach(wait -> wait.reached.complete(null));
  }

  @Override
  public void close() {
    List<Wait> abandoned;
    synchronized (waits) {
      isClosed = true;
      abandoned = List.copyOf(waits);
      waits.clear();
    }
    abandoned.forEach(wait -> wait.reached.completeExceptionally(closed()));
  }

  private record Wait(long offset, CompletableFuture<Void> reached) implements Comparable<Wait> {
    @Override
    public int compareTo(Wait other) {
      return Long.compare(offset, other.offset);
    }
  }

  /** Brings a follower in on the loader's thread; has nothing to do afterwards. */
  static final class Joining implements MetadataPublisher {
    private final String name;
    private final ViewPublisher views;
    private final Follower follower;
    private boolean hasJoined;

    Joining(String name, ViewPublisher views, Follower follower) {
      this.name = name;
      this.views = views;
      this.follower = follower;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void onMetadataUpdate(
        MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
      if (hasJoined) return;
      hasJoined = true;
      views.join(follower, delta);
    }

    @Override
    public void close() {}
  }
}

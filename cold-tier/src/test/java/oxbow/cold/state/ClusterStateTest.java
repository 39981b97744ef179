package oxbow.cold.state;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.log.ColdStart;
import oxbow.log.EpochStart;

/** What the bucket holds of the cluster: whose it is, and what it looks like to others. */
class ClusterStateTest {
  private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");

  private final AtomicLong nowMs = new AtomicLong(1_763_600_000_000L);
  private final InstantSource clock = () -> Instant.ofEpochMilli(nowMs.get());
  private final MemoryObjectStore store = new MemoryObjectStore(clock);
  private final Owners owners = new Owners(store, clock);

  private String text(String object) {
    return UTF_8.decode(store.read(object)).toString();
  }

  /** A cluster that a test changes as it likes. */
  private static final class FakeCluster implements ClusterSource {
    long version = 1;
    ClusterState state =
        new ClusterState(
            new SettingsState(
                Map.of("log.retention.ms", "1000"),
                Map.of(1, Map.of("log.cleaner.threads", "2")),
                Map.of("slow", Map.of("interval.ms", "5000")),
                List.of(
                    new QuotaState(
                        Map.of("user", Optional.of("ann"), "client-id", Optional.empty()),
                        Map.of("producer_byte_rate", 1024.5)))),
            4000,
            List.of(
                new TopicState("orders", TOPIC, 2, List.of(3, 0), Map.of("retention.ms", "5"))));
    Positions positions =
        new Positions(
            List.of(
                new GroupOffset("billing", "orders", 0, 42, 3, "note"),
                new GroupOffset("billing", "orders", 1, 7, -1, "")),
            List.of(new LogStart("orders", 1, 5)));
    int gathered;

    @Override
    public long topicsVersion() {
      return version;
    }

    @Override
    public ClusterState topics() {
      gathered++;
      return state;
    }

    @Override
    public long schemasVersion() {
      return version;
    }

    @Override
    public ByteBuffer schemas() {
      return ByteBuffer.wrap("batches".getBytes(UTF_8));
    }

    @Override
    public long positionsVersion() {
      return version;
    }

    @Override
    public Positions positions() {
      return positions;
    }
  }

  @Test
  void objectsAreWhatTheDocumentSays() {
    var keeper = new StateKeeper(store, owners, FakeCluster::new);
    keeper.owned(owners.claim("one-cluster", "token-1"));
    keeper.saveWhatRecordsNeed();
    keeper.savePositions();
    keeper.beat();

    assertThat(text("cluster/owners/000001.json"))
        .isEqualTo(
            """
            {"version":1,"cluster":"one-cluster","token":"token-1","since":"2025-11-20T00:53:20Z"}
            """);
    assertThat(text("cluster/000001/topics.json"))
        .isEqualTo(
            """
            {"version":1,"settings":{"log.retention.ms":"1000"},\
            "brokers":{"1":{"log.cleaner.threads":"2"}},\
            "clientMetrics":{"slow":{"interval.ms":"5000"}},\
            "quotas":[{"entity":{"client-id":null,"user":"ann"},\
            "bounds":{"producer_byte_rate":1024.5}}],"nextProducerId":4000,\
            "topics":[{"name":"orders","id":"AAAAAAAAAAAAAAAAAAAAAQ","partitions":2,\
            "leaderEpochs":[3,0],"settings":{"retention.ms":"5"}}]}
            """);
    assertThat(text("cluster/000001/positions.json"))
        .isEqualTo(
            """
            {"version":1,"groups":[{"group":"billing","topic":"orders","partition":0,"offset":42,\
            "leaderEpoch":3,"metadata":"note"},{"group":"billing","topic":"orders","partition":1,\
            "offset":7}],"logStarts":[{"topic":"orders","partition":1,"offset":5}]}
            """);
    assertThat(text("cluster/000001/schemas.batches")).isEqualTo("batches");
    assertThat(text("cluster/000001/alive.json")).isEqualTo("{\"version\":1,\"stopped\":false}\n");
    keeper.stopped();
    assertThat(text("cluster/000001/alive.json")).isEqualTo("{\"version\":1,\"stopped\":true}\n");
  }

  @Test
  void whatWasWrittenIsReadAsItWas() {
    var cluster = new FakeCluster();

    assertThat(StateJson.cluster(StateJson.write(cluster.state))).isEqualTo(cluster.state);
    // As an earlier version wrote it.
    assertThat(
            StateJson.cluster(
                ByteBuffer.wrap(
                    "{\"version\":1,\"settings\":{\"a\":\"b\"},\"topics\":[]}".getBytes(UTF_8))))
        .isEqualTo(
            new ClusterState(
                new SettingsState(Map.of("a", "b"), Map.of(), Map.of(), List.of()), 0, List.of()));
    assertThat(StateJson.positions(StateJson.write(cluster.positions)))
        .isEqualTo(cluster.positions);
    var starts =
        Map.of(
            TOPIC,
            Map.of(
                1,
                new ColdStart(
                    5,
                    100,
                    List.of(new EpochStart(0, 5), new EpochStart(3, 60)),
                    List.of(new ColdStart.ProducerBatch(9, (short) 1, 0, 4, 90, 94, 1_700_000L)))));
    assertThat(StateJson.starts(StateJson.writeStarts(starts))).isEqualTo(starts);
    assertThatThrownBy(() -> StateJson.cluster(ByteBuffer.wrap("{\"version\":2}".getBytes(UTF_8))))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("can't understand");
  }

  @Test
  void nothingIsGatheredAgainBeforeItChanged() {
    var cluster = new FakeCluster();
    var keeper = new StateKeeper(store, owners, () -> cluster);
    keeper.owned(owners.claim("one-cluster", "token-1"));
    keeper.saveWhatRecordsNeed();
    keeper.saveWhatRecordsNeed();
    assertThat(cluster.gathered).isEqualTo(1);

    cluster.version = 2;
    keeper.saveWhatRecordsNeed();

    assertThat(cluster.gathered).isEqualTo(2);
  }

  @Test
  void whatIsTheSameAsBeforeIsNotWrittenAgain() {
    var cluster = new FakeCluster();
    var keeper = new StateKeeper(store, owners, () -> cluster);
    keeper.owned(owners.claim("one-cluster", "token-1"));
    keeper.saveWhatRecordsNeed();
    store.delete(List.of("cluster/000001/topics.json"));
    cluster.version = 2; // the metadata's log went on, with nothing that concerns a restore

    keeper.saveWhatRecordsNeed();
    assertThat(store.find("cluster/000001/topics.json")).isEmpty();

    cluster.version = 3;
    cluster.state = new ClusterState(cluster.state.settings(), 5000, cluster.state.topics());
    keeper.saveWhatRecordsNeed();
    assertThat(store.find("cluster/000001/topics.json")).isPresent();
  }

  @Test
  void positionsAreWrittenOnceThereAreSomeAndThenAlsoThatThereAreNone() {
    var cluster = new FakeCluster();
    Positions some = cluster.positions;
    cluster.positions = Positions.EMPTY;
    var keeper = new StateKeeper(store, owners, () -> cluster);
    keeper.owned(owners.claim("one-cluster", "token-1"));

    assertThat(keeper.savePositions()).isFalse();
    assertThat(store.find("cluster/000001/positions.json")).isEmpty();
    cluster.version = 2;
    cluster.positions = some;
    assertThat(keeper.savePositions()).isTrue();
    assertThat(store.find("cluster/000001/topics.json"))
        .as("what they are positions in")
        .isPresent();
    assertThat(keeper.savePositions()).as("nothing has changed").isFalse();
    cluster.version = 3;
    cluster.positions = Positions.EMPTY;
    assertThat(keeper.savePositions()).isTrue();
    assertThat(StateJson.positions(store.read("cluster/000001/positions.json")))
        .isEqualTo(Positions.EMPTY);
    // Those of an owner before count until this one has written its own.
    var next = new StateKeeper(store, owners, () -> cluster);
    next.owned(owners.become(2, "one-cluster", "token-2").orElseThrow());
    assertThat(next.savePositions()).isTrue();
  }

  @Test
  void aBucketHasOneDirectoryAtATime() {
    Owner first = owners.claim("one-cluster", "token-1");

    assertThat(owners.claim("one-cluster", "token-1")).isEqualTo(first);
    assertThatThrownBy(() -> owners.claim("one-cluster", "token-2"))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DENIED))
        .hasMessageContaining("is in use from another data directory")
        .hasMessageContaining("oxbow cold restore");
  }

  @Test
  void whoeverLostTheBucketIsToldSo() {
    var keeper = new StateKeeper(store, owners, () -> ClusterSource.NONE);
    keeper.owned(owners.claim("one-cluster", "token-1"));
    keeper.beat();

    assertThat(owners.become(2, "one-cluster", "token-2")).isPresent();

    assertThatThrownBy(keeper::beat)
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DENIED))
        .hasMessageContaining("the bucket was taken over at 2025-11-20T00:53:20Z by a restore");
  }

  @Test
  void aBucketThatIsWrittenToIsNotTakenOverUnlessSomebodySaysSo() {
    var keeper = new StateKeeper(store, owners, FakeCluster::new);
    store.put("oxbow.json", ByteBuffer.wrap("{\"layout\": 1}".getBytes(UTF_8)));
    keeper.owned(owners.claim("one-cluster", "token-1"));
    keeper.saveWhatRecordsNeed();
    keeper.beat();
    var restore = new BucketRestore(store, "topics", clock);

    assertThatThrownBy(() -> restore.takeOver(false))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("another server has the bucket since 2025-11-20T00:53:20Z")
        .hasMessageContaining("--take-over");
    nowMs.addAndGet(BucketRestore.SILENCE_MIN.toMillis());
    BucketRestore.Contents contents = restore.takeOver(false);

    assertThat(contents.owner().number()).isEqualTo(2);
    assertThat(contents.owner().cluster()).isEqualTo("one-cluster");
    assertThat(contents.topics())
        .extracting(BucketRestore.Topic::state)
        .containsExactly(new FakeCluster().state.topics().getFirst());
    assertThat(contents.topics().getFirst().isKept()).isFalse();
    assertThat(contents.settings()).isEqualTo(new FakeCluster().state.settings());
    assertThat(contents.nextProducerId()).isEqualTo(4000);
    // What the new owner never wrote is still that of the one before.
    assertThat(restore.takeOver(true).topics()).hasSize(1);
  }

  @Test
  void aServerThatStoppedNeedsNoWaiting() {
    var keeper = new StateKeeper(store, owners, FakeCluster::new);
    store.put("oxbow.json", ByteBuffer.wrap("{\"layout\": 1}".getBytes(UTF_8)));
    keeper.owned(owners.claim("one-cluster", "token-1"));
    keeper.beat();
    keeper.stopped();

    assertThat(new BucketRestore(store, "topics", clock).takeOver(false).owner().number())
        .isEqualTo(2);
  }

  @Test
  void aDirectoryRemembersItsTokenAndWhatWasRestoredIntoIt(@TempDir Path directory) {
    String token = RestoredStarts.open(directory).token();
    assertThat(RestoredStarts.open(directory).token()).isEqualTo(token);

    var start = new ColdStart(0, 10, List.of(), List.of());
    var contents =
        new BucketRestore.Contents(
            new Owner(2, "one-cluster", "token-2", ""),
            SettingsState.EMPTY,
            0,
            List.of(
                new BucketRestore.Topic(
                    new TopicState("orders", TOPIC, 2, List.of(), Map.of()),
                    true,
                    Map.of(1, start))),
            Optional.empty(),
            Positions.EMPTY,
            List.of());
    RestoredStarts.write(directory, contents);

    RestoredStarts restored = RestoredStarts.open(directory);
    assertThat(restored.token()).isEqualTo("token-2");
    assertThat(restored.of(new TopicIdPartition(TOPIC, 1, "orders"))).contains(start);
    assertThat(restored.of(new TopicIdPartition(TOPIC, 0, "orders"))).isEmpty();
  }
}

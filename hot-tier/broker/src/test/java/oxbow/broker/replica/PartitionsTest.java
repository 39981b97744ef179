package oxbow.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.broker.testing.ReplicaRig.OTHER;
import static oxbow.broker.testing.ReplicaRig.SELF;
import static oxbow.broker.testing.ReplicaRig.batch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.replica.Partitions.LeadershipListener;
import oxbow.broker.testing.Await;
import oxbow.broker.testing.ReplicaRig;
import oxbow.log.ColdStart;
import oxbow.log.LogOffsets;

class PartitionsTest {
  private static final TopicPartition ORDERS_0 = new TopicPartition("orders", 0);

  @TempDir private Path directory;
  private ReplicaRig rig;

  @BeforeEach
  void start() {
    rig = new ReplicaRig(directory);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  // ---- following the metadata

  @Test
  void theFirstViewIsOpenOnceAllItsLogsAre() {
    rig.cluster.create("orders", 50, SELF, Map.of());
    assertThat(rig.partitions.opened().toCompletableFuture()).isNotDone();

    rig.cluster.tell(rig.partitions);
    rig.partitions.opened().toCompletableFuture().join();

    assertThat(rig.partitions.all()).hasSize(50).allMatch(Partition::isLeader);
  }

  @Test
  void anEmptyFirstViewIsOpenAtOnce() {
    rig.tell();

    assertThat(rig.partitions.opened().toCompletableFuture()).isDone();
  }

  @Test
  void aCreatedPartitionIsThereWhenTheChangeHasBeenTold() {
    rig.tell();
    Uuid id = rig.cluster.create("orders", 3, SELF, Map.of());

    rig.cluster.tell(rig.partitions);

    assertThat(rig.partitions.leading(ORDERS_0).isLeader()).isTrue();
    assertThat(rig.partitions.leading(id, 2).id().partition()).isEqualTo(2);
  }

  @Test
  void anElectedPartitionLeadsBeforeTheChangeCountsAsTold() throws Exception {
    rig.tell();
    rig.create("orders", 2);
    rig.cluster.lead("orders", 0, -1, 1, List.of(SELF));
    rig.tell();
    rig.cluster.lead("orders", 0, SELF, 2, List.of(SELF));
    var release = new CountDownLatch(1);
    for (int thread = 0; thread < ReplicaRig.LOG_THREADS; thread++) {
      rig.logThreads.execute(() -> awaitQuietly(release));
    }

    var telling = Thread.ofPlatform().name("telling").start(() -> rig.cluster.tell(rig.partitions));
    Await.until("the change waits", () -> telling.getState() == Thread.State.WAITING);
    assertThat(rig.partition("orders", 0).isLeader()).isFalse();
    release.countDown();
    telling.join();

    assertThat(rig.partition("orders", 0).isLeader()).isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void theColdTierIsToldWhatIsLedHereAndHow() {
    rig.tell();
    rig.create("orders", 1, Map.of("oxbow.test", "a"));
    rig.cluster.set("orders", Map.of("oxbow.test", "b"));
    rig.tell();
    rig.tell(); // nothing changed
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF));
    rig.tell();
    rig.cluster.lead("orders", 0, OTHER, 2, List.of(OTHER, SELF));
    rig.tell();
    rig.cluster.lead("orders", 0, SELF, 3, List.of(OTHER, SELF));
    rig.tell();
    rig.cluster.delete("orders");
    rig.tell();
    rig.create("sales", 1, Map.of());
    rig.partitions.close();

    assertThat(rig.cold.told)
        .containsExactly(
            "led orders-0 in 0 with {oxbow.test=a}",
            "led orders-0 in 0 with {oxbow.test=b}",
            "led orders-0 in 1 with {oxbow.test=b}",
            "resigned orders-0",
            "led orders-0 in 3 with {oxbow.test=b}",
            "resigned orders-0",
            "deleted orders-0",
            "led sales-0 in 0 with {}",
            "resigned sales-0");
  }

  @Test
  void aRestoredPartitionBeginsWhereTheColdTierEndsOnce() {
    rig.tell();
    var id = new TopicIdPartition(new Uuid(4711, 1), 0, "orders");
    rig.cold.restore(id, new ColdStart(10, 50, List.of(), List.of()));
    rig.create("orders", 1, Map.of("remote.storage.enable", "true"));
    rig.append("orders", 0, "a");
    rig.cluster.set("orders", Map.of("remote.storage.enable", "true", "retention.ms", "99"));
    rig.tell();

    assertThat(rig.partition("orders", 0).log().offsets())
        .isEqualTo(new LogOffsets(10, 50, 50, 51, 51));
  }

  @Test
  void whatOthersHoldIsNotOpenedHere() {
    rig.cluster.create("theirs", 1, OTHER, Map.of());
    rig.tell();

    assertThat(rig.partitions.all()).isEmpty();
    assertThatThrownBy(() -> rig.partitions.leading(new TopicPartition("theirs", 0)))
        .isInstanceOf(NotLeaderOrFollowerException.class);
  }

  @Test
  void partitionsNobodyKnowsHaveTheirErrors() {
    rig.tell();
    rig.create("orders", 1);

    assertThatThrownBy(() -> rig.partitions.leading(new TopicPartition("orders", 1)))
        .isInstanceOf(UnknownTopicOrPartitionException.class);
    assertThatThrownBy(() -> rig.partitions.leading(new TopicPartition("orders", -1)))
        .isInstanceOf(UnknownTopicOrPartitionException.class);
    assertThatThrownBy(() -> rig.partitions.leading(Uuid.randomUuid(), 0))
        .isInstanceOf(UnknownTopicIdException.class);
  }

  @Test
  void aDeletedTopicIsGoneAndItsNameMayComeBack() {
    rig.tell();
    rig.create("orders", 1);
    rig.append("orders", 0, "a");
    Partition old = rig.partition("orders", 0);
    rig.cluster.delete("orders");
    rig.cluster.create("orders", 1, SELF, Map.of());

    rig.tell();

    assertThat(old.isGone()).isTrue();
    assertThatThrownBy(() -> old.append(batch("b").buffer(), AppendOrigin.CLIENT))
        .isInstanceOf(NotLeaderOrFollowerException.class);
    assertThat(rig.partition("orders", 0).log().offsets().logEnd()).isZero();
  }

  @Test
  void aPartitionMovedAwayIsDeleted() {
    rig.tell();
    rig.create("orders", 2);
    rig.cluster.lead("orders", 0, OTHER, 1, List.of(OTHER));

    rig.tell();

    assertThat(rig.partitions.find(ORDERS_0)).isEmpty();
    assertThat(rig.partition("orders", 1).isLeader()).isTrue();
    assertThat(rig.logs.find(ORDERS_0)).isEmpty();
  }

  @Test
  void strayLogsAreMovedAsideAtTheStartAndOthersKeepTheirRecords() throws Exception {
    rig.tell();
    rig.create("orders", 1);
    rig.append("orders", 0, "a", "b");
    rig.create("stray", 1);
    rig.append("stray", 0, "c");
    rig.close();

    rig = restarted("stray");

    assertThat(rig.partition("orders", 0).log().offsets().highWatermark()).isEqualTo(2);
    assertThat(rig.logs.stored().stream().map(TopicIdPartition::topic)).containsExactly("orders");
    try (Stream<Path> names = Files.list(directory)) {
      assertThat(names.map(path -> path.getFileName().toString()))
          .contains("orders-0")
          .doesNotContain("stray-0")
          .anyMatch(name -> name.startsWith("stray-0.") && name.endsWith("-stray"));
    }
  }

  @Test
  void aLogThatLostItsTopicsIdIsKnownByItsName() throws Exception {
    rig.tell();
    rig.create("orders", 1);
    rig.append("orders", 0, "a", "b");
    rig.create("stray", 1);
    rig.close();
    Files.delete(directory.resolve("orders-0").resolve("partition.metadata"));

    rig = restarted("stray");

    assertThat(rig.partition("orders", 0).log().offsets().highWatermark()).isEqualTo(2);
  }

  /** A broker on the same directory, whose cluster doesn't know one of the topics any more. */
  private ReplicaRig restarted(String forgotten) {
    var next = new ReplicaRig(directory, rig.cluster);
    next.cluster.delete(forgotten);
    next.tell();
    return next;
  }

  @Test
  void newSettingsReachTheLog() {
    rig.tell();
    rig.create("orders", 1);
    rig.cluster.set("orders", Map.of("retention.ms", "1234"));

    rig.tell();

    assertThat(rig.partition("orders", 0).log().config().retentionMs()).isEqualTo(1_234);
  }

  @Test
  void aLogThatCannotBeOpenedIsOfflineAndItsNeighboursServe() throws Exception {
    rig.tell();
    Files.writeString(directory.resolve("broken-0"), "a file where a directory should be");
    rig.cluster.create("broken", 1, SELF, Map.of());
    rig.cluster.create("orders", 1, SELF, Map.of());

    rig.tell();

    assertThat(rig.partitions.offline()).containsExactly(new TopicPartition("broken", 0));
    assertThatThrownBy(() -> rig.partitions.leading(new TopicPartition("broken", 0)))
        .isInstanceOf(KafkaStorageException.class);
    assertThat(rig.partitions.leading(ORDERS_0).isLeader()).isTrue();
  }

  // ---- leadership

  @Test
  void listenersHearOfElectionsAndResignationsInOrder() {
    rig.tell();
    rig.create("orders", 1);
    var heard = new ArrayList<String>();
    rig.partitions.watchLeadership(listener(heard));

    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF));
    rig.tell();
    rig.cluster.lead("orders", 0, OTHER, 2, List.of(SELF, OTHER));
    rig.tell();
    rig.cluster.lead("orders", 0, SELF, 3, List.of(SELF, OTHER), List.of(SELF));
    rig.tell();
    rig.cluster.delete("orders");
    rig.tell();

    assertThat(heard)
        .containsExactly("elected 0", "elected 1", "resigned 2", "elected 3", "resigned 3");
  }

  @Test
  void aChangeOfTheInSyncSetIsNoElection() {
    rig.tell();
    rig.create("orders", 1);
    var heard = new ArrayList<String>();
    rig.partitions.watchLeadership(listener(heard));

    rig.cluster.lead("orders", 0, SELF, 0, List.of(SELF, OTHER), List.of(SELF));
    rig.tell();

    assertThat(heard).containsExactly("elected 0");
  }

  @Test
  void recordsCarryTheEpochOfTheirLeader() {
    rig.tell();
    rig.create("orders", 1);
    rig.append("orders", 0, "a", "b");
    rig.cluster.lead("orders", 0, SELF, 5, List.of(SELF));
    rig.tell();
    rig.append("orders", 0, "c");

    Partition partition = rig.partition("orders", 0);

    assertThat(partition.log().epochOf(1)).contains(0);
    assertThat(partition.log().epochOf(2)).contains(5);
    assertThat(partition.epochStart()).isEqualTo(2);
    assertThatThrownBy(() -> partition.requireEpoch(4))
        .isInstanceOf(FencedLeaderEpochException.class);
    assertThatThrownBy(() -> partition.requireEpoch(6))
        .isInstanceOf(UnknownLeaderEpochException.class);
    partition.requireEpoch(5);
    partition.requireEpoch(-1);
  }

  @Test
  void fewerReplicasThanAskedForAreEnoughIfThereAreNoMore() {
    rig.tell();
    rig.create("orders", 1, Map.of("min.insync.replicas", "2"));

    rig.partition("orders", 0).requireInSync();

    rig.cluster.lead("orders", 0, SELF, 0, List.of(SELF, OTHER), List.of(SELF));
    rig.tell();
    assertThatThrownBy(() -> rig.partition("orders", 0).requireInSync())
        .isInstanceOf(NotEnoughReplicasException.class);
  }

  private static LeadershipListener listener(List<String> heard) {
    return new LeadershipListener() {
      @Override
      public void elected(TopicPartition partition, int leaderEpoch) {
        heard.add("elected " + leaderEpoch);
      }

      @Override
      public void resigned(TopicPartition partition, int leaderEpoch) {
        heard.add("resigned " + leaderEpoch);
      }
    };
  }

  // ---- the watermark

  @Test
  void waitersAreReleasedInTheOrderOfTheirOffsets() {
    Partition partition = withAnotherReplicaInSync();
    var released = new ArrayList<Long>();
    for (long end : new long[] {3, 1, 2}) {
      partition.acknowledged(end).thenRun(() -> released.add(end));
    }
    assertThat(partition.waitingForWatermark()).isEqualTo(3);

    theOtherLeavesTheInSyncSet();

    assertThat(released).containsExactly(1L, 2L, 3L);
    assertThat(partition.waitingForWatermark()).isZero();
  }

  @Test
  void whoeverGivesUpWaitingIsForgotten() {
    Partition partition = withAnotherReplicaInSync();
    CompletableFuture<Void> waiter = partition.acknowledged(2).toCompletableFuture();

    waiter.cancel(false);

    assertThat(partition.waitingForWatermark()).isZero();
  }

  @Test
  void waitersFailWhenLeadershipEnds() {
    Partition partition = withAnotherReplicaInSync();
    CompletableFuture<Void> waiter = partition.acknowledged(2).toCompletableFuture();

    rig.cluster.lead("orders", 0, OTHER, 9, List.of(SELF, OTHER));
    rig.tell();

    assertThat(waiter.exceptionNow()).isInstanceOf(NotLeaderOrFollowerException.class);
    CompletableFuture<Void> late = partition.acknowledged(2).toCompletableFuture();
    assertThat(late.exceptionNow()).isInstanceOf(NotLeaderOrFollowerException.class);
  }

  @Test
  void aWatcherHearsOfEveryMoveUntilItIsRemoved() {
    rig.tell();
    rig.create("orders", 1);
    Partition partition = rig.partition("orders", 0);
    var last = new AtomicLong(-1);
    Partition.HighWatermarkListener watcher = (_, highWatermark) -> last.set(highWatermark);
    partition.watchHighWatermark(watcher);

    rig.append("orders", 0, "a", "b");
    assertThat(last).hasValue(2);
    partition.unwatchHighWatermark(watcher);
    rig.append("orders", 0, "c");

    assertThat(last).hasValue(2);
  }

  @Test
  void noAcknowledgementIsLostWhenManyAppendAndWait() throws Exception {
    rig.tell();
    rig.create("orders", 1, Map.of("flush.messages", "1"));
    Partition partition = rig.partition("orders", 0);
    int threads = 4;
    int each = 50;
    var acknowledged = new CountDownLatch(threads * each);
    var appending = new ArrayList<Thread>();
    for (int t = 0; t < threads; t++) {
      appending.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < each; i++) {
                  long end =
                      partition.append(batch("a").buffer(), AppendOrigin.CLIENT).followingOffset();
                  partition
                      .acknowledged(end)
                      .thenRun(() -> {
                        if (partition.log().offsets().highWatermark() >= end) {
                          acknowledged.countDown();
                        }
                      });
                }
              }));
    }
    for (Thread thread : appending) thread.join();

    assertThat(acknowledged.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(partition.waitingForWatermark()).isZero();
  }

  /** Three records that wait for a replica which never fetches. */
  private Partition withAnotherReplicaInSync() {
    rig.tell();
    rig.create("orders", 1);
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER));
    rig.tell();
    rig.append("orders", 0, "a", "b", "c");
    return rig.partition("orders", 0);
  }

  private void theOtherLeavesTheInSyncSet() {
    rig.cluster.lead("orders", 0, SELF, 1, List.of(SELF, OTHER), List.of(SELF));
    rig.tell();
  }
}

package oxbow.cold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.cold.testing.ColdTopic.ORDERS_0;
import static oxbow.cold.testing.ColdTopic.await;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.file.ColdFile;
import oxbow.cold.store.StoreException;
import oxbow.cold.testing.ColdTopic;
import oxbow.cold.testing.InterleavedStore;
import oxbow.cold.testing.MemoryObjectStore;

/** A log, its cold tier and a bucket: what the log had is what the cold tier gives back. */
class ColdTierTest {
  @TempDir Path directory;

  private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
  private ColdTopic topic;

  @BeforeEach
  void open() {
    topic = new ColdTopic(directory, store);
  }

  @AfterEach
  void close() {
    topic.close();
  }

  @Test
  void whatTheLogHadIsWhatTheColdTierGivesBack() throws Exception {
    topic.append(new Random(1), 800);
    ByteBuffer all = topic.local();
    topic.lead();

    topic.awaitOffload();

    assertThat(topic.cold()).isEqualTo(all);
  }

  @Test
  void whatWasCommittedBeforeAStopIsNotOfferedTwice() {
    topic.append(new Random(2), 500);
    topic.lead();
    topic.awaitOffload();
    topic.restartTier("one cluster");
    topic.lead();
    topic.append(new Random(3), 500);

    topic.awaitOffload();

    assertThat(records()).isEqualTo(topic.log.offsets().logEnd());
  }

  @Test
  void whatIsPastRetentionLeavesTheLogAndThenTheTable() {
    topic.append(new Random(4), 500);
    topic.tier().led(ORDERS_0, 0, ColdTopic.settings(Map.of("retention.ms", "1000")));

    await(() -> topic.log.offsets().logStart() == topic.log.offsets().logEnd());
    await(() -> topic.tier().files(ORDERS_0).isEmpty());

    assertThat(topic.log.offsets().coldEnd()).isEqualTo(topic.log.offsets().logEnd());
  }

  @Test
  void aBucketOfAnotherClusterIsRefused() {
    topic.append(new Random(5), 10);
    topic.lead();
    topic.awaitOffload();
    topic.restartTier("another cluster");

    assertThatThrownBy(() -> topic.tier().files(ORDERS_0))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("belongs to cluster one cluster, this is cluster another cluster");
  }

  @Test
  void aBucketThatIsEmptyAllAtOnceIsNotTakenForANewOne() throws Exception {
    topic.append(new Random(15), 100);
    ByteBuffer all = topic.local();
    topic.lead();
    topic.awaitOffload();
    topic.tier().close();
    Map<String, ByteBuffer> unmounted = new HashMap<>();
    for (String name : store.names()) unmounted.put(name, store.read(name));
    store.delete(unmounted.keySet());
    topic.restartTier("one cluster");
    topic.lead();

    await(() -> topic.tier().storeTrouble().isPresent());
    assertThat(topic.tier().storeTrouble().orElseThrow())
        .contains("there is nothing of this server in the bucket", "bucket.claimed");
    assertThatThrownBy(() -> topic.tier().files(ORDERS_0)).isInstanceOf(StoreException.class);
    assertThat(store.names()).doesNotContain("oxbow.json", "cluster/owners/000001.json");
    assertThat(topic.log.offsets().logStart()).isZero();

    unmounted.forEach(store::put);
    topic.append(new Random(16), 100);
    topic.awaitOffload();
    assertThat(topic.cold().slice(0, all.remaining())).isEqualTo(all);
  }

  @Test
  void aDeletedTopicsTableIsDroppedAlsoIfTheProcessEndsBefore() {
    topic.append(new Random(6), 10);
    topic.lead();
    topic.awaitOffload();
    store.goAway();
    topic.tier().deleted(ORDERS_0);
    topic.tier().close();
    store.heal();
    topic.restartTier("one cluster");

    await(() -> store.names().stream().noneMatch(name -> name.endsWith(".parquet")));
  }

  @Test
  void smallFilesAreMergedWhenSomebodyAsksAndStayWhatTheyWere() {
    topic.lead();
    for (int i = 0; i < 3; i++) {
      topic.append(new Random(i), 5);
      topic.awaitOffload();
    }
    long records = records();
    assertThat(topic.tier().files(ORDERS_0)).hasSizeGreaterThan(1);

    topic.tier().mergeSoon(List.of(ORDERS_0));

    await(() -> topic.tier().files(ORDERS_0).size() == 1);
    assertThat(records()).isEqualTo(records);
    Verification verification = topic.tier().verify(List.of(ORDERS_0));
    await(() -> verification.report().state() != Verification.State.RUNNING);
    assertThat(verification.report().state()).isEqualTo(Verification.State.GOOD);
    assertThat(verification.report().records()).isEqualTo(records);
    store.goAway();
    Verification unread = topic.tier().verify(List.of(ORDERS_0));
    await(() -> unread.report().state() != Verification.State.RUNNING);
    assertThat(unread.report().state()).isEqualTo(Verification.State.INCOMPLETE);
    store.heal();
  }

  @Test
  void whoeverReadsWhileFilesAreMergedReadsWhatTheLogHad() throws Exception {
    topic.lead();
    for (int i = 0; i < 12; i++) {
      topic.append(new Random(i), 20);
      topic.awaitOffload();
    }
    int before = topic.tier().files(ORDERS_0).size();
    ByteBuffer all = topic.cold();
    var merging = new CountDownLatch(1);
    Thread merger =
        Thread.ofPlatform()
            .start(() -> {
              merging.countDown();
              for (int i = 0; i < 4; i++) topic.tier().mergeSoon(List.of(ORDERS_0));
            });
    merging.await();

    int reads = 0;
    while (reads < 5 || (reads < 200 && topic.tier().files(ORDERS_0).size() > 1)) {
      assertThat(topic.cold()).as("read " + reads + " while files are merged").isEqualTo(all);
      reads++;
    }

    merger.join();
    assertThat(topic.tier().files(ORDERS_0)).hasSizeLessThan(before);
  }

  private long records() {
    return topic.tier().files(ORDERS_0).stream().mapToLong(ColdFile::records).sum();
  }

  @Test
  void aStoreThatHangsDoesNotHoldAStopUp() {
    var hanging = new CountDownLatch(1);
    var isHanging = new AtomicBoolean();
    var slow =
        new InterleavedStore(
            new MemoryObjectStore(InstantSource.system()),
            () -> {
              if (isHanging.get()) awaitAnswer(hanging);
            });
    var other = new ColdTopic(directory.resolve("other"), slow);
    other.append(new Random(8), 20);
    other.lead();
    other.awaitOffload();
    isHanging.set(true);
    long begin = System.nanoTime();

    other.close();

    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    hanging.countDown();
  }

  /** As a request does: until it is answered, or somebody interrupts it. */
  private static void awaitAnswer(CountDownLatch answer) {
    try {
      answer.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(StoreException.Kind.BUSY, "interrupted", e);
    }
  }
}

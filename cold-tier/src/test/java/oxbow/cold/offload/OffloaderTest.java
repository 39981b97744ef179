package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.TopicTiering;
import oxbow.cold.testing.ColdFiles;
import oxbow.cold.testing.MemoryObjectStore;

/** Looks are made by hand and the clock is moved by hand; only the passes have their threads. */
class OffloaderTest {
  private static final TopicTiering TIERING = TopicTiering.of(OneTopic.SETTINGS);
  private static final long LAG_MS = TIERING.lagMsMax();

  @TempDir Path directory;

  private OneTopic topic;
  private MemoryObjectStore bucket;
  private Offloader offloader;
  private final OffloadCounters counters = new OffloadCounters();
  private final AtomicInteger opened = new AtomicInteger();

  @BeforeEach
  void open() {
    topic = new OneTopic(directory);
    bucket = new MemoryObjectStore(topic.clock);
    offloader =
        new Offloader(
            topic.logs,
            (_, _, _) -> {
              opened.incrementAndGet();
              var table = topic.table(bucket);
              return topic.offload(table, bucket, topic.writers(table), counters);
            },
            new Uploads(),
            counters,
            1,
            Duration.ofHours(1),
            topic.clock,
            new Random(1));
  }

  @AfterEach
  void close() {
    offloader.close();
    topic.close();
  }

  @Test
  void recordsGoOnceTheyAreAsOldAsTheTopicAllows() throws InterruptedException {
    topic.append(topic.log0, 10);
    offloader.lead(ColdFiles.ORDERS_0, TIERING);

    lookUntil(() -> topic.log0.offsets().coldEnd() == 10, LAG_MS);

    assertThat(offloader.status())
        .singleElement()
        .satisfies(status -> {
          assertThat(status.backlogBytes()).isZero();
          assertThat(status.trouble()).isNull();
        });
  }

  @Test
  void whileTheStoreIsAwayItTriesEverMoreRarelyAndSaysForHowLong() throws InterruptedException {
    bucket.goAway();
    topic.append(topic.log0, 10);
    offloader.lead(ColdFiles.ORDERS_0, TIERING);
    long beginMs = topic.clock.millis();

    lookUntil(() -> counters.failures.sum() == 8, 100);

    // Half a second, doubled each time, give or take a half.
    assertThat(topic.clock.millis() - beginMs).isGreaterThan(500 * 127 / 2);
    assertThat(offloader.storeAway()).isGreaterThan(Duration.ofSeconds(20));
    assertThat(offloader.status()).allMatch(status -> status.trouble() != null);
    assertThat(topic.log0.offsets().coldEnd()).isZero();

    topic.clock.advance(Duration.ofHours(9).toMillis());
    lookUntil(() -> counters.failures.sum() == 9, 100);
    assertThat(offloader.storeAway()).isGreaterThan(Duration.ofHours(9));

    bucket.heal();
    lookUntil(() -> topic.log0.offsets().coldEnd() == 10, LAG_MS);
    await(() -> offloader.storeAway().isZero());
  }

  @Test
  void settingsThatChangeCountFromTheNextPass() throws InterruptedException {
    topic.append(topic.log0, 10);
    offloader.lead(ColdFiles.ORDERS_0, TIERING);
    lookUntil(() -> topic.log0.offsets().coldEnd() == 10, LAG_MS);
    topic.append(topic.log0, 10);
    Map<String, String> changed = new HashMap<>(OneTopic.SETTINGS);
    changed.put("oxbow.cold.max.lag.ms", "10000");
    offloader.lead(ColdFiles.ORDERS_0, TopicTiering.of(changed));

    lookUntil(() -> topic.log0.offsets().coldEnd() == 20, 2_000);

    assertThat(opened.get()).isEqualTo(2);
  }

  @Test
  void aPartitionThatIsLedElsewhereIsLeftAlone() {
    topic.append(topic.log0, 10);
    offloader.lead(ColdFiles.ORDERS_0, TIERING);
    offloader.leave(ColdFiles.ORDERS_0);

    topic.clock.advance(LAG_MS);
    offloader.look();

    assertThat(offloader.status()).isEmpty();
    assertThat(opened.get()).isZero();
  }

  /** Looks again and again, and moves the clock on between. */
  private void lookUntil(BooleanSupplier condition, long stepMs) throws InterruptedException {
    await(() -> {
      topic.clock.advance(stepMs);
      offloader.look();
      return condition.getAsBoolean();
    });
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    var never = new CountDownLatch(1);
    for (int i = 0; i < 20_000; i++) {
      if (condition.getAsBoolean()) return;
      assertThat(never.await(1, TimeUnit.MILLISECONDS)).isFalse();
    }
    throw new AssertionError("not within twenty thousand looks");
  }
}

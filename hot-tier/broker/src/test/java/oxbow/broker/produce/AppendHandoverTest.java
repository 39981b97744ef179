package oxbow.broker.produce;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class AppendHandoverTest {
  private static final TopicIdPartition ORDERS_0 =
      new TopicIdPartition(new Uuid(1, 1), 0, "orders");
  private static final TopicIdPartition ORDERS_1 =
      new TopicIdPartition(new Uuid(1, 1), 1, "orders");
  private static final ProduceConfig CONFIG =
      new ProduceConfig(Duration.ofMillis(20), Duration.ofSeconds(1));

  private long nanos;
  private final Queue<Runnable> logThread = new ArrayDeque<>();
  private final List<String> ran = new ArrayList<>();
  private final AppendHandover handover = new AppendHandover(CONFIG, logThread::add, () -> nanos);

  @Test
  void appendsToAFastDiskRunOnTheCallersThread() {
    handover.run(ORDERS_0, append("a", 1));
    handover.run(ORDERS_0, append("b", 1));

    assertThat(ran).containsExactly("a", "b");
    assertThat(logThread).isEmpty();
  }

  @Test
  void afterASlowAppendThoseOfThatLogGoToLogThreads() {
    handover.run(ORDERS_0, append("slow", 200));

    handover.run(ORDERS_0, append("later", 1));
    handover.run(ORDERS_1, append("neighbour", 1));

    assertThat(ran).containsExactly("slow", "neighbour");
    runLogThread();
    assertThat(ran).containsExactly("slow", "neighbour", "later");
  }

  @Test
  void oneSlowAppendBetweenFastOnesChangesNothing() {
    for (int i = 0; i < 3; i++) {
      handover.run(ORDERS_0, append("slow", 199));
      handover.run(ORDERS_0, append("fast", 1));
    }

    assertThat(ran).hasSize(6);
    assertThat(handover.slowLogs()).isZero();
  }

  @Test
  void twoSlowAppendsInARowAreEnough() {
    handover.run(ORDERS_0, append("slow", 21));
    handover.run(ORDERS_0, append("slow", 21));

    handover.run(ORDERS_0, append("later", 1));

    assertThat(ran).containsExactly("slow", "slow");
    runLogThread();
    assertThat(ran).containsExactly("slow", "slow", "later");
  }

  @Test
  void aLogIsTriedAgainOnceItsAppendsWereFastForAWhile() {
    handover.run(ORDERS_0, append("slow", 200));
    handover.run(ORDERS_0, append("handed", 1));
    runLogThread();
    nanos += CONFIG.handover().toNanos();

    handover.run(ORDERS_0, append("direct", 1));

    assertThat(ran).containsExactly("slow", "handed", "direct");
    assertThat(handover.slowLogs()).isZero();
  }

  @Test
  void anAppendNeverOvertakesOneThatStillWaits() {
    handover.run(ORDERS_0, append("slow", 200));
    handover.run(ORDERS_0, append("waits", 1));
    nanos += 10 * CONFIG.handover().toNanos();

    handover.run(ORDERS_0, append("after", 1));

    assertThat(ran).containsExactly("slow");
    runLogThread();
    assertThat(ran).containsExactly("slow", "waits", "after");
  }

  @Test
  void aSlowLogThatNobodyAppendsToIsForgottenWithTheNextSlowOne() {
    handover.run(ORDERS_0, append("slow", 200));
    nanos += CONFIG.handover().toNanos();

    handover.run(ORDERS_1, append("slow too", 200));

    assertThat(handover.slowLogs()).isEqualTo(1);
  }

  @Test
  void eachThreadsAppendsStayInOrderWhileTheDiskTurnsSlowAndFast() throws Exception {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var config = new ProduceConfig(Duration.ofNanos(50_000), Duration.ofNanos(300_000));
    int connections = 3;
    int appendsEach = 2_000;
    List<List<Integer>> orders = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      orders.add(java.util.Collections.synchronizedList(new ArrayList<>()));
    }
    var done = new CountDownLatch(connections * appendsEach);
    try (ExecutorService logThreads = Executors.newFixedThreadPool(3);
        ExecutorService net = Executors.newFixedThreadPool(connections)) {
      var concurrent = new AppendHandover(config, logThreads, System::nanoTime);
      for (int connection = 0; connection < connections; connection++) {
        List<Integer> order = orders.get(connection);
        long diskSeed = random.nextLong();
        net.execute(() -> {
          var disk = new Random(diskSeed);
          for (int i = 0; i < appendsEach; i++) {
            int number = i;
            boolean isSlow = disk.nextInt(50) == 0;
            concurrent.run(
                ORDERS_0,
                () -> {
                  if (isSlow) spin(100_000);
                  order.add(number);
                  done.countDown();
                });
          }
        });
      }
      assertThat(done.await(30, TimeUnit.SECONDS)).as("seed %d", seed).isTrue();
    }
    for (List<Integer> order : orders) assertThat(order).as("seed %d", seed).isSorted();
  }

  private Runnable append(String name, long tookMs) {
    return () -> {
      nanos += tookMs * 1_000_000;
      ran.add(name);
    };
  }

  private void runLogThread() {
    for (Runnable task = logThread.poll(); task != null; task = logThread.poll()) task.run();
  }

  private static void spin(long forNanos) {
    long end = System.nanoTime() + forNanos;
    while (System.nanoTime() < end) Thread.onSpinWait();
  }
}

package oxbow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.log.Invariants.invariant;
import static oxbow.log.TestLogs.ORDERS_0;
import static oxbow.log.TestLogs.ORDERS_1;
import static oxbow.log.TestLogs.SMALL;
import static oxbow.log.TestLogs.config;
import static oxbow.log.TestLogs.names;
import static oxbow.log.TestLogs.records;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.testing.BatchBuilder;

class LogDiskTest {
  private static final LogConfig FSYNCED = config(Map.of("flush.messages", "1"));

  @TempDir Path directory;
  private TestLogs test;
  private PartitionLog log;

  @BeforeEach
  void open() {
    test = new TestLogs(directory, 10_000);
    log = test.open();
  }

  @AfterEach
  void close() {
    test.close();
  }

  @Test
  void fullDiskRefusesWritesServesReadsAndRecoversByItself() {
    // Given
    test.fill(log, 10);
    test.files.space(30);
    // When
    assertDiskFull();
    // Then
    assertThat(log.offline()).isEmpty();
    assertThat(records(log, 0)).isEqualTo(names(0, 10));
    test.pass(1_000);
    assertDiskFull();
    test.files.space(Long.MAX_VALUE);
    test.pass(1_000);
    test.fill(log, 10);
    assertThat(records(log, 0)).isEqualTo(names(0, 20));
    assertThat(test.logs.stats().refusedForSpace()).isEqualTo(2);
    test.crash(() -> {});
    assertThat(records(test.open(), 0)).isEqualTo(names(0, 20));
  }

  @Test
  void whoWaitsForAnFsyncIsToldThatTheDiskIsFullAndLaterThatItIsDone() {
    // Given
    log.reconfigure(config(Map.of("flush.messages", "1")));
    AppendResult appended = test.append(log, "record 0");
    CompletableFuture<Void> durable = log.durable(appended.followingOffset()).toCompletableFuture();
    test.files.space(0);
    // When
    test.threads.runAll();
    // Then
    assertThat(durable).isCompletedExceptionally();
    assertThat(durable.exceptionNow())
        .isInstanceOfSatisfying(
            LogException.class, it -> assertThat(it.kind()).isEqualTo(LogException.Kind.DISK_FULL));
    assertThat(log.offline()).isEmpty();
    CompletableFuture<Void> again = log.durable(appended.followingOffset()).toCompletableFuture();
    test.pass(1_000);
    assertThat(again).as("nobody is asked to flush all the time").isNotDone();
    test.files.space(Long.MAX_VALUE);
    test.pass(4_000);
    assertThat(again).isCompleted();
    test.crash(() -> test.files.losePower(directory));
    assertThat(records(test.open(), 0)).isEqualTo(names(0, 1));
  }

  @Test
  void writesAreRefusedWhileThereIsRoomForTheLogsOwnNotes() {
    // Given
    test.fill(log, 10);
    test.files.space(9_999);
    // When
    test.pass(1_000);
    // Then
    assertDiskFull();
    test.restart();
    assertThat(records(test.open(), 0)).isEqualTo(names(0, 10));
  }

  @Test
  void producersAreNotFasterThanTheLooksAtTheDisk() {
    // Given
    test.files.space(15_000);
    test.pass(1_000);
    // When
    while (log.offsets().logEnd() < 1_000) {
      try {
        test.append(log, "x");
      } catch (LogException e) {
        break;
      }
    }
    // Then
    assertDiskFull();
    assertThat(test.files.usableBytes(directory)).isBetween(9_000L, 10_000L);
  }

  @Test
  void coordinatorsWriteOnWhereClientsAreRefused() {
    // Given
    test.files.space(9_000);
    test.pass(1_000);
    assertDiskFull();
    // When
    appendAsCoordinator();
    // Then
    assertThat(log.offsets().logEnd()).isOne();
    test.files.space(4_999);
    test.pass(1_000);
    assertDiskFull(this::appendAsCoordinator);
  }

  private void appendAsCoordinator() {
    ByteBuffer batch = BatchBuilder.at(1).add(1, "group", "offset").build();
    log.append(batch, 3, AppendOrigin.COORDINATOR);
  }

  private void assertDiskFull() {
    assertDiskFull(() -> test.append(log, "x"));
  }

  private static void assertDiskFull(ThrowingCallable append) {
    assertThatThrownBy(append)
        .isInstanceOf(LogException.class)
        .extracting(it -> ((LogException) it).kind())
        .isEqualTo(LogException.Kind.DISK_FULL);
  }

  @Test
  void failedWriteTakesThePartitionOffline() {
    // Given
    test.fill(log, 10);
    test.files.failWrites(true);
    // When
    assertThatThrownBy(() -> test.append(log, "x"))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("Input/output error");
    // Then
    assertThat(log.offline()).isPresent();
    test.crash(() -> {});
    assertThat(records(test.open(), 0)).isEqualTo(names(0, 10));
  }

  @Test
  void brokenInvariantInAReaderTakesThePartitionOffline() {
    // Given
    test.fill(log, 100);
    test.restart();
    log = test.open();
    test.files.beforeRead(() -> invariant(false, "two and two are five", 5));
    // When
    assertThatThrownBy(() -> log.read(50, 100, ReadLimit.LOG_END, true))
        .isInstanceOf(LogException.class)
        .hasMessageContaining("two and two are five");
    // Then
    test.files.beforeRead(() -> {});
    assertThat(log.offline()).isPresent();
    assertThatThrownBy(() -> log.read(50, 100, ReadLimit.LOG_END, true))
        .isInstanceOf(LogException.class);
    assertThat(test.logs.stats().brokenInvariants()).isOne();
    assertThat(test.logs.stats().offlinePartitions()).isOne();
  }

  @Test
  void withoutFsyncRecordsAreDurableAtOnce() {
    // Given
    test.fill(log, 10);
    // When
    CompletionStage<Void> durable = log.durable(10);
    // Then
    assertThat(durable.toCompletableFuture()).isDone();
  }

  @Test
  void oneFsyncServesAllWhoWaitForIt() {
    // Given
    log = test.logs.open(ORDERS_0, FSYNCED);
    PartitionLog other = test.logs.open(ORDERS_1, FSYNCED);
    List<CompletionStage<Void>> waiting = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      waiting.add(log.durable(test.append(log, "x").followingOffset()));
      waiting.add(other.durable(test.append(other, "x").followingOffset()));
    }
    assertThat(waiting).noneMatch(it -> it.toCompletableFuture().isDone());
    // When
    test.threads.runAll();
    // Then
    assertThat(waiting).allMatch(it -> it.toCompletableFuture().isDone());
    assertThat(test.logs.stats().flushes()).isEqualTo(2);
    assertThat(log.durable(10).toCompletableFuture()).isDone();
  }

  @Test
  void logsAreFsyncedSideBySide() {
    // Given
    log = test.logs.open(ORDERS_0, FSYNCED);
    PartitionLog other = test.logs.open(ORDERS_1, FSYNCED);
    var first = log.durable(test.append(log, "x").followingOffset()).toCompletableFuture();
    var second = other.durable(test.append(other, "x").followingOffset()).toCompletableFuture();
    var meanwhile = new ArrayList<String>();
    test.files.beforeForce(() -> {
      test.files.beforeForce(() -> {});
      test.threads.runAll(); // what other threads do while this one waits for the disk
      meanwhile.add("first %s, second %s".formatted(first.isDone(), second.isDone()));
    });
    // When
    test.threads.runAll();
    // Then
    assertThat(meanwhile).containsExactly("first false, second true");
    assertThat(first).isDone();
  }

  @Test
  void appendDuringAnFsyncWaitsForTheNext() {
    // Given
    log = test.logs.open(ORDERS_0, FSYNCED);
    List<CompletionStage<Void>> late = new ArrayList<>();
    test.files.beforeForce(() -> {
      if (late.isEmpty()) late.add(log.durable(test.append(log, "late").followingOffset()));
    });
    CompletionStage<Void> early = log.durable(test.append(log, "early").followingOffset());
    var order = new ArrayList<String>();
    early.thenRun(
        () -> order.add("early, late is done: " + late.getFirst().toCompletableFuture().isDone()));
    // When
    test.threads.runAll();
    // Then
    assertThat(order).containsExactly("early, late is done: false");
    assertThat(late.getFirst().toCompletableFuture()).isDone();
  }

  @Test
  void failedFsyncTakesThePartitionOfflineForGood() {
    // Given
    log = test.logs.open(ORDERS_0, FSYNCED);
    PartitionLog other = test.logs.open(ORDERS_1, SMALL);
    CompletionStage<Void> durable = log.durable(test.append(log, "x").followingOffset());
    test.files.failForces(true);
    // When
    test.threads.runAll();
    test.files.failForces(false);
    test.pass(5_000);
    // Then
    assertThat(durable.toCompletableFuture()).isCompletedExceptionally();
    assertThat(log.offline()).isPresent();
    assertThatThrownBy(() -> test.append(log, "y")).isInstanceOf(LogException.class);
    assertThat(log.durable(2).toCompletableFuture()).isCompletedExceptionally();
    test.fill(other, 3);
    assertThat(records(other, 0)).isEqualTo(names(0, 3));
  }

  @Test
  void recordsAreFsyncedByIntervalAndByCount() {
    // Given
    log = test.logs.open(ORDERS_0, config(Map.of("flush.ms", "5000", "flush.messages", "20")));
    test.fill(log, 5);
    test.pass(3_000);
    assertThat(log.recoveryPoint()).isZero();
    // When
    test.pass(3_000);
    // Then
    assertThat(log.recoveryPoint()).isEqualTo(5);
    test.fill(log, 20);
    test.threads.runAll();
    assertThat(log.recoveryPoint()).isEqualTo(25);
  }
}

package oxbow.query.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.testing.FaultyWire;
import oxbow.cold.store.testing.FaultyWire.Fault;
import oxbow.cold.store.testing.S3ProxyServer;
import oxbow.cold.store.testing.SharedS3;
import oxbow.log.testing.BatchBuilder;
import oxbow.query.Topics.Topic;
import oxbow.query.sql.RunningQuery.Step;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.testing.TestLake;

/** Queries over a bucket of S3 while the network does its worst. */
@ExtendWith(SharedS3.class)
@Timeout(120)
class S3FaultsSqlTest {
  private static final long SEED = 20_261_120;
  private static final int FILES = 3;
  private static final String SQL =
      "SELECT kafka_offset, value FROM noise ORDER BY kafka_offset DESC LIMIT 100";

  @TempDir Path directory;
  private FaultyWire wire;
  private TestLake lake;
  private List<List<String>> rows;

  /** Nothing of what is fetched has room in memory: every query fetches. */
  @BeforeEach
  void open(S3ProxyServer s3) throws IOException {
    wire = new FaultyWire(s3.endpoint());
    SqlLimits usual = TestLake.limits(directory);
    var uncached =
        new SqlLimits(
            usual.directory(),
            usual.libraryDirectory(),
            usual.namespace(),
            usual.parallelMax(),
            usual.queuedMax(),
            usual.threads(),
            usual.memoryBytes(),
            usual.spillBytes(),
            0,
            usual.timeout(),
            usual.textBytesMax());
    lake = new TestLake(directory, uncached, List.of(), s3.openEmpty(wire.endpoint()));
    rows = fill();
  }

  @AfterEach
  void close() throws IOException {
    wire.heal();
    lake.close();
    wire.close();
  }

  /** Returns what the query answers while all records are in the log. */
  private List<List<String>> fill() {
    var random = new Random(SEED);
    Topic noise = lake.topic("noise", 1, TestLake.COLD);
    for (int file = 0; file < FILES; file++) {
      for (int i = 0; i < 20; i++) {
        BatchBuilder batch = BatchBuilder.at(1_700_000_000_000L);
        for (int j = 0; j < 10; j++) {
          byte[] value = new byte[500];
          random.nextBytes(value);
          batch.add(1_700_000_000_000L, null, value);
        }
        lake.append(noise.partition(0), batch.build());
      }
      if (file < FILES - 1) lake.offload(noise);
    }
    List<List<String>> hot = lake.rows(SQL);
    lake.offload(noise);
    return hot;
  }

  private static boolean isOfFile(String request) {
    return request.startsWith("GET ") && request.contains("/data/");
  }

  @Test
  void rowsAreTheSameThroughEveryFault() {
    assertThat(rows).hasSize(100);
    for (Fault fault :
        List.of(
            Fault.SLOW_DOWN, Fault.INTERNAL_ERROR, Fault.RESET, Fault.CUT_BODY, Fault.LOST_REPLY)) {
      for (int i = 0; i < FILES; i++) wire.failNext(S3FaultsSqlTest::isOfFile, fault);

      assertThat(lake.rows(SQL)).as("%s", fault).isEqualTo(rows);
      assertThat(wire.isDone()).as("%s", fault).isTrue();
    }
  }

  @Test
  void credentialsThatHaveExpiredFailTheQueryAndNotTheNext() {
    wire.failAll(S3FaultsSqlTest::isOfFile, Fault.EXPIRED_TOKEN);

    SqlException failure = catchThrowableOfType(SqlException.class, () -> lake.rows(SQL));

    assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
    wire.heal();
    assertThat(lake.rows(SQL)).isEqualTo(rows);
  }

  @Test
  void aBucketThatHangsKeepsNobodyWhoGoesAway() {
    wire.failAll(S3FaultsSqlTest::isOfFile, Fault.SILENCE);
    RunningQuery query = lake.engine.run(SqlRequest.of(SQL));
    assertThat(query.next(Duration.ofMillis(300))).isEqualTo(Step.QUIET);
    long begin = System.nanoTime();

    query.close();

    // A request waits for half a minute, and is tried five times.
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
    wire.heal();
    assertThat(lake.rows(SQL)).isEqualTo(rows);
  }
}

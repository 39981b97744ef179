package oxbow.query.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.query.sql.duckdb.OpenDatabases;
import oxbow.query.testing.TestLake;

/** A spare database is there for the next query, knows nothing of any other, and is given back. */
class DatabasesTest {
  private static final Duration LONG = Duration.ofHours(1);

  @TempDir Path directory;
  private ScheduledThreadPoolExecutor clock;
  private int openBefore;

  @BeforeEach
  void open() {
    clock = new ScheduledThreadPoolExecutor(1);
    openBefore = OpenDatabases.count();
  }

  @AfterEach
  void everyDatabaseIsClosed() {
    clock.shutdownNow();
    assertThat(OpenDatabases.count()).isEqualTo(openBefore);
  }

  private int opened() {
    return OpenDatabases.count() - openBefore;
  }

  private Databases databases(Duration idle) {
    return new Databases(TestLake.limits(directory), idle, () -> clock);
  }

  @Test
  void theNextDatabaseIsOpenedWhileOneIsInUse() {
    try (Databases databases = databases(LONG)) {
      try (Databases.Fresh _ = databases.take()) {
        TestLake.await(databases::hasSpare);
        assertThat(opened()).isEqualTo(2);
        try (Databases.Fresh _ = databases.take()) {
          TestLake.await(databases::hasSpare);
          assertThat(opened()).isEqualTo(3);
        }
      }
      assertThat(opened()).as("the spare alone").isEqualTo(1);
    }
  }

  @Test
  void aSpareThatNobodyAsksForIsGivenBack() {
    try (Databases databases = databases(Duration.ofMillis(300))) {
      databases.take().close();
      databases.refill();
      TestLake.await(databases::hasSpare);

      TestLake.await(() -> opened() == 0);
      assertThat(databases.hasSpare()).isFalse();

      // And it begins anew.
      try (Databases.Fresh again = databases.take()) {
        assertThat(again.database().texts("SELECT 'x'")).containsExactly(List.of("x"));
      }
    }
  }

  @Test
  void noDatabaseIsGivenTwice() {
    try (Databases databases = databases(LONG)) {
      List<CompletableFuture<Databases.Fresh>> taking = new ArrayList<>();
      for (int i = 0; i < 8; i++) taking.add(CompletableFuture.supplyAsync(databases::take));
      List<Databases.Fresh> taken = taking.stream().map(CompletableFuture::join).toList();

      assertThat(taken.stream().map(Databases.Fresh::database)).doesNotHaveDuplicates();
      assertThat(taken.stream().map(Databases.Fresh::spillDirectory)).doesNotHaveDuplicates();
      taken.forEach(Databases.Fresh::close);
    }
  }

  @Test
  void nothingOfAQueryIsLeftForTheNext() {
    String moment = "SELECT TIMESTAMPTZ '2026-01-01 00:00:00+00'::VARCHAR";
    try (var lake = new TestLake(directory)) {
      List<List<String>> numbers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        assertThat(lake.rows(inZone("SELECT setseed(0.5)"))).hasSize(1);
        numbers.addAll(lake.rows("SELECT random()"));
        assertThat(lake.rows(inZone(moment))).containsExactly(List.of("2026-01-01 01:00:00+01"));
        assertThat(lake.rows(moment)).containsExactly(List.of("2026-01-01 00:00:00+00"));
      }
      assertThat(numbers).as("of other seeds").doesNotHaveDuplicates();
      assertThat(opened()).as("the spare at most").isLessThanOrEqualTo(1);
    }
  }

  private static SqlRequest inZone(String sql) {
    return new SqlRequest(
        sql,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        ZoneId.of("Europe/Berlin"));
  }
}

package oxbow.query.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.query.sql.SqlException.Kind;
import oxbow.query.sql.duckdb.Database;
import oxbow.query.sql.duckdb.DuckDb;
import oxbow.query.sql.duckdb.DuckDbException;
import oxbow.query.testing.TestLake;

/** Tries to get out by everything that DuckDB has. */
class SandboxTest {
  private static final String SECRET = "what nobody may read";

  @TempDir Path directory;
  private Path secret;
  private Database database;
  private Database open;
  private final Trees trees = new Trees();

  @BeforeEach
  void open() throws IOException {
    SqlLimits limits = TestLake.limits(directory);
    DuckDb.load(limits.libraryDirectory());
    secret = directory.resolve("secret.csv");
    Files.writeString(secret, SECRET + "\n");
    database = Database.open(Sandbox.settings(limits, directory.resolve("spill")));
    Sandbox.close(database, List.of(Files.createDirectory(directory.resolve("mine"))));
    open = Database.open(Sandbox.settings(limits, directory.resolve("spill")));
  }

  @AfterEach
  void close() {
    database.close();
    open.close();
  }

  @Test
  void noFunctionReachesAFileOrTheEnvironment() throws IOException {
    Set<Path> before = files();
    String home = System.getenv().getOrDefault("HOME", "/root");
    List<String> escaped = new ArrayList<>();
    for (List<@Nullable String> function :
        open.texts("SELECT DISTINCT function_name, function_type FROM duckdb_functions()")) {
      for (String sql : calls(String.valueOf(function.getFirst()))) {
        Optional<String> answer = answer(sql);
        boolean isOut = answer.filter(text -> text.contains(SECRET)).isPresent();
        // A path that was given is no secret: only what comes of nothing is.
        boolean tellsHome = answer.filter(text -> text.contains(home + "/")).isPresent();
        if (isOut || tellsHome) escaped.add(sql);
      }
    }
    assertThat(escaped).isEmpty();
    assertThat(Files.readString(secret)).isEqualTo(SECRET + "\n");
    assertThat(files()).isEqualTo(before);
  }

  private List<String> calls(String function) {
    String name = "\"" + function.replace("\"", "\"\"") + "\"";
    String file = "'" + secret + "'";
    String query = "'SELECT * FROM read_text(''" + secret + "'')'";
    return List.of(
        "SELECT " + name + "()",
        "SELECT " + name + "(" + file + ")",
        "SELECT " + name + "('HOME')",
        "SELECT " + name + "(" + file + ", 'x')",
        "SELECT * FROM " + name + "()",
        "SELECT * FROM " + name + "(" + file + ")",
        "SELECT * FROM " + name + "([" + file + "])",
        "SELECT * FROM " + name + "(" + query + ")");
  }

  /** What a statement gives that passes the first fence; the second one stands behind. */
  private Optional<String> answer(String sql) {
    try {
      JsonNode tree = trees.of(open, sql);
      StatementCheck.of(sql, tree);
    } catch (SqlException e) {
      assertThat(e.kind()).isIn(Kind.FORBIDDEN, Kind.SYNTAX);
      // Without the first fence, too.
      return answerOf("SELECT q::VARCHAR FROM (" + sql + " LIMIT 5) AS q");
    }
    return answerOf("SELECT q::VARCHAR FROM (" + sql + " LIMIT 5) AS q");
  }

  private Optional<String> answerOf(String sql) {
    try {
      return Optional.of(database.texts(sql).toString());
    } catch (DuckDbException _) {
      return Optional.empty();
    }
  }

  @Test
  void nothingButQueriesIsAStatement() throws IOException {
    Set<Path> before = files();
    String out = "'" + directory.resolve("out.csv") + "'";
    List<String> statements =
        List.of(
            "COPY (SELECT 1) TO " + out,
            "COPY t FROM '" + secret + "'",
            "EXPORT DATABASE " + out,
            "IMPORT DATABASE " + out,
            "ATTACH " + out + " AS x",
            "DETACH memory",
            "INSTALL httpfs",
            "LOAD httpfs",
            "LOAD '" + secret + "'",
            "SET threads = 1",
            "SET GLOBAL enable_external_access = true",
            "RESET enable_external_access",
            "RESET lock_configuration",
            "PRAGMA version",
            "PRAGMA database_list",
            "PRAGMA enable_profiling",
            "CALL pragma_version()",
            "CALL read_text('" + secret + "')",
            "CREATE TABLE t AS SELECT 1",
            "CREATE VIEW v AS SELECT 1",
            "CREATE MACRO m() AS TABLE SELECT * FROM read_text('" + secret + "')",
            "CREATE SECRET s (TYPE s3)",
            "CREATE TYPE e AS ENUM ('a')",
            "CREATE SCHEMA s",
            "INSERT INTO t VALUES (1)",
            "UPDATE t SET a = 1",
            "DELETE FROM t",
            "TRUNCATE t",
            "DROP TABLE t",
            "ALTER TABLE t ADD COLUMN b INT",
            "MERGE INTO t USING t ON true WHEN MATCHED THEN DELETE",
            "CHECKPOINT",
            "FORCE CHECKPOINT",
            "VACUUM",
            "ANALYZE",
            "BEGIN",
            "COMMIT",
            "ROLLBACK",
            "PREPARE p AS SELECT 1",
            "EXECUTE p",
            "DEALLOCATE p",
            "USE memory",
            "COMMENT ON TABLE t IS 'x'",
            "EXPLAIN COPY (SELECT 1) TO " + out,
            "SELECT 1; COPY (SELECT 1) TO " + out,
            "UPDATE EXTENSIONS");
    for (String sql : statements) {
      SqlException refused =
          catchThrowableOfType(
              SqlException.class, () -> StatementCheck.of(sql, trees.of(open, sql)));
      assertThat(refused).as(sql).isNotNull();
      assertThat(refused.kind()).as(sql).isIn(Kind.FORBIDDEN, Kind.SYNTAX);
      try {
        database.execute(sql);
      } catch (DuckDbException _) {
        // The second fence may let it through where it does no harm to anybody.
      }
    }
    assertThat(files()).isEqualTo(before);
    assertThat(
            database.texts("SELECT value FROM duckdb_settings() WHERE name = 'lock_configuration'"))
        .containsExactly(List.of("true"));
    assertThat(answerOf("SELECT content FROM read_text('" + secret + "')")).isEmpty();
  }

  @Test
  void namesOfFilesAreNoTables() {
    for (String name : List.of(secret.toString(), "https://localhost/x.parquet", "s3://b/x.csv")) {
      assertThat(answerOf("SELECT * FROM '" + name + "'")).isEmpty();
    }
  }

  private Set<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return new TreeSet<>(files.toList());
    }
  }
}

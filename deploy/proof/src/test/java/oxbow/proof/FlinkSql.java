package oxbow.proof;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Apache Flink in a process of its own, with a catalog {@code oxbow}; one statement at a time. */
final class FlinkSql implements AutoCloseable {
  /** What Flink's own launcher opens for it. */
  private static final List<String> OPENED =
      List.of(
          "java.lang",
          "java.lang.invoke",
          "java.lang.reflect",
          "java.io",
          "java.net",
          "java.nio",
          "java.text",
          "java.time",
          "java.util",
          "java.util.concurrent",
          "java.util.concurrent.atomic");

  private final SqlProcess process;

  private FlinkSql(SqlProcess process) {
    this.process = process;
  }

  static FlinkSql start(Path folder, String catalogUri) {
    List<String> flags =
        new ArrayList<>(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    OPENED.forEach(name -> flags.add("--add-opens=java.base/" + name + "=ALL-UNNAMED"));
    List<String> settings =
        List.of(
            "oxbow.proof.flinksql.FlinkSqlClient",
            "parallelism.default=2",
            "taskmanager.numberOfTaskSlots=2",
            "io.tmp.dirs=" + folder.resolve("flink"),
            "table.local-time-zone=UTC");
    var flink =
        new FlinkSql(
            new SqlProcess(
                ChildProcess.java("flink", folder, ClassPaths.flinkSql(), flags, settings)));
    String catalog =
        "CREATE CATALOG oxbow WITH ('type'='iceberg', 'catalog-type'='rest', 'uri'='%s',"
                .formatted(catalogUri)
            + " 'cache-enabled'='false')";
    List<JsonNode> _ = flink.batch(catalog);
    List<JsonNode> _ = flink.process.rows("STREAM 1 " + catalog);
    return flink;
  }

  /** Runs a statement over what there is; each of its rows is a list. */
  List<JsonNode> batch(String statement) {
    return process.rows("BATCH " + statement);
  }

  /** Runs a statement that fails; why it does. */
  String refusal(String statement) {
    return process.refusal("BATCH " + statement);
  }

  /** Begins a statement over what there is and what comes; it ends after so many rows. */
  void stream(int rows, String statement) {
    process.begin("STREAM " + rows + " " + statement);
  }

  int rowsSoFar() {
    return process.rowsSoFar();
  }

  /** All rows of the stream under way, once it has ended. */
  List<JsonNode> rest() {
    return process.rest("the stream");
  }

  @Override
  public void close() {
    process.close();
  }
}

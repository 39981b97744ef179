package oxbow.proof;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Apache Spark in a process of its own, with a catalog {@code oxbow}; one statement at a time. */
final class Spark implements AutoCloseable {
  /** What Spark's own launcher opens for it. */
  private static final List<String> OPENED =
      List.of(
          "java.lang",
          "java.lang.invoke",
          "java.lang.reflect",
          "java.io",
          "java.net",
          "java.nio",
          "java.util",
          "java.util.concurrent",
          "java.util.concurrent.atomic",
          "sun.nio.ch",
          "sun.nio.cs",
          "sun.util.calendar");

  private final SqlProcess process;

  private Spark(SqlProcess process) {
    this.process = process;
  }

  /** Starts it and doesn't wait for it: the first statement does. */
  static Spark start(Path folder, String catalogUri) {
    List<String> flags =
        new ArrayList<>(List.of("-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    OPENED.forEach(name -> flags.add("--add-opens=java.base/" + name + "=ALL-UNNAMED"));
    // Of the two Netties on its class path one asks for this: Arrow needs unsafe buffers.
    flags.add("-Dio.netty.tryReflectionSetAccessible=true");
    String catalog = "spark.sql.catalog.oxbow";
    List<String> arguments =
        List.of(
            "oxbow.proof.spark.SparkClient",
            "spark.app.name=proof",
            "spark.master=local[2]",
            "spark.ui.enabled=false",
            "spark.log.level=WARN",
            "spark.driver.host=127.0.0.1",
            "spark.driver.bindAddress=127.0.0.1",
            "spark.local.dir=" + folder.resolve("spark"),
            "spark.sql.warehouse.dir=" + folder.resolve("warehouse"),
            "spark.sql.shuffle.partitions=2",
            "spark.sql.session.timeZone=UTC",
            "spark.sql.jsonGenerator.ignoreNullFields=false",
            "spark.sql.extensions="
                + "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
            catalog + "=org.apache.iceberg.spark.SparkCatalog",
            catalog + ".type=rest",
            catalog + ".uri=" + catalogUri,
            // Each statement asks what the newest snapshot is.
            catalog + ".cache-enabled=false");
    return new Spark(
        new SqlProcess(ChildProcess.java("spark", folder, ClassPaths.spark(), flags, arguments)));
  }

  /** Runs a statement that succeeds; its rows. */
  List<JsonNode> sql(String statement) {
    return process.rows(statement);
  }

  /** The one value of a statement that has one. */
  JsonNode value(String statement) {
    List<JsonNode> rows = sql(statement);
    if (rows.size() != 1 || rows.getFirst().size() != 1) {
      throw new AssertionError(statement + ": " + rows);
    }
    return rows.getFirst().elements().next();
  }

  /** Runs a statement that fails; why it does. */
  String refusal(String statement) {
    return process.refusal(statement);
  }

  @Override
  public void close() {
    process.close();
  }
}

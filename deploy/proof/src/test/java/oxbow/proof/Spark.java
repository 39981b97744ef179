package oxbow.proof;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Apache Spark in a process of its own, with a catalog {@code oxbow}; one statement at a time. */
final class Spark implements AutoCloseable {
  private static final String MARK = "@@ ";
  private static final JsonMapper JSON = new JsonMapper();

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

  private final ChildProcess process;
  private int answersRead;

  private Spark(ChildProcess process) {
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
    return new Spark(ChildProcess.java("spark", folder, ClassPaths.spark(), flags, arguments));
  }

  /** Runs a statement that succeeds; its rows. */
  List<JsonNode> sql(String statement) {
    Answer answer = run(statement);
    if (answer.failure.isPresent()) {
      throw new AssertionError(statement + ": " + answer.failure.get());
    }
    return answer.rows;
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
    Answer answer = run(statement);
    return answer.failure.orElseThrow(
        () -> new AssertionError(statement + " succeeded: " + answer.rows));
  }

  private record Answer(List<JsonNode> rows, Optional<String> failure) {}

  private Answer run(String statement) {
    process.type(statement.replaceAll("\\s+", " ").strip() + "\n");
    List<JsonNode> rows = new ArrayList<>();
    String last =
        Await.value(
            statement,
            Await.LONG,
            () -> {
              if (!process.isAlive()) {
                throw new Await.Hopeless("Spark has ended:\n" + process.output());
              }
              List<String> answers = answers();
              boolean isWhole = !answers.isEmpty() && !answers.getLast().startsWith("ROW ");
              return isWhole ? answers.getLast() : null;
            });
    for (String line : answers()) {
      answersRead++;
      if (line.startsWith("ROW ")) rows.add(json(line.substring(4)));
    }
    return new Answer(
        rows, last.startsWith("FAILED ") ? Optional.of(last.substring(7)) : Optional.empty());
  }

  /** Whole lines that belong to the statement under way. */
  private List<String> answers() {
    String output = process.output();
    Stream<String> lines = output.substring(0, output.lastIndexOf('\n') + 1).lines();
    return lines
        .filter(line -> line.startsWith(MARK))
        .map(line -> line.substring(MARK.length()))
        .filter(line -> !line.startsWith("READY "))
        .skip(answersRead)
        .toList();
  }

  private static JsonNode json(String row) {
    try {
      return JSON.readTree(row);
    } catch (JsonProcessingException e) {
      throw new AssertionError("no row: " + row, e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}

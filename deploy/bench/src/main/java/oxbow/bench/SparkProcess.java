package oxbow.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** A Spark that answers statements by an Iceberg catalog, one at a time. */
final class SparkProcess implements AutoCloseable {
  private static final int STOP_SECONDS = 30;

  /** As the program that drives it begins its lines. */
  private static final String MARK = "@@ ";

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

  private final Process process;
  private final BufferedReader answers;
  private final Writer statements;

  private SparkProcess(Process process) {
    this.process = process;
    this.answers = process.inputReader(UTF_8);
    this.statements = process.outputWriter(UTF_8);
  }

  /** Starts it, and waits until it is ready. */
  static SparkProcess start(Path classPath, Path data, String catalogUri) throws IOException {
    Files.createDirectories(data);
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx2g",
            "--sun-misc-unsafe-memory-access=allow", // as Iceberg's Arrow needs it
            "-Dio.netty.tryReflectionSetAccessible=true"));
    OPENED.forEach(name -> command.add("--add-opens=java.base/" + name + "=ALL-UNNAMED"));
    String catalog = "spark.sql.catalog.oxbow";
    command.addAll(
        List.of(
            "-cp",
            classPath.resolveSibling("classes") + ":" + Files.readString(classPath).strip(),
            "oxbow.proof.spark.SparkClient",
            "spark.app.name=bench",
            "spark.master=local[2]",
            "spark.ui.enabled=false",
            "spark.log.level=ERROR",
            "spark.driver.host=127.0.0.1",
            "spark.driver.bindAddress=127.0.0.1",
            "spark.local.dir=" + data.resolve("local"),
            "spark.sql.warehouse.dir=" + data.resolve("warehouse"),
            "spark.sql.shuffle.partitions=2",
            "spark.sql.session.timeZone=UTC",
            "spark.sql.extensions="
                + "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
            catalog + "=org.apache.iceberg.spark.SparkCatalog",
            catalog + ".type=rest",
            catalog + ".uri=" + catalogUri));
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.to(Contender.output(data).toFile()))
            .start();
    var spark = new SparkProcess(process);
    String _ = spark.last();
    return spark;
  }

  /** Runs a statement to its last row. */
  void run(String sql) throws IOException {
    statements.write(sql.replaceAll("\\s+", " ") + "\n");
    statements.flush();
    String last = last();
    if (last.startsWith("FAILED")) throw new IllegalStateException(sql + ": " + last);
  }

  /** The line with which an answer ends. */
  private String last() throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith(MARK) && !line.startsWith(MARK + "ROW ")) {
        return line.substring(MARK.length());
      }
    }
    throw new IllegalStateException("Spark ended with " + process.onExit().join().exitValue());
  }

  @Override
  public void close() throws IOException {
    statements.close(); // then it ends by itself
    try {
      process.onExit().orTimeout(STOP_SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException _) {
      process.destroyForcibly();
      process.onExit().join();
    }
  }
}

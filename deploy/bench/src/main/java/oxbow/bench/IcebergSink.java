package oxbow.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Apache Kafka Connect with Apache Iceberg's sink: a process that takes a topic to a table in a
 * local directory. Its catalog is the cheapest there is, Iceberg's own of files in that directory.
 */
final class IcebergSink implements AutoCloseable {
  private static final String TABLE = "lake.orders";
  private static final Pattern TOTAL = Pattern.compile("\"total-records\" ?: ?\"(\\d+)\"");

  private final BrokerProcess process;
  private final Path warehouse;

  private IcebergSink(BrokerProcess process, Path warehouse) {
    this.process = process;
    this.warehouse = warehouse;
  }

  /**
   * @param commitSeconds between two commits, as a topic's lag setting bounds it in Oxbow
   */
  static IcebergSink start(
      String classPath, Path folder, String bootstrap, String topic, int tasks, int commitSeconds)
      throws IOException {
    Files.createDirectories(folder);
    Path warehouse = folder.resolve("warehouse");
    Path worker = folder.resolve("worker.properties");
    Path connector = folder.resolve("sink.properties");
    write(
        worker,
        Map.of(
            "bootstrap.servers", bootstrap,
            "key.converter", "org.apache.kafka.connect.converters.ByteArrayConverter",
            "value.converter", "oxbow.bench.sink.AvroConverter",
            "value.converter.schema", LakeRecords.SCHEMA.replaceAll("\\s+", " "),
            "offset.storage.file.filename", folder.resolve("offsets").toString(),
            "listeners", "http://127.0.0.1:0",
            "plugin.discovery", "only_scan",
            "consumer.auto.offset.reset", "earliest"));
    Map<String, String> sink =
        new TreeMap<>(
            Map.of(
                "name",
                "lake",
                "connector.class",
                "org.apache.iceberg.connect.IcebergSinkConnector",
                "tasks.max",
                Integer.toString(tasks),
                "topics",
                topic,
                "iceberg.tables",
                TABLE,
                "iceberg.tables.auto-create-enabled",
                "true",
                "iceberg.control.commit.interval-ms",
                Integer.toString(commitSeconds * 1000),
                "iceberg.catalog.type",
                "hadoop",
                "iceberg.catalog.warehouse",
                warehouse.toUri().toString()));
    sink.put("iceberg.tables.auto-create-props.write.parquet.compression-codec", "zstd");
    write(connector, sink);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms256M", // Kafka's own choice for Connect
                "-Xmx2G",
                "-XX:+UseG1GC",
                "-XX:MaxGCPauseMillis=20",
                "-XX:InitiatingHeapOccupancyPercent=35",
                "-XX:+ExplicitGCInvokesConcurrent",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                "org.apache.kafka.connect.cli.ConnectStandalone",
                worker.toString(),
                connector.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("connect.log").toFile())
            .start();
    return new IcebergSink(new BrokerProcess(process, bootstrap, 0, folder), warehouse);
  }

  private static void write(Path file, Map<String, String> properties) throws IOException {
    List<String> lines =
        properties.entrySet().stream()
            .map(property -> property.getKey() + "=" + property.getValue().strip())
            .toList();
    Files.write(file, lines);
  }

  double cpuSeconds() {
    return process.cpuSeconds();
  }

  /** Records that the table has; zero before there is one. */
  long records() {
    if (!process.isAlive()) throw new IllegalStateException("Connect has ended");
    Path metadata = warehouse.resolve(TABLE.replace('.', '/')).resolve("metadata");
    try {
      Path hint = metadata.resolve("version-hint.text");
      if (!Files.exists(hint)) return 0;
      String version = Files.readString(hint).strip();
      String json = Files.readString(metadata.resolve("v" + version + ".metadata.json"));
      // Tables only grow here: the newest snapshot has the most.
      return TOTAL
          .matcher(json)
          .results()
          .map(MatchResult::group)
          .mapToLong(found -> Long.parseLong(found.replaceAll("\\D", "")))
          .max()
          .orElse(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}

package oxbow.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Measures Oxbow beside Apache Kafka: both on this machine, in this run, in turn. Prints medians,
 * spreads and ratios as a Markdown table.
 */
@Command(
    name = "oxbow bench",
    description = "Measures Oxbow beside Apache Kafka on this machine, in turn, in one run.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
public final class Main implements Callable<Integer> {
  /** The parts of the benchmark, in the order they run. */
  enum Part {
    startup,
    memory,
    produce,
    consume,
    latency,
    recovery
  }

  @Parameters(
      arity = "0..*",
      description = "What to measure: ${COMPLETION-CANDIDATES}. All if none.")
  private List<Part> parts = List.of();

  @Option(names = "--runs", description = "Runs of each scenario per broker.")
  private int runs = 5;

  @Option(names = "--scale", description = "Share of the full load in each scenario.")
  private double scale = 1;

  @Option(names = "--only", description = "Runs only this broker: oxbow or kafka.")
  private @Nullable String only;

  @Option(names = "--produce", description = "Only produce scenarios whose title contains this.")
  private String produceFilter = "";

  @Option(names = "--out", description = "Also writes the table to this file.")
  private @Nullable Path out;

  @Option(names = "--oxbow", required = true, hidden = true)
  private Path launcher = Path.of("oxbow");

  @Option(names = "--kafka-class-path", required = true, hidden = true)
  private Path kafkaClassPath = Path.of("kafka.classpath");

  private final Figures figures = new Figures();
  private final PrintStream progress = System.err;

  private Main() {}

  /** Runs the command line and ends with its exit code. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<Contender> contenders =
        Stream.<Contender>of(
                new Contender.Oxbow(launcher),
                new Contender.Kafka(java, Files.readString(kafkaClassPath).strip()))
            .filter(c -> only == null || only.equals(c.name()))
            .toList();
    if (parts.isEmpty()) parts = List.of(Part.values());
    Path work = Files.createTempDirectory("oxbow-bench");
    try {
      var scenarios = new Scenarios(figures, scale);
      measureStarts(contenders, scenarios, work);
      measureLoads(contenders, scenarios, work);
      measureRecovery(contenders, scenarios, work);
    } finally {
      deleteTree(work);
    }
    String report = about() + "\n" + figures.table("oxbow", "kafka");
    System.out.println(report);
    if (out != null) Files.writeString(out, report);
    return 0;
  }

  private void measureStarts(List<Contender> contenders, Scenarios scenarios, Path work)
      throws IOException, InterruptedException {
    for (Part part : List.of(Part.startup, Part.memory)) {
      if (!parts.contains(part)) continue;
      for (int run = 0; run < runs; run++) {
        for (Contender contender : contenders) {
          say(part + " " + contender.name() + " run " + (run + 1));
          Path data = work.resolve(part + "-" + contender.name() + "-" + run);
          if (part == Part.startup) scenarios.startup(contender, data);
          else scenarios.memory(contender, data);
          deleteTree(data);
        }
      }
    }
  }

  private void measureLoads(List<Contender> contenders, Scenarios scenarios, Path work)
      throws IOException, InterruptedException {
    if (!parts.contains(Part.produce)
        && !parts.contains(Part.consume)
        && !parts.contains(Part.latency)) {
      return;
    }
    var brokers = new LinkedHashMap<String, BrokerProcess>();
    try {
      for (Contender contender : contenders) {
        Path data = work.resolve("load-" + contender.name());
        contender.prepare(data);
        BrokerProcess broker = contender.start(data);
        brokers.put(contender.name(), broker);
        scenarios.firstRecord(broker, List.of(0));
        say("warming up " + contender.name());
        warmUp(contender.name(), broker);
      }
      for (int run = 0; run < runs; run++) {
        for (Map.Entry<String, BrokerProcess> entry : brokers.entrySet()) {
          measureLoad(scenarios, entry.getKey(), entry.getValue(), run);
        }
      }
    } finally {
      for (BrokerProcess broker : brokers.values()) broker.close();
      for (BrokerProcess broker : brokers.values()) deleteTree(broker.data());
    }
  }

  /** Enough of everything that both brokers run compiled code when they are measured. */
  private void warmUp(String name, BrokerProcess broker) throws InterruptedException {
    var discarded = new Scenarios(new Figures(), Math.min(1, scale));
    for (String codec : List.of("none", "zstd")) {
      discarded.produce(name, broker, new Scenarios.Produce(100, codec, 6, "all"));
      discarded.produce(name, broker, new Scenarios.Produce(1024, codec, 1, "1"));
    }
    discarded.consume(name, broker, 1024, "none");
  }

  private void measureLoad(Scenarios scenarios, String name, BrokerProcess broker, int run)
      throws InterruptedException {
    String which = name + " run " + (run + 1);
    if (parts.contains(Part.produce)) {
      for (Scenarios.Produce way : Scenarios.produces()) {
        if (!way.title().contains(produceFilter)) continue;
        say(way.title() + ": " + which);
        scenarios.produce(name, broker, way);
      }
    }
    if (parts.contains(Part.consume)) {
      for (String codec : List.of("none", "zstd")) {
        for (int recordBytes : new int[] {1024, 100}) {
          say("consume " + recordBytes + " B, " + codec + ": " + which);
          scenarios.consume(name, broker, recordBytes, codec);
        }
      }
    }
    if (parts.contains(Part.latency)) {
      say("latency: " + which);
      scenarios.latency(name, broker);
    }
  }

  private void measureRecovery(List<Contender> contenders, Scenarios scenarios, Path work)
      throws IOException, InterruptedException {
    if (!parts.contains(Part.recovery)) return;
    for (int run = 0; run < Math.min(runs, 3); run++) {
      for (Contender contender : contenders) {
        say("recovery " + contender.name() + " run " + (run + 1));
        Path data = work.resolve("recovery-" + contender.name() + "-" + run);
        scenarios.recovery(contender, data);
        deleteTree(data);
      }
    }
  }

  private String about() {
    return "Measured %s on %d cores, Linux %s, JDK %s; median of %d runs (least-most).%n"
        .formatted(
            ZonedDateTime.now(ZoneOffset.UTC).toLocalDate(),
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.version"),
            Runtime.version().feature(),
            runs);
  }

  private void say(String what) {
    progress.println("bench: " + what);
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) return;
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
    }
  }
}

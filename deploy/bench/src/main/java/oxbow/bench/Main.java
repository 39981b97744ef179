package oxbow.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.AppInfoParser;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures Oxbow beside Apache Kafka: both on this machine, in this run, in turn. */
@Command(
    name = "oxbow bench",
    header = "Measures Oxbow beside Apache Kafka on this machine, in turn.",
    description = {
      "",
      "All of it takes hours; it says how many before it begins. Every result is kept at once in a"
          + " file, so that Ctrl-C loses nothing: the same command goes on where it was, another"
          + " one adds to it. The table is written beside it after every measurement.",
      "",
      "Leave the machine alone meanwhile: rows that others disturbed are marked.",
      ""
    },
    showDefaultValues = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  ./oxbow bench --list                    what there is, and how long it takes",
      "  ./oxbow bench startup memory            two parts of it",
      "  ./oxbow bench --only 'acks=all' --runs 1",
      "  ./oxbow bench --scale 0.1 --results quick.tsv   all of it, roughly"
    })
public final class Main implements Callable<Integer> {
  private static final double GB = 1e9;

  /** Kafka deletes a topic's files a minute later, so those of a minute lie there. */
  private static final double LOAD_GB = 20;

  private static final double RECOVERY_GB = 11;
  private static final double LAKE_GB = 8;

  private static final String PARTS =
      "startup, memory, produce, consume, latency, recovery, lake, sql, registry, doors";

  @Parameters(
      arity = "0..*",
      paramLabel = "PART",
      description = "What to measure: " + PARTS + ". All if none.",
      showDefaultValue = Help.Visibility.NEVER)
  private List<String> names = List.of();

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      description = "Only scenarios whose title contains this; see --list.",
      showDefaultValue = Help.Visibility.NEVER)
  private String only = "";

  @Option(
      names = "--broker",
      paramLabel = "NAME",
      description = "Only this broker: oxbow or kafka.")
  private @Nullable String broker;

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "Runs of each scenario; at most 3 of recovery.")
  private int runs = 5;

  @Option(
      names = "--scale",
      paramLabel = "SHARE",
      description = "Share of the full load in each scenario, such as 0.1: quicker, less exact.")
  private double scale = 1;

  @Option(
      names = "--results",
      paramLabel = "FILE",
      description = "Where results are kept; the table lies beside it, in Markdown.")
  private Path file = Path.of("bench-results.tsv");

  @Option(names = "--fresh", description = "Forget the results that are there.")
  private boolean isFresh;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where the brokers' data lies meanwhile; deleted at the end.")
  private Path data = Path.of("bench-data");

  @Option(names = "--list", description = "Show what would be measured, and end.")
  private boolean isListing;

  @Option(names = "--oxbow", required = true, hidden = true)
  private Path launcher = Path.of("oxbow");

  @Option(names = "--oxbow-build", hidden = true)
  private String build = "";

  @Option(names = "--kafka-class-path", required = true, hidden = true)
  private Path kafkaClassPath = Path.of("kafka.classpath");

  @Option(names = "--sink-class-path", required = true, hidden = true)
  private Path sinkClassPath = Path.of("sink.classpath");

  @Option(names = "--spark-class-path", required = true, hidden = true)
  private Path sparkClassPath = Path.of("spark.classpath");

  @Spec private CommandSpec spec = CommandSpec.create();

  private final PrintStream progress = System.err;

  private Main() {}

  /** Runs the command line and ends with its exit code. */
  public static void main(String[] arguments) {
    var line = new CommandLine(new Main());
    line.getCommandSpec()
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help.")
                .build());
    line.setExecutionExceptionHandler((failure, command, _) -> {
      if (!(failure instanceof BenchException)) throw failure;
      command.getErr().println("bench: " + failure.getMessage());
      return 1;
    });
    line.setParameterExceptionHandler((failure, _) -> {
      failure.getCommandLine().getErr().println("bench: " + failure.getMessage());
      failure.getCommandLine().getErr().println("  see `./oxbow bench --help`");
      return 2;
    });
    System.exit(line.execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    check();
    var scenarios = new Scenarios(scale, sinkClassPath, sparkClassPath);
    List<Scenario> chosen = scenarios.all().stream().filter(this::isChosen).toList();
    if (chosen.isEmpty()) {
      throw wrong("no scenario's title contains '" + only + "'; --list shows all there are");
    }
    if (isListing) {
      list(chosen);
      return 0;
    }
    if (isFresh) {
      boolean _ = Files.deleteIfExists(file);
    }
    Results results = Results.open(file, circumstances());
    List<Step> steps =
        Step.all(chosen, contenders(), runs).stream()
            .filter(step -> !results.has(step.scenario(), step.contender().name(), step.run()))
            .toList();
    measure(scenarios, results, steps);
    return 0;
  }

  private void measure(Scenarios scenarios, Results results, List<Step> steps)
      throws IOException, InterruptedException {
    Path table = Path.of(file.toString().replaceFirst("\\.tsv$", "") + ".md");
    var warmUps = new Scenarios(Math.min(1, scale), sinkClassPath, sparkClassPath);
    try (var bench =
        new Bench(
            contenders(), scenarios, warmUps, results, table, data.toAbsolutePath(), progress)) {
      if (!steps.isEmpty()) {
        checkRoom(steps);
        say(
            "%d measurements, %s; results in %s, the table in %s"
                .formatted(steps.size(), Pace.duration(bench.seconds(steps)), file, table));
        say("Ctrl-C stops it, keeps the results, and the same command goes on from there");
        var onSignal =
            new Thread(
                () -> {
                  bench.stop();
                  say("stopped; the results so far are in " + file);
                },
                "bench-stop");
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
          bench.run(steps);
        } catch (RuntimeException | IOException e) {
          if (!bench.isStopping()) throw e;
        } finally {
          if (!bench.isStopping()) Runtime.getRuntime().removeShutdownHook(onSignal);
        }
      }
      if (!bench.isStopping()) System.out.println(bench.writeTable());
    }
  }

  private void check() {
    for (String name : names) {
      if (Stream.of(Part.values()).noneMatch(part -> part.name().equals(name))) {
        throw wrong("there is no part '" + name + "', only " + PARTS);
      }
    }
    if (runs < 1) throw wrong("--runs takes a number from 1, not " + runs);
    if (!(scale > 0 && scale <= 10)) throw wrong("--scale takes 0.01 to 10, not " + scale);
    if (broker != null && !List.of(Contender.OXBOW, Contender.KAFKA).contains(broker)) {
      throw wrong("--broker takes oxbow or kafka, not " + broker);
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private boolean isChosen(Scenario scenario) {
    return (names.isEmpty() || names.contains(scenario.part().name()))
        && scenario.title().contains(only);
  }

  private List<Contender> contenders() throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    return Stream.<Contender>of(
            new Contender.Oxbow(launcher),
            new Contender.Kafka(java, Files.readString(kafkaClassPath).strip()))
        .filter(contender -> broker == null || broker.equals(contender.name()))
        .toList();
  }

  /** All that must be alike in results which stand in one table. */
  private String circumstances() {
    return String.format(
        Locale.ROOT,
        "Oxbow%s, Apache Kafka %s, %s of the load, %d cores, Linux %s, JDK %s",
        build.isEmpty() ? "" : " " + build,
        AppInfoParser.getVersion(),
        scale == 1 ? "all" : Double.toString(scale),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.version"),
        Runtime.version().feature());
  }

  private void checkRoom(List<Step> steps) throws IOException {
    double loadGb =
        steps.stream().anyMatch(step -> step.phase() == Step.Phase.LOAD) ? LOAD_GB * scale : 0;
    double recoveryGb = needs(steps, Part.recovery) ? RECOVERY_GB * scale : 0;
    boolean hasLake = needs(steps, Part.lake) || needs(steps, Part.doors) || needs(steps, Part.sql);
    double lakeGb = hasLake ? LAKE_GB * scale : 0;
    double neededGb = 1 + Math.max(loadGb, Math.max(recoveryGb, lakeGb));
    double usableGb = Files.getFileStore(Files.createDirectories(data)).getUsableSpace() / GB;
    if (usableGb >= neededGb) return;
    throw new BenchException(
        String.format(
            Locale.ROOT,
            "needs %.0f GB of disk, and %s has %.0f GB. --data names another directory, a smaller"
                + " --scale needs less.",
            neededGb,
            data,
            usableGb));
  }

  private static boolean needs(List<Step> steps, Part part) {
    return steps.stream().anyMatch(step -> step.scenario().part() == part);
  }

  private void list(List<Scenario> chosen) throws IOException {
    double total = 0;
    for (Scenario scenario : chosen) {
      double seconds = Step.all(List.of(scenario), contenders(), runs).size() * scenario.seconds();
      total += seconds;
      System.out.printf(
          "%-9s %-44s %s%n", scenario.part(), scenario.title(), Pace.duration(seconds));
    }
    System.out.printf("%s in all, for %d runs of each%n", Pace.duration(total), runs);
  }

  private void say(String what) {
    progress.println("bench: " + what);
  }
}

package oxbow.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One run of the program: takes the steps one by one, writes the results and the table after each,
 * and leaves no broker and no data behind, whichever way it ends.
 */
final class Bench implements AutoCloseable {
  private static final int TAIL_LINES = 20;

  private final List<Contender> contenders;
  private final Scenarios scenarios;
  private final Scenarios warmUps;
  private final Results results;
  private final Path table;
  private final Path data;
  private final Path work;
  private final PrintStream progress;
  private volatile boolean isStopping; // set by the signal's thread, read by the main one

  /**
   * @param table where the table is written
   * @param data where the brokers' data lies meanwhile, in a directory of its own
   */
  Bench(
      List<Contender> contenders,
      Scenarios scenarios,
      Scenarios warmUps,
      Results results,
      Path table,
      Path data,
      PrintStream progress) {
    this.contenders = contenders;
    this.scenarios = scenarios;
    this.warmUps = warmUps;
    this.results = results;
    this.table = table;
    this.data = data;
    this.work = data.resolve("run-" + ProcessHandle.current().pid());
    this.progress = progress;
  }

  /** Takes the steps, in this order but for those that need no broker running beside them. */
  void run(List<Step> steps) throws IOException, InterruptedException {
    Files.createDirectories(work);
    var pace = new Pace(steps, warmUpSeconds(steps));
    List<Step> before = steps.stream().filter(s -> s.phase() == Step.Phase.BEFORE).toList();
    List<Step> loads = steps.stream().filter(s -> s.phase() == Step.Phase.LOAD).toList();
    List<Step> after = steps.stream().filter(s -> s.phase() == Step.Phase.AFTER).toList();
    startAndMeasure(before, pace);
    loadAndMeasure(loads, pace);
    startAndMeasure(after, pace);
  }

  /** About how long the steps take. */
  double seconds(List<Step> steps) {
    return new Pace(steps, warmUpSeconds(steps)).secondsLeft();
  }

  private double warmUpSeconds(List<Step> steps) {
    boolean areLoads = steps.stream().anyMatch(step -> step.phase() == Step.Phase.LOAD);
    return areLoads ? scenarios.warmUpSeconds() * contenders.size() : 0;
  }

  private void startAndMeasure(List<Step> steps, Pace pace)
      throws IOException, InterruptedException {
    for (Step step : steps) {
      if (!(step.scenario() instanceof Scenario.Alone scenario)) continue;
      if (isStopping) return;
      Path data = work.resolve(scenario.part() + "-" + step.contender().name());
      say(pace, step.text());
      try {
        var measured = new ArrayList<Measured>();
        Others others = Others.watch();
        Map<Figure, Double> figures = new LinkedHashMap<>();
        scenario.measurement().measure(step.contender(), data, figures::put);
        double share = others.share();
        figures.forEach((figure, value) -> measured.add(step.measured(figure, value, share)));
        keep(measured);
      } catch (IllegalStateException e) {
        throw failed(step.text(), data, e);
      }
      deleteTree(data);
      pace.done(step);
    }
  }

  private void loadAndMeasure(List<Step> steps, Pace pace)
      throws IOException, InterruptedException {
    if (steps.isEmpty() || isStopping) return;
    var brokers = new HashMap<String, BrokerProcess>();
    try {
      for (Contender contender : contenders) {
        if (isStopping) return;
        say(pace, "warming up " + contender.name());
        Path data = work.resolve("load-" + contender.name());
        contender.prepare(data);
        BrokerProcess broker = contender.start(data);
        brokers.put(contender.name(), broker);
        try {
          Scenarios.firstRecord(broker, List.of(0));
          warmUps.warmUp(broker);
        } catch (IllegalStateException e) {
          throw failed("warming up " + contender.name(), data, e);
        }
      }
      pace.warmedUp();
      for (Step step : steps) {
        if (!(step.scenario() instanceof Scenario.OfLoad scenario)) continue;
        if (isStopping) return;
        say(pace, step.text());
        BrokerProcess broker = brokers.get(step.contender().name());
        if (broker == null) throw new IllegalStateException("no broker for " + step.text());
        try {
          for (BrokerProcess each : brokers.values()) each.awaitCalm();
          Others others = Others.watch();
          Map<Figure, Double> figures = new LinkedHashMap<>();
          scenario.measurement().measure(broker, figures::put);
          double share = others.share();
          keep(
              figures.entrySet().stream()
                  .map(f -> step.measured(f.getKey(), f.getValue(), share))
                  .toList());
        } catch (IllegalStateException e) {
          throw failed(step.text(), broker.data(), e);
        }
        pace.done(step);
      }
    } finally {
      for (BrokerProcess broker : brokers.values()) broker.close();
    }
    for (BrokerProcess broker : brokers.values()) deleteTree(broker.data());
  }

  private void keep(List<Measured> measured) throws IOException {
    if (isStopping) return; // a broker that is being stopped gives no figures
    results.add(measured);
    writeTable();
  }

  /** The table of all results so far. */
  String writeTable() throws IOException {
    String text = Report.of(results.all(), scenarios.all());
    Files.writeString(table, "Measured with " + results.circumstances() + ".\n" + text);
    return text;
  }

  private BenchException failed(String what, Path data, RuntimeException failure) {
    String tail = "";
    try {
      List<String> lines = Files.readAllLines(Contender.output(data));
      tail =
          lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()).stream()
              .map(line -> "\n  | " + line)
              .collect(Collectors.joining("", "\nThe last lines the broker printed:", ""));
    } catch (IOException _) {
      tail = "\nThe broker printed nothing.";
    }
    String reason = failure.getMessage();
    if (failure.getCause() != null) reason += " (" + failure.getCause() + ")";
    return new BenchException(what + " failed: " + reason + tail, failure);
  }

  private void say(Pace pace, String what) {
    progress.println("bench: " + pace.text() + " " + what);
  }

  /** Ends what runs at once, because of a signal; what was measured is in the results already. */
  void stop() {
    isStopping = true;
    List<ProcessHandle> children = ProcessHandle.current().descendants().toList();
    for (ProcessHandle child : children) child.destroyForcibly();
    CompletableFuture.allOf(
            children.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, 10, TimeUnit.SECONDS)
        .join();
    close();
  }

  boolean isStopping() {
    return isStopping;
  }

  /** Deletes all data. The signal's thread and the main one may both be at it. */
  @Override
  public synchronized void close() {
    try {
      deleteTree(work);
      deleteIfEmpty(data);
    } catch (IOException | UncheckedIOException e) {
      progress.println("bench: could not delete all of " + work + ": " + e.getMessage());
    }
  }

  private static void deleteIfEmpty(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) return;
    try (Stream<Path> inside = Files.list(directory)) {
      if (inside.findAny().isPresent()) return;
    }
    boolean _ = Files.deleteIfExists(directory);
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) return;
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        boolean _ = Files.deleteIfExists(path);
      }
    }
  }
}

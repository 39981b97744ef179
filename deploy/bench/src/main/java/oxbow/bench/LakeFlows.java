package oxbow.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.ObjDoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.OffsetSpec;

/**
 * What a lake costs end to end, and what it gives back: records on their way to the table, replay
 * of those that left the disk, and what producers and consumers at the tail feel of both.
 */
final class LakeFlows {
  private static final double GB = 1e9;
  private static final int LAG_SECONDS = 10;
  private static final long INTAKE_BYTES_PER_SECOND = 20_000_000;
  private static final int SMALL = 0; // bytes of text beside 200 of the rest
  private static final int LARGE = 800;
  private static final Duration WARM = Duration.ofSeconds(10);
  private static final Pattern ID = Pattern.compile("\"id\" ?: ?(\\d+)");

  private final double scale;
  private final Path sinkClassPath;

  /**
   * @param scale how much of the full load is done, 1 being all
   * @param sinkClassPath file with the class path of Kafka Connect and Iceberg's sink
   */
  LakeFlows(double scale, Path sinkClassPath) {
    this.scale = scale;
    this.sinkClassPath = sinkClassPath;
  }

  List<Scenario> all() {
    var all = new ArrayList<Scenario>();
    for (int noteBytes : new int[] {SMALL, LARGE}) {
      String records = noteBytes == SMALL ? "200 B Avro" : "1 KB Avro";
      all.add(
          new Scenario.OfStart(
              Part.lake,
              "to the lake, " + records,
              60 + 150 * scale,
              (contender, data, figures) ->
                  toTheLake(
                      contender, data, noteBytes, title("to the lake, " + records, figures))));
      all.add(
          new Scenario.OfOxbow(
              Part.lake,
              "replay, " + records,
              40 + 60 * scale,
              (contender, data, figures) ->
                  replay(contender, data, noteBytes, title("replay, " + records, figures))));
    }
    all.add(tableLag(LAG_SECONDS, 4));
    all.add(tableLag(LAG_SECONDS, 100));
    all.add(tableLag(60, 4));
    all.add(
        new Scenario.OfStart(
            Part.lake,
            "beside replay and offload",
            60 + 90 * scale,
            (contender, data, figures) ->
                besideReplay(contender, data, title("beside replay and offload", figures))));
    return all;
  }

  /** Where the figures of one scenario go. */
  interface Figures {
    void add(String quantity, String unit, boolean isMoreBetter, double value);

    default void less(String quantity, String unit, double value) {
      add(quantity, unit, false, value);
    }

    default void more(String quantity, String unit, double value) {
      add(quantity, unit, true, value);
    }
  }

  private static Figures title(String title, ObjDoubleConsumer<Figure> figures) {
    return (quantity, unit, isMoreBetter, value) ->
        figures.accept(new Figure(title, quantity, unit, isMoreBetter), value);
  }

  // ---- to the table

  /**
   * All processor time from the first record until the table has the last one: the broker's, and
   * with Apache Kafka that of Connect as well. The same is done once before, to warm up.
   */
  private void toTheLake(Contender contender, Path data, int noteBytes, Figures figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    try (BrokerProcess broker = start(contender, data)) {
      var values = new LakeRecords(schemaId(contender, broker, "orders"), noteBytes, 42);
      try (LakeTopic topic = topic(contender, broker, "orders", 4, Map.of())) {
        if (contender.name().equals(Contender.OXBOW)) {
          double[] cpu = takeIn(topic, values, topic::awaitTable, broker::cpuSeconds);
          figures.less("CPU of all processes", "s/GB", cpu[0]);
          return;
        }
        try (IcebergSink sink = sink(data, broker, topic)) {
          Runnable await =
              () -> {
                long all = topic.ends().sum();
                LakeTopic.await("the table has all", () -> sink.records() >= all);
              };
          double[] cpu = takeIn(topic, values, await, broker::cpuSeconds, sink::cpuSeconds);
          figures.less("CPU of all processes", "s/GB", cpu[0] + cpu[1]);
          figures.less("CPU of Connect", "s/GB", cpu[1]);
        }
      }
    }
  }

  private IcebergSink sink(Path data, BrokerProcess broker, LakeTopic topic) throws IOException {
    String classPath =
        sinkClassPath.resolveSibling("classes") + ":" + Files.readString(sinkClassPath).strip();
    return IcebergSink.start(
        classPath, data.resolve("connect"), broker.bootstrap(), topic.name(), 1, LAG_SECONDS);
  }

  /** What some processes used meanwhile, in seconds for each gigabyte. */
  private double[] takeIn(
      LakeTopic topic, LakeRecords values, Runnable awaitTable, DoubleSupplier... cpuSeconds) {
    long bytes = (long) (1.2e9 * scale);
    LakeTopic.Produced _ = topic.produce(values, bytes / 2, 4 * INTAKE_BYTES_PER_SECOND, Map.of());
    awaitTable.run();
    double[] before = Stream.of(cpuSeconds).mapToDouble(DoubleSupplier::getAsDouble).toArray();
    LakeTopic.Produced done = topic.produce(values, bytes, INTAKE_BYTES_PER_SECOND, Map.of());
    awaitTable.run();
    return IntStream.range(0, before.length)
        .mapToDouble(i -> (cpuSeconds[i].getAsDouble() - before[i]) / (done.bytes() / GB))
        .toArray();
  }

  private Scenario tableLag(int lagSeconds, int partitions) {
    String title =
        "table lag, 50 MB/s, setting %d s, %d partitions".formatted(lagSeconds, partitions);
    int restSeconds = Math.min(2 * lagSeconds, 60); // until it goes as it will go on
    double seconds = Math.max(2 * lagSeconds, 60 * scale);
    return new Scenario.OfOxbow(
        Part.lake,
        title,
        20 + restSeconds + seconds,
        (contender, data, figures) ->
            tableLag(
                contender,
                data,
                lagSeconds,
                partitions,
                restSeconds,
                seconds,
                title(title, figures)));
  }

  /** How old the oldest record is that the table doesn't have, asked some times a second. */
  private void tableLag(
      Contender contender,
      Path data,
      int lagSeconds,
      int partitions,
      int restSeconds,
      double seconds,
      Figures figures)
      throws IOException, InterruptedException {
    long bytesPerSecond = 50_000_000;
    contender.prepare(data);
    try (BrokerProcess broker = start(contender, data)) {
      var values = new LakeRecords(schemaId(contender, broker, "orders"), LARGE, 42);
      String lagMs = Integer.toString(lagSeconds * 1000);
      try (LakeTopic topic =
              topic(
                  contender, broker, "orders", partitions, Map.of("oxbow.cold.max.lag.ms", lagMs));
          var watch = new LagWatch(topic)) {
        long bytes = (long) (bytesPerSecond * (restSeconds + seconds));
        double cpu = broker.cpuSeconds();
        LakeTopic.Produced produced = topic.produce(values, bytes, bytesPerSecond, Map.of());
        double[] lags = watch.lagSeconds(restSeconds);
        cpu = broker.cpuSeconds() - cpu;
        figures.more("produced", "MB/s", produced.bytes() / 1e6 / produced.seconds());
        figures.less("lag, p50", "s", percentile(lags, 50));
        figures.less("lag, p99", "s", percentile(lags, 99));
        figures.less("lag, p99 / setting", "", percentile(lags, 99) / lagSeconds);
        figures.less("broker CPU", "s/GB", cpu / (produced.bytes() / GB));
      }
    }
  }

  // ---- back from it

  /** The same records while they lie on the disk, and when they have left it. */
  private void replay(Contender contender, Path data, int noteBytes, Figures figures)
      throws IOException, InterruptedException {
    int partitions = 4;
    contender.prepare(data);
    try (BrokerProcess broker = start(contender, data)) {
      var values = new LakeRecords(schemaId(contender, broker, "orders"), noteBytes, 42);
      try (LakeTopic topic =
          topic(contender, broker, "orders", partitions, Map.of("segment.bytes", "4194304"))) {
        topic.produce(values, (long) (1.5e9 * scale), 0, Map.of());
        topic.awaitTable();
        broker.awaitCalm();
        double hot = read(broker, topic, "hot replay", figures);
        Offsets logStart = topic.offsets(OffsetSpec.earliest());
        topic.trim();
        broker.awaitCalm();
        double fetched = metric(broker, "oxbow_cold_reads_fetched_bytes_total");
        double served = metric(broker, "oxbow_cold_reads_bytes_total");
        double cold = read(broker, topic, "cold replay", figures);
        fetched = metric(broker, "oxbow_cold_reads_fetched_bytes_total") - fetched;
        served = metric(broker, "oxbow_cold_reads_bytes_total") - served;
        figures.more("cold / hot", "", cold / hot);
        figures.less("bytes fetched of each delivered", "", fetched / served);
        Offsets localStart = topic.offsets(OffsetSpec.earliestLocal());
        double[] millis =
            topic.firstRecordMillis((int) Math.max(100, 400 * scale), logStart, localStart, 42);
        figures.less("first record at an old offset, p50", "ms", percentile(millis, 50));
        figures.less("first record at an old offset, p99", "ms", percentile(millis, 99));
        figures.less("memory of the broker then", "MB", broker.residentBytes() / 1e6);
      }
    }
  }

  /** Two times: the first is warm-up. */
  private static double read(BrokerProcess broker, LakeTopic topic, String what, Figures figures)
      throws InterruptedException {
    long records = topic.ends().sum();
    int partitions = topic.partitions().size();
    Load.Done _ = Load.consume(broker.bootstrap(), topic.name(), partitions, records, 1);
    double cpu = broker.cpuSeconds();
    Load.Done done = Load.consume(broker.bootstrap(), topic.name(), partitions, records, 1);
    cpu = broker.cpuSeconds() - cpu;
    figures.more(what, "MB/s", done.megabytesPerSecond());
    figures.less(what + ", broker CPU", "s/GB", cpu / (done.bytes() / GB));
    return done.megabytesPerSecond();
  }

  // ---- beside it

  /**
   * What 10 MB/s of producing and a consumer at the tail feel of a consumer that reads all that is
   * old, at full speed, while another topic is taken to the table. Apache Kafka has no table: there
   * it is the old records alone, from its disk.
   */
  private void besideReplay(Contender contender, Path data, Figures figures)
      throws IOException, InterruptedException {
    boolean isOxbow = contender.name().equals(Contender.OXBOW);
    contender.prepare(data);
    try (BrokerProcess broker = start(contender, data)) {
      var values = new LakeRecords(schemaId(contender, broker, "old"), SMALL, 42);
      var backlogged = new LakeRecords(schemaId(contender, broker, "backlog"), SMALL, 43);
      try (LakeTopic old = topic(contender, broker, "old", 4, Map.of("segment.bytes", "4194304"));
          LakeTopic backlog =
              LakeTopic.create(
                  broker.bootstrap(),
                  "backlog",
                  4,
                  isOxbow ? Map.of("remote.storage.enable", "false") : Map.of());
          LakeTopic tail = LakeTopic.create(broker.bootstrap(), "tail", 1, Map.of())) {
        old.produce(values, (long) (1.5e9 * scale), 0, Map.of());
        backlog.produce(backlogged, (long) (3e9 * scale), 0, Map.of());
        if (isOxbow) old.trim();
        broker.awaitCalm();
        byte[] filler = new Payload(1024, 42).value(0);
        try (TailLoad load = TailLoad.start(broker.bootstrap(), tail.name(), 10_000, filler)) {
          Duration length = Duration.ofSeconds((long) Math.max(10, 30 * scale));
          TailLoad.Window _ = load.measure(WARM);
          TailLoad.Window quiet = load.measure(length);
          try (ReplayClient replay =
              ReplayClient.start(broker.bootstrap(), old.name(), data.resolve("replay.log"))) {
            LakeTopic.await("the replay has begun", () -> replay.bytes() > 0);
            if (isOxbow) {
              backlog.set("oxbow.cold.file.bytes", "16777216"); // full at once, whatever its age
              backlog.set("remote.storage.enable", "true");
            }
            long before = replay.bytes();
            TailLoad.Window busy = load.measure(length);
            double replayed = (replay.bytes() - before) / 1e6 / length.toSeconds();
            figures.more("replay meanwhile", "MB/s", replayed);
            if (isOxbow) {
              double share = (double) backlog.tableEnds().sum() / backlog.ends().sum();
              figures.more("of the backlog offloaded", "", share);
            }
            compare("produce", quiet.acks(), busy.acks(), figures);
            compare("tail consumer", quiet.arrivals(), busy.arrivals(), figures);
          }
        }
      }
    }
  }

  static void compare(String what, Histogram quiet, Histogram busy, Figures to) {
    double before = quiet.getValueAtPercentile(99) / 1e3;
    double meanwhile = busy.getValueAtPercentile(99) / 1e3;
    to.less(what + " p99 when quiet", "ms", before);
    to.less(what + " p99 meanwhile", "ms", meanwhile);
    to.less(what + " p99, meanwhile / quiet", "", meanwhile / before);
  }

  // ---- what all of them need

  static BrokerProcess start(Contender contender, Path data)
      throws IOException, InterruptedException {
    Contender started =
        contender instanceof Contender.Oxbow oxbow
            ? oxbow.with("log.retention.check.interval.ms=500")
            : contender;
    BrokerProcess broker = started.start(data);
    Scenarios.firstRecord(broker, List.of(0));
    if (contender.name().equals(Contender.OXBOW)) {
      LakeTopic.await("its HTTP port is open", () -> answersHttp(broker));
    }
    return broker;
  }

  static boolean answersHttp(BrokerProcess broker) {
    try (var _ = new HttpConnection(broker.secondPort())) {
      return true;
    } catch (ConnectException _) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One of the figures that it shows to Prometheus. */
  private static double metric(BrokerProcess broker, String name) throws IOException {
    try (var connection = new HttpConnection(broker.secondPort())) {
      String page = connection.ask(HttpConnection.request("GET", "/metrics", "")).require();
      return page.lines()
          .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    }
  }

  static LakeTopic topic(
      Contender contender,
      BrokerProcess broker,
      String name,
      int partitions,
      Map<String, String> more)
      throws InterruptedException {
    Map<String, String> settings = new HashMap<>();
    if (contender.name().equals(Contender.OXBOW)) {
      settings.put("remote.storage.enable", "true");
      settings.put("oxbow.cold.max.lag.ms", Integer.toString(LAG_SECONDS * 1000));
    }
    settings.putAll(more);
    return LakeTopic.create(broker.bootstrap(), name, partitions, settings);
  }

  /** Oxbow's own registry gives one; Connect's converter has the schema from its settings. */
  static int schemaId(Contender contender, BrokerProcess broker, String topic)
      throws IOException, InterruptedException {
    if (!contender.name().equals(Contender.OXBOW)) return 1;
    String schema = LakeRecords.SCHEMA.replaceAll("\\s+", " ").replace("\"", "\\\"");
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create(
                          "http://127.0.0.1:"
                              + broker.secondPort()
                              + "/registry/subjects/"
                              + topic
                              + "-value/versions"))
                  .POST(BodyPublishers.ofString("{\"schema\": \"" + schema + "\"}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      Matcher id = ID.matcher(answer.body());
      if (answer.statusCode() != 200 || !id.find()) {
        throw new IllegalStateException("the registry answered " + answer.body());
      }
      return Integer.parseInt(id.group(1));
    }
  }

  private static double percentile(double[] sorted, double percent) {
    if (sorted.length == 0) throw new IllegalStateException("nothing was measured");
    return sorted[(int) Math.min(sorted.length - 1, Math.ceil(sorted.length * percent / 100) - 1)];
  }
}

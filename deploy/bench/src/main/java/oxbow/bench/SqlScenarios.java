package oxbow.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ObjDoubleConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What SQL over a topic costs beside DuckDB that reads the same files by itself, and beside Spark
 * that reads the same table; and what producers feel of it.
 */
final class SqlScenarios {
  private static final int SMALL = 0; // bytes of text beside 200 of the rest
  private static final int LARGE = 800;
  private static final int ROUNDS = 5;
  private static final int THREADS = 2;

  /** A server runs for long: its code is compiled when it is measured. */
  private static final int WARMING_QUERIES = 300;

  private static final Duration WARM = Duration.ofSeconds(8);
  private static final JsonMapper JSON = new JsonMapper();

  private final double scale;
  private final Path sparkClassPath;

  /** A query as each of them is asked; {@code %s} is the table. */
  private record Query(String title, String sql, String sparkSql) {
    Query(String title, String sql) {
      this(title, sql, sql);
    }
  }

  /**
   * @param scale how much of the full load is done, 1 being all
   * @param sparkClassPath file with the class path of Spark
   */
  SqlScenarios(double scale, Path sparkClassPath) {
    this.scale = scale;
    this.sparkClassPath = sparkClassPath;
  }

  List<Scenario> all() {
    return List.of(
        new Scenario.OfOxbow(
            Part.sql,
            "SQL, 200 B Avro",
            90 + 90 * scale,
            (oxbow, data, figures) -> compare(oxbow, data, SMALL, "SQL, 200 B Avro", figures)),
        new Scenario.OfOxbow(
            Part.sql,
            "SQL, 1 KB Avro",
            90 + 90 * scale,
            (oxbow, data, figures) -> compare(oxbow, data, LARGE, "SQL, 1 KB Avro", figures)),
        new Scenario.OfOxbow(
            Part.sql, "beside two heavy queries", 60 + 60 * scale, this::besideQueries));
  }

  private static List<Query> queries(long offsets, String time) {
    String all =
        "count(*), max(kafka_offset), max(kafka_timestamp), max(order_id), max(customer_id),"
            + " max(created_at), max(status), max(country), max(session_id), sum(amount),"
            + " max(coupon), max(address.street), max(address.city), max(address.zip),"
            + " sum(%s(items)), max(note)";
    long from = offsets / 3;
    return List.of(
        new Query(
            "full scan, all columns",
            "SELECT " + all.formatted("len") + " FROM %s",
            "SELECT " + all.formatted("size") + " FROM %s"),
        new Query("full scan, one column", "SELECT sum(amount) FROM %s"),
        new Query(
            "group by two columns",
            "SELECT status, country, count(*), sum(amount), max(customer_id) FROM %s GROUP BY"
                + " status, country"),
        new Query(
            "group by many keys",
            "SELECT count(*) FROM (SELECT session_id, sum(amount) AS s FROM %s GROUP BY"
                + " session_id) q WHERE s > 0"),
        new Query(
            "1 000 offsets of one partition",
            "SELECT sum(amount), max(session_id) FROM %s WHERE kafka_partition = 1 AND kafka_offset"
                + " BETWEEN "
                + from
                + " AND "
                + (from + 999)),
        new Query(
            "the last records by time",
            "SELECT count(*), sum(amount) FROM %s WHERE kafka_timestamp > TIMESTAMP '"
                + time
                + "'"));
  }

  private void compare(
      Contender contender,
      Path data,
      int noteBytes,
      String title,
      ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    try (BrokerProcess broker = start(contender, data);
        HttpClient client = HttpClient.newHttpClient();
        LakeTopic topic = filled(contender, broker, noteBytes)) {
      topic.awaitTable();
      broker.awaitCalm();
      long offsets = topic.ends().sum() / topic.partitions().size();
      String time = time(client, broker);
      List<Query> queries = queries(offsets, time);
      List<Path> files = files(client, broker, data);
      String table =
          files.stream()
              .map(file -> "'" + file + "'")
              .collect(Collectors.joining(", ", "read_parquet([", "])"));
      for (int i = 0; i < WARMING_QUERIES; i++) {
        ask(client, broker, queries.get(i % queries.size() == 0 ? 1 : 4).sql().formatted("orders"));
      }
      broker.awaitCalm();
      Map<Query, Double> ours = new HashMap<>();
      for (Query query : queries) {
        double cpu = broker.cpuSeconds();
        double millis = best(ROUNDS, () -> ask(client, broker, query.sql().formatted("orders")));
        cpu = (broker.cpuSeconds() - cpu) / (ROUNDS + 1);
        ours.put(query, millis);
        put(figures, title, query.title(), "ms", millis);
        put(figures, title, query.title() + ", CPU", "ms", cpu * 1e3);
      }
      for (Query query : queries) {
        double theirs = byDuckDb(query.sql().formatted(table));
        put(figures, title, query.title() + ", DuckDB's read_parquet", "ms", theirs);
        put(
            figures,
            title,
            query.title() + ", Oxbow / DuckDB",
            "",
            ours.getOrDefault(query, Double.NaN) / theirs);
      }
      try (SparkProcess spark =
          SparkProcess.start(
              sparkClassPath,
              data.resolve("spark"),
              "http://127.0.0.1:" + broker.secondPort() + "/iceberg")) {
        for (Query query : queries) {
          String sql = query.sparkSql().formatted("oxbow.topics.orders");
          double theirs = best(2, () -> spark.run(sql));
          put(figures, title, query.title() + ", Spark", "ms", theirs);
          put(
              figures,
              title,
              query.title() + ", Spark / Oxbow",
              "",
              theirs / ours.getOrDefault(query, Double.NaN));
        }
      }
    }
  }

  private static void put(
      ObjDoubleConsumer<Figure> figures, String title, String what, String unit, double value) {
    figures.accept(new Figure(title, what, unit, what.endsWith("Spark / Oxbow")), value);
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  /** Milliseconds of the fastest, after one that warms up. */
  private static double best(int rounds, Work work) throws IOException, InterruptedException {
    double best = Double.MAX_VALUE;
    for (int round = 0; round <= rounds; round++) {
      long begin = System.nanoTime();
      work.run();
      if (round > 0) best = Math.min(best, (System.nanoTime() - begin) / 1e6);
    }
    return best;
  }

  /** DuckDB with the columns' ids, as the server has it read, and as many threads. */
  private static double byDuckDb(String sql) throws IOException, InterruptedException {
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement()) {
      statement.execute("SET threads = " + THREADS);
      statement.execute("SET TimeZone = 'UTC'");
      statement.execute("SET preserve_insertion_order = false");
      return best(ROUNDS, () -> drain(statement, sql));
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private static void drain(java.sql.Statement statement, String sql) {
    try (ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        Object _ = rows.getObject(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  // ---- beside producers

  private void besideQueries(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    String title = "beside two heavy queries";
    contender.prepare(data);
    try (BrokerProcess broker = start(contender, data);
        HttpClient client = HttpClient.newHttpClient();
        LakeTopic topic = filled(contender, broker, SMALL);
        LakeTopic tail = LakeTopic.create(broker.bootstrap(), "tail", 1, Map.of())) {
      topic.awaitTable();
      broker.awaitCalm();
      byte[] filler = new Payload(1024, 42).value(0);
      Duration length = Duration.ofSeconds((long) Math.max(8, 25 * scale));
      String heavy =
          "SELECT session_id, count(*) AS n, sum(amount), max(address.street) FROM orders GROUP BY"
              + " session_id ORDER BY n DESC, session_id LIMIT 10";
      try (TailLoad load = TailLoad.start(broker.bootstrap(), tail.name(), 10_000, filler)) {
        TailLoad.Window _ = load.measure(WARM);
        TailLoad.Window quiet = load.measure(length);
        var isDone = new AtomicBoolean();
        var answered = new LongAdder();
        List<Future<?>> queries = new ArrayList<>();
        try (var threads = Executors.newFixedThreadPool(2)) {
          for (int i = 0; i < 2; i++) {
            queries.add(
                threads.submit(() -> {
                  while (!isDone.get()) {
                    ask(client, broker, heavy);
                    answered.increment();
                  }
                  return null;
                }));
          }
          TailLoad.Window busy;
          try {
            TailLoad.Window _ = load.measure(Duration.ofSeconds(2));
            long before = answered.sum();
            busy = load.measure(length);
            double each = (double) (answered.sum() - before) / length.toSeconds();
            put(figures, title, "queries meanwhile", "per s", each);
          } finally {
            isDone.set(true);
          }
          for (Future<?> query : queries) query.get();
          put(
              figures,
              title,
              "produce p50 when quiet",
              "ms",
              quiet.acks().getValueAtPercentile(50) / 1e3);
          put(
              figures,
              title,
              "produce p50 meanwhile",
              "ms",
              busy.acks().getValueAtPercentile(50) / 1e3);
          LakeFlows.compare(
              "produce",
              quiet.acks(),
              busy.acks(),
              (quantity, unit, isMoreBetter, value) ->
                  figures.accept(new Figure(title, quantity, unit, isMoreBetter), value));
        } catch (ExecutionException e) {
          throw new IllegalStateException("a query failed", e.getCause());
        }
      }
    }
  }

  // ---- what all of them need

  private static BrokerProcess start(Contender contender, Path data)
      throws IOException, InterruptedException {
    Contender started =
        contender instanceof Contender.Oxbow oxbow
            ? oxbow.with("query.sql.threads=" + THREADS)
            : contender;
    BrokerProcess broker = started.start(data);
    Scenarios.firstRecord(broker, List.of(0));
    LakeTopic.await("the HTTP port", () -> LakeFlows.answersHttp(broker));
    return broker;
  }

  private LakeTopic filled(Contender contender, BrokerProcess broker, int noteBytes)
      throws IOException, InterruptedException {
    var values = new LakeRecords(LakeFlows.schemaId(contender, broker, "orders"), noteBytes, 42);
    LakeTopic topic =
        LakeFlows.topic(contender, broker, "orders", 4, Map.of("segment.bytes", "16777216"));
    topic.produce(values, (long) (1.2e9 * scale), 0, Map.of());
    return topic;
  }

  private static void ask(HttpClient client, BrokerProcess broker, String sql)
      throws IOException, InterruptedException {
    String _ = answer(client, broker, sql);
  }

  private static String answer(HttpClient client, BrokerProcess broker, String sql)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + broker.secondPort() + "/api/v1/sql"))
                .header("Content-Type", "application/json")
                .header("Accept", "application/x-ndjson")
                .POST(
                    BodyPublishers.ofString(
                        JSON.writeValueAsString(Map.of("query", sql, "rows", "objects"))))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200 || answer.body().contains("{\"error\"")) {
      throw new IllegalStateException(sql + " was answered " + answer.body());
    }
    return answer.body();
  }

  /** Rows of one column. */
  private static List<String> column(HttpClient client, BrokerProcess broker, String sql)
      throws IOException, InterruptedException {
    List<String> values = new ArrayList<>();
    for (String line : answer(client, broker, sql).split("\n")) {
      JsonNode row = JSON.readTree(line).path("row");
      if (row.has("only")) values.add(row.path("only").asText());
    }
    return values;
  }

  /** A time above which one record of a hundred lies. */
  private static String time(HttpClient client, BrokerProcess broker)
      throws IOException, InterruptedException {
    return column(
            client,
            broker,
            "SELECT strftime(max(kafka_timestamp) - (max(kafka_timestamp) - min(kafka_timestamp)) /"
                + " 100, '%Y-%m-%d %H:%M:%S+00') AS only FROM orders")
        .getFirst();
  }

  /** The table's files, where they lie on the disk. */
  private static List<Path> files(HttpClient client, BrokerProcess broker, Path data)
      throws IOException, InterruptedException {
    List<String> names =
        column(
            client,
            broker,
            "SELECT split_part(object, '/', -1) AS only FROM oxbow.cold_files WHERE topic ="
                + " 'orders' AND records > 0");
    try (Stream<Path> all = Files.walk(data)) {
      List<Path> files =
          all.filter(file ->
                  names.stream().anyMatch(name -> file.getFileName().toString().startsWith(name)))
              .toList();
      if (files.size() != names.size()) {
        throw new IllegalStateException(names.size() + " files, and on the disk " + files);
      }
      return files;
    }
  }
}

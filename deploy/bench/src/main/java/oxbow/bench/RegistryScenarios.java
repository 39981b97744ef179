package oxbow.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;
import java.util.function.ObjDoubleConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;

/** The schema registry: what its clients ask, and a start with many schemas. */
final class RegistryScenarios {
  private static final String ROOT = "/registry";
  private static final int LOADED_SCHEMAS = 100_000;
  private static final int REGISTRATIONS = 4_000;
  private static final int LOOK_UPS = 100_000;
  private static final long START_NANOS = 120_000_000_000L;

  /** A dozen fields, as a schema of the middle size has them. */
  private static final String FIELDS =
      """
      {"name":"id","type":"long"},{"name":"customer","type":"string"},\
      {"name":"placed","type":{"type":"long","logicalType":"timestamp-millis"}},\
      {"name":"currency","type":"string","default":"EUR"},{"name":"total","type":"double"},\
      {"name":"note","type":["null","string"],"default":null},\
      {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[\
      {"name":"item","type":"string"},{"name":"count","type":"int"},\
      {"name":"price","type":"double"}]}}},\
      {"name":"tags","type":{"type":"map","values":"string"}},\
      {"name":"state","type":{"type":"enum","name":"State","symbols":["OPEN","PAID","SENT"]}}\
      """;

  private final double scale;

  RegistryScenarios(double scale) {
    this.scale = scale;
  }

  List<Scenario> all() {
    return List.of(
        new Scenario.OfStart(
            Part.registry, "schema registry, requests", 8 + 25 * scale, this::requests),
        new Scenario.OfStart(Part.registry, "schema registry, start", 8 + 10 * scale, this::start));
  }

  private void requests(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    try (BrokerProcess broker = contender.start(data)) {
      awaitSchemas(broker, 0);
      long registrations = Math.max(100, (long) (REGISTRATIONS * scale));
      long lookUps = Math.max(1_000, (long) (LOOK_UPS * scale));
      // Twice, the first time unseen: what is measured is compiled code.
      for (String run : List.of("warm", "full")) {
        ObjDoubleConsumer<Figure> shown = run.equals("full") ? figures : (_, _) -> {};
        for (int connections : new int[] {1, 8}) {
          String subjects = run + connections + "-";
          measure(
              broker,
              "register",
              connections,
              registrations,
              shown,
              n -> {
                String subject = subjects + n;
                return HttpConnection.request(
                    "POST", ROOT + "/subjects/" + subject + "/versions", body(subject));
              });
          measure(
              broker,
              "look up by id",
              connections,
              lookUps,
              shown,
              n ->
                  HttpConnection.request(
                      "GET", ROOT + "/schemas/ids/" + (1 + n % registrations), ""));
          measure(
              broker,
              "look up by subject and schema",
              connections,
              lookUps,
              shown,
              n -> {
                String subject = subjects + n % registrations;
                return HttpConnection.request("POST", ROOT + "/subjects/" + subject, body(subject));
              });
        }
      }
    }
  }

  private static void measure(
      BrokerProcess broker,
      String what,
      int connections,
      long requests,
      ObjDoubleConsumer<Figure> figures,
      LongFunction<byte[]> request)
      throws InterruptedException {
    broker.awaitCalm();
    double cpu = broker.cpuSeconds();
    HttpLoad.Done done = HttpLoad.run(broker.secondPort(), connections, requests, request);
    cpu = broker.cpuSeconds() - cpu;
    String title =
        "registry: %s, %d connection%s".formatted(what, connections, connections == 1 ? "" : "s");
    figures.accept(new Figure(title, "throughput", "1/s", true), done.perSecond());
    figures.accept(
        new Figure(title, "p99", "ms", false), done.latencyMicros().getValueAtPercentile(99) / 1e3);
    figures.accept(new Figure(title, "broker CPU", "µs each", false), cpu * 1e6 / requests);
  }

  /** From the start of the process to the answer that has all schemas. */
  private void start(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    int schemas = (int) (LOADED_SCHEMAS * scale);
    try (BrokerProcess broker = contender.start(data)) {
      awaitSchemas(broker, 0);
      write(broker, schemas);
      awaitSchemas(broker, schemas);
    }
    long begin = System.nanoTime();
    try (BrokerProcess broker = contender.start(data)) {
      awaitSchemas(broker, schemas);
      String title = "registry: start with %,d schemas".formatted(schemas);
      figures.accept(
          new Figure(title, "to the first schema by id", "s", false),
          (System.nanoTime() - begin) / 1e9);
      figures.accept(new Figure(title, "broker CPU until then", "s", false), broker.cpuSeconds());
      broker.awaitCalm();
      figures.accept(new Figure(title, "memory", "MB", false), broker.residentBytes() / 1e6);
    }
  }

  /** Writes the records of a registry's topic, as a copied one has them. */
  private static void write(BrokerProcess broker, int schemas) throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
      var topic =
          new NewTopic("_schemas", Optional.of(1), Optional.empty())
              .configs(Map.of("cleanup.policy", "compact"));
      admin.createTopics(List.of(topic)).all().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("could not create the registry's topic", e.getCause());
    }
    Clients.touch(broker.bootstrap(), "_schemas", 1);
    try (var producer = Clients.producer(broker.bootstrap(), Map.of())) {
      for (int id = 1; id <= schemas; id++) {
        String subject = "s" + id;
        String key =
            "{\"keytype\":\"SCHEMA\",\"subject\":\"%s\",\"version\":1,\"magic\":1}"
                .formatted(subject);
        String value =
            "{\"subject\":\"%s\",\"version\":1,\"id\":%d,\"schemaType\":\"AVRO\",\"schema\":%s,\"deleted\":false}"
                .formatted(subject, id, quoted(schema(subject)));
        var _ = producer.send(new ProducerRecord<>("_schemas", 0, bytes(key), bytes(value)));
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String schema(String subject) {
    String name = "R" + subject.replace('-', '_');
    return "{\"type\":\"record\",\"name\":\"%s\",\"fields\":[%s]}".formatted(name, FIELDS);
  }

  private static String body(String subject) {
    return "{\"schema\":" + quoted(schema(subject)) + "}";
  }

  private static String quoted(String json) {
    return '"' + json.replace("\"", "\\\"") + '"';
  }

  /** Waits until the registry answers, and has the schema of this id; zero: it may have none. */
  private static void awaitSchemas(BrokerProcess broker, int id) {
    String path = ROOT + (id == 0 ? "/subjects" : "/schemas/ids/" + id);
    byte[] request = HttpConnection.request("GET", path, "");
    long until = System.nanoTime() + START_NANOS;
    while (true) {
      try (var connection = new HttpConnection(broker.secondPort())) {
        if (connection.ask(request).status() == 200) return;
      } catch (IOException _) {
        // it is not there yet
      }
      if (System.nanoTime() > until || !broker.isAlive()) {
        throw new IllegalStateException("the schema registry did not answer");
      }
      LockSupport.parkNanos(2_000_000);
    }
  }
}

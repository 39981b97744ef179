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

/** The schema registry: what its clients ask, a start with many schemas, and topics that ask. */
final class RegistryScenarios {
  private static final String ROOT = "/registry";
  private static final int LOADED_SCHEMAS = 100_000;
  private static final int REGISTRATIONS = 2_000;
  private static final int LOOK_UPS = 50_000;
  private static final double WARM_UP = 0.4;
  private static final double PRODUCED_BYTES = 400e6;
  private static final int UNSEEN_TURNS = 2;

  /** What stands before a value of the first schema that was registered. */
  private static final byte[] FIRST_SCHEMA = {0, 0, 0, 0, 1};

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
        new Scenario.OfStart(Part.registry, "schema registry, start", 8 + 10 * scale, this::start),
        new Scenario.OfStart(
            Part.registry, "schema registry, validation", 8 + 30 * scale, this::validation));
  }

  private void requests(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    try (BrokerProcess broker = contender.start(data)) {
      awaitSchemas(broker, 0);
      // A part of it before, unseen: what is measured is compiled code.
      ask(broker, 8, WARM_UP * scale, (_, _) -> {});
      for (int connections : new int[] {1, 8}) ask(broker, connections, scale, figures);
    }
  }

  private static void ask(
      BrokerProcess broker, int connections, double share, ObjDoubleConsumer<Figure> figures)
      throws InterruptedException {
    long registrations = Math.max(100, (long) (REGISTRATIONS * share));
    long lookUps = Math.max(1_000, (long) (LOOK_UPS * share));
    String subjects = "s" + connections + "-" + registrations + "-";
    measure(
        broker,
        "register",
        connections,
        registrations,
        figures,
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
        figures,
        n -> HttpConnection.request("GET", ROOT + "/schemas/ids/" + (1 + n % registrations), ""));
    measure(
        broker,
        "look up by subject and schema",
        connections,
        lookUps,
        figures,
        n -> {
          String subject = subjects + n % registrations;
          return HttpConnection.request("POST", ROOT + "/subjects/" + subject, body(subject));
        });
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

  /** What it costs that a topic asks for schemas: the same records to one that does not. */
  private void validation(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    try (BrokerProcess broker = contender.start(data)) {
      awaitSchemas(broker, 0);
      for (Produced what : Produced.values()) {
        registerFirst(broker, what.topic(true) + "-value");
        createTopic(broker, what.topic(false), Map.of());
        createTopic(broker, what.topic(true), Map.of("confluent.value.schema.validation", "true"));
        long bytes = Math.max(10_000_000, (long) (PRODUCED_BYTES * scale));
        // In turns, the first ones unseen: else whichever came first would pay for compiling.
        for (int turn = 0; turn <= UNSEEN_TURNS; turn++) {
          ObjDoubleConsumer<Figure> shown = turn == UNSEEN_TURNS ? figures : (_, _) -> {};
          for (boolean isAsked : new boolean[] {false, true}) {
            produce(broker, what, isAsked, bytes, shown);
          }
        }
      }
    }
  }

  /** The same schema under each subject, so each time with the same id. */
  private static void registerFirst(BrokerProcess broker, String subject) throws IOException {
    byte[] request =
        HttpConnection.request("POST", ROOT + "/subjects/" + subject + "/versions", body("asked"));
    try (var connection = new HttpConnection(broker.secondPort())) {
      String registered = connection.ask(request).require();
      if (!registered.startsWith("{\"id\":1,")) {
        throw new IllegalStateException("not the first schema: " + registered);
      }
    }
  }

  /** Records, as most have them. */
  private enum Produced {
    SMALL_PLAIN(100, "none"),
    MIDDLE_ZSTD(1024, "zstd");

    private final int bytes;
    private final String codec;

    Produced(int bytes, String codec) {
      this.bytes = bytes;
      this.codec = codec;
    }

    String topic(boolean isAsked) {
      return codec + (isAsked ? "-asked" : "-unasked");
    }
  }

  private static void createTopic(BrokerProcess broker, String name, Map<String, String> settings)
      throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
      var topic = new NewTopic(name, Optional.of(1), Optional.empty()).configs(settings);
      admin.createTopics(List.of(topic)).all().get();
      Clients.awaitLeaders(admin, name, 1);
    } catch (ExecutionException e) {
      throw new IllegalStateException("could not create " + name, e.getCause());
    }
  }

  private static void produce(
      BrokerProcess broker,
      Produced what,
      boolean isAsked,
      long bytes,
      ObjDoubleConsumer<Figure> figures) {
    broker.awaitCalm();
    double cpu = broker.cpuSeconds();
    Load.Done done =
        Load.produce(
            broker.bootstrap(),
            what.topic(isAsked),
            new Payload(what.bytes, 42).after(FIRST_SCHEMA),
            bytes,
            Map.of("compression.type", what.codec));
    cpu = broker.cpuSeconds() - cpu;
    String title =
        "registry: produce %d B, %s, %s"
            .formatted(what.bytes, what.codec, isAsked ? "schemas validated" : "not validated");
    figures.accept(new Figure(title, "throughput", "MB/s", true), done.megabytesPerSecond());
    figures.accept(new Figure(title, "broker CPU", "s/GB", false), cpu / (done.bytes() / 1e9));
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
    createTopic(broker, "_schemas", Map.of("cleanup.policy", "compact"));
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

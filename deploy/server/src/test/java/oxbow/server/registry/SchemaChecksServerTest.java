package oxbow.server.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.Framing;
import oxbow.server.RunningServer;
import oxbow.server.ServerConfig;
import oxbow.server.Wiring;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Given;
import oxbow.server.logging.Logging;

/** What Kafka's own producer sees of topics that ask for schemas. */
@Timeout(120)
class SchemaChecksServerTest {
  private static final byte[] DELETION = {};

  @TempDir Path data;

  private final HttpClient client = HttpClient.newHttpClient();
  private RunningServer server;
  private Admin admin;

  @BeforeEach
  void start() throws Exception {
    List<Given> given = new ArrayList<>();
    for (String flag :
        List.of(
            "data.dir=" + data,
            "logging.level=error",
            "listeners=PLAINTEXT://127.0.0.1:0",
            "schema.registry.listeners=http://127.0.0.1:0",
            "http.port=0")) {
      given.add(ConfigSources.flag(flag));
    }
    server =
        Wiring.start(
            ServerConfig.load(new ConfigSources(null, Map.of(), given)),
            failure -> {
              throw failure;
            });
    server.ready().toCompletableFuture().get(60, TimeUnit.SECONDS);
    server.http().toCompletableFuture().get(60, TimeUnit.SECONDS);
    server.registry().orElseThrow().loaded().toCompletableFuture().get(60, TimeUnit.SECONDS);
    admin = Admin.create(kafka());
  }

  @AfterEach
  void stop() {
    admin.close();
    server.close();
    client.close();
    Logging.apply(Logging.Format.TEXT, "info", Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "zstd"})
  void aRecordWithoutItsSchemaIsRefusedAndNamedToTheProducer(String codec) throws Exception {
    register("orders-value");
    create("orders", Map.of(SchemaChecks.VALUE_VALIDATION, "true"));

    List<Future<RecordMetadata>> sent =
        sendTogether(codec, "orders", framed(1), "bare".getBytes(UTF_8), DELETION, framed(77));

    assertThatThrownBy(() -> sent.get(1).get())
        .cause()
        .isExactlyInstanceOf(InvalidRecordException.class)
        .hasMessage(
            "the record's value is refused: it has no schema id before its data, nor in a header");
    assertThatThrownBy(() -> sent.get(3).get())
        .cause()
        .isExactlyInstanceOf(InvalidRecordException.class)
        .hasMessage("the record's value is refused: schema id 77 is unknown");
    for (int good : new int[] {0, 2}) {
      assertThatThrownBy(() -> sent.get(good).get())
          .as("part of the same batch")
          .cause()
          .isExactlyInstanceOf(KafkaException.class)
          .hasMessageContaining("batch");
    }
    List<Future<RecordMetadata>> again = sendTogether(codec, "orders", framed(1), DELETION);
    assertThat(again.get(0).get().offset()).as("nothing of the first batch is there").isZero();
    assertThat(again.get(1).get().offset()).isEqualTo(1);
  }

  @Test
  void theSettingIsSwitchedOnAndOffOnline() throws Exception {
    create("orders", Map.of());
    byte[] bare = "bare".getBytes(UTF_8);
    assertThat(sendTogether("none", "orders", bare).getFirst().get().offset()).isZero();

    set("orders", SchemaChecks.VALUE_VALIDATION, "true");
    Future<RecordMetadata> refused = sendTogether("none", "orders", bare).getFirst();
    assertThatThrownBy(refused::get).hasCauseInstanceOf(InvalidRecordException.class);

    set("orders", SchemaChecks.VALUE_VALIDATION, "false");
    assertThat(sendTogether("none", "orders", bare).getFirst().get().offset()).isEqualTo(1);
  }

  @Test
  void aVersionThatIsDeletedIsRefusedUntilItIsThereAgain() throws Exception {
    register("orders-value");
    create("orders", Map.of(SchemaChecks.VALUE_VALIDATION, "true"));
    assertThat(sendTogether("none", "orders", framed(1)).getFirst().get().offset()).isZero();

    URI subject = registry("/subjects/orders-value");
    assertThat(send(HttpRequest.newBuilder(subject).DELETE()).statusCode()).isEqualTo(200);
    Future<RecordMetadata> refused = sendTogether("none", "orders", framed(1)).getFirst();
    assertThatThrownBy(refused::get)
        .hasMessageContaining("schema id 1 is not registered under the subject orders-value");

    register("orders-value");
    assertThat(sendTogether("none", "orders", framed(1)).getFirst().get().offset()).isEqualTo(1);
  }

  @Test
  void theSettingsAreListedAndCheckedAsKafkasAre() throws Exception {
    create("orders", Map.of(SchemaChecks.KEY_VALIDATION, "true"));

    var orders = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
    Map<ConfigResource, Config> all = admin.describeConfigs(List.of(orders)).all().get();
    Config described = Objects.requireNonNull(all.get(orders));

    assertThat(described.get(SchemaChecks.KEY_VALIDATION).value()).isEqualTo("true");
    assertThat(described.get(SchemaChecks.VALUE_VALIDATION).value()).isEqualTo("false");
    assertThat(described.get(SchemaChecks.VALUE_NAMES).value()).endsWith(".TopicNameStrategy");
    assertThat(described.get("oxbow.cold.format").value()).as("the cold tier's").isNotNull();
    assertThatThrownBy(() -> set("orders", SchemaChecks.KEY_NAMES, "com.acme.MyStrategy"))
        .hasCauseInstanceOf(InvalidConfigurationException.class)
        .hasMessageContaining("com.acme.MyStrategy");
  }

  private Map<String, Object> kafka() {
    int port = server.kafka().values().iterator().next().getPort();
    return Map.of("bootstrap.servers", "127.0.0.1:" + port);
  }

  private void create(String topic, Map<String, String> settings) throws Exception {
    var wanted = new NewTopic(topic, 1, (short) 1).configs(settings);
    admin.createTopics(List.of(wanted)).all().get();
  }

  private void set(String topic, String key, String value) throws Exception {
    var op = new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    admin.incrementalAlterConfigs(Map.of(resource, List.of(op))).all().get();
    // The partitions follow on threads of their own.
    server.broker().partitions().settled().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** Sends values as one batch; one of no bytes stands for a deletion. */
  private List<Future<RecordMetadata>> sendTogether(String codec, String topic, byte[]... values)
      throws InterruptedException {
    var settings = new HashMap<>(kafka());
    settings.put("linger.ms", 60_000);
    settings.put("compression.type", codec);
    var serializer = new ByteArraySerializer();
    try (var producer = new KafkaProducer<>(settings, serializer, serializer)) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (byte[] value : values) {
        sent.add(producer.send(new ProducerRecord<>(topic, value.length == 0 ? null : value)));
      }
      producer.flush();
      return sent;
    }
  }

  private static byte[] framed(int id) {
    byte[] mark = Framing.write(new Framing.Mark.Id(id));
    return ByteBuffer.allocate(mark.length + 3).put(mark).array();
  }

  private URI registry(String path) {
    int port = server.registryAddress().orElseThrow().getPort();
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private void register(String subject) throws Exception {
    String body = "{\"schema\":\"\\\"string\\\"\"}";
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(registry("/subjects/" + subject + "/versions"))
                .POST(BodyPublishers.ofString(body)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }
}

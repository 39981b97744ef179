package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.proof.KafkaTools.STREAMS_GROUPS;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kafka Streams applications, at least once, in the classic and in the streams protocol. */
@ExtendWith(ProofExtension.class)
final class KafkaStreamsTest {
  private static final String STORE = "counts";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Proof proof;

  KafkaStreamsTest(Proof proof) {
    this.proof = proof;
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "streams"})
  void statelessApplicationTransformsEveryRecord(String protocol) {
    String input = proof.topic("streams-in", 2);
    String output = proof.topic("streams-out", 2);
    Records.produce(proof, input, 0, "one", "skip this", "two");
    Records.produce(proof, input, 1, "three");
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(input, Consumed.with(Serdes.String(), Serdes.String()))
        .filter((_, value) -> !value.startsWith("skip"))
        .mapValues(value -> value.toUpperCase(Locale.ROOT))
        .to(output, Produced.with(Serdes.String(), Serdes.String()));

    try (Running running = start(builder.build(), proof.name("stateless"), protocol)) {
      assertThat(Records.values(proof.bootstrap(), output, 3))
          .containsExactlyInAnyOrder("ONE", "TWO", "THREE");
      assertThat(running.streams().state().isRunningOrRebalancing()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"classic, rocksdb", "streams, rocksdb", "classic, memory"})
  void countsSurviveARestartWithoutLocalStateThroughTheChangelog(String protocol, String store)
      throws IOException {
    String input = proof.topic("words", 2);
    String output = proof.topic("word-counts", 1);
    String application = proof.name("stateful-" + protocol + "-" + store);
    Topology topology = wordCount(input, output, store);

    Records.produce(proof, input, 0, "apple pear apple", "plum");
    Records.produce(proof, input, 1, "pear apple");
    try (Running running = start(topology, application, protocol)) {
      awaitCounts(running.streams(), Map.of("apple", 3L, "pear", 2L, "plum", 1L));
      if (protocol.equals("streams")) {
        // The member says what it has with its next heartbeat.
        Await.until(
            "the member's tasks",
            Await.LONG,
            () -> {
              ToolResult described =
                  proof.tool(STREAMS_GROUPS, "--describe", "--group", application, "--members");
              assertThat(described.ok().out())
                  .containsPattern(application + "\\s.*ACTIVE: 0:\\[0,1]; 1:\\[0,1]");
              return true;
            });
        awaitTold(application, input);
      }
    }
    deleteState(application);
    Records.produce(proof, input, 0, "apple fig");
    try (Running running = start(topology, application, protocol)) {
      awaitCounts(running.streams(), Map.of("apple", 4L, "pear", 2L, "plum", 1L, "fig", 1L));
    }

    Await.until(
        "the last counts in the output topic",
        Await.LONG,
        () -> lastValues(output).equals("{apple=4, fig=1, pear=2, plum=1}"));
    if (protocol.equals("streams")) {
      ToolResult listed = proof.tool(STREAMS_GROUPS, "--list", "--state").ok();
      assertThat(listed.out()).containsPattern(application + "\\s+(Empty|Stable)");
    }
  }

  /** What the HTTP port tells of the group, and so the console. */
  private void awaitTold(String application, String input) {
    if (!(proof.broker() instanceof Oxbow oxbow)) return;
    String repartitioned = application + "-" + STORE + "-repartition";
    Await.until(
        "the group without lag over HTTP",
        Await.LONG,
        () -> told(oxbow, "/" + application).path("lag").asInt(-1) == 0);
    JsonNode group = told(oxbow, "/" + application);
    assertThat(group.path("type").asText()).isEqualTo("streams");
    assertThat(group.path("state").asText()).isEqualToIgnoringCase("stable");
    assertThat(group.path("memberList")).hasSize(1);
    JsonNode member = group.path("memberList").get(0);
    assertThat(member.path("clientId").asText()).startsWith(application);
    assertThat(member.path("partitions").valueStream().map(JsonNode::asText))
        .containsExactlyInAnyOrder(
            input + "-0", input + "-1", repartitioned + "-0", repartitioned + "-1");
    assertThat(group.path("offsets").valueStream())
        .allSatisfy(each ->
            assertThat(each.path("committed").asLong()).isEqualTo(each.path("end").asLong()))
        .extracting(each -> each.path("topic").asText())
        .contains(input, repartitioned);
    assertThat(told(oxbow, "").path("groups").valueStream())
        .filteredOn(each -> each.path("name").asText().equals(application))
        .singleElement()
        .satisfies(each -> {
          assertThat(each.path("type").asText()).isEqualTo("streams");
          assertThat(each.path("members").asInt()).isEqualTo(1);
          assertThat(each.path("topics").valueStream().map(JsonNode::asText))
              .containsExactlyInAnyOrder(input, repartitioned);
        });
  }

  private static JsonNode told(Oxbow oxbow, String path) {
    try (var client = HttpClient.newHttpClient()) {
      URI address = URI.create(oxbow.http() + "/api/v1/groups" + path);
      HttpResponse<String> answer =
          client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static Topology wordCount(String input, String output, String store) {
    KeyValueBytesStoreSupplier supplier =
        store.equals("rocksdb")
            ? Stores.persistentKeyValueStore(STORE)
            : Stores.inMemoryKeyValueStore(STORE);
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(input, Consumed.with(Serdes.String(), Serdes.String()))
        .flatMapValues(line -> Arrays.asList(line.split(" ", -1)))
        .groupBy((_, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
        .count(Materialized.as(supplier))
        .toStream()
        .mapValues(count -> Long.toString(count))
        .to(output, Produced.with(Serdes.String(), Serdes.String()));
    return builder.build();
  }

  private Running start(Topology topology, String application, String protocol) {
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, proof.bootstrap());
    config.put(StreamsConfig.STATE_DIR_CONFIG, stateFolder(application).toString());
    config.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, protocol);
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
    config.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 200);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    config.put("consumer.auto.offset.reset", "earliest");
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    KafkaStreams streams = new KafkaStreams(topology, config);
    streams.start();
    return new Running(streams);
  }

  private static void awaitCounts(KafkaStreams streams, Map<String, Long> expected) {
    Await.until(
        "counts " + expected,
        Await.LONG,
        () -> {
          if (streams.state() != KafkaStreams.State.RUNNING) {
            return false;
          }
          ReadOnlyKeyValueStore<String, Long> counts =
              streams.store(
                  StoreQueryParameters.fromNameAndType(STORE, QueryableStoreTypes.keyValueStore()));
          return expected.entrySet().stream()
              .allMatch(entry -> entry.getValue().equals(counts.get(entry.getKey())));
        });
  }

  private String lastValues(String topic) {
    List<ConsumerRecord<String, String>> records = Records.readAvailable(proof, topic);
    return new TreeMap<>(
            records.stream()
                .collect(
                    Collectors.toMap(
                        ConsumerRecord::key, ConsumerRecord::value, (_, newer) -> newer)))
        .toString();
  }

  private Path stateFolder(String application) {
    return proof.path("streams").resolve(application);
  }

  private void deleteState(String application) throws IOException {
    if (Files.notExists(stateFolder(application))) {
      return; // a store in memory left nothing
    }
    try (Stream<Path> all = Files.walk(stateFolder(application))) {
      for (Path path : all.sorted().toList().reversed()) {
        Files.delete(path);
      }
    }
  }

  /** Leaves its group when it ends, so that a successor needn't wait for a session to expire. */
  private record Running(KafkaStreams streams) implements AutoCloseable {
    @Override
    public void close() {
      boolean closed =
          streams.close(
              CloseOptions.groupMembershipOperation(
                      CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                  .withTimeout(Duration.ofSeconds(30)));
      assertThat(closed).as("the application ended within its bound").isTrue();
    }
  }
}

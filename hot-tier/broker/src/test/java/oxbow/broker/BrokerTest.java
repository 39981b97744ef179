package oxbow.broker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.broker.group.GroupConfig;
import oxbow.broker.net.WireClient;
import oxbow.broker.testing.BrokerConfigs;

class BrokerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Nobody waits for members that aren't there. */
  private static final GroupConfig NO_DELAY =
      new GroupConfig(Map.of("group.initial.rebalance.delay.ms", "0"));

  @TempDir private Path data;

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void consumersReadWhatProducersWereAcknowledged(String groupProtocol) throws Exception {
    try (Broker broker = start()) {
      produce(broker, 1_000);

      assertThat(consume(broker, groupProtocol, 1_000)).hasSize(1_000).endsWith("999");
    }
  }

  @Test
  void everythingIsThereAfterARestart() throws Exception {
    String clusterId;
    try (Broker broker = start()) {
      clusterId = broker.control().clusterId();
      produce(broker, 100);
      assertThat(consume(broker, "classic", 100)).hasSize(100);
    }

    try (Broker broker = start();
        Admin admin = Admin.create(Map.of("bootstrap.servers", address(broker)))) {
      assertThat(broker.control().clusterId()).isEqualTo(clusterId);
      produce(broker, 1);
      // The group goes on where it was: it gets the new record only.
      assertThat(consume(broker, "classic", 1)).containsExactly("0");
      assertThat(admin.listTopics().names().get()).contains("orders");
    }
  }

  /**
   * A client that has known the broker since before its restart asks no metadata first: it goes on
   * where it was as soon as it can connect.
   */
  @Test
  void whoeverConnectsAtOnceAfterARestartFindsEveryLogOpen() throws Exception {
    int partitions = 200;
    try (Broker broker = start();
        Admin admin = Admin.create(Map.of("bootstrap.servers", address(broker)))) {
      admin
          .createTopics(List.of(new NewTopic("many", Optional.of(partitions), Optional.empty())))
          .all()
          .get();
    }

    try (Broker broker = starting();
        WireClient client = connectAtOnce(broker)) {
      var answer = client.ask(endsOf("many", partitions), ListOffsetsResponse.class);

      assertThat(answer.topics().getFirst().partitions())
          .hasSize(partitions)
          .allSatisfy(partition ->
              assertThat(Errors.forCode(partition.errorCode())).isEqualTo(Errors.NONE));
    }
  }

  private static WireClient connectAtOnce(Broker broker) throws IOException {
    InetSocketAddress address = requireNonNull(broker.bound().get("PLAINTEXT"));
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return new WireClient(address);
      } catch (ConnectException e) {
        if (System.nanoTime() > until) throw e;
        Thread.onSpinWait();
      }
    }
  }

  private static ListOffsetsRequest endsOf(String topic, int partitions) {
    var ends =
        IntStream.range(0, partitions)
            .mapToObj(index ->
                new ListOffsetsPartition()
                    .setPartitionIndex(index)
                    .setTimestamp(ListOffsetsRequest.LATEST_TIMESTAMP))
            .toList();
    return ListOffsetsRequest.Builder.forConsumer(true, IsolationLevel.READ_UNCOMMITTED)
        .setTargetTimes(List.of(new ListOffsetsTopic().setName(topic).setPartitions(ends)))
        .build();
  }

  private Broker start() throws Exception {
    Broker broker = starting();
    broker.ready().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    return broker;
  }

  private Broker starting() {
    return Broker.start(
        BrokerConfigs.below(data, NO_DELAY),
        new SimpleMeterRegistry(),
        fatal -> {
          throw fatal;
        });
  }

  private static String address(Broker broker) {
    return "127.0.0.1:" + requireNonNull(broker.bound().get("PLAINTEXT")).getPort();
  }

  private static void produce(Broker broker, int records) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", address(broker), "acks", "all");
    try (var producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      var sends = new ArrayList<Future<RecordMetadata>>();
      for (int i = 0; i < records; i++) {
        sends.add(producer.send(new ProducerRecord<>("orders", Integer.toString(i))));
      }
      for (Future<RecordMetadata> send : sends) assertThat(send.get().hasOffset()).isTrue();
    }
  }

  private static List<String> consume(Broker broker, String groupProtocol, int records) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            address(broker),
            "group.id",
            "readers",
            "group.protocol",
            groupProtocol,
            "auto.offset.reset",
            "earliest",
            "enable.auto.commit",
            false);
    var read = new ArrayList<String>();
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of("orders"));
      long until = System.nanoTime() + PATIENCE.toNanos();
      while (read.size() < records && System.nanoTime() < until) {
        consumer.poll(Duration.ofMillis(200)).forEach(record -> read.add(record.value()));
      }
      consumer.commitSync();
    }
    return read;
  }
}

package oxbow.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.broker.testing.Await;

final class RealConsumersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final int PARTITIONS = 6;
  private static final Map<String, String> AT_ONCE =
      Map.of(
          "group.initial.rebalance.delay.ms", "0",
          "group.consumer.min.heartbeat.interval.ms", "100",
          "group.consumer.heartbeat.interval.ms", "100",
          "group.consumer.assignment.interval.ms", "0");

  @TempDir private Path data;

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void membersShareThePartitionsWhileTheyComeAndGo(String protocol) throws Exception {
    // Given
    try (var broker = new RunningBroker(data, AT_ONCE);
        Admin admin = admin(broker);
        var first = consumer(broker, protocol)) {
      createOrders(admin);
      first.subscribe(List.of("orders"));
      // When
      pollUntil("one member has all", () -> first.assignment().size() == PARTITIONS, first);
      try (var second = consumer(broker, protocol);
          var third = consumer(broker, protocol)) {
        second.subscribe(List.of("orders"));
        third.subscribe(List.of("orders"));
        pollUntil(
            "three members share", () -> isShared(first, second, third), first, second, third);
        assertThat(describe(admin).members()).hasSize(3);
      }
      // Then
      pollUntil("the last has all again", () -> first.assignment().size() == PARTITIONS, first);
      ConsumerGroupDescription described = describe(admin);
      assertThat(described.groupState()).isEqualTo(GroupState.STABLE);
      assertThat(described.type().toString()).isEqualToIgnoringCase(protocol);
      assertThat(described.coordinator().id()).isEqualTo(1);
      assertThat(described.members().iterator().next().assignment().topicPartitions())
          .hasSize(PARTITIONS);
    }
  }

  private static boolean isShared(Consumer<?, ?>... members) {
    var all = new HashSet<TopicPartition>();
    for (Consumer<?, ?> member : members) {
      if (member.assignment().size() != PARTITIONS / members.length) return false;
      all.addAll(member.assignment());
    }
    return all.size() == PARTITIONS;
  }

  private static void pollUntil(String what, BooleanSupplier holds, Consumer<?, ?>... members) {
    Await.until(
        what,
        PATIENCE,
        () -> {
          for (Consumer<?, ?> member : members) member.poll(Duration.ofMillis(20));
          return holds.getAsBoolean();
        });
  }

  private static ConsumerGroupDescription describe(Admin admin) throws Exception {
    return Objects.requireNonNull(
            admin.describeConsumerGroups(List.of("readers")).describedGroups().get("readers"))
        .get();
  }

  @Test
  void adminToolsListAlterAndDeleteOffsetsAndGroups() throws Exception {
    // Given
    var zero = new TopicPartition("orders", 0);
    var one = new TopicPartition("orders", 1);
    try (var broker = new RunningBroker(data, AT_ONCE);
        Admin admin = admin(broker)) {
      createOrders(admin);
      produce(broker, 10);
      // When
      admin
          .alterConsumerGroupOffsets(
              "readers", Map.of(zero, new OffsetAndMetadata(3, "by hand"), one, offset(0)))
          .all()
          .get();
      Map<TopicPartition, OffsetAndMetadata> altered = offsets(admin, "readers");
      admin.deleteConsumerGroupOffsets("readers", Set.of(one)).all().get();
      Map<TopicPartition, OffsetAndMetadata> cut = offsets(admin, "readers");
      var listed = admin.listGroups(ListGroupsOptions.forConsumerGroups()).all().get();
      // Then
      assertThat(altered)
          .containsOnly(
              Map.entry(zero, new OffsetAndMetadata(3, "by hand")), Map.entry(one, offset(0)));
      assertThat(cut).containsOnlyKeys(zero);
      assertThat(listed)
          .extracting(GroupListing::groupId, GroupListing::groupState)
          .containsExactly(tuple("readers", Optional.of(GroupState.EMPTY)));
      try (var member = consumer(broker, "classic")) {
        member.subscribe(List.of("orders"));
        pollUntil("it has joined", () -> !member.assignment().isEmpty(), member);
        assertThatThrownBy(() -> admin.deleteConsumerGroups(List.of("readers")).all().get())
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(GroupNotEmptyException.class);
      }
      admin.deleteConsumerGroups(List.of("readers")).all().get();
      assertThat(admin.listGroups().all().get()).isEmpty();
      assertThatThrownBy(() -> describe(admin)).hasCauseInstanceOf(GroupIdNotFoundException.class);
    }
  }

  @Test
  void groupSettingsAndMetricsSubscriptionsComeFromAdminTools() throws Exception {
    // Given
    try (var broker = new RunningBroker(data, AT_ONCE);
        Admin admin = admin(broker)) {
      createOrders(admin);
      set(admin, ConfigResource.Type.GROUP, "readers", "consumer.session.timeout.ms", "50000");
      set(admin, ConfigResource.Type.CLIENT_METRICS, "all", "metrics", "*");
      set(admin, ConfigResource.Type.CLIENT_METRICS, "all", "interval.ms", "100");
      // When
      try (var member = consumer(broker, "consumer")) {
        member.subscribe(List.of("orders"));
        pollUntil("its metrics are pushed", () -> telemetry(broker, "pushes") >= 2, member);
      }
      // Then
      assertThat(telemetry(broker, "received")).isGreaterThan(100);
      var group = new ConfigResource(ConfigResource.Type.GROUP, "readers");
      assertThat(
              Objects.requireNonNull(admin.describeConfigs(List.of(group)).all().get().get(group))
                  .get("consumer.session.timeout.ms")
                  .value())
          .isEqualTo("50000");
    }
  }

  private static double telemetry(RunningBroker broker, String meter) {
    return broker.meters.get("oxbow.telemetry." + meter).counter().count();
  }

  private static void set(
      Admin admin, ConfigResource.Type type, String resource, String name, String value)
      throws Exception {
    admin
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(type, resource),
                List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET))))
        .all()
        .get();
  }

  @Test
  void committedOffsetsOutliveAKilledBroker() throws Exception {
    // Given
    Process process = startProcess();
    try {
      String address = address(process);
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
        createOrders(admin);
        for (int i = 0; i < 20; i++) {
          admin
              .alterConsumerGroupOffsets(
                  "group-" + i, Map.of(new TopicPartition("orders", i % PARTITIONS), offset(i)))
              .all()
              .get();
        }
      }
    } finally {
      // When
      process.destroyForcibly().waitFor();
    }
    // Then
    try (var broker = new RunningBroker(data, AT_ONCE);
        Admin admin = admin(broker)) {
      for (int i = 0; i < 20; i++) {
        assertThat(offsets(admin, "group-" + i))
            .containsExactly(Map.entry(new TopicPartition("orders", i % PARTITIONS), offset(i)));
      }
    }
  }

  private Process startProcess() throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            RunningBroker.class.getName(),
            data.toString())
        .redirectErrorStream(true)
        .start();
  }

  private static String address(Process process) throws Exception {
    var reader =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    var seen = new ArrayList<String>();
    for (String line; (line = reader.readLine()) != null; ) {
      if (line.startsWith("ADDRESS ")) {
        Thread.ofVirtual().start(() -> reader.lines().forEach(_ -> {})); // so that it never blocks
        return line.substring("ADDRESS ".length());
      }
      seen.add(line);
    }
    throw new AssertionError("the broker ended: " + seen);
  }

  private static Admin admin(RunningBroker broker) {
    return Admin.create(Map.of("bootstrap.servers", broker.address()));
  }

  private static void createOrders(Admin admin) throws Exception {
    admin
        .createTopics(List.of(new NewTopic("orders", PARTITIONS, (short) 1)))
        .all()
        .get(30, TimeUnit.SECONDS);
  }

  private static OffsetAndMetadata offset(long offset) {
    return new OffsetAndMetadata(offset);
  }

  private static Map<TopicPartition, OffsetAndMetadata> offsets(Admin admin, String group)
      throws Exception {
    return admin
        .listConsumerGroupOffsets(Map.of(group, new ListConsumerGroupOffsetsSpec()))
        .partitionsToOffsetAndMetadata(group)
        .get();
  }

  private static KafkaConsumer<String, String> consumer(RunningBroker broker, String protocol) {
    var settings = new HashMap<String, Object>();
    settings.put("bootstrap.servers", broker.address());
    settings.put("group.id", "readers");
    settings.put("group.protocol", protocol);
    settings.put("auto.offset.reset", "earliest");
    // So that rebalances are heard of soon; in the new protocol the broker sets the pace.
    if (protocol.equals("classic")) settings.put("heartbeat.interval.ms", 200);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
  }

  private static void produce(RunningBroker broker, int records) throws Exception {
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.address()),
            new StringSerializer(),
            new StringSerializer())) {
      for (int i = 0; i < records; i++) {
        producer.send(new ProducerRecord<>("orders", Integer.toString(i))).get();
      }
    }
  }
}

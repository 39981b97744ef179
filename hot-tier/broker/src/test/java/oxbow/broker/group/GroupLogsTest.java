package oxbow.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.broker.group.Members.commit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.Await;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;
import oxbow.log.LogException;
import oxbow.log.LogException.Kind;

final class GroupLogsTest {
  private static final String OFFSETS = "__consumer_offsets";
  private static final int PARTITIONS = 3;

  @TempDir private Path data;

  /** Groups whose offsets lie in real logs, on real time. */
  private final class Node implements AutoCloseable {
    final ReplicaRig replicas = new ReplicaRig(data);
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final GroupCoordinators groups;
    private final ApiTable apis = new ApiTable();

    Node(String... settings) {
      var all = new HashMap<String, String>();
      all.put("offsets.topic.num.partitions", Integer.toString(PARTITIONS));
      for (int i = 0; i < settings.length; i += 2) all.put(settings[i], settings[i + 1]);
      groups =
          new GroupCoordinators(
              new GroupConfig(all),
              ReplicaRig.SELF,
              replicas.partitions,
              _ -> new CompletableFuture<>(),
              meters);
      groups.serve(apis);
      replicas.partitions.watchLeadership(groups);
      new Metadata(groups::metadataChanged)
          .topic("orders", GroupRig.ORDERS, 4)
          .topic(OFFSETS, GroupRig.OFFSETS, PARTITIONS)
          .publish();
      replicas.create(OFFSETS, PARTITIONS, Map.of("cleanup.policy", "compact"));
      Await.until(
          "all partitions are loaded",
          GroupRig.PATIENCE,
          () -> partitions("active") + partitions("failed") == PARTITIONS);
    }

    double partitions(String state) {
      return meters.get("oxbow.group.partitions").tag("state", state).gauge().value();
    }

    <T extends AbstractResponse> T ask(AbstractRequest.Builder<?> builder, Class<T> type) {
      var request = new FakeRequest(builder.build(builder.latestAllowedVersion()));
      Objects.requireNonNull(apis.handler(builder.apiKey())).handle(request);
      return request.answer(type);
    }

    Errors commits(String group, long offset) {
      return Errors.forCode(
          ask(commit(group, 0, offset), OffsetCommitResponse.class)
              .data()
              .topics()
              .getFirst()
              .partitions()
              .getFirst()
              .errorCode());
    }

    long committed(String group) {
      var answer = ask(Members.fetch(group, 0), OffsetFetchResponse.class).group(group);
      assertThat(answer.errorCode()).isZero();
      return answer.topics().getFirst().partitions().getFirst().committedOffset();
    }

    String groupIn(int partition) {
      for (int i = 0; ; i++) {
        if (groups.partitionFor("group-" + i) == partition) return "group-" + i;
      }
    }

    @Override
    public void close() {
      groups.close();
      replicas.close();
    }
  }

  @Test
  void offsetsComeBackFromTheLog() {
    // Given
    try (var node = new Node()) {
      for (int i = 0; i < 100; i++) {
        assertThat(node.commits("group-" + i % 10, i)).isEqualTo(Errors.NONE);
      }
    }
    // When
    try (var node = new Node()) {
      // Then
      for (int i = 0; i < 10; i++) assertThat(node.committed("group-" + i)).isEqualTo(90 + i);
      assertThat(node.meters.get("oxbow.group.load").timer().count()).isEqualTo(PARTITIONS);
      // What is loaded goes on at the log's end, not over it.
      assertThat(node.commits("group-1", 500)).isEqualTo(Errors.NONE);
      assertThat(node.committed("group-1")).isEqualTo(500);
    }
  }

  @Test
  void compressedPartitionsOfManyChunksComeBackWhole() {
    // Given
    try (var node = new Node("offsets.topic.compression.codec", "4")) {
      for (int i = 0; i < 300; i++) node.commits("group-" + i, i);
    }
    // When
    try (var node = new Node("offsets.load.buffer.size", "300")) {
      // Then
      for (int i = 0; i < 300; i++) assertThat(node.committed("group-" + i)).isEqualTo(i);
    }
  }

  @Test
  void aDeletedOffsetsTopicIsForgottenAndMayComeAnew() {
    // Given
    try (var node = new Node()) {
      node.commits("g", 1);
      // When
      node.replicas.cluster.delete(OFFSETS);
      node.replicas.tell();
      Await.until(
          "nothing is coordinated",
          GroupRig.PATIENCE,
          () -> node.commits("g", 2) == Errors.NOT_COORDINATOR);
      node.replicas.create(OFFSETS, PARTITIONS, Map.of("cleanup.policy", "compact"));
      // Then
      Await.until("all are loaded", GroupRig.PATIENCE, () -> node.partitions("active") == 3);
      assertThat(node.committed("g")).isEqualTo(-1);
      assertThat(node.commits("g", 3)).isEqualTo(Errors.NONE);
    }
  }

  @Test
  void aFullDiskIsWorthTryingAgainAndALostLogIsLookedForElsewhere() {
    // Given
    var id = new TopicPartition(OFFSETS, 0);
    // When
    var full = PartitionLogWriter.asKafkas(id, new LogException(Kind.DISK_FULL, "no room"));
    var lost = PartitionLogWriter.asKafkas(id, new LogException(Kind.OFFLINE, "bad sector"));
    // Then
    assertThat(Errors.forException(full)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    assertThat(Errors.forException(lost)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    assertThat(full).hasMessageContaining("__consumer_offsets-0").hasMessageContaining("no room");
  }

  @Test
  void aDamagedPartitionFailsAndTheOthersServe() throws Exception {
    // Given
    String lost;
    String served;
    try (var node = new Node()) {
      lost = node.groupIn(0);
      served = node.groupIn(1);
      for (int i = 0; i < 20; i++) {
        node.commits(lost, i);
        node.commits(served, i);
      }
    }
    flipTheLastByteOf(0);
    // When
    try (var node = new Node()) {
      // Then
      assertThat(node.partitions("failed")).isEqualTo(1);
      assertThat(node.commits(lost, 77)).isEqualTo(Errors.NOT_COORDINATOR);
      assertThat(node.committed(served)).isEqualTo(19);
      assertThat(node.commits(served, 20)).isEqualTo(Errors.NONE);
    }
  }

  private void flipTheLastByteOf(int partition) throws IOException {
    try (Stream<Path> files = Files.walk(data)) {
      Path segment =
          files
              .filter(file -> file.toString().contains(OFFSETS + "-" + partition))
              .filter(file -> file.toString().endsWith(".log"))
              .findFirst()
              .orElseThrow();
      try (var file = new RandomAccessFile(segment.toFile(), "rw")) {
        long last = file.length() - 1;
        file.seek(last);
        int value = file.read();
        file.seek(last);
        file.write(value ^ 0x55);
      }
    }
  }

  @Test
  void aLeadershipThatMovesAwayAndBackIsLoadedAnew() {
    // Given
    try (var node = new Node()) {
      String group = node.groupIn(0);
      node.commits(group, 1);
      List<Integer> replicas = List.of(ReplicaRig.SELF, ReplicaRig.OTHER);
      // When
      node.replicas.cluster.lead(OFFSETS, 0, ReplicaRig.OTHER, 1, replicas);
      node.replicas.tell();
      Await.until(
          "it is given up",
          GroupRig.PATIENCE,
          () -> node.commits(group, 2) == Errors.NOT_COORDINATOR);
      node.replicas.cluster.lead(OFFSETS, 0, ReplicaRig.SELF, 2, List.of(ReplicaRig.SELF));
      node.replicas.tell();
      // Then
      Await.until(
          "it serves again", GroupRig.PATIENCE, () -> node.commits(group, 3) == Errors.NONE);
      assertThat(node.committed(group)).isEqualTo(3);
    }
  }

  @Test
  void everyThreadIsGoneAfterClosing() {
    // Given
    Set<String> before = threads();
    // When
    try (var node = new Node()) {
      node.commits("g", 1);
      assertThat(threads()).anyMatch(name -> name.startsWith("group-coordinator-event-processor-"));
    }
    var replicas = new ReplicaRig(data);
    new GroupCoordinators(
            GroupConfig.DEFAULT,
            ReplicaRig.SELF,
            replicas.partitions,
            _ -> new CompletableFuture<>(),
            new SimpleMeterRegistry())
        .close(); // it never saw metadata
    replicas.close();
    // Then
    Await.until("its threads are gone", GroupRig.PATIENCE, () -> before.containsAll(threads()));
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.contains("group"))
        .collect(Collectors.toCollection(HashSet::new));
  }

  @Test
  void transactionsAreRefusedClearly() {
    // Given
    try (var replicas = ReplicaRig.started(data)) {
      var writer = new PartitionLogWriter(replicas.partitions);
      // When
      var verified =
          writer.maybeStartTransactionVerification(
              new TopicPartition(OFFSETS, 0), "t", 1, (short) 0, 5);
      // Then
      assertThatThrownBy(verified::join).hasMessageContaining("transactions are not served");
    }
  }

  @Test
  void theWriterTellsHowLargeABatchMayBe() {
    // Given
    try (var replicas = ReplicaRig.started(data)) {
      replicas.create(OFFSETS, 1, Map.of("max.message.bytes", "1234"));
      var writer = new PartitionLogWriter(replicas.partitions);
      // When
      int bytesMax = writer.config(new TopicPartition(OFFSETS, 0)).maxMessageSize();
      // Then
      assertThat(bytesMax).isEqualTo(1_234);
    }
  }
}

package oxbow.broker.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.FetchSessionHandler;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.utils.LogContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.ManualTimer;
import oxbow.broker.testing.ReplicaRig;
import oxbow.broker.wire.ApiTable;

/** Sessions as Kafka's own consumer keeps them, from request to request. */
class FetchSessionFlowTest {
  private static final short LATEST = ApiKeys.FETCH.latestVersion();
  private static final short LAST_BY_NAME = 12;
  private static final int PARTITIONS = 8;

  @TempDir private Path directory;
  private ReplicaRig rig;
  private Uuid orders;
  private final ApiTable apis = new ApiTable();

  @BeforeEach
  void start() {
    rig = ReplicaRig.started(directory);
    orders = rig.create("orders", PARTITIONS);
    new FetchApis(
            FetchConfig.DEFAULT,
            rig.partitions,
            null,
            rig.logThreads,
            new ManualTimer(),
            InstantSource.system(),
            new Random(7),
            new SimpleMeterRegistry())
        .serve(apis);
  }

  @AfterEach
  void stop() {
    rig.close();
    assertThat(rig.openSegmentFiles()).isZero();
  }

  @Test
  void anIncrementalAnswerCarriesChangesOnly() {
    var session = new Client(LATEST);
    session.want(0, 0);
    session.want(1, 0);
    assertThat(partitionsIn(session.fetch())).containsExactly(0, 1);
    assertThat(session.handler.sessionId()).isNotEqualTo(FetchMetadata.INVALID_SESSION_ID);
    assertThat(partitionsIn(session.fetch())).isEmpty();

    rig.append("orders", 1, "a");
    assertThat(partitionsIn(session.fetch())).containsExactly(1);

    session.want(1, 1);
    assertThat(partitionsIn(session.fetch())).isEmpty();
    session.want(2, 0);
    assertThat(partitionsIn(session.fetch())).containsExactly(2);
    session.forget(1);
    rig.append("orders", 1, "b");
    assertThat(partitionsIn(session.fetch())).isEmpty();
  }

  @Test
  void brokenSessionsAreToldApart() {
    var session = new Client(LATEST);
    session.want(0, 0);
    session.fetch();
    int id = session.handler.sessionId();

    assertThat(errorOf(request(LATEST, new FetchMetadata(id + 1, 1))))
        .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
    assertThat(errorOf(request(LATEST, new FetchMetadata(id, 7))))
        .isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH);
    assertThat(errorOf(request(LAST_BY_NAME, new FetchMetadata(id, 1))))
        .isEqualTo(Errors.FETCH_SESSION_TOPIC_ID_ERROR);
    assertThat(errorOf(request(LATEST, new FetchMetadata(id, FetchMetadata.FINAL_EPOCH))))
        .isEqualTo(Errors.NONE);
    assertThat(errorOf(request(LATEST, new FetchMetadata(id, 1))))
        .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
  }

  @Test
  void aSessionWithNothingLeftInItEnds() {
    var session = new Client(LATEST);
    session.want(0, 0);
    session.fetch();
    int id = session.handler.sessionId();
    session.forget(0);

    FetchResponse last = session.send();

    assertThat(last.sessionId()).isEqualTo(FetchMetadata.INVALID_SESSION_ID);
    assertThat(errorOf(request(LATEST, new FetchMetadata(id, 2))))
        .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
  }

  @Test
  void anErrorIsRepeatedUntilItHasPassedAndThenEverythingIsToldAgain() {
    var session = new Client(LATEST);
    session.want(0, 0);
    session.fetch();
    rig.cluster.lead("orders", 0, ReplicaRig.OTHER, 1, List.of(1, 2));
    rig.tell();
    assertThat(partitionsIn(session.fetch())).containsExactly(0);
    assertThat(partitionsIn(session.fetch())).containsExactly(0);

    rig.cluster.lead("orders", 0, ReplicaRig.SELF, 2, List.of(1));
    rig.tell();

    assertThat(partitionsIn(session.fetch())).containsExactly(0);
    assertThat(partitionsIn(session.fetch())).isEmpty();
  }

  @Test
  void aTopicMadeAnewReplacesItsIdInTheSession() {
    var session = new Client(LATEST);
    session.want(0, 0);
    session.fetch();
    rig.cluster.delete("orders");
    orders = rig.create("orders", PARTITIONS);
    rig.append("orders", 0, "new");

    session.want(0, 0);

    assertThat(partitionsIn(session.fetch())).containsExactly(0);
  }

  @Test
  void answersAgreeWithAPlainModelUnderRandomUseByIdAndByName() {
    for (short version : new short[] {7, LAST_BY_NAME, LATEST}) againstModel(version);
  }

  private void againstModel(short version) {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var client = new Client(version);
    var model = new Model();
    for (int step = 0; step < 400; step++) {
      for (int i = random.nextInt(3); i > 0; i--) {
        int count = 1 + random.nextInt(3);
        int partition = random.nextInt(PARTITIONS);
        String[] values = ReplicaRig.values(step, count, 50 + random.nextInt(2_000));
        rig.append("orders", partition, values);
        model.batches(partition).add(new Batch(count, ReplicaRig.batch(values).sizeInBytes()));
      }
      int changed = random.nextInt(PARTITIONS);
      if (random.nextInt(4) == 0) client.want(changed, model.offsetWanted(client, changed));
      if (random.nextInt(8) == 0) client.forget(changed);
      if (random.nextInt(40) == 0) client.restart();
      client.bytesMax = 500 + random.nextInt(8_000);
      client.partitionBytesMax = 300 + random.nextInt(4_000);
      if (client.wanted.isEmpty()) continue;

      FetchSessionHandler.FetchRequestData built = client.build();
      List<Expected> expected = model.expect(built, client);
      FetchResponse response = client.sendBuilt(built);

      assertThat(client.handler.handleResponse(response, version))
          .as("seed %d step %d", seed, step)
          .isTrue();
      List<Expected> got = new ArrayList<>();
      for (PartitionData found : partitions(response)) {
        got.add(
            new Expected(
                found.partitionIndex(), found.records().sizeInBytes(), found.highWatermark()));
        // The client goes on behind the whole batches it got, as a consumer would.
        List<String> values = ReplicaRig.valuesOf((MemoryRecords) found.records());
        if (!values.isEmpty()) {
          long first =
              model.batchStart(found.partitionIndex(), client.offset(found.partitionIndex()));
          client.wanted.put(found.partitionIndex(), first + values.size());
        }
      }
      assertThat(got).as("seed %d step %d version %d", seed, step, version).isEqualTo(expected);
    }
    rig.cluster.delete("orders");
    orders = rig.create("orders", PARTITIONS);
  }

  private record Batch(int count, int bytes) {}

  private record Expected(int partition, int bytes, long highWatermark) {}

  /** What the broker should remember and say, written down as plainly as can be. */
  private static final class Model {
    private final Map<Integer, List<Batch>> batches = new HashMap<>();
    private final LinkedHashMap<Integer, Long> session = new LinkedHashMap<>();
    private final Map<Integer, Long> told = new HashMap<>();

    List<Batch> batches(int partition) {
      return batches.computeIfAbsent(partition, _ -> new ArrayList<>());
    }

    long end(int partition) {
      return batches(partition).stream().mapToLong(Batch::count).sum();
    }

    long batchStart(int partition, long offset) {
      long start = 0;
      for (Batch batch : batches(partition)) {
        if (start + batch.count() > offset) break;
        start += batch.count();
      }
      return start;
    }

    long offsetWanted(Client client, int partition) {
      Long known = client.wanted.get(partition);
      return known == null ? end(partition) / 2 : known;
    }

    List<Expected> expect(FetchSessionHandler.FetchRequestData request, Client client) {
      boolean isFull = request.metadata().isFull();
      if (isFull) {
        session.clear();
        told.clear();
      }
      request.toSend().forEach((name, data) -> session.put(name.partition(), data.fetchOffset));
      request
          .toForget()
          .forEach(gone -> {
            session.remove(gone.partition());
            told.remove(gone.partition());
          });

      List<Expected> expected = new ArrayList<>();
      Set<Integer> gotRecords = new LinkedHashSet<>();
      int left = client.bytesMax;
      for (Map.Entry<Integer, Long> wanted : session.entrySet()) {
        int partition = wanted.getKey();
        int bytes = bytes(partition, wanted.getValue(), client, left, left == client.bytesMax);
        left -= bytes;
        long end = end(partition);
        boolean isNews = isFull || bytes > 0 || told.getOrDefault(partition, -1L) != end;
        if (!isNews) continue;
        told.put(partition, end);
        if (bytes > 0) gotRecords.add(partition);
        expected.add(new Expected(partition, bytes, end));
      }
      if (!isFull) gotRecords.forEach(moved -> session.put(moved, session.remove(moved)));
      return expected;
    }

    private int bytes(int partition, long offset, Client client, int left, boolean isFirst) {
      int room = Math.min(Math.max(left, 0), client.partitionBytesMax);
      long start = 0;
      int bytes = 0;
      for (Batch batch : batches(partition)) {
        start += batch.count();
        if (start <= offset) continue;
        boolean fits = bytes + batch.bytes() <= room;
        if (!fits && !(isFirst && bytes == 0)) break;
        bytes += batch.bytes();
      }
      return bytes;
    }
  }

  /** Kafka's own half of a session. */
  private final class Client {
    private final short version;
    private final Map<Integer, Long> wanted = new LinkedHashMap<>();
    private FetchSessionHandler handler = new FetchSessionHandler(new LogContext(), 1);
    private int bytesMax = 1 << 20;
    private int partitionBytesMax = 1 << 20;

    Client(short version) {
      this.version = version;
    }

    void want(int partition, long offset) {
      wanted.put(partition, offset);
    }

    long offset(int partition) {
      return wanted.getOrDefault(partition, -1L);
    }

    void forget(int partition) {
      wanted.remove(partition);
    }

    void restart() {
      handler = new FetchSessionHandler(new LogContext(), 1);
    }

    FetchSessionHandler.FetchRequestData build() {
      FetchSessionHandler.Builder builder = handler.newBuilder();
      wanted.forEach((partition, offset) ->
          builder.add(
              new TopicPartition("orders", partition),
              new FetchRequest.PartitionData(
                  version < 13 ? Uuid.ZERO_UUID : orders,
                  offset,
                  0,
                  partitionBytesMax,
                  Optional.empty())));
      return builder.build();
    }

    FetchResponse send() {
      return sendBuilt(build());
    }

    FetchResponse sendBuilt(FetchSessionHandler.FetchRequestData built) {
      FetchRequest request =
          FetchRequest.Builder.forConsumer(version, 0, 1, built.toSend())
              .metadata(built.metadata())
              .removed(built.toForget())
              .replaced(built.toReplace())
              .setMaxBytes(bytesMax)
              .build(version);
      return ReplicaRig.send(apis, request).answer(FetchResponse.class);
    }

    /** Fetches, and lets Kafka's handler judge the answer. */
    FetchResponse fetch() {
      FetchResponse response = send();
      assertThat(handler.handleResponse(response, version)).isTrue();
      return response;
    }
  }

  private record Asked(FetchRequestData data, short version) {}

  private static Asked request(short version, FetchMetadata metadata) {
    return new Asked(
        new FetchRequestData()
            .setMaxBytes(1_000)
            .setSessionId(metadata.sessionId())
            .setSessionEpoch(metadata.epoch()),
        version);
  }

  private Errors errorOf(Asked asked) {
    return ReplicaRig.send(apis, new FetchRequest(asked.data(), asked.version()))
        .answer(FetchResponse.class)
        .error();
  }

  private static List<PartitionData> partitions(FetchResponse response) {
    return response.data().responses().stream()
        .flatMap(topic -> topic.partitions().stream())
        .toList();
  }

  private static List<Integer> partitionsIn(FetchResponse response) {
    return partitions(response).stream().map(PartitionData::partitionIndex).toList();
  }
}

package oxbow.cold.erase;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.cold.testing.ColdTopic.ORDERS_0;
import static oxbow.cold.testing.ColdTopic.await;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.erase.EraseReport.State;
import oxbow.cold.file.ColdFile;
import oxbow.cold.testing.ColdTopic;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.log.testing.BatchBuilder;

/** Keys taken out of a topic with everything at work. */
class EraseTest {
  private static final byte[] SECRET = "anna@example.org".getBytes(UTF_8);
  private static final ErasedKeys KEYS = new ErasedKeys(List.of(SECRET));

  @TempDir Path directory;

  private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
  private ColdTopic topic;

  @BeforeEach
  void open() {
    topic = new ColdTopic(directory, store);
    topic.lead();
  }

  @AfterEach
  void close() {
    topic.close();
  }

  @Test
  void aKeyIsGoneFromLogAndBucketAndAllElseIsWhatItWas() throws Exception {
    for (int i = 0; i < 4; i++) {
      append(new Random(i), 30);
      topic.awaitOffload();
    }
    List<Seen> before = seen(topic.cold());
    topic.tier().mergeSoon(List.of(ORDERS_0));
    await(() -> topic.tier().files(ORDERS_0).size() == 1);

    EraseReport report = erase();

    assertThat(report.state()).as(report.toString()).isEqualTo(State.DONE);
    long secrets = before.stream().filter(Seen::isSecret).count();
    assertThat(secrets).isPositive();
    assertThat(report.foundRecords().coldFiles()).isEqualTo(secrets);
    assertThat(report.foundRecords().pastFiles()).isEqualTo(secrets); // from before the merge
    assertThat(report.partitions().getFirst().replaced()).hasSize(1);
    assertThat(report.forgottenSnapshots()).isGreaterThan(4);
    assertThat(seen(topic.cold()))
        .isEqualTo(before.stream().filter(one -> !one.isSecret()).toList());
    assertThat(dataObjects())
        .containsExactlyElementsOf(
            topic.tier().files(ORDERS_0).stream().map(ColdFile::name).toList());
    assertThat(report.deletedObjects()).doesNotContainAnyElementsOf(store.names());
    assertThat(report.toString()).doesNotContain("anna");
  }

  @Test
  void whatIsOffloadedMeanwhileIsErasedAsWell() throws Exception {
    append(new Random(1), 200);
    Erasure order = topic.tier().erase(List.of(ORDERS_0), KEYS);
    append(new Random(2), 50);

    await(() -> order.report().state() != State.RUNNING);
    topic.awaitOffload();

    EraseReport report = order.report();
    assertThat(report.state()).as(report.toString()).isEqualTo(State.DONE);
    long end = report.partitions().getFirst().endOffset();
    assertThat(seen(topic.cold())).noneMatch(one -> one.isSecret() && one.offset() < end);
  }

  @Test
  void aKeyThatNobodyHasLeavesEverythingAsItIs() throws Exception {
    append(new Random(1), 50);
    topic.awaitOffload();
    ByteBuffer before = topic.cold();
    List<String> objects = store.names().stream().sorted().toList();
    Erasure order =
        topic.tier().erase(List.of(ORDERS_0), new ErasedKeys(List.of(new byte[] {1, 2, 3})));

    await(() -> order.report().state() != State.RUNNING);

    EraseReport report = order.report();
    assertThat(report.state()).isEqualTo(State.DONE);
    assertThat(report.forgottenSnapshots()).isZero();
    assertThat(report.deletedObjects()).isEmpty();
    assertThat(topic.cold()).isEqualTo(before);
    assertThat(store.names()).containsAll(objects);
  }

  @Test
  void anErasureThatTheStoreRefusesSaysSoAndIsCompletedByTheNext() throws Exception {
    append(new Random(1), 50);
    topic.awaitOffload();
    store.goAway();

    EraseReport failed = erase();
    store.heal();
    EraseReport report = erase();

    assertThat(failed.state()).isEqualTo(State.INCOMPLETE);
    assertThat(failed.problems()).isNotEmpty();
    assertThat(report.state()).as(report.toString()).isEqualTo(State.DONE);
    assertThat(seen(topic.cold())).isNotEmpty().noneMatch(Seen::isSecret);
  }

  @Test
  void recordsThatNobodyCommittedAreDeletedToo() throws Exception {
    append(new Random(1), 50);
    topic.awaitOffload();
    ColdFile file = topic.tier().files(ORDERS_0).getFirst();
    String left = file.name().replaceFirst("_[^_]*\\.parquet$", "_nobody.parquet");
    store.put(left, store.read(file.name()));

    EraseReport report = erase();

    assertThat(report.state()).isEqualTo(State.DONE);
    assertThat(report.deletedObjects()).contains(left);
    assertThat(dataObjects()).hasSize(topic.tier().files(ORDERS_0).size());
  }

  private List<String> dataObjects() {
    return store.names().stream().filter(name -> name.endsWith(".parquet")).sorted().toList();
  }

  private EraseReport erase() {
    Erasure order = topic.tier().erase(List.of(ORDERS_0), KEYS);
    await(() -> order.report().state() != State.RUNNING);
    return order.report();
  }

  private void append(Random random, int batches) {
    for (int i = 0; i < batches; i++) {
      BatchBuilder batch = BatchBuilder.at(1_700_000_000_000L + i);
      for (int j = 0; j <= random.nextInt(5); j++) {
        byte[] value = new byte[2_000];
        random.nextBytes(value);
        byte[] key = random.nextInt(4) == 0 ? SECRET : new byte[] {(byte) random.nextInt(20)};
        batch.add(1_700_000_000_000L + i + j, key, value);
      }
      topic.append(batch);
    }
  }

  private record Seen(long offset, ByteBuffer key, ByteBuffer value) {
    boolean isSecret() {
      return key.equals(ByteBuffer.wrap(SECRET));
    }
  }

  private static List<Seen> seen(ByteBuffer batches) {
    List<Seen> seen = new ArrayList<>();
    for (RecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
      batch.ensureValid();
      for (Record record : batch) {
        seen.add(new Seen(record.offset(), record.key(), record.value()));
      }
    }
    return seen;
  }
}

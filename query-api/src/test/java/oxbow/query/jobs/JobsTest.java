package oxbow.query.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics.Topic;
import oxbow.query.jobs.Jobs.Shown;
import oxbow.query.jobs.Progress.State;
import oxbow.query.replay.Waiting;
import oxbow.query.testing.FakeCluster;
import oxbow.query.testing.FakeTopics;
import oxbow.query.testing.FakeTopics.AppendFault;

/** What jobs do, over topics in memory. */
@Timeout(60)
class JobsTest {
  private static final JobBounds BOUNDS =
      new JobBounds(2, Duration.ZERO, Duration.ofMillis(1)); // written down after each read

  private static final List<CompressionType> CODECS = List.of(CompressionType.values());

  @TempDir Path directory;

  private final FakeTopics topics = new FakeTopics();
  private final FakeCluster cluster = new FakeCluster(topics);
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private Topic orders = topics.add("orders", 3, Map.of());
  private @Nullable Jobs jobs;

  @AfterEach
  void nothingIsHeld() {
    close();
    assertThat(topics.held).hasValue(0);
  }

  private void close() {
    if (jobs != null) jobs.close();
    jobs = null;
  }

  private Jobs jobs() {
    Jobs known = jobs;
    if (known != null) return known;
    var opened =
        new Jobs(topics, cluster, directory, BOUNDS, InstantSource.system(), new Random(seed));
    opened.open();
    jobs = opened;
    return opened;
  }

  private Shown create(String request) {
    byte[] body = request.replace('\'', '"').getBytes(UTF_8);
    return jobs().create("orders", JobRequest.parse(body), new Waiting());
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(until);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private Shown await(String id, State state) {
    await(() -> {
      Shown now = jobs().find(id);
      boolean isOther = now.progress().state().isEnded() && now.progress().state() != state;
      if (isOther) throw new AssertionError(now.progress().toString());
      return now.progress().state() == state;
    });
    return jobs().find(id);
  }

  private void fill(Topic topic, int batches) {
    for (int i = 0; i < batches; i++) {
      CompressionType codec = CODECS.get(random.nextInt(CODECS.size()));
      int size = random.nextInt(4) == 0 ? 3_000 : 100;
      var records = new SimpleRecord[1 + random.nextInt(40)];
      for (int n = 0; n < records.length; n++) records[n] = record(size);
      topics
          .append(
              topic.partition(random.nextInt(topic.partitions())),
              MemoryRecords.withRecords(Compression.of(codec).build(), records).buffer())
          .join();
    }
  }

  private SimpleRecord record(int size) {
    List<Header> headers = new ArrayList<>();
    while (random.nextInt(3) == 0) headers.add(new RecordHeader("h", bytes(10)));
    return new SimpleRecord(
        random.nextInt(1_000_000), bytes(20), bytes(size), headers.toArray(Header[]::new));
  }

  private byte @Nullable [] bytes(int max) {
    if (random.nextInt(6) == 0) return null;
    byte[] bytes = new byte[random.nextInt(max)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** All that has to be the same, briefly. */
  private static String shown(Record record) {
    return record.timestamp()
        + " "
        + shown(record.key())
        + " "
        + shown(record.value())
        + " "
        + Arrays.stream(record.headers())
            .map(h -> h.key() + "=" + Arrays.toString(h.value()))
            .toList();
  }

  private static String shown(@Nullable ByteBuffer bytes) {
    if (bytes == null) return "null";
    byte[] array = Utils.toArray(bytes);
    return array.length + "#" + Arrays.hashCode(array);
  }

  private List<String> shown(Topic topic, int partition) {
    return topics.records(topic.partition(partition)).stream().map(JobsTest::shown).toList();
  }

  private void assertSame(Topic copy) {
    for (int partition = 0; partition < orders.partitions(); partition++) {
      assertThat(shown(copy, partition))
          .as("seed %d, partition %d", seed, partition)
          .isEqualTo(shown(orders, partition));
    }
  }

  private Topic copy() {
    return topics.find("copy").orElseThrow();
  }

  @Test
  void aCopyHasKeysValuesHeadersAndTimestampsInOrder() {
    fill(orders, 200);

    Shown done = await(create("{'topic':'copy'}").job().id(), State.DONE);

    assertSame(copy());
    long records = 0;
    for (int i = 0; i < 3; i++) records += shown(orders, i).size();
    assertThat(done.progress().hot() + done.progress().cold()).isEqualTo(records);
    assertThat(jobs().recordsCopied()).isEqualTo(records);
    assertThat(jobs().bytesCopied()).isPositive();
    assertThat(JobText.of(done, true))
        .containsEntry("state", "done")
        .containsEntry("percent", 100.0)
        .containsEntry("records", records);
  }

  @Test
  void onlyTheRangeIsCopiedAndOfItOnlyThePartitions() {
    fill(orders, 100);
    long end = shown(orders, 2).size();

    String id =
        create("{'topic':'copy','from':'offset:7','to':'offset:45','partitions':[2]}").job().id();
    await(id, State.DONE);

    assertThat(shown(copy(), 0)).isEmpty();
    assertThat(shown(copy(), 2)).isEqualTo(shown(orders, 2).subList(7, (int) Math.min(45, end)));
  }

  @Test
  void whatComesAfterTheBeginningIsNotCopied() {
    fill(orders, 20);
    List<String> before = shown(orders, 0);
    Shown made = create("{'topic':'copy','recordsPerSecond':1000000}");
    fill(orders, 20);

    await(made.job().id(), State.DONE);

    assertThat(shown(copy(), 0)).isEqualTo(before);
  }

  @Test
  void withoutEnoughPartitionsKeysDecide() {
    topics.add("copy", 2, Map.of());
    fill(orders, 100);

    Shown done = await(create("{'topic':'copy'}").job().id(), State.DONE);

    assertThat(((Job.Copy) done.job().target()).mapping()).isEqualTo(Job.Mapping.KEY);
    for (int from = 0; from < 3; from++) {
      for (Record record : topics.records(orders.partition(from))) {
        int expected =
            record.hasKey()
                ? Utils.toPositive(Utils.murmur2(Utils.toArray(record.key()))) % 2
                : from % 2;
        assertThat(shown(copy(), expected)).as("seed %d", seed).contains(shown(record));
      }
    }
    assertThat(shown(copy(), 0).size() + shown(copy(), 1).size())
        .isEqualTo(Stream.of(0, 1, 2).mapToInt(i -> shown(orders, i).size()).sum());
    assertThatThrownBy(() -> create("{'topic':'copy','partitioning':'same'}"))
        .hasMessageContaining("partitioning=key");
  }

  @Test
  void abortedTransactionsAndMarkersStayWhereTheyAre() {
    topics.put(orders.partition(0), new SimpleRecord(1, "a".getBytes(UTF_8)));
    topics.putAborted(orders.partition(0), new SimpleRecord(2, "never".getBytes(UTF_8)));
    topics.put(orders.partition(0), new SimpleRecord(3, "b".getBytes(UTF_8)));

    await(create("{'topic':'copy'}").job().id(), State.DONE);
    await(create("{'topic':'all','isolation':'read_uncommitted'}").job().id(), State.DONE);

    assertThat(topics.records(copy().partition(0))).hasSize(2);
    Topic all = topics.find("all").orElseThrow();
    assertThat(topics.records(all.partition(0))).hasSize(3);
  }

  /** A crash leaves what was written down some time before, and all that was appended since. */
  @ParameterizedTest
  @ValueSource(strings = {"same", "key"})
  void afterACrashNothingIsMissingAndNothingThereTwice(String partitioning) throws IOException {
    topics.add("copy", 3, Map.of("max.message.bytes", "70000"));
    fill(orders, 300);
    List<byte[]> written = new ArrayList<>();
    topics.onAppend(() -> {
      if (random.nextInt(20) == 0) written.add(file());
    });
    String request =
        "{'topic':'copy','partitioning':'" + partitioning + "','bytesPerSecond':30000000}";
    String id = create(request).job().id();
    for (int crash = 0; crash < 6; crash++) {
      int enough = written.size() + 3;
      await(() -> written.size() >= enough || jobs().find(id).progress().state() == State.DONE);
      close();
      byte[] older = written.get(random.nextInt(written.size()));
      Files.write(directory.resolve(id + ".json"), older);
    }
    await(id, State.DONE);

    long all = 0;
    for (int from = 0; from < 3; from++) {
      all += shown(orders, from).size();
      for (int to = 0; to < 3; to++) {
        List<String> belonging = shownOf(partitioning, from, to);
        if (belonging.isEmpty()) continue;
        assertThat(shown(copy(), to))
            .as("seed %d, %d to %d", seed, from, to)
            .containsSubsequence(belonging);
      }
    }
    assertThat(Stream.of(0, 1, 2).mapToLong(i -> shown(copy(), i).size()).sum())
        .as("seed %d", seed)
        .isEqualTo(all);
  }

  /** What belongs from one partition into another, in order. */
  private List<String> shownOf(String partitioning, int from, int to) {
    return topics.records(orders.partition(from)).stream()
        .filter(record -> {
          boolean isByKey = partitioning.equals("key") && record.hasKey();
          int belongs =
              isByKey ? Utils.toPositive(Utils.murmur2(Utils.toArray(record.key()))) % 3 : from;
          return belongs == to;
        })
        .map(JobsTest::shown)
        .toList();
  }

  private byte[] file() {
    try (Stream<Path> files = Files.list(directory)) {
      return Files.readAllBytes(
          files.filter(file -> file.toString().endsWith(".json")).findFirst().orElseThrow());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void appendsWhoseFateIsUnknownAreLookedForBeforeTheyAreRepeated() {
    fill(orders, 100);
    for (int i = 0; i < 10; i++) {
      topics.failAppends(random.nextBoolean() ? AppendFault.REFUSED : AppendFault.REPLY_LOST);
    }

    await(create("{'topic':'copy'}").job().id(), State.DONE);

    assertSame(copy());
  }

  @Test
  void othersMayWriteToTheTargetMeanwhile() {
    topics.add("copy", 3, Map.of());
    fill(copy(), 20);
    int before = shown(copy(), 0).size();
    fill(orders, 100);
    topics.failAppends(AppendFault.REPLY_LOST, AppendFault.REPLY_LOST);

    await(create("{'topic':'copy'}").job().id(), State.DONE);

    assertThat(shown(copy(), 0).subList(before, shown(copy(), 0).size()))
        .as("seed %d", seed)
        .isEqualTo(shown(orders, 0));
  }

  @Test
  void aPausedJobRestsUntilItIsResumedAfterARestartToo() {
    fill(orders, 100);
    String id = create("{'topic':'copy','recordsPerSecond':50}").job().id();
    await(() -> jobs().find(id).progress().hot() > 0);

    assertThat(jobs().pause(id).progress().state()).isEqualTo(State.PAUSED);
    int resting = Stream.of(0, 1, 2).mapToInt(i -> shown(copy(), i).size()).sum();
    close();
    assertThat(jobs().find(id).progress().state()).isEqualTo(State.PAUSED);
    assertThat(jobs().find(id).progress().hot()).isLessThanOrEqualTo(resting);
    assertThat(Stream.of(0, 1, 2).mapToInt(i -> shown(copy(), i).size()).sum()).isEqualTo(resting);

    assertThat(jobs().resume(id).progress().state()).isEqualTo(State.RUNNING);
    await(() -> Stream.of(0, 1, 2).mapToInt(i -> shown(copy(), i).size()).sum() > resting);
    assertThat(jobs().cancel(id).progress().state()).isEqualTo(State.CANCELLED);
    assertThatThrownBy(() -> jobs().resume(id))
        .hasMessage("the job is cancelled, not paused or failed");
    jobs().cancel(id);
    assertThatThrownBy(() -> jobs().find(id))
        .satisfies(failure -> assertThat(((QueryException) failure).kind()).isEqualTo(Kind.NO_JOB));
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void thePaceHoldsFromTheFirstRecordOn() {
    for (int i = 0; i < 500; i++) topics.put(orders.partition(0), record(100));
    long begin = System.nanoTime();

    String id = create("{'topic':'copy','recordsPerSecond':100}").job().id();
    await(() -> jobs().find(id).progress().hot() >= 40);

    double seconds = (System.nanoTime() - begin) / 1e9;
    assertThat(shown(copy(), 0).size() / seconds).isLessThan(100 + 100 / seconds);
    jobs().cancel(id);
  }

  @Test
  void moreJobsThanMayRunAreRefused() {
    fill(orders, 100);
    create("{'topic':'one','recordsPerSecond':1}");
    create("{'topic':'two','recordsPerSecond':1}");

    assertThatThrownBy(() -> create("{'topic':'three'}"))
        .satisfies(failure -> assertThat(((QueryException) failure).kind()).isEqualTo(Kind.BUSY));
    assertThat(jobs().count("running")).isEqualTo(2);
    assertThat(jobs().list()).hasSize(2);
  }

  @Test
  void aTargetThatIsDeletedEndsTheJob() {
    fill(orders, 100);
    String id = create("{'topic':'copy','recordsPerSecond':20}").job().id();
    await(() -> jobs().find(id).progress().hot() > 0);

    topics.remove("copy");

    Shown failed = await(id, State.FAILED);
    assertThat(failed.progress().reason()).contains("gone");
    topics.add("copy", 3, Map.of());
    jobs().resume(id);
    assertThat(await(id, State.FAILED).progress().reason())
        .isEqualTo("the topic copy was deleted since");
  }

  @Test
  void aTargetThatLostRecordsIsNotFilledUpSilently() {
    fill(orders, 100);
    String id = create("{'topic':'copy','recordsPerSecond':20}").job().id();
    await(() -> jobs().find(id).progress().hot() > 0);
    jobs().pause(id);
    int partition = shown(copy(), 0).isEmpty() ? shown(copy(), 1).isEmpty() ? 2 : 1 : 0;
    topics.loseLast(copy().partition(partition));

    jobs().resume(id);

    assertThat(await(id, State.FAILED).progress().reason()).contains("has lost records");
  }

  @Test
  void aGroupGoesOnWhereItIsMovedTo() {
    fill(orders, 100);
    Shown done =
        await(
            create("{'group':'billing','from':'offset:3','partitions':[0,2]}").job().id(),
            State.DONE);

    assertThat(cluster.group("billing"))
        .isEqualTo(Map.of(orders.partition(0), 3L, orders.partition(2), 3L));
    assertThat(JobText.of(done, true)).containsEntry("target", Map.of("group", "billing"));
  }

  @Test
  void aGroupWithMembersIsNotMovedUntilItHasNone() {
    fill(orders, 10);
    cluster.refuse(Optional.of(new QueryException(Kind.CONFLICT, "it has members")));
    String id = create("{'group':'billing','from':'earliest'}").job().id();
    assertThat(await(id, State.FAILED).progress().reason()).isEqualTo("it has members");
    cluster.refuse(Optional.of(new QueryException(Kind.UNAVAILABLE, "not now")));
    jobs().resume(id);
    await(() -> jobs().find(id).progress().reason().equals("not now"));

    cluster.refuse(Optional.empty());

    await(id, State.DONE);
    assertThat(cluster.group("billing")).hasSize(3);
  }

  @Test
  void aFileThatMakesNoSenseIsPutAside() throws IOException {
    fill(orders, 10);
    String id = create("{'topic':'copy'}").job().id();
    await(id, State.DONE);
    close();
    Files.writeString(directory.resolve("bad.json"), "{\"version\":1,");

    assertThat(jobs().list()).hasSize(1);

    assertThat(directory.resolve("bad.json.damaged")).exists();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "{'topic':'a','group':'b'}",
        "{'topic':''}",
        "{'topic':7}",
        "{'group':'b'}",
        "{'group':'b','from':'earliest','to':'latest'}",
        "{'group':'b','from':'earliest','recordsPerSecond':1}",
        "{'topic':'a','speed':1}",
        "{'topic':'a','recordsPerSecond':0}",
        "{'topic':'a','bytesPerSecond':'fast'}",
        "{'topic':'a','partitions':[]}",
        "{'topic':'a','partitions':[-1]}",
        "{'topic':'a','partitions':[9]}",
        "{'topic':'a','partitioning':'random'}",
        "{'topic':'a','isolation':'none'}",
        "{'topic':'a','from':'yesterday'}",
        "{'topic':'a','from':'offset:99999999'}",
        "{'topic':'orders'}"
      })
  void requestsThatMakeNoSenseAreRefused(String request) {
    fill(orders, 10);

    assertThatThrownBy(() -> create(request))
        .isInstanceOf(QueryException.class)
        .satisfies(
            failure -> assertThat(((QueryException) failure).kind().status()).isBetween(400, 404));
    assertThat(directory).isEmptyDirectory();
    assertThat(topics.find("a")).as("made for nothing").isEmpty();
  }
}

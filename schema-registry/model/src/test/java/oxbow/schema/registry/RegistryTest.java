package oxbow.schema.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.Metadata;
import oxbow.schema.Mode;
import oxbow.schema.RegistryException;
import oxbow.schema.RegistryException.Kind;
import oxbow.schema.SchemaContent;
import oxbow.schema.SchemaStore;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.SchemaType;
import oxbow.schema.StoredSchema;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.record.JsonForms;
import oxbow.schema.record.RecordCodec;
import oxbow.schema.record.RecordKey.SchemaKey;
import oxbow.schema.record.RecordValue.SchemaValue;
import oxbow.schema.registry.Registry.Filter;
import oxbow.schema.testing.MemorySchemaStore;
import oxbow.schema.testing.MemorySchemaStore.Fault;

/** What the registry promises whatever the store and other clients do meanwhile. */
class RegistryTest {
  private static final List<Fault> FAULTS = List.of(Fault.values());

  private final MemorySchemaStore store = new MemorySchemaStore();
  private final Registry registry = open(store);

  private static Registry open(SchemaStore store) {
    var registry =
        new Registry(
            store,
            List.of(new AvroFormat()),
            new RegistryConfig(CompatibilityLevel.BACKWARD, 1 << 20, Duration.ofSeconds(20)),
            InstantSource.system());
    registry.open().toCompletableFuture().join();
    return registry;
  }

  private static String record(String name) {
    return "{\"type\":\"record\",\"name\":\"%s\",\"fields\":[]}".formatted(name);
  }

  private static SchemaRequest avro(String text) {
    return SchemaRequest.of(null, text, List.of());
  }

  private StoredSchema register(String subject, String text) {
    return registry.register(subject, avro(text), false, false);
  }

  private static Kind kind(Throwable failure) {
    return ((RegistryException) failure).kind();
  }

  @Test
  void hundredClientsThatRegisterTheSameAtOnceGetOneIdAndOneVersion() throws Exception {
    int clients = 100;
    var start = new CountDownLatch(1);
    List<Future<StoredSchema>> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < clients; i++) {
        answers.add(
            threads.submit(() -> {
              start.await();
              return register("orders-value", record("Order"));
            }));
      }
      start.countDown();
      for (Future<StoredSchema> answer : answers) {
        assertThat(answer.get(20, TimeUnit.SECONDS).id()).isEqualTo(1);
        assertThat(answer.get().version()).isEqualTo(1);
      }
    }
    assertThat(store.entries()).hasSize(1);
  }

  @Test
  void differentSchemasAtOnceGetDifferentIdsWithoutGaps() throws Exception {
    int clients = 200;
    List<Future<StoredSchema>> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < clients; i++) {
        String name = "R" + i;
        answers.add(threads.submit(() -> register(name, record(name))));
      }
    }
    List<Integer> ids = new ArrayList<>();
    for (Future<StoredSchema> answer : answers) ids.add(answer.get().id());
    assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id >= 1 && id <= clients);
  }

  @Test
  void registrationWhoseReplyWasLostIsFoundByReadingBack() {
    store.failNext(Fault.REPLY_LOST);

    StoredSchema registered = register("s", record("A"));

    assertThat(registered.id()).isEqualTo(1);
    assertThat(schemaRecords()).hasSize(1);
  }

  @Test
  void registrationThatNeverReachedTheStoreFailsAndLeavesNothing() {
    store.failNext(Fault.WRITE_LOST);

    assertThatThrownBy(() -> register("s", record("A")))
        .satisfies(failure -> assertThat(kind(failure)).isEqualTo(Kind.STORE));
    assertThat(registry.subjects("", Filter.ALL)).isEmpty();
    assertThat(register("s", record("A")).id()).isEqualTo(1);
  }

  @Test
  void whatBecameOfALostRegistrationIsSettledBeforeTheNextChange() {
    store.failNext(Fault.REPLY_LOST, Fault.REFUSED);
    assertThatThrownBy(() -> register("s", record("A"))).isInstanceOf(RegistryException.class);

    // Another schema must not be given the id that the lost one took.
    assertThat(register("t", record("B")).id()).isEqualTo(2);
    assertThat(register("s", record("A")).id()).isEqualTo(1);
  }

  @Test
  void storeThatIsOfflineStopsChangesAndNothingElse() {
    register("s", record("A"));
    store.failNext(Fault.REFUSED);

    assertThatThrownBy(() -> register("s2", record("B")))
        .satisfies(failure -> assertThat(kind(failure)).isEqualTo(Kind.STORE));
    assertThat(registry.byId(1)).isPresent();
    assertThat(register("s", record("A")).id()).isEqualTo(1); // needs no change
  }

  @Test
  void answerComesAfterTheRecordIsApplied() {
    var slow = new SlowStore();
    Registry waiting = open(slow);
    CompletableFuture<StoredSchema> answer =
        CompletableFuture.supplyAsync(() -> waiting.register("s", avro(record("A")), false, false));
    CompletableFuture<Long> written = slow.appended.join();

    assertThat(answer).isNotDone();
    assertThat(waiting.byId(1)).isEmpty();
    slow.apply();
    written.complete(0L);
    assertThat(answer.join().id()).isEqualTo(1);
    assertThat(waiting.byId(1)).isPresent();
  }

  @Test
  void storeThatDoesNotAnswerEndsInATimeout() {
    var stuck = new SlowStore();
    var registry =
        new Registry(
            stuck,
            List.of(new AvroFormat()),
            new RegistryConfig(CompatibilityLevel.BACKWARD, 1 << 20, Duration.ofMillis(50)),
            InstantSource.system());
    registry.open().toCompletableFuture().join();

    assertThatThrownBy(() -> registry.register("s", avro(record("A")), false, false))
        .satisfies(failure -> assertThat(kind(failure)).isEqualTo(Kind.TIMED_OUT));
  }

  @Test
  void idThatAnotherWriterTookMeanwhileIsNotGivenTwice() {
    var foreign =
        new StoredSchema(
            "foreign",
            1,
            1,
            SchemaContent.of(SchemaType.AVRO, "\"long\"", List.of(), null, null),
            false,
            0,
            null);
    var race = new RacingStore(foreign);
    Registry registry = open(race);

    StoredSchema registered = registry.register("s", avro(record("A")), false, false);

    assertThat(registered.id()).isEqualTo(2);
    assertThat(registry.byId(1, null)).map(StoredSchema::subject).contains("foreign");
  }

  @Test
  void everythingIsThereAgainAfterARestart() {
    register("a", record("A"));
    register(
        "a",
        "{\"type\":\"record\",\"name\":\"A\",\"fields\":"
            + "[{\"name\":\"f\",\"type\":[\"null\",\"string\"],\"default\":null}]}");
    register(":.lab:b", record("B"));
    registry.deleteVersion("a", 1);
    registry.setMode("a", Mode.READONLY, false);

    Registry again = open(MemorySchemaStore.holding(store.entries()));

    assertThat(again.versions("a", Filter.LIVE))
        .extracting(StoredSchema::version)
        .containsExactly(2);
    assertThat(again.versions("a", Filter.ALL)).hasSize(2);
    assertThat(again.mode("a")).contains(Mode.READONLY);
    assertThat(again.contexts()).containsExactly(".", ".lab");
    assertThat(again.maxId(".")).isEqualTo(2);
    assertThat(again.maxId(".lab")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 20_261_120})
  void whatWasAcknowledgedIsWhatARestartFinds(long seed) {
    Random random = new Random(seed);
    for (int step = 0; step < 400; step++) {
      if (random.nextInt(8) == 0) {
        store.failNext(FAULTS.get(random.nextInt(FAULTS.size())));
      }
      try {
        change(random);
      } catch (RegistryException refused) {
        // Refused or lost: the next comparison tells whether the registry knows which.
      }
    }
    settle();

    Registry again = open(MemorySchemaStore.holding(store.entries()));

    assertThat(dump(again)).as("seed %d", seed).isEqualTo(dump(registry));
    assertThat(again.passedOver()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {4, 5, 6})
  void compactedTopicMeansTheSame(long seed) {
    Random random = new Random(seed);
    for (int step = 0; step < 400; step++) {
      try {
        change(random);
      } catch (RegistryException refused) {
        // as it should be for many of them
      }
    }

    Registry again = open(MemorySchemaStore.holding(compacted(store.entries())));

    assertThat(dump(again)).as("seed %d", seed).isEqualTo(dump(registry));
  }

  private void settle() {
    store.failNext(); // none
    registry.setMode("settled", Mode.READWRITE, false);
  }

  private void change(Random random) {
    String subject = (random.nextInt(4) == 0 ? ":.lab:" : "") + "s" + random.nextInt(4);
    switch (random.nextInt(10)) {
      case 0 -> registry.deleteSubject(subject);
      case 1 -> registry.deleteSubjectForGood(subject);
      case 2 -> registry.deleteVersion(subject, Registry.LATEST);
      case 3 -> registry.deleteVersionForGood(subject, 1 + random.nextInt(3));
      case 4 -> registry.setMode(subject, Mode.READWRITE, false);
      default ->
          registry.register(
              subject, avro(record("R" + random.nextInt(5))), false, random.nextBoolean());
    }
  }

  /** The last of each key, where it stood, as the log's cleaner leaves them. */
  private static List<Entry> compacted(List<Entry> entries) {
    List<Entry> kept = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      String key = entries.get(i).key();
      boolean isLast =
          entries.subList(i + 1, entries.size()).stream().noneMatch(e -> e.key().equals(key));
      if (isLast) kept.add(entries.get(i));
    }
    return kept;
  }

  private static String dump(Registry registry) {
    var text = new StringBuilder();
    for (StoredSchema schema : registry.schemas(":*:", Filter.ALL, false)) {
      text.append(schema.subject())
          .append('/')
          .append(schema.version())
          .append(" id ")
          .append(schema.id())
          .append(schema.isDeleted() ? " deleted " : " ")
          .append(schema.content().text())
          .append(" by id ")
          .append(
              registry.byId(schema.id(), schema.subject()).map(StoredSchema::content).isPresent())
          .append('\n');
    }
    return text.append(registry.contexts()).toString();
  }

  @Test
  void garbageInTheTopicIsPassedOverAndCounted() {
    List<Entry> entries =
        List.of(
            new Entry("garbage", "garbage"),
            new Entry("{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":1,\"magic\":1}", "{"),
            new Entry("{\"keytype\":\"NEWER\",\"magic\":0}", "{}"),
            schemaEntry("s", 1, 1, "\"string\""),
            schemaEntry("t", 1, 1, "\"long\"")); // the id is another schema's

    Registry read = open(MemorySchemaStore.holding(entries));

    assertThat(read.passedOver()).isEqualTo(3);
    assertThat(read.subjects("", Filter.ALL)).containsExactly("s");
  }

  @Test
  void whatADamagedRecordTookIsNotGivenAgain() {
    String key = "{\"keytype\":\"SCHEMA\",\"subject\":\"s\",\"version\":%d,\"magic\":%d}";
    var entries = new ArrayList<Entry>();
    entries.add(schemaEntry("s", 1, 1, "\"string\""));
    entries.add(new Entry(key.formatted(2, 1), "{\"subject\":\"s\",\"version\":2,\"id\":7,\"sch"));
    entries.add(new Entry(key.formatted(3, 1), "\u0000\u0000"));
    entries.add(new Entry(key.formatted(4, 9), "{}")); // nobody knows what a key of magic 9 means
    Registry read = open(MemorySchemaStore.holding(entries));

    StoredSchema next = read.register("s", avro("\"bytes\""), false, false);
    assertThat(next.id()).as("7, and one that can't be told").isEqualTo(9);
    assertThat(next.version()).isEqualTo(4);
    assertThat(read.find("s", Registry.LATEST, false)).contains(next);
    assertThatThrownBy(() -> read.find("s", 2, false))
        .hasMessage("Version 2 of subject 's' can't be read: its record is damaged")
        .satisfies(failure -> assertThat(kind(failure)).isEqualTo(Kind.STORE));
    assertThat(read.find("s", 5, false)).isEmpty();
  }

  @Test
  void aDamagedRecordIsHealedByOneThatReplacesIt() {
    var key = new SchemaKey("s", 1);
    String id = RecordCodec.tombstone(key).key();
    var healed =
        MemorySchemaStore.holding(
            List.of(new Entry(id, "{"), schemaEntry("s", 1, 1, "\"string\"")));
    var deleted =
        MemorySchemaStore.holding(List.of(new Entry(id, "{"), RecordCodec.tombstone(key)));

    assertThat(open(healed).find("s", 1, false)).map(StoredSchema::id).contains(1);
    assertThat(open(deleted).find("s", 1, false)).isEmpty();
  }

  @Test
  void registrationsOfDifferentSubjectsWaitForTheDiskTogether() {
    var held = new HeldStore();
    Registry registry = open(held);

    var first = registering(registry, "a", "A");
    var second = registering(registry, "b", "B");
    held.awaitAppends(2);
    var sameSubject = registering(registry, "a", "C");
    var sameSchema = registering(registry, "c", "A");
    var known = registering(registry, "b", "B");
    var alone = CompletableFuture.runAsync(() -> registry.setMode("m", Mode.READONLY, false));
    assertThat(List.of(first, second, sameSubject, sameSchema, known, alone))
        .noneMatch(CompletableFuture::isDone);

    held.land();
    assertThat(first.join().id()).isEqualTo(1);
    assertThat(alone).isNotDone();
    held.landAllUntil(CompletableFuture.allOf(second, sameSubject, sameSchema, known, alone));

    assertThat(second.join().id()).isEqualTo(2);
    assertThat(sameSubject.join().version()).isEqualTo(2);
    assertThat(sameSubject.join().id()).isEqualTo(3);
    assertThat(sameSchema.join().id()).as("the same schema").isEqualTo(1);
    assertThat(known.join()).isEqualTo(second.join());
    assertThat(registry.mode("m")).contains(Mode.READONLY);
  }

  private static CompletableFuture<StoredSchema> registering(
      Registry registry, String subject, String name) {
    return CompletableFuture.supplyAsync(
        () -> registry.register(subject, avro(record(name)), false, true),
        Thread::startVirtualThread);
  }

  @Test
  void aRegistrationThatIsLostOnItsWayTakesNoOtherWithIt() {
    var held = new HeldStore();
    Registry registry = open(held);
    var lost = registering(registry, "a", "A");
    held.awaitAppends(1);
    var sound = registering(registry, "b", "B");
    held.awaitAppends(2);

    held.lose();
    held.landAllUntil(CompletableFuture.allOf(lost.exceptionally(_ -> null), sound));

    assertThat(sound.join().id()).isEqualTo(2);
    assertThat(lost)
        .isCompletedExceptionally()
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("the change was not written");
    var again = registering(registry, "a", "A");
    held.landAllUntil(again);
    assertThat(again.join().id()).isEqualTo(3);
  }

  private static Entry schemaEntry(String subject, int version, int id, String text) {
    return RecordCodec.entry(
        new SchemaKey(subject, version),
        new SchemaValue(
            new StoredSchema(
                subject,
                version,
                id,
                SchemaContent.of(SchemaType.AVRO, text, List.of(), null, null),
                false,
                0,
                null)));
  }

  @Test
  void oneIdMayHaveThousandsOfSubjects() {
    int subjects = 2_000;
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < subjects; i++) entries.add(schemaEntry("s" + i, 1, 1, "\"string\""));
    entries.add(RecordCodec.tombstone(new SchemaKey("s0", 1)));

    Registry read = open(MemorySchemaStore.holding(entries));

    assertThat(read.uses(1, null, Filter.LIVE).orElseThrow()).hasSize(subjects - 1);
    assertThat(read.isRegistered("s1999", 1)).isTrue();
    assertThat(read.isRegistered("s0", 1)).isFalse();
  }

  @Test
  void metadataOfTheLatestVersionAndTheConfigIsTakenOver() {
    registry.changeConfig(
        null,
        before ->
            JsonForms.config(
                tree(
                    "{\"defaultMetadata\":{\"properties\":{\"team\":\"a\",\"tier\":\"1\"}},"
                        + "\"overrideMetadata\":{\"properties\":{\"tier\":\"2\"}}}"),
                null));

    StoredSchema registered = register("s", record("A"));

    assertThat(registered.content().metadata())
        .extracting(Metadata::properties)
        .isEqualTo(Map.of("team", "a", "tier", "2"));
    assertThat(register("s", record("A"))).isEqualTo(registered);
    assertThat(registry.find("s", avro(record("A")), false, false)).contains(registered);
  }

  private static JsonNode tree(String json) {
    try {
      return JsonForms.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private List<Entry> schemaRecords() {
    return store.entries().stream().filter(entry -> entry.key().contains("SCHEMA")).toList();
  }

  /** Says when it was asked, and answers when it is told to. */
  private static final class SlowStore implements SchemaStore {
    final CompletableFuture<CompletableFuture<Long>> appended = new CompletableFuture<>();
    private List<Entry> entries = List.of();
    private Optional<Listener> listener = Optional.empty();

    @Override
    public CompletionStage<Void> open(Listener reader) {
      listener = Optional.of(reader);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Long> append(List<Entry> added) {
      entries = added;
      var written = new CompletableFuture<Long>();
      appended.complete(written);
      return written;
    }

    void apply() {
      long offset = 0;
      for (Entry entry : entries) listener.orElseThrow().read(offset++, 0, entry);
    }

    @Override
    public void close() {}
  }

  /** Holds what is appended until it is told to let it come about. Thread-safe. */
  private static final class HeldStore implements SchemaStore {
    private final Queue<Held> held = new ArrayDeque<>();
    private final MemorySchemaStore inner = new MemorySchemaStore();
    private int appends;

    private record Held(List<Entry> entries, CompletableFuture<Long> appended) {}

    @Override
    public CompletionStage<Void> open(Listener listener) {
      return inner.open(listener);
    }

    @Override
    public synchronized CompletionStage<Long> append(List<Entry> entries) {
      var appended = new CompletableFuture<Long>();
      held.add(new Held(entries, appended));
      appends++;
      notifyAll();
      return appended;
    }

    synchronized void awaitAppends(int count) {
      long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (appends < count) {
        assertThat(System.nanoTime()).as("appended in time").isLessThan(until);
        try {
          wait(100);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }

    private synchronized Optional<Held> next() {
      return Optional.ofNullable(held.poll());
    }

    /** The oldest comes about. */
    void land() {
      land(next().orElseThrow());
    }

    private void land(Held next) {
      inner.append(next.entries()).thenAccept(next.appended()::complete);
    }

    /** The oldest is lost, and nobody knows. */
    void lose() {
      next().orElseThrow().appended().completeExceptionally(new IllegalStateException("lost"));
    }

    void landAllUntil(CompletableFuture<?> done) {
      while (!done.isDone()) next().ifPresentOrElse(this::land, Thread::onSpinWait);
    }

    @Override
    public void close() {}
  }

  /** Another writer's record comes just before the first of ours. */
  private static final class RacingStore implements SchemaStore {
    private final MemorySchemaStore inner = new MemorySchemaStore();
    private Optional<StoredSchema> foreign;

    RacingStore(StoredSchema foreign) {
      this.foreign = Optional.of(foreign);
    }

    @Override
    public CompletionStage<Void> open(Listener listener) {
      return inner.open(listener);
    }

    @Override
    public CompletionStage<Long> append(List<Entry> entries) {
      foreign.ifPresent(schema ->
          inner.write(
              RecordCodec.entry(
                  new SchemaKey(schema.subject(), schema.version()), new SchemaValue(schema))));
      foreign = Optional.empty();
      return inner.append(entries);
    }

    @Override
    public void close() {}
  }
}

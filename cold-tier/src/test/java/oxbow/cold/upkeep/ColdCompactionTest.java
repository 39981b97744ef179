package oxbow.cold.upkeep;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.cold.testing.ColdFiles.ORDERS;
import static oxbow.cold.testing.ColdFiles.ORDERS_0;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.cold.TopicTiering;
import oxbow.cold.TopicTiering.CompactionRules;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.offload.FileWriters;
import oxbow.cold.offload.TopicColumns;
import oxbow.cold.offload.Uploads;
import oxbow.cold.offload.Writers;
import oxbow.cold.rewrite.BatchFilter;
import oxbow.cold.rewrite.Rewriter;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.table.ColdTable.Compacted;
import oxbow.cold.table.IcebergCatalog;
import oxbow.cold.table.Partitioning;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.log.batch.BatchView;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.ManualClock;
import oxbow.schema.Schemas;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;

class ColdCompactionTest {
  private static final long HOUR_MS = 3_600_000;
  private static final CompactionRules EAGER = new CompactionRules(HOUR_MS, 0, Long.MAX_VALUE, 0);
  private static final int MAP_BYTES = 1 << 20;
  private static final int PRODUCER = 9;

  @TempDir Path directory;

  private final ManualClock clock = new ManualClock(1_700_000_000_000L);
  private final MemoryObjectStore store = new MemoryObjectStore(clock);
  private final ColdTable table =
      IcebergCatalog.open(store, clock)
          .findOrCreate(
              "topics",
              "orders",
              ORDERS,
              new TableColumns(
                  SystemColumns.BINARY_KEY,
                  Optional.of(SystemColumns.plainValue(Type.Plain.BINARY)),
                  Layout.EMPTY),
              Partitioning.NONE);
  private final UpkeepCounters counters = new UpkeepCounters();
  private final List<ByteBuffer> waiting = new ArrayList<>();
  private Rewriter.Budget budget = _ -> {};
  private long next;

  @Test
  void theLatestRecordOfEachKeyStaysAtItsOffset() throws Exception {
    put("a", "1");
    put("b", "1");
    file();
    put("a", "2");
    put(null, "no key");
    file();
    put("c", "1");
    put("b", "2");
    file();

    compact(MAP_BYTES);

    assertThat(seen()).containsExactly("2 a=2", "4 c=1", "5 b=2");
    assertThat(table.files(0)).hasSize(3);
    assertThat(table.files(0).getFirst().records()).isZero();
    assertThat(table.ends()).isEqualTo(Map.of(0, 6L));
    assertThat(table.compacted()).isEqualTo(Map.of(0, List.of(new Compacted(6, clock.millis()))));
    assertThat(counters.compactedRecords.sum()).isEqualTo(3);
    assertThat(counters.compactedFiles.sum()).isEqualTo(2);
  }

  @Test
  void aFileThatLosesNothingStays() throws Exception {
    put("a", "1");
    put("b", "1");
    file();
    put("c", "1");
    file();
    List<ColdFile> before = table.files(0);

    compact(MAP_BYTES);

    assertThat(table.files(0)).isEqualTo(before);
    assertThat(compact(MAP_BYTES)).isFalse();
  }

  @Test
  void aTombstoneStaysAsLongAsTheTopicAsksAfterWhatItDeletesIsGone() throws Exception {
    put("a", "1");
    file();
    put("a", null);
    put("b", "1");
    file();
    clock.advance(10 * HOUR_MS); // however old it is

    compact(MAP_BYTES);
    assertThat(seen()).containsExactly("1 a", "2 b=1");
    clock.advance(HOUR_MS - 1);
    put("c", "1");
    file();
    compact(MAP_BYTES);
    assertThat(seen()).containsExactly("1 a", "2 b=1", "3 c=1");
    clock.advance(1);
    put("d", "1");
    file();
    compact(MAP_BYTES);

    assertThat(seen()).containsExactly("2 b=1", "3 c=1", "4 d=1");
  }

  @Test
  void markersGoOnceNothingIsLeftOfTheirTransactions() throws Exception {
    transaction(0, ControlRecordType.COMMIT, "a", "b");
    marker(ControlRecordType.ABORT); // its records never came here
    file();
    put("a", "later");
    file();

    compact(MAP_BYTES);
    assertThat(markers()).containsExactly(2L, 3L);
    clock.advance(2 * HOUR_MS);
    put("b", "later");
    file();
    compact(MAP_BYTES);
    assertThat(markers()).containsExactly(2L); // one of its records was here until now
    clock.advance(2 * HOUR_MS);
    put("c", "1");
    file();
    compact(MAP_BYTES);

    assertThat(markers()).isEmpty();
    assertThat(seen()).containsExactly("4 a=later", "5 b=later", "6 c=1");
  }

  @Test
  void whatIsTooYoungIsNotTouched() throws Exception {
    put("a", "1");
    file();
    put("a", "2");
    file();
    var rules = new CompactionRules(HOUR_MS, HOUR_MS, Long.MAX_VALUE, 0);

    assertThat(compaction(MAP_BYTES).round(ORDERS_0, table, writers(), rules, clock.millis()))
        .isFalse();
    assertThat(seen()).hasSize(2);
    clock.advance(2 * HOUR_MS);
    boolean _ = compaction(MAP_BYTES).round(ORDERS_0, table, writers(), rules, clock.millis());

    assertThat(seen()).containsExactly("1 a=2");
  }

  @Test
  void aRoundThatFindsItsFilesReplacedIsBegunAnew() throws Exception {
    put("a", "1");
    file();
    put("a", "2");
    file();
    budget =
        bytes -> {
          budget = _ -> {};
          mergeAll();
        };

    assertThatThrownBy(() -> compact(MAP_BYTES))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.EXISTS));
    compact(MAP_BYTES);

    assertThat(seen()).containsExactly("1 a=2");
    assertThat(store.names().stream().filter(name -> name.endsWith(".parquet")))
        .as("what lost its place is gone, too")
        .hasSize(4);
  }

  /** A map of very few keys takes many rounds, and comes to the same. */
  @ParameterizedTest
  @ValueSource(ints = {MAP_BYTES, 24 * 8})
  void whateverCameTheLatestOfEachKeyIsLeft(int mapBytes) throws Exception {
    for (long seed = 0; seed < 4; seed++) {
      Random random = new Random(seed);
      Map<String, String> latest = new HashMap<>();
      long from = next;
      for (int file = 0; file < 6; file++) {
        int batches = 1 + random.nextInt(8);
        for (int i = 0; i < batches; i++) {
          BatchBuilder batch =
              BatchBuilder.at(clock.millis())
                  .codec(CompressionType.forId(random.nextInt(5)))
                  .producer(PRODUCER, 0, random.nextInt(1000));
          int records = 1 + random.nextInt(5);
          for (int j = 0; j < records; j++) {
            String key = seed + " key " + random.nextInt(25);
            String value = random.nextInt(5) == 0 ? null : "value " + random.nextInt();
            batch.add(clock.millis() + j, key, value);
            latest.put(key, (next + j) + " " + key + (value == null ? "" : "=" + value));
          }
          add(batch, records);
        }
        file();
        if (random.nextInt(3) == 0) while (compact(mapBytes)) clock.advance(1);
      }
      while (compact(mapBytes)) clock.advance(1);

      assertThat(seen().stream().filter(one -> offset(one) >= from))
          .as("seed " + seed)
          .containsExactlyElementsOf(
              latest.values().stream()
                  .sorted((a, b) -> Long.compare(offset(a), offset(b)))
                  .toList());
      assertThat(table.files(0).getLast().endOffset()).isEqualTo(next);
    }
  }

  private static long offset(String seen) {
    return Long.parseLong(seen.substring(0, seen.indexOf(' ')));
  }

  private boolean compact(int mapBytes) throws IOException, InterruptedException {
    return compaction(mapBytes).round(ORDERS_0, table, writers(), EAGER, clock.millis());
  }

  private ColdCompaction compaction(int mapBytes) {
    return new ColdCompaction(rewriter(), mapBytes, counters);
  }

  private Rewriter rewriter() {
    return new Rewriter(
        store,
        file ->
            ColdFiles.open(file, (position, length) -> store.read(file.name(), position, length)),
        bytes -> budget.spend(bytes),
        new Uploads());
  }

  private Writers writers() {
    Map<String, String> settings =
        Map.of("remote.storage.enable", "true", "cleanup.policy", "compact");
    return new FileWriters(
        directory,
        "writer",
        TopicTiering.of(settings),
        new TopicColumns("orders", table, Schemas.NONE));
  }

  private void mergeAll() throws InterruptedException {
    try {
      var _ = rewriter().rewrite(ORDERS_0, table.files(0), table, writers(), BatchFilter.none());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void put(@Nullable String key, @Nullable String value) {
    add(BatchBuilder.at(clock.millis()).add(clock.millis(), key, value), 1);
  }

  private void add(BatchBuilder builder, int offsets) {
    ByteBuffer batch = builder.build();
    BatchView.stampOffset(batch, 0, next, 3);
    waiting.add(batch);
    next += offsets;
  }

  private void transaction(int sequence, ControlRecordType end, String... keys) {
    BatchBuilder batch =
        BatchBuilder.at(clock.millis()).producer(PRODUCER, 0, sequence).transactional();
    for (String key : keys) batch.add(clock.millis(), key, "in a transaction");
    add(batch, keys.length);
    marker(end);
  }

  private void marker(ControlRecordType type) {
    waiting.add(
        MemoryRecords.withEndTransactionMarker(
                next, clock.millis(), 3, PRODUCER, (short) 0, new EndTransactionMarker(type, 0))
            .buffer());
    next++;
  }

  /** What came so far lies in a file of its own. */
  private void file() throws IOException {
    Writers writers = writers();
    Long end = table.ends().get(0);
    try (ColdFileWriter writer = writers.open(ORDERS_0)) {
      for (ByteBuffer batch : waiting) writer.add(batch, end == null ? 0 : end, List.of());
      waiting.clear();
      ColdFile unnamed = writer.finish("", next);
      ColdFile file = unnamed.named(table.name(unnamed, writers.attempt(ORDERS_0)));
      store.put(file.name(), writer.path());
      long _ =
          table.append(
              List.of(new NewFile(file, writer.metrics())),
              end == null ? Map.of() : Map.of(0, end));
    }
  }

  private List<RecordBatch> batches() {
    List<RecordBatch> all = new ArrayList<>();
    for (ColdFile file : table.files(0)) {
      var reader =
          ColdFiles.open(file, (position, length) -> store.read(file.name(), position, length));
      ByteBuffer bytes = reader.read(file.baseOffset(), 1 << 26);
      for (RecordBatch batch : MemoryRecords.readableRecords(bytes).batches()) {
        batch.ensureValid();
        all.add(batch);
      }
    }
    return all;
  }

  private List<String> seen() {
    List<String> seen = new ArrayList<>();
    for (RecordBatch batch : batches()) {
      if (batch.isControlBatch()) continue;
      for (Record record : batch) {
        String key = record.hasKey() ? text(record.key()) : "";
        String value = record.hasValue() ? "=" + text(record.value()) : "";
        seen.add(record.offset() + " " + key + value);
      }
    }
    return seen;
  }

  private List<Long> markers() {
    return batches().stream()
        .filter(RecordBatch::isControlBatch)
        .map(RecordBatch::lastOffset)
        .toList();
  }

  private static String text(ByteBuffer bytes) {
    return UTF_8.decode(Objects.requireNonNull(bytes)).toString();
  }
}

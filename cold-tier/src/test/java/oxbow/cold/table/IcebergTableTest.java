package oxbow.cold.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;
import org.apache.kafka.common.Uuid;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.FileMetrics;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.Request;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.StoreFault;
import oxbow.cold.testing.TestTables;
import oxbow.log.testing.ManualClock;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;
import oxbow.schema.layout.Type.Plain;

/** A topic's table takes files in order, each once, and tells all of it again from the bucket. */
class IcebergTableTest {
  private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
  private static final String NAMESPACE = "kafka";
  private static final String NAME = "orders.v1";
  private static final TableIdentifier ID = TableIdentifier.of(NAMESPACE, NAME);
  private static final Duration DAY = Duration.ofDays(1);
  private static final long HOUR_MICROS = 3_600_000_000L;

  /** Iceberg stamps snapshots by the clock of the system. */
  private final ManualClock clock = new ManualClock(System.currentTimeMillis());

  private final MemoryObjectStore store = new MemoryObjectStore(clock);
  private final IcebergCatalog catalog = IcebergCatalog.open(store, clock);
  private final ColdTable table = open(TableColumns.EMPTY);
  private int attempts;

  private ColdTable open(TableColumns columns) {
    return catalog.findOrCreate(NAMESPACE, NAME, TOPIC, columns, Partitioning.NONE);
  }

  /** The same table, as another process or a later start sees it. */
  private ColdTable openedAnew() {
    return IcebergCatalog.open(store, clock).find(NAMESPACE, NAME, TOPIC).orElseThrow();
  }

  private Table iceberg() {
    return IcebergCatalog.open(store, clock).loadTable(ID);
  }

  private NewFile file(int partition, long baseOffset, long endOffset) {
    return TestTables.upload(
        store, table, TOPIC, partition, baseOffset, endOffset, "e1-" + attempts++);
  }

  private NewFile appended(int partition, long baseOffset, long endOffset) {
    NewFile file = file(partition, baseOffset, endOffset);
    Long end = table.ends().get(partition);
    table.append(List.of(file), end == null ? Map.of() : Map.of(partition, end));
    return file;
  }

  private static void assertFails(Kind kind, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StoreException.class,
            failure -> assertThat(failure.kind()).as(failure.toString()).isEqualTo(kind));
  }

  @Test
  void addedFilesAreToldAsTheyWere() {
    NewFile first = file(0, 0, 10);
    NewFile second = file(0, 10, 25);
    NewFile other = file(3, 1000, 1001);

    long one = table.append(List.of(first, other), Map.of());
    long two = table.append(List.of(second), Map.of(0, 10L));

    assertThat(two).isNotEqualTo(one);
    for (ColdTable each : List.of(table, openedAnew())) {
      assertThat(each.ends()).isEqualTo(Map.of(0, 25L, 3, 1001L));
      assertThat(each.starts()).isEqualTo(Map.of(0, 0L, 3, 1000L));
      assertThat(each.files(0)).containsExactly(first.file(), second.file());
      assertThat(each.files(3)).containsExactly(other.file());
      assertThat(each.files(1)).isEmpty();
      assertThat(each.rewritten(0)).isEmpty();
    }
  }

  @Test
  void fileIsAddedOnlyWhereTheTableEnds() {
    appended(0, 0, 10);
    List<String> before = store.names();

    assertFails(Kind.EXISTS, () -> table.append(List.of(file(0, 5, 12)), Map.of(0, 5L)));
    assertFails(Kind.EXISTS, () -> table.append(List.of(file(0, 12, 14)), Map.of(0, 12L)));
    assertFails(Kind.EXISTS, () -> table.append(List.of(file(0, 0, 10)), Map.of()));
    assertFails(Kind.EXISTS, () -> table.append(List.of(file(1, 0, 10)), Map.of(1, 0L)));

    assertThat(table.ends()).isEqualTo(Map.of(0, 10L));
    assertThat(table.files(0)).hasSize(1);
    assertThat(store.names())
        .containsAll(before)
        .filteredOn(IcebergTableTest::isMetadata)
        .hasSameSizeAs(before.stream().filter(IcebergTableTest::isMetadata).toList());
  }

  private static boolean isMetadata(String name) {
    return name.contains("/metadata/");
  }

  @Test
  void oneOfTwoWritersThatBothBelieveInTheSameEndWins() {
    appended(0, 0, 10);
    ColdTable other = openedAnew();
    NewFile mine = file(0, 10, 20);
    NewFile theirs = file(0, 10, 30);

    other.append(List.of(theirs), Map.of(0, 10L));
    assertFails(Kind.EXISTS, () -> table.append(List.of(mine), Map.of(0, 10L)));

    assertThat(table.ends()).isEqualTo(Map.of(0, 30L));
    assertThat(table.files(0)).extracting(ColdFile::endOffset).containsExactly(10L, 30L);
  }

  @Test
  void gapIsLeftWhereRecordsWereDeleted() {
    appended(0, 0, 10);

    table.append(List.of(file(0, 50, 60)), Map.of(0, 10L));

    assertThat(table.files(0)).extracting(ColdFile::baseOffset).containsExactly(0L, 50L);
    assertThat(table.ends()).isEqualTo(Map.of(0, 60L));
  }

  @Test
  void filesOfOneCommitFollowEachOther() {
    table.append(List.of(file(0, 0, 10), file(0, 10, 20)), Map.of());

    assertFails(
        Kind.INVALID,
        () -> table.append(List.of(file(0, 20, 30), file(0, 25, 40)), Map.of(0, 20L)));
    assertFails(Kind.INVALID, () -> table.append(List.of(file(0, 15, 30)), Map.of(0, 20L)));
    assertFails(Kind.INVALID, () -> table.append(List.of(), Map.of()));

    assertThat(table.ends()).isEqualTo(Map.of(0, 20L));
  }

  @Test
  void onlyWhatIsInTheBucketIsAdded() {
    NewFile gone = file(0, 0, 10);
    store.delete(List.of(gone.file().name()));
    NewFile shorter = file(0, 0, 11);
    store.put(shorter.file().name(), ByteBuffer.allocate(3));
    NewFile misnamed = new NewFile(file(0, 0, 12).file().named("elsewhere"), FileMetrics.NONE);
    store.put("elsewhere", ByteBuffer.allocate(12));
    NewFile old = file(0, 0, 13);
    clock.advance(IcebergTable.UPLOAD_AGE_MAX.toMillis() + 1);
    store.put("elsewhere", ByteBuffer.allocate(12));
    store.put(shorter.file().name(), ByteBuffer.allocate(3));

    assertFails(Kind.NOT_FOUND, () -> table.append(List.of(gone), Map.of()));
    assertFails(Kind.CORRUPT, () -> table.append(List.of(shorter), Map.of()));
    assertFails(Kind.INVALID, () -> table.append(List.of(misnamed), Map.of()));
    assertFails(Kind.NOT_FOUND, () -> table.append(List.of(old), Map.of()));
    assertThat(table.ends()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(StoreFault.class)
  void commitIsThereOrNotWhateverBecameOfItsReply(StoreFault fault) {
    appended(0, 0, 10);
    NewFile next = file(0, 10, 20);
    store.failNext(Request.PUT, name -> name.startsWith("catalog/"), fault);

    boolean succeeded;
    try {
      table.append(List.of(next), Map.of(0, 10L));
      succeeded = true;
    } catch (StoreException e) {
      assertThat(e.kind()).isIn(Kind.BUSY, Kind.DENIED, Kind.OUTCOME_UNKNOWN);
      succeeded = false;
    }
    store.heal();

    boolean isThere = openedAnew().files(0).contains(next.file());
    assertThat(isThere).isEqualTo(succeeded);
    assertThat(openedAnew().ends()).isEqualTo(Map.of(0, isThere ? 20L : 10L));
    if (!succeeded) appended(0, 10, 20);
    assertThat(openedAnew().files(0)).hasSize(2);
  }

  @Test
  void commitThatNobodyAnswersIsUnknownAndFoundLater() {
    appended(0, 0, 10);
    NewFile next = file(0, 10, 20);
    for (int i = 0; i < 4; i++) {
      store.failNext(Request.PUT, name -> name.startsWith("catalog/"), StoreFault.LATE);
    }

    assertFails(Kind.OUTCOME_UNKNOWN, () -> table.append(List.of(next), Map.of(0, 10L)));
    store.heal();

    assertThat(table.ends()).isEqualTo(Map.of(0, 20L));
    assertThat(table.files(0)).contains(next.file());
    appended(0, 20, 30);
    assertThat(openedAnew().files(0)).hasSize(3);
  }

  @Test
  void mergedFileTakesThePlaceOfItsParts() {
    NewFile a = appended(0, 0, 10);
    NewFile b = appended(0, 10, 20);
    NewFile c = appended(0, 20, 30);
    NewFile merged = file(0, 0, 20);

    table.replace(List.of(a.file(), b.file()), List.of(merged));

    assertThat(openedAnew().files(0)).containsExactly(merged.file(), c.file());
    assertThat(table.ends()).isEqualTo(Map.of(0, 30L));
    assertThat(iceberg().currentSnapshot().operation()).isEqualTo("replace");
    NewFile again = file(0, 0, 20);
    assertFails(Kind.EXISTS, () -> table.replace(List.of(a.file(), b.file()), List.of(again)));
  }

  @Test
  void replacementCoversWhatItReplaces() {
    NewFile a = appended(0, 0, 10);
    NewFile b = appended(0, 10, 20);

    assertFails(Kind.INVALID, () -> table.replace(List.of(a.file()), List.of(file(0, 0, 20))));
    assertFails(
        Kind.INVALID, () -> table.replace(List.of(a.file(), b.file()), List.of(file(0, 0, 10))));
    assertFails(Kind.INVALID, () -> table.replace(List.of(a.file()), List.of(file(1, 0, 10))));
    assertFails(Kind.INVALID, () -> table.replace(List.of(), List.of()));
    assertThat(table.files(0)).containsExactly(a.file(), b.file());
  }

  @Test
  void erasureIsToldAsAChangeOfRows() {
    NewFile full = appended(0, 0, 10);
    NewFile shorter = file(0, 0, 10);
    ColdFile erased = withRecords(shorter.file(), 9);

    table.replace(List.of(full.file()), List.of(new NewFile(erased, shorter.metrics())));

    assertThat(iceberg().currentSnapshot().operation()).isEqualTo("overwrite");
    assertThat(openedAnew().files(0)).containsExactly(erased);
  }

  private static ColdFile withRecords(ColdFile file, long records) {
    return new ColdFile(
        file.name(),
        file.topicId(),
        file.partition(),
        file.format(),
        file.baseOffset(),
        file.endOffset(),
        records,
        file.bytes(),
        file.timestampMin(),
        file.timestampMax(),
        file.indexBytes(),
        file.leaderEpoch(),
        file.logBytes());
  }

  @Test
  void expiryDropsFilesThatLieWhollyBelow() {
    appended(0, 0, 10);
    NewFile crossing = appended(0, 10, 20);
    NewFile other = appended(1, 0, 10);

    table.expire(0, 15);

    assertThat(openedAnew().files(0)).containsExactly(crossing.file());
    assertThat(table.files(1)).containsExactly(other.file());
    assertThat(table.starts()).isEqualTo(Map.of(0, 15L, 1, 0L));
    assertThat(table.ends()).isEqualTo(Map.of(0, 20L, 1, 10L));
    table.expire(0, 100);
    assertThat(table.files(0)).isEmpty();
    assertThat(table.ends()).containsEntry(0, 20L);
    table.append(List.of(file(0, 100, 110)), Map.of(0, 20L));
    assertThat(table.starts()).containsEntry(0, 100L);
    table.expire(0, 50);
    assertThat(table.starts()).containsEntry(0, 100L);
  }

  @Test
  void columnsMoveOnAndKeepTheirIds() {
    Column a = new Column(1000, "a", Set.of("old_a"), Plain.INT, true, "an int", 7);
    Column b =
        new Column(
            1001,
            "kafka_b",
            Set.of(),
            new Type.Struct(
                List.of(
                    new Column(1002, "x", Set.of(), new Type.Decimal(9, 2), true, null),
                    new Column(1003, "y", Set.of(), new Type.Fixed(4), true, null)),
                true),
            true,
            null);
    Column list =
        new Column(
            1004,
            "list",
            Set.of(),
            new Type.ListOf(new Column(1005, "element", Set.of(), Plain.STRING, false, null)),
            true,
            null);
    Column map =
        new Column(
            1006,
            "map",
            Set.of(),
            new Type.MapOf(
                new Column(1007, "key", Set.of(), Plain.STRING, false, null),
                new Column(1008, "value", Set.of(), Plain.OPAQUE, true, null)),
            true,
            null);
    table.evolve(new Layout(1003, List.of(a, b)));
    Column wider = new Column(1000, "a", Set.of("old_a"), Plain.LONG, true, "a long", 7);
    Layout next = new Layout(1008, List.of(wider, b, list, map));

    table.evolve(next);

    assertThat(openedAnew().layout()).isEqualTo(next);
    assertThat(iceberg().schema().findField("a").fieldId()).isEqualTo(1000);
    assertThat(iceberg().schema().findField("a").type()).isEqualTo(Types.LongType.get());
    assertThat(iceberg().schema().findField("value_kafka_b.x").type())
        .isEqualTo(Types.DecimalType.of(9, 2));
    assertThat(iceberg().schema().findField("map.value").fieldId()).isEqualTo(1008);
    assertThat(iceberg().schema().findField("kafka_headers.element.key").fieldId()).isEqualTo(8);
    assertThat(iceberg().schema().findField(1008).type()).isEqualTo(Types.BinaryType.get());
  }

  @Test
  void columnsDoNotMoveBack() {
    Column a = new Column(1000, "a", Set.of(), Plain.LONG, true, null);
    Column b = new Column(1001, "b", Set.of(), Plain.STRING, true, null);
    Layout both = new Layout(1001, List.of(a, b));
    table.evolve(both);

    assertFails(Kind.EXISTS, () -> table.evolve(new Layout(1001, List.of(a))));
    assertFails(
        Kind.EXISTS,
        () ->
            openedAnew()
                .evolve(
                    new Layout(
                        1000, List.of(new Column(1000, "c", Set.of(), Plain.LONG, true, null)))));
    assertFails(
        Kind.INVALID,
        () ->
            table.evolve(
                new Layout(
                    1001, List.of(new Column(1000, "a", Set.of(), Plain.INT, true, null), b))));
    assertThat(openedAnew().layout()).isEqualTo(both);
  }

  @Test
  void namesThatEnginesFoldTogetherStayApart() {
    Column lower = new Column(1000, "id", Set.of(), Plain.LONG, true, null);
    Column upper = new Column(1001, "ID", Set.of(), Plain.LONG, true, null);
    Column value = new Column(1002, "value", Set.of(), Plain.LONG, true, null);
    Layout layout = new Layout(1002, List.of(upper, lower, value));
    Column plain = SystemColumns.plainValue(Plain.STRING);

    table.evolve(new TableColumns(SystemColumns.BINARY_KEY, Optional.of(plain), layout));

    assertThat(iceberg().schema().findField(1000).name()).isEqualTo("id");
    assertThat(iceberg().schema().findField(1001).name()).isEqualTo("ID_1001");
    assertThat(iceberg().schema().findField(1002).name()).isEqualTo("value");
    assertThat(iceberg().schema().findField(plain.id()).name()).isEqualTo("value_14");
  }

  @Test
  void nanosecondsTakeTheTableToIcebergsThirdVersion() {
    appended(0, 0, 10);
    Column nanos = new Column(1000, "at", Set.of(), Plain.TIMESTAMP_NANOS_UTC, true, null);

    table.evolve(new Layout(1000, List.of(nanos)));

    assertThat(iceberg().schema().findField("at").type())
        .isEqualTo(Types.TimestampNanoType.withZone());
    appended(0, 10, 20);
    assertThat(openedAnew().files(0)).hasSize(2);
  }

  @Test
  void everyTypeHasAColumn() {
    List<Column> columns = new ArrayList<>();
    for (Plain plain : Plain.values()) {
      columns.add(
          new Column(1000 + columns.size(), "c_" + plain, Set.of(), plain, true, plain.name()));
    }
    Layout layout = new Layout(1999, columns);

    table.evolve(layout);

    assertThat(openedAnew().layout()).isEqualTo(layout);
    assertThat(openedAnew().columns()).isEqualTo(TableColumns.typed(layout));
  }

  @Test
  void fileIsPartitionedWhereAllItsRowsAgree() {
    appended(0, 0, 10);
    table.repartition(Partitioning.parse("hour(kafka_timestamp), bucket(4, kafka_offset)"));
    NewFile oneHour = upload(10, 20, 5 * HOUR_MICROS, 6 * HOUR_MICROS - 1);
    NewFile oneRow = upload(20, 21, 7 * HOUR_MICROS, 7 * HOUR_MICROS);
    table.append(List.of(oneHour, oneRow), Map.of(0, 10L));
    table.repartition(Partitioning.parse("hour(kafka_timestamp)"));
    NewFile twoHours = upload(21, 30, 5 * HOUR_MICROS, 6 * HOUR_MICROS);
    NewFile alsoOneHour = upload(30, 40, 5 * HOUR_MICROS, 5 * HOUR_MICROS);
    table.append(List.of(twoHours, alsoOneHour), Map.of(0, 21L));

    Map<Long, Integer> fields = new TreeMap<>();
    for (FileScanTask task : plan(Expressions.alwaysTrue())) {
      fields.put(baseOffset(task.file()), task.spec().fields().size());
    }

    assertThat(fields).isEqualTo(Map.of(0L, 1, 10L, 1, 20L, 3, 21L, 1, 30L, 2));
    assertThat(openedAnew().files(0)).hasSize(5);
    assertThat(plan(Expressions.equal("kafka_timestamp", 5 * HOUR_MICROS))).hasSize(3);
    table.repartition(Partitioning.NONE);
    appended(0, 40, 50);
    assertThat(iceberg().spec().fields()).hasSize(1);
    table.repartition(Partitioning.parse("a_column_that_may_come"));
    assertFails(Kind.INVALID, () -> table.repartition(Partitioning.parse("hour(kafka_offset)")));
  }

  private NewFile upload(long baseOffset, long endOffset, long microsMin, long microsMax) {
    return TestTables.upload(
        store, table, TOPIC, 0, baseOffset, endOffset, "e1-" + attempts++, microsMin, microsMax);
  }

  private static long baseOffset(DataFile file) {
    ByteBuffer lower = Objects.requireNonNull(file.lowerBounds().get(SystemColumns.OFFSET.id()));
    return lower.order(ByteOrder.LITTLE_ENDIAN).getLong(lower.position());
  }

  private List<FileScanTask> plan(Expression filter) {
    List<FileScanTask> tasks = new ArrayList<>();
    try (var planned = iceberg().newScan().filter(filter).includeColumnStats().planFiles()) {
      planned.forEach(tasks::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return tasks;
  }

  @Test
  void enginesSkipFilesByTheirBounds() {
    appended(0, 0, 10);
    appended(0, 10, 20);
    appended(1, 0, 10);

    assertThat(plan(Expressions.equal("kafka_partition", 1))).hasSize(1);
    assertThat(
            plan(
                Expressions.and(
                    Expressions.equal("kafka_partition", 0),
                    Expressions.greaterThan("kafka_offset", 12L))))
        .hasSize(1);
    assertThat(plan(Expressions.alwaysTrue())).hasSize(3);
    assertThat(plan(Expressions.alwaysTrue()).getFirst().file().splitOffsets()).contains(4L);
  }

  @Test
  void longBoundsAreShortened() {
    Column text = new Column(1000, "text", Set.of(), Plain.STRING, true, null);
    table.evolve(new Layout(1000, List.of(text)));
    NewFile plain = file(0, 0, 10);
    ByteBuffer lower = utf8("a".repeat(100));
    ByteBuffer upper = utf8("z".repeat(100));
    var metrics = new FileMetrics(List.of(TestTables.bounded(1000, 10, lower, upper)), List.of());

    table.append(List.of(new NewFile(plain.file(), metrics)), Map.of());

    DataFile file = plan(Expressions.alwaysTrue()).getFirst().file();
    assertThat(file.lowerBounds().get(1000)).isEqualTo(utf8("a".repeat(16)));
    assertThat(file.upperBounds().get(1000)).isEqualTo(utf8("z".repeat(15) + "{"));
    assertThat(plan(Expressions.equal("text", "0"))).isEmpty();
    assertThat(plan(Expressions.equal("text", "zz"))).hasSize(1);
  }

  private static ByteBuffer utf8(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void cleaningTakesOnlyWhatNoSnapshotKnowsAndIsOld() {
    NewFile a = appended(0, 0, 10);
    NewFile b = appended(0, 10, 20);
    clock.advance(DAY.toMillis());
    NewFile merged = file(0, 0, 20);
    table.replace(List.of(a.file(), b.file()), List.of(merged));
    NewFile orphan = file(0, 20, 30);

    assertThat(table.clean(Duration.ofHours(2))).isZero();
    clock.advance(2 * DAY.toMillis());
    NewFile underWay = file(0, 20, 31);

    assertThat(table.expireSnapshots(clock.instant(), 1)).isEqualTo(2);
    assertThat(table.clean(DAY)).isPositive();

    assertThat(store.names()).contains(merged.file().name(), underWay.file().name());
    assertThat(store.names())
        .doesNotContain(orphan.file().name(), a.file().name(), b.file().name());
    assertThat(openedAnew().files(0)).containsExactly(merged.file());
    assertThat(plan(Expressions.alwaysTrue())).hasSize(1);
    table.append(List.of(underWay), Map.of(0, 20L));
    assertThat(openedAnew().files(0)).hasSize(2);
  }

  @Test
  void whatSomebodyReadsIsCleanedOnceTheyAreDone() {
    NewFile a = appended(0, 0, 10);
    NewFile now = file(0, 0, 10);
    table.replace(List.of(a.file()), List.of(now));
    clock.advance(2 * DAY.toMillis());
    assertThat(table.expireSnapshots(clock.instant(), 1)).isEqualTo(1);
    var pins = new Pins();
    ColdTable pinned =
        IcebergCatalog.open(store, clock, ForeignReplays.ALL, () -> 0L, pins)
            .find(NAMESPACE, NAME, TOPIC)
            .orElseThrow();

    try (Pins.Pin pin = pins.all();
        Pins.Pin other = pins.all()) {
      assertThat(pinned.clean(DAY)).as("nobody knows what they want").isZero();
      pin.narrow(List.of(a.file().name()));
      assertThat(pinned.clean(DAY)).as("of one of them").isZero();
      other.narrow(List.of());
      pinned.clean(DAY);
      assertThat(store.names()).contains(a.file().name());
    }
    pinned.clean(DAY);
    assertThat(store.names()).doesNotContain(a.file().name()).contains(now.file().name());
  }

  @Test
  void filesAreToldByTheBoundsThatManifestsHave() {
    NewFile a = appended(0, 0, 10);
    NewFile b = appended(0, 10, 20);
    TableVersion version = table.version();
    int offset = SystemColumns.OFFSET.id();

    assertThat(without(version, Map.of(offset, numbers(3, 5)))).containsExactly(b.file().name());
    assertThat(without(version, Map.of(offset, numbers(9, 10)))).isEmpty();
    assertThat(without(version, Map.of(offset, numbers(20, 99))))
        .containsExactlyInAnyOrder(a.file().name(), b.file().name());
    assertThat(without(version, Map.of(SystemColumns.FORM.id(), numbers(7, 7))))
        .as("nothing is known of that column")
        .isEmpty();
  }

  private static ColumnRange numbers(long min, long max) {
    return new ColumnRange.Numbers(min, max, false);
  }

  private static Set<String> without(TableVersion version, Map<Integer, ColumnRange> ranges) {
    return version.without(version.files(0), ranges);
  }

  @Test
  void snapshotThatIsKeptKeepsItsFiles() {
    NewFile a = appended(0, 0, 10);
    NewFile now = file(0, 0, 10);
    table.replace(List.of(a.file()), List.of(now));
    clock.advance(2 * DAY.toMillis());

    assertThat(table.expireSnapshots(clock.instant(), 2)).isZero();
    table.clean(DAY);

    assertThat(store.names()).contains(a.file().name());
    assertThat(table.purge(List.of(a.file().name(), now.file().name())))
        .containsExactlyInAnyOrder(a.file().name(), now.file().name());
    assertThat(table.expireSnapshots(clock.instant(), 1)).isEqualTo(1);
    assertThat(table.purge(List.of(a.file().name(), now.file().name())))
        .containsExactly(now.file().name());
    assertThat(store.names()).doesNotContain(a.file().name()).contains(now.file().name());
  }

  @Test
  void clockThatJumpedAheadCleansNothing() {
    NewFile underWay = file(0, 0, 10);
    ManualClock ahead = new ManualClock(clock.millis() + 30 * DAY.toMillis());

    int cleaned =
        IcebergCatalog.open(store, ahead).find(NAMESPACE, NAME, TOPIC).orElseThrow().clean(DAY);

    assertThat(cleaned).isZero();
    assertThat(store.names()).contains(underWay.file().name());
  }

  @Test
  void metadataDoesNotPileUp() {
    for (int i = 0; i < 150; i++) appended(0, i, i + 1);

    long metadata = store.names().stream().filter(name -> name.endsWith(".metadata.json")).count();
    long manifests = iceberg().currentSnapshot().allManifests(iceberg().io()).size();

    assertThat(metadata).isLessThanOrEqualTo(21);
    assertThat(manifests).isLessThan(110);
    assertThat(openedAnew().files(0)).hasSize(150);
  }

  @Test
  void readingOnReadsOnlyWhatIsNew() {
    for (int i = 0; i < 10; i++) appended(0, i, i + 1);
    table.files(0);
    int before = store.requests(Request.GET) + store.requests(Request.HEAD);

    appended(0, 10, 11);
    table.files(0);

    int requests = store.requests(Request.GET) + store.requests(Request.HEAD) - before;
    assertThat(requests).isLessThan(12);
  }

  @Test
  void droppedTopicTakesItsTableAlong() {
    appended(0, 0, 10);
    Uuid next = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAg");

    catalog.drop(NAMESPACE, NAME, next);
    assertThat(openedAnew().files(0)).hasSize(1);
    catalog.drop(NAMESPACE, NAME, TOPIC);
    catalog.drop(NAMESPACE, NAME, TOPIC);

    assertThat(catalog.find(NAMESPACE, NAME, TOPIC)).isEmpty();
    assertThat(catalog.topics()).isEmpty();
    assertThat(store.names()).noneMatch(name -> name.startsWith("tables/"));
    assertFails(Kind.NOT_FOUND, table::ends);
    ColdTable anew =
        catalog.findOrCreate(NAMESPACE, NAME, next, TableColumns.EMPTY, Partitioning.NONE);
    assertThat(anew.ends()).isEmpty();
    assertFails(Kind.NOT_FOUND, table::ends);
    assertFails(Kind.NOT_FOUND, () -> appended(0, 10, 20));
  }

  @Test
  void tableOfAnEarlierTopicIsNotTouched() {
    appended(0, 0, 10);
    Uuid next = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAg");

    assertFails(
        Kind.EXISTS,
        () -> catalog.findOrCreate(NAMESPACE, NAME, next, TableColumns.EMPTY, Partitioning.NONE));
    assertThat(catalog.find(NAMESPACE, NAME, next)).isEmpty();
    assertThat(openedAnew().files(0)).hasSize(1);
  }

  @Test
  void bucketTellsItsTopics() {
    for (String name : List.of("a", "a-b", "a.b", "ab", "a_b")) {
      catalog.findOrCreate("other", name, Uuid.randomUuid(), TableColumns.EMPTY, Partitioning.NONE);
    }

    IcebergCatalog anew = IcebergCatalog.open(store, clock);

    assertThat(anew.topics())
        .extracting(IcebergCatalog.TopicTable::name)
        .containsExactlyInAnyOrder(NAME, "a", "a-b", "a.b", "ab", "a_b");
    assertThat(anew.listTables(Namespace.of("other"))).hasSize(5);
    assertThat(anew.listNamespaces())
        .containsExactlyInAnyOrder(Namespace.of("other"), Namespace.of(NAMESPACE));
    assertThat(anew.topics()).contains(new IcebergCatalog.TopicTable(NAMESPACE, NAME, TOPIC));
  }

  @Test
  void bucketOfAnotherLayoutIsRefused() {
    var other = new MemoryObjectStore(clock);
    other.put("oxbow.json", utf8("{\"layout\": 2}"));

    assertFails(Kind.DENIED, () -> IcebergCatalog.open(other, clock));
  }

  @Test
  void damagedPointerIsNotFollowed() {
    appended(0, 0, 10);
    String newest = store.names().stream().filter(n -> n.startsWith("catalog/")).findFirst().get();
    store.damage(newest, 20);

    assertFails(Kind.CORRUPT, this::openedAnew);
  }

  @Test
  void forgettingThePastLeavesOnlyWhatTheTableHasNow() {
    NewFile first = appended(0, 0, 10);
    NewFile second = appended(0, 10, 25);
    NewFile other = appended(1, 0, 5);
    iceberg()
        .manageSnapshots()
        .createTag("keep", iceberg().currentSnapshot().snapshotId())
        .commit();
    NewFile merged = file(0, 0, 25);
    table.replace(List.of(first.file(), second.file()), List.of(merged));
    NewFile nobodys = file(0, 25, 30);
    NewFile elsewhere = file(7, 0, 3);
    assertThat(table.past(0)).extracting(ColdFile::name).hasSize(3);

    ColdTable.Forgotten forgotten = table.forgetPast(Set.of(0, 1));

    assertThat(forgotten.snapshots()).isEqualTo(3);
    assertThat(forgotten.references()).containsExactly("keep");
    assertThat(forgotten.objects())
        .contains(first.file().name(), second.file().name(), nobodys.file().name())
        .doesNotContain(elsewhere.file().name())
        .doesNotContainAnyElementsOf(store.names());
    assertThat(iceberg().snapshots()).hasSize(1);
    assertThat(iceberg().refs()).containsOnlyKeys("main");
    for (ColdTable each : List.of(table, openedAnew())) {
      assertThat(each.files(0)).containsExactly(merged.file());
      assertThat(each.files(1)).containsExactly(other.file());
      assertThat(each.ends()).isEqualTo(Map.of(0, 25L, 1, 5L));
      assertThat(each.past(0)).isEmpty();
    }
    assertThat(namedInManifests())
        .as("even as deleted ones")
        .containsExactlyInAnyOrder(merged.file().name(), other.file().name());
    NewFile next = appended(0, 25, 40);
    assertThat(openedAnew().files(0)).containsExactly(merged.file(), next.file());
  }

  /**
   * Every file of which a manifest in the bucket says anything, smallest and largest key included.
   */
  private List<String> namedInManifests() {
    List<String> named = new ArrayList<>();
    for (String name : store.names()) {
      if (!name.endsWith(".avro") || name.contains("/snap-")) continue;
      byte[] bytes = new byte[store.read(name).remaining()];
      store.read(name).get(bytes);
      try (var entries =
          new DataFileStream<GenericRecord>(
              new ByteArrayInputStream(bytes), new GenericDatumReader<>())) {
        for (GenericRecord entry : entries) {
          String path = ((GenericRecord) entry.get("data_file")).get("file_path").toString();
          named.add(path.substring(path.indexOf("tables/")));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return named;
  }

  @Test
  void roundsOfCompactionAreToldAsTheyWereNoted() {
    appended(0, 0, 10);
    assertThat(table.compacted()).isEmpty();
    List<ColdTable.Compacted> rounds =
        List.of(new ColdTable.Compacted(4, 77), new ColdTable.Compacted(10, 99));

    table.compacted(0, rounds);
    table.compacted(3, List.of(new ColdTable.Compacted(1, 5)));
    table.compacted(3, List.of());

    assertThat(openedAnew().compacted()).isEqualTo(Map.of(0, rounds));
  }

  @Test
  void filesAreReplacedAlsoOnceSnapshotsBeforeAreForgotten() {
    NewFile first = appended(0, 0, 10);
    NewFile second = appended(0, 10, 25);
    clock.advance(DAY.toMillis());
    assertThat(table.expireSnapshots(clock.instant(), 1)).isEqualTo(1);
    NewFile merged = file(0, 0, 25);

    table.replace(List.of(first.file(), second.file()), List.of(merged));

    assertThat(openedAnew().files(0)).containsExactly(merged.file());
  }
}

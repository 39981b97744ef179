package oxbow.cold.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NamespaceNotEmptyException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;
import org.apache.kafka.common.Uuid;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.table.ColdTable.Rewritten;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.TestTables;
import oxbow.log.testing.ManualClock;

/**
 * What other engines may do to a topic's table through the catalog, and what consumers see of it.
 */
class ForeignCommitsTest {
  private static final Uuid TOPIC = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
  private static final TableIdentifier ID = TableIdentifier.of("kafka", "orders");

  private final ManualClock clock = new ManualClock(System.currentTimeMillis());
  private final MemoryObjectStore store = new MemoryObjectStore(clock);
  private final IcebergCatalog catalog = IcebergCatalog.open(store, clock);
  private final IcebergTable table =
      (IcebergTable)
          catalog.findOrCreate("kafka", "orders", TOPIC, TableColumns.EMPTY, Partitioning.NONE);
  private int attempts;

  @BeforeEach
  void addThreeFiles() {
    append(0, 10);
    append(10, 20);
    append(20, 30);
  }

  private void append(long baseOffset, long endOffset) {
    NewFile file =
        TestTables.upload(store, table, TOPIC, 0, baseOffset, endOffset, "a" + attempts++);
    table.append(List.of(file), baseOffset == 0 ? Map.of() : Map.of(0, baseOffset));
  }

  private Table engine() {
    return catalog.loadTable(ID);
  }

  private static void assertRefused(ThrowingCallable commit) {
    assertThatThrownBy(commit).isInstanceOf(ValidationException.class);
  }

  /** As the table's current snapshot has it. */
  private static DataFile fileAt(Table engine, long offset) {
    try (var tasks =
        engine
            .newScan()
            .includeColumnStats()
            .filter(Expressions.equal("kafka_offset", offset))
            .planFiles()) {
      return tasks.iterator().next().file().copy();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of another engine that holds what two of ours held. */
  private DataFile rewritten(Table engine, long baseOffset, long lastOffset, String name) {
    return rewritten(engine, baseOffset, lastOffset, lastOffset + 1 - baseOffset, name);
  }

  private DataFile rewritten(
      Table engine, long baseOffset, long lastOffset, long records, String name) {
    var counts = Map.of(SystemColumns.PARTITION.id(), records, SystemColumns.OFFSET.id(), records);
    var lower =
        Map.of(
            SystemColumns.PARTITION.id(),
            TestTables.int32(0),
            SystemColumns.OFFSET.id(),
            TestTables.int64(baseOffset));
    var upper =
        Map.of(
            SystemColumns.PARTITION.id(),
            TestTables.int32(0),
            SystemColumns.OFFSET.id(),
            TestTables.int64(lastOffset));
    store.put(name(engine, name), ByteBuffer.allocate(10));
    return DataFiles.builder(engine.spec())
        .withPath(engine.location() + "/data/" + name)
        .withFileSizeInBytes(10)
        .withPartitionValues(List.of("0"))
        .withMetrics(new Metrics(records, counts, counts, Map.of(), Map.of(), lower, upper))
        .build();
  }

  private String name(Table engine, String file) {
    return engine.location().substring(store.location("x").length() - 1) + "/data/" + file;
  }

  @Test
  void rowsMayBeAddedAndAreNoRecords() {
    Table engine = engine();
    DataFile rows =
        DataFiles.builder(engine.spec())
            .withPath(engine.location() + "/data/rows.parquet")
            .withFileSizeInBytes(10)
            .withRecordCount(5)
            .withPartitionValues(List.of("0"))
            .build();

    engine.newAppend().appendFile(rows).commit();
    append(30, 40);

    assertThat(table.files(0)).hasSize(4);
    assertThat(table.rewritten(0)).isEmpty();
    assertThat(table.ends()).isEqualTo(Map.of(0, 40L));
  }

  @Test
  void filesAreNotRewrittenUnlessTheTopicAllowsIt() {
    Table engine = engine();
    DataFile a = fileAt(engine, 3);
    DataFile b = fileAt(engine, 13);
    DataFile merged = rewritten(engine, 0, 19, "spark-1.parquet");

    assertRefused(() -> engine.newRewrite().deleteFile(a).deleteFile(b).addFile(merged).commit());
    assertThat(table.files(0)).hasSize(3);
    table.allow(ForeignCommits.REPLACE);
    Table allowed = engine();
    allowed.newRewrite().deleteFile(a).deleteFile(b).addFile(merged).commit();

    assertThat(table.files(0)).hasSize(1);
    assertThat(table.rewritten(0))
        .containsExactly(new Rewritten(0, 20, List.of(name(engine, "spark-1.parquet"))));
    append(30, 40);
    assertThat(table.ends()).isEqualTo(Map.of(0, 40L));
    assertThat(table.files(0)).hasSize(2);
    table.expire(0, 25);
    assertThat(table.rewritten(0)).isEmpty();
    assertThat(table.files(0)).hasSize(2);
  }

  @Test
  void rangesRewrittenAroundOursStayApart() {
    table.allow(ForeignCommits.REPLACE);
    Table engine = engine();

    engine
        .newRewrite()
        .deleteFile(fileAt(engine, 3))
        .deleteFile(fileAt(engine, 23))
        .addFile(rewritten(engine, 0, 29, 20, "spark-2.parquet"))
        .commit();

    List<String> names = List.of(name(engine, "spark-2.parquet"));
    assertThat(table.rewritten(0))
        .containsExactly(new Rewritten(0, 10, names), new Rewritten(20, 30, names));
    assertThat(table.files(0)).hasSize(1);
  }

  @Test
  void rowsAreNotDeletedUnlessTheTopicAllowsIt() {
    Table engine = engine();

    assertRefused(() -> engine.newDelete().deleteFile(fileAt(engine, 3)).commit());
    assertRefused(() ->
        engine
            .newOverwrite()
            .deleteFile(fileAt(engine, 3))
            .addFile(rewritten(engine, 0, 8, "changed.parquet"))
            .commit());
    table.allow(ForeignCommits.REPLACE);
    Table replacing = engine();
    assertRefused(() -> replacing.newDelete().deleteFile(fileAt(replacing, 3)).commit());
    table.allow(ForeignCommits.ALL);
    Table all = engine();
    all.newDelete().deleteFile(fileAt(all, 3)).commit();

    assertThat(table.files(0)).hasSize(2);
    append(30, 40);
    assertThat(table.ends()).isEqualTo(Map.of(0, 40L));
  }

  @Test
  void snapshotsAreForgottenButNotRolledBack() {
    Table engine = engine();
    long first = engine.history().getFirst().snapshotId();

    assertRefused(() -> engine.manageSnapshots().rollbackTo(first).commit());
    engine()
        .expireSnapshots()
        .expireOlderThan(Long.MAX_VALUE)
        .retainLast(1)
        .planWith(CallersThread.INSTANCE)
        .executeDeleteWith(CallersThread.INSTANCE)
        .commit();

    assertThat(engine().snapshots()).hasSize(1);
    assertThat(table.files(0)).hasSize(3);
    append(30, 40);
  }

  @Test
  void whatTheTopicDecidesStays() {
    Table engine = engine();

    assertRefused(() -> engine.updateProperties().set("oxbow.ends", "0:5").commit());
    assertRefused(() -> engine.updateProperties().remove("oxbow.ends").commit());
    assertRefused(() -> engine.updateProperties().set("oxbow.other", "x").commit());
    assertRefused(() -> engine.updateSchema().addColumn("mine", Types.LongType.get()).commit());
    assertRefused(() -> engine.updateSchema().deleteColumn("kafka_key").commit());
    assertRefused(() -> engine.updateLocation().setLocation("memory://bucket/other").commit());
    assertRefused(() -> catalog.dropTable(ID, true));
    assertThatThrownBy(
            () -> catalog.buildTable(ID, engine.schema()).replaceTransaction().commitTransaction())
        .isInstanceOf(ValidationException.class);

    engine().updateProperties().set("owner", "somebody").commit();
    assertThat(engine().properties()).containsEntry("owner", "somebody");
    assertThat(table.ends()).isEqualTo(Map.of(0, 30L));
  }

  @Test
  void tablesOfOthersAreTheirs() {
    TableIdentifier own = TableIdentifier.of("analytics", "daily totals/x");
    catalog.createNamespace(Namespace.of("analytics"), Map.of("owner", "team"));
    Schema schema = new Schema(Types.NestedField.required(1, "id", Types.LongType.get()));

    Table made = catalog.createTable(own, schema, PartitionSpec.unpartitioned());
    made.updateSchema().addColumn("more", Types.StringType.get()).commit();

    assertThat(catalog.loadTable(own).schema().columns()).hasSize(2);
    assertThat(catalog.listTables(Namespace.of("analytics"))).containsExactly(own);
    assertThat(catalog.topics()).hasSize(1);
    assertThatThrownBy(() -> catalog.createTable(own, schema))
        .isInstanceOf(AlreadyExistsException.class);
    assertThatThrownBy(() -> catalog.dropNamespace(Namespace.of("analytics")))
        .isInstanceOf(NamespaceNotEmptyException.class);
    assertThat(catalog.loadNamespaceMetadata(Namespace.of("analytics")))
        .containsEntry("owner", "team");
    assertThat(catalog.dropTable(own, true)).isTrue();
    assertThatThrownBy(() -> catalog.loadTable(own)).isInstanceOf(NoSuchTableException.class);
    assertThat(catalog.dropNamespace(Namespace.of("analytics"))).isTrue();
    assertThat(catalog.namespaceExists(Namespace.of("analytics"))).isFalse();
  }

  @Test
  void tableMadeInTransactionIsThereWhenItCommits() {
    TableIdentifier own = TableIdentifier.of("kafka", "made");
    Schema schema = new Schema(Types.NestedField.required(1, "id", Types.LongType.get()));

    var transaction = catalog.newCreateTableTransaction(own, schema);
    assertThat(catalog.tableExists(own)).isFalse();
    transaction.commitTransaction();

    assertThat(catalog.tableExists(own)).isTrue();
  }
}

package oxbow.cold.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import oxbow.cold.testing.InterleavedStore;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.log.testing.ManualClock;

/** Tables of clients get other names, whoever else is at work between any two requests. */
class RenameTest {
  private static final TableIdentifier OLD = TableIdentifier.of("mine", "old");
  private static final TableIdentifier NEW = TableIdentifier.of("mine", "new");
  private static final TableIdentifier THIRD = TableIdentifier.of("mine", "third");
  private static final Schema SCHEMA =
      new Schema(Types.NestedField.required(1, "x", Types.LongType.get()));

  /** More requests a rename doesn't make. */
  private static final int REQUESTS_MAX = 60;

  private final ManualClock clock = new ManualClock(1_700_000_000_000L);
  private MemoryObjectStore store;
  private IcebergCatalog catalog;

  @BeforeEach
  void makeOne() {
    store = new MemoryObjectStore(clock);
    catalog = IcebergCatalog.open(store, clock);
    catalog.createNamespace(Namespace.of("mine"), Map.of());
    Table _ = catalog.createTable(OLD, SCHEMA);
  }

  private static UUID uuid(Table table) {
    return table.uuid();
  }

  @Test
  void aTableGoesOnUnderItsNewName() {
    UUID table = uuid(catalog.loadTable(OLD));
    catalog.loadTable(OLD).updateProperties().set("a", "1").commit();

    catalog.renameTable(OLD, NEW);

    assertThat(catalog.listTables(Namespace.of("mine"))).containsExactly(NEW);
    assertThat(uuid(catalog.loadTable(NEW))).isEqualTo(table);
    assertThat(catalog.tableExists(OLD)).isFalse();
    catalog.loadTable(NEW).updateProperties().set("b", "2").commit();
    assertThat(catalog.loadTable(NEW).properties()).containsEntry("a", "1").containsEntry("b", "2");
    Table again = catalog.createTable(OLD, SCHEMA);
    assertThat(again.location()).isNotEqualTo(catalog.loadTable(NEW).location());
    catalog.renameTable(NEW, THIRD);
    catalog.renameTable(OLD, NEW);
    assertThat(uuid(catalog.loadTable(THIRD))).isEqualTo(table);
    assertThat(uuid(catalog.loadTable(NEW))).isEqualTo(uuid(again));
    assertThat(catalog.dropTable(THIRD, true)).isTrue();
    assertThat(catalog.listTables(Namespace.of("mine"))).containsExactly(NEW);
  }

  @Test
  void whatCannotBeIsRefused() {
    Table _ = catalog.createTable(THIRD, SCHEMA);

    assertThatThrownBy(() -> catalog.renameTable(OLD, THIRD))
        .isInstanceOf(AlreadyExistsException.class);
    assertThatThrownBy(() -> catalog.renameTable(NEW, THIRD))
        .isInstanceOf(NoSuchTableException.class);
    assertThatThrownBy(() -> catalog.renameTable(OLD, TableIdentifier.of("other", "new")))
        .isInstanceOf(NoSuchNamespaceException.class);
    assertThat(catalog.listTables(Namespace.of("mine"))).containsExactly(OLD, THIRD);
  }

  /** What happens between two requests of the rename. */
  enum Other {
    DIES,
    COMMITS,
    DROPS,
    TAKES_THE_NEW_NAME,
    RENAMES_TO_ANOTHER,
    READS_THE_NEW_NAME
  }

  /** As a process that is killed: nobody handles it. */
  private static final class Death extends Error {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @EnumSource
  void aTableIsInOnePlaceWhateverHappensMeanwhile(Other other) {
    for (int request = 0; request < REQUESTS_MAX; request++) {
      makeOne();
      var at = new int[] {request};
      UUID table = uuid(catalog.loadTable(OLD));
      List<Boolean> succeeded = new ArrayList<>();
      var interleaved =
          new InterleavedStore(
              store,
              () -> {
                if (at[0]-- == 0) succeeded.add(act(other));
              });

      boolean isRenamed =
          isDone(() -> IcebergCatalog.open(interleaved, clock).renameTable(OLD, NEW));

      boolean isOthers = !succeeded.isEmpty() && succeeded.getFirst();
      List<TableIdentifier> places =
          catalog.listTables(Namespace.of("mine")).stream()
              .filter(each -> uuid(catalog.loadTable(each)).equals(table))
              .toList();
      String when = other + " before request " + request;
      if (other == Other.DROPS && isOthers) {
        assertThat(places).as(when).isEmpty();
        assertThat(isRenamed).as(when).isFalse();
        continue;
      }
      assertThat(places).as(when).hasSize(1);
      if (isRenamed) assertThat(places).as(when).containsExactly(NEW);
      if (other == Other.COMMITS && isOthers) {
        assertThat(catalog.loadTable(places.getFirst()).properties())
            .as(when)
            .containsEntry("other", "1");
      }
      if (other == Other.RENAMES_TO_ANOTHER && isOthers) {
        assertThat(places).as(when).containsExactly(THIRD);
      }
      if (other == Other.TAKES_THE_NEW_NAME && isOthers) {
        assertThat(uuid(catalog.loadTable(NEW))).as(when).isNotEqualTo(table);
      }
      if (succeeded.isEmpty() && other != Other.DIES) return; // all its requests had their turn
    }
    assertThat(other).as("a rename of more requests than " + REQUESTS_MAX).isEqualTo(Other.DIES);
  }

  private boolean act(Other other) {
    return switch (other) {
      case DIES -> throw new Death();
      case COMMITS ->
          isDone(() -> catalog.loadTable(OLD).updateProperties().set("other", "1").commit());
      case DROPS -> isDone(() -> assertThat(catalog.dropTable(OLD, false)).isTrue());
      case TAKES_THE_NEW_NAME ->
          isDone(() -> {
            Table _ = catalog.createTable(NEW, SCHEMA);
          });
      case RENAMES_TO_ANOTHER -> isDone(() -> catalog.renameTable(OLD, THIRD));
      case READS_THE_NEW_NAME -> catalog.tableExists(NEW);
    };
  }

  /** False: it was refused, for a reason that it may be refused for. */
  private static boolean isDone(Runnable change) {
    try {
      change.run();
      return true;
    } catch (Death
        | NoSuchTableException
        | AlreadyExistsException
        | CommitFailedException
        | AssertionError e) {
      return false;
    }
  }
}

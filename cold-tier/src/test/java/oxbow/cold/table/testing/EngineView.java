package oxbow.cold.table.testing;

import java.io.IOException;
import java.util.List;
import org.apache.iceberg.PartitionField;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;
import org.jspecify.annotations.Nullable;
import oxbow.cold.table.IcebergCatalog;

/** A topic's table as Iceberg's own reader sees it. */
public final class EngineView {
  private final Table table;

  public EngineView(IcebergCatalog catalog, String topic) {
    this.table = catalog.loadTable(TableIdentifier.of("topics", topic));
  }

  /** Rows with a value in a column: none if there is no such column. */
  public long count(String column) throws IOException {
    if (table.schema().findField(column) == null) return 0;
    long count = 0;
    try (CloseableIterable<Record> rows = IcebergGenerics.read(table).build()) {
      for (Record row : rows) {
        @Nullable Object value = row.getField(column);
        if (value != null) count++;
      }
    }
    return count;
  }

  /** The names of what it is partitioned by, in order. */
  public List<String> partitioning() {
    return table.spec().fields().stream().map(PartitionField::name).toList();
  }
}

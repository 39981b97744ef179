package oxbow.cold.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.kafka.common.Uuid;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.ColumnMetrics;
import oxbow.cold.file.FileMetrics;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.table.ColdTable;

/** Files for tables, of which only the facts are real. */
public final class TestTables {
  private static final long HOUR_MICROS = 3_600_000_000L;

  private TestTables() {}

  /** Uploads a file of a range; one row per offset, all in the first hour of 1970. */
  public static NewFile upload(
      ObjectStore store,
      ColdTable table,
      Uuid topicId,
      int partition,
      long baseOffset,
      long endOffset,
      String attempt) {
    return upload(
        store, table, topicId, partition, baseOffset, endOffset, attempt, 0, HOUR_MICROS - 1);
  }

  /** The same with rows between two times. */
  public static NewFile upload(
      ObjectStore store,
      ColdTable table,
      Uuid topicId,
      int partition,
      long baseOffset,
      long endOffset,
      String attempt,
      long microsMin,
      long microsMax) {
    ByteBuffer body = ByteBuffer.wrap(new byte[(int) Math.min(1000, endOffset - baseOffset)]);
    ColdFile unnamed =
        new ColdFile(
            "",
            topicId,
            partition,
            ColdFormat.PARQUET,
            baseOffset,
            endOffset,
            endOffset - baseOffset,
            body.remaining(),
            microsMin / 1000,
            microsMax / 1000,
            77,
            3,
            10 * (endOffset - baseOffset));
    ColdFile file = unnamed.named(table.name(unnamed, attempt));
    store.put(file.name(), body);
    return new NewFile(file, metrics(file, microsMin, microsMax));
  }

  private static FileMetrics metrics(ColdFile file, long microsMin, long microsMax) {
    long rows = file.records();
    return new FileMetrics(
        List.of(
            bounded(
                SystemColumns.PARTITION.id(),
                rows,
                int32(file.partition()),
                int32(file.partition())),
            bounded(
                SystemColumns.OFFSET.id(),
                rows,
                int64(file.baseOffset()),
                int64(file.endOffset() - 1)),
            bounded(SystemColumns.TIMESTAMP.id(), rows, int64(microsMin), int64(microsMax))),
        List.of(4L));
  }

  public static ColumnMetrics bounded(int column, long rows, ByteBuffer lower, ByteBuffer upper) {
    return new ColumnMetrics(column, rows, rows, 0, ColumnMetrics.NO_NANS, lower, upper);
  }

  public static ByteBuffer int32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, value);
  }

  public static ByteBuffer int64(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
  }
}

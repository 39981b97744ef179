package oxbow.cold.testing;

import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFormat;

/** Facts of cold files that nobody wrote. */
public final class ColdFiles {
  public static final Uuid ORDERS = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
  public static final TopicIdPartition ORDERS_0 = new TopicIdPartition(ORDERS, 0, "orders");
  public static final TopicIdPartition ORDERS_1 = new TopicIdPartition(ORDERS, 1, "orders");

  private ColdFiles() {}

  /** A file of {@link #ORDERS_0} whose records are as old as its offsets say, in seconds. */
  public static ColdFile file(long baseOffset, long endOffset, long bytes) {
    return new ColdFile(
        "orders/0/" + baseOffset + "-" + endOffset,
        ORDERS,
        0,
        ColdFormat.PARQUET,
        baseOffset,
        endOffset,
        endOffset - baseOffset,
        bytes,
        baseOffset * 1000,
        (endOffset - 1) * 1000,
        0,
        0,
        2 * bytes);
  }
}

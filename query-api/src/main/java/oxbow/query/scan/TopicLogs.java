package oxbow.query.scan;

import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.log.LocalRecords;

/** Local records of partitions, as queries read them. Thread-safe. */
@FunctionalInterface
public interface TopicLogs {
  /**
   * What of a partition isn't in the cold tier: held until it is released. Empty: the partition is
   * not led here, or offline. May wait for the disk.
   */
  Optional<LocalRecords> local(TopicIdPartition partition);
}

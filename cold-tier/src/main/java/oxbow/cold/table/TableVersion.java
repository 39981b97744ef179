package oxbow.cold.table;

import java.util.List;
import java.util.Map;
import org.apache.iceberg.TableMetadata;
import org.apache.kafka.common.Uuid;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.TableColumns;

/** A topic's table at one moment: its columns and its files belong together. Immutable. */
public final class TableVersion {
  private final TableColumns columns;
  private final Map<Integer, Long> ends;
  private final Map<Integer, Long> starts;
  private final TableFiles files;
  private final Uuid topicId;

  TableVersion(TableMetadata metadata, TableFiles files) {
    this.columns = TopicProperties.columns(metadata);
    this.ends = TopicProperties.ends(metadata);
    this.starts = TopicProperties.starts(metadata);
    this.files = files;
    this.topicId = TopicProperties.topicId(metadata);
  }

  public TableColumns columns() {
    return columns;
  }

  /** The offset up to which a partition is in the table; zero: nothing of it is. */
  public long end(int partition) {
    return ends.getOrDefault(partition, 0L);
  }

  /** See {@link ColdTable#files}. */
  public List<ColdFile> files(int partition) {
    return files.files(partition);
  }

  /** See {@link ColdTable#replayed}. */
  public List<ColdFile> replayed(int partition) {
    Long start = starts.get(partition);
    Long end = ends.get(partition);
    if (start == null || end == null) return files.files(partition);
    return files.replayed(partition, start, end, topicId);
  }
}

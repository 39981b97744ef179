package oxbow.cold.table;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.iceberg.TableMetadata;
import org.apache.kafka.common.Uuid;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.TableColumns;

/** A topic's table at one moment: its columns and its files belong together. Immutable. */
public final class TableVersion {
  private final TableColumns columns;
  private final Map<Integer, Long> ends;
  private final Map<Integer, Long> starts;
  private final TableFiles files;
  private final Uuid topicId;
  private final Pruning pruning;

  /** Tells files by what the table notes of their columns. */
  interface Pruning {
    Set<String> without(Collection<ColdFile> files, Map<Integer, ColumnRange> ranges);
  }

  TableVersion(TableMetadata metadata, TableFiles files, Pruning pruning) {
    this.columns = TopicProperties.columns(metadata);
    this.ends = TopicProperties.ends(metadata);
    this.starts = TopicProperties.starts(metadata);
    this.files = files;
    this.topicId = TopicProperties.topicId(metadata);
    this.pruning = pruning;
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

  /**
   * Which of these files of the version can't have a row in all of some ranges. May wait for the
   * store.
   *
   * @param ranges by the ids of columns, or of their parts
   * @return names
   */
  public Set<String> without(Collection<ColdFile> some, Map<Integer, ColumnRange> ranges) {
    return ranges.isEmpty() || some.isEmpty() ? Set.of() : pruning.without(some, ranges);
  }
}

package oxbow.query.sql;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.parquet.ColumnScan;
import oxbow.query.scan.RangeCache;
import oxbow.query.scan.ScanPlan;
import oxbow.query.scan.Wanted;
import oxbow.schema.layout.Column;

/** What is read of a table, and what isn't, in words. */
final class Explanation {
  private Explanation() {}

  /**
   * What is known of a table's files.
   *
   * @param files that were looked at
   * @param more files that weren't
   * @param areByEngine the engine reads them itself, where they lie
   */
  record Looked(ColumnScan.Work work, int files, int more, boolean areByEngine) {}

  static String of(
      String table,
      List<Column> columns,
      Predicates.Read read,
      ScanPlan plan,
      Looked looked,
      RangeCache.Traffic traffic) {
    ScanPlan.Work work = plan.work();
    long files = work.files() - work.filesPruned();
    List<String> lines = new ArrayList<>();
    lines.add("table " + table);
    lines.add(
        "  cold files: %d of %d, %d bytes; pruned: %d, %d bytes"
            .formatted(files, work.files(), work.bytes(), work.filesPruned(), work.bytesPruned()));
    if (looked.files() > 0) addGroups(lines, looked);
    lines.add("  log: %d offsets; pruned: %d".formatted(work.hotRecords(), work.hotPruned()));
    lines.add("  columns: %d of %d".formatted(read.columns().size(), columns.size()));
    String conditions = conditions(read.wanted(), columns);
    lines.add("  by: " + (conditions.isEmpty() ? "nothing" : conditions));
    if (traffic.fetches() + traffic.foundBytes() > 0) {
      lines.add(
          "  fetched: %d bytes with %d reads; in memory before: %d bytes"
              .formatted(traffic.fetchedBytes(), traffic.fetches(), traffic.foundBytes()));
    }
    return String.join("\n", lines);
  }

  private static void addGroups(List<String> lines, Looked looked) {
    ColumnScan.Work work = looked.work();
    long groups = work.groups() - work.groupsPruned();
    lines.add(
        "  row groups: %d of %d; pruned: %d".formatted(groups, work.groups(), work.groupsPruned()));
    String how = looked.areByEngine() ? "; read in place, by row group" : "";
    lines.add(
        "  pages: %d of %d; pruned: %d%s"
            .formatted(work.pages() - work.pagesPruned(), work.pages(), work.pagesPruned(), how));
    lines.add(
        "  bytes of pages: %d; pruned: %d"
            .formatted(work.bytes() - work.bytesPruned(), work.bytesPruned()));
    if (looked.more() > 0) lines.add("  not looked at: " + looked.more() + " files");
  }

  private static String conditions(Wanted wanted, List<Column> columns) {
    List<String> all = new ArrayList<>();
    wanted
        .partitions()
        .ifPresent(partitions -> all.add("kafka_partition in " + new TreeSet<>(partitions)));
    add(all, "kafka_offset", wanted.offsetMin(), wanted.offsetMax(), false);
    add(all, "kafka_timestamp", wanted.microsMin(), wanted.microsMax(), true);
    Map<Integer, String> names =
        columns.stream().collect(Collectors.toMap(Column::id, Column::name));
    for (Map.Entry<Integer, ColumnRange> range : new TreeMap<>(wanted.values()).entrySet()) {
      all.add(names.get(range.getKey()) + " " + range.getValue());
    }
    return String.join(" and ", all);
  }

  private static void add(List<String> all, String column, long min, long max, boolean isTime) {
    if (min != Long.MIN_VALUE) all.add(column + " >= " + value(min, isTime));
    if (max != Long.MAX_VALUE) all.add(column + " <= " + value(max, isTime));
  }

  private static String value(long value, boolean isTime) {
    return isTime ? Instant.EPOCH.plus(value, ChronoUnit.MICROS).toString() : Long.toString(value);
  }
}

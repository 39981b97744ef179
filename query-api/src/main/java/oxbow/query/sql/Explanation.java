package oxbow.query.sql;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import oxbow.query.scan.ScanPlan;
import oxbow.query.scan.Wanted;

/** What is read of a table, and what isn't, in words. */
final class Explanation {
  private Explanation() {}

  static String of(String table, Wanted wanted, ScanPlan plan) {
    ScanPlan.Work work = plan.work();
    long files = work.files() - work.filesPruned();
    List<String> lines = new ArrayList<>();
    lines.add("table " + table);
    lines.add(
        "  cold files: %d of %d, %d bytes; pruned: %d, %d bytes"
            .formatted(files, work.files(), work.bytes(), work.filesPruned(), work.bytesPruned()));
    lines.add("  log: %d offsets; pruned: %d".formatted(work.hotRecords(), work.hotPruned()));
    String conditions = conditions(wanted);
    lines.add("  by: " + (conditions.isEmpty() ? "nothing" : conditions));
    return String.join("\n", lines);
  }

  private static String conditions(Wanted wanted) {
    List<String> all = new ArrayList<>();
    wanted
        .partitions()
        .ifPresent(partitions -> all.add("kafka_partition in " + new TreeSet<>(partitions)));
    add(all, "kafka_offset", wanted.offsetMin(), wanted.offsetMax(), false);
    add(all, "kafka_timestamp", wanted.microsMin(), wanted.microsMax(), true);
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

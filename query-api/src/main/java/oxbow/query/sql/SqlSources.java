package oxbow.query.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import oxbow.cold.ColdTier;
import oxbow.query.Topics;
import oxbow.query.scan.TopicLogs;
import oxbow.schema.Schemas;

/**
 * What statements can be about.
 *
 * @param tier empty: the server has no cold tier, or not yet
 * @param system tables about the server
 */
public record SqlSources(
    Topics topics,
    TopicLogs logs,
    Supplier<Optional<ColdTier>> tier,
    Supplier<Schemas> schemas,
    List<SystemTable> system) {
  public SqlSources {
    system = List.copyOf(system);
  }

  /** The same with one more table about the server. */
  SqlSources with(SystemTable table) {
    List<SystemTable> all = new ArrayList<>(system);
    all.add(table);
    return new SqlSources(topics, logs, tier, schemas, all);
  }
}

package oxbow.example.pipeline;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceConnector;

/**
 * Copies the rows of a table to a topic, new and changed ones, in the order of a column that grows
 * with every write. A row marked as deleted becomes a tombstone. One task: the order of the table
 * is the order of the topic.
 */
public final class JdbcTableSource extends SourceConnector {
  static final String URL = "connection.url";
  static final String TABLE = "table";
  static final String KEY = "key.column";
  static final String VERSION = "version.column";
  static final String DELETED = "deleted.column";
  static final String TOPIC = "topic";
  static final String BATCH_ROWS_MAX = "batch.rows.max";

  static final ConfigDef CONFIG =
      new ConfigDef()
          .define(URL, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "JDBC URL")
          .define(TABLE, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "table to read")
          .define(KEY, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "primary key column")
          .define(
              VERSION,
              ConfigDef.Type.STRING,
              ConfigDef.Importance.HIGH,
              "column that grows with every insert and update")
          .define(
              DELETED,
              ConfigDef.Type.STRING,
              "",
              ConfigDef.Importance.LOW,
              "boolean column that marks deleted rows; empty: rows are never deleted")
          .define(TOPIC, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "topic to write")
          .define(
              BATCH_ROWS_MAX,
              ConfigDef.Type.INT,
              1_000,
              ConfigDef.Range.between(1, 100_000),
              ConfigDef.Importance.LOW,
              "most rows read at once");

  private Map<String, String> settings = Map.of();

  @Override
  public void start(Map<String, String> settings) {
    this.settings = Map.copyOf(settings);
  }

  @Override
  public Class<? extends Task> taskClass() {
    return JdbcTableSourceTask.class;
  }

  @Override
  public List<Map<String, String>> taskConfigs(int maxTasks) {
    return List.of(settings);
  }

  @Override
  public void stop() {}

  @Override
  public ConfigDef config() {
    return CONFIG;
  }

  @Override
  public String version() {
    return "1";
  }
}

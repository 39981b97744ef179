package oxbow.example.pipeline;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/**
 * Writes a topic into a table: a record becomes an insert or an update of the row with its key, a
 * tombstone deletes it. Writing the same records twice leaves the same table, so a delivery
 * repeated after a crash does no harm.
 */
public final class JdbcTableSink extends SinkConnector {
  static final String URL = "connection.url";
  static final String TABLE = "table";

  static final ConfigDef CONFIG =
      new ConfigDef()
          .define(URL, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "JDBC URL")
          .define(TABLE, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "table to write");

  private Map<String, String> settings = Map.of();

  @Override
  public void start(Map<String, String> settings) {
    this.settings = Map.copyOf(settings);
  }

  @Override
  public Class<? extends Task> taskClass() {
    return JdbcTableSinkTask.class;
  }

  @Override
  public List<Map<String, String>> taskConfigs(int maxTasks) {
    return IntStream.range(0, maxTasks).mapToObj(_ -> settings).toList();
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

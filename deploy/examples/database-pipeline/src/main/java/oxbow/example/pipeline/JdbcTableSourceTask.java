package oxbow.example.pipeline;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.jspecify.annotations.Nullable;

/** Reads what lies above the last version seen; Connect keeps that version beside the records. */
public final class JdbcTableSourceTask extends SourceTask {
  private static final String VERSION_SEEN = "version";
  private static final long IDLE_MS = 200;

  private final CountDownLatch stopped = new CountDownLatch(1);
  private Map<String, String> partition = Map.of();
  private String table = "";
  private String key = "";
  private String version = "";
  private String deleted = "";
  private String topic = "";
  private int batchRowsMax;
  private long versionSeen;
  private @Nullable Connection connection;

  @Override
  public void start(Map<String, String> settings) {
    AbstractConfig config = new AbstractConfig(JdbcTableSource.CONFIG, settings);
    table = JdbcTypes.name(config.getString(JdbcTableSource.TABLE));
    key = JdbcTypes.name(config.getString(JdbcTableSource.KEY)).toLowerCase(Locale.ROOT);
    version = JdbcTypes.name(config.getString(JdbcTableSource.VERSION)).toLowerCase(Locale.ROOT);
    deleted = config.getString(JdbcTableSource.DELETED).toLowerCase(Locale.ROOT);
    topic = config.getString(JdbcTableSource.TOPIC);
    batchRowsMax = config.getInt(JdbcTableSource.BATCH_ROWS_MAX);
    partition = Map.of("table", table);
    Map<String, Object> offset = context.offsetStorageReader().offset(partition);
    versionSeen =
        offset != null && offset.get(VERSION_SEEN) instanceof Long seen ? seen : Long.MIN_VALUE;
    try {
      connection = DriverManager.getConnection(config.getString(JdbcTableSource.URL));
    } catch (SQLException e) {
      throw new ConnectException("the source database refused the connection", e);
    }
  }

  @Override
  public @Nullable List<SourceRecord> poll() throws InterruptedException {
    try {
      List<SourceRecord> records = read(Objects.requireNonNull(connection));
      if (!records.isEmpty()) {
        return records;
      }
    } catch (SQLException e) {
      throw new ConnectException("reading " + table, e);
    }
    boolean _ = stopped.await(IDLE_MS, TimeUnit.MILLISECONDS);
    return null;
  }

  @Override
  public void stop() {
    stopped.countDown();
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      throw new ConnectException("closing the source database", e);
    }
  }

  @Override
  public String version() {
    return "1";
  }

  private List<SourceRecord> read(Connection open) throws SQLException {
    List<SourceRecord> records = new ArrayList<>();
    try (PreparedStatement select =
        open.prepareStatement(
            "SELECT * FROM %s WHERE %s > ? ORDER BY %s".formatted(table, version, version))) {
      select.setLong(1, versionSeen);
      select.setMaxRows(batchRowsMax);
      try (ResultSet rows = select.executeQuery()) {
        Schema rowSchema = JdbcTypes.rowSchema(table, rows.getMetaData());
        Schema keySchema =
            SchemaBuilder.struct()
                .name(table + ".key")
                .field(key, rowSchema.field(key).schema())
                .build();
        while (rows.next()) {
          Struct row = JdbcTypes.row(rowSchema, rows);
          versionSeen = row.getInt64(version);
          boolean isDeleted = !deleted.isEmpty() && Boolean.TRUE.equals(row.get(deleted));
          records.add(
              new SourceRecord(
                  partition,
                  Map.of(VERSION_SEEN, versionSeen),
                  topic,
                  keySchema,
                  new Struct(keySchema).put(key, row.get(key)),
                  isDeleted ? null : rowSchema,
                  isDeleted ? null : row));
        }
      }
    }
    return records;
  }
}

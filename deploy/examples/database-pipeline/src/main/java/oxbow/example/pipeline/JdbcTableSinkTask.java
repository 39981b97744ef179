package oxbow.example.pipeline;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.jspecify.annotations.Nullable;

/** Applies each delivered list of records in one transaction of the target database. */
public final class JdbcTableSinkTask extends SinkTask {
  private String table = "";
  private @Nullable Connection connection;

  @Override
  public void start(Map<String, String> settings) {
    AbstractConfig config = new AbstractConfig(JdbcTableSink.CONFIG, settings);
    table = JdbcTypes.name(config.getString(JdbcTableSink.TABLE));
    try {
      connection = DriverManager.getConnection(config.getString(JdbcTableSink.URL));
    } catch (SQLException e) {
      throw new ConnectException("the target database refused the connection", e);
    }
  }

  @Override
  public void put(Collection<SinkRecord> records) {
    if (records.isEmpty()) {
      return;
    }
    Connection open = Objects.requireNonNull(connection);
    try {
      JdbcTypes.inTransaction(
          open,
          () -> {
            for (SinkRecord record : records) {
              apply(open, record);
            }
          });
    } catch (SQLException e) {
      // Connect delivers the same records again after a pause.
      throw new RetriableException("writing to " + table, e);
    }
  }

  @Override
  public void stop() {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      throw new ConnectException("closing the target database", e);
    }
  }

  @Override
  public String version() {
    return "1";
  }

  private void apply(Connection open, SinkRecord record) throws SQLException {
    if (!(record.key() instanceof Struct key)) {
      throw new ConnectException("a record without a structured key at " + record.kafkaOffset());
    }
    if (!(record.value() instanceof Struct row)) {
      execute(open, "DELETE FROM " + table + " WHERE " + equalsPerField(key, " AND "), key);
      return;
    }
    String update =
        "UPDATE %s SET %s WHERE %s"
            .formatted(table, equalsPerField(row, ", "), equalsPerField(key, " AND "));
    if (execute(open, update, row, key) == 0) {
      String marks = row.schema().fields().stream().map(_ -> "?").collect(Collectors.joining(", "));
      execute(open, "INSERT INTO %s (%s) VALUES (%s)".formatted(table, names(row), marks), row);
    }
  }

  private static int execute(Connection open, String sql, Struct... parameters)
      throws SQLException {
    List<@Nullable Object> values = new ArrayList<>();
    for (Struct struct : parameters) {
      for (Field field : struct.schema().fields()) {
        values.add(struct.get(field));
      }
    }
    try (PreparedStatement statement = open.prepareStatement(sql)) {
      for (int i = 0; i < values.size(); i++) {
        JdbcTypes.bind(statement, i + 1, values.get(i));
      }
      return statement.executeUpdate();
    }
  }

  private static String names(Struct row) {
    return row.schema().fields().stream()
        .map(field -> JdbcTypes.name(field.name()))
        .collect(Collectors.joining(", "));
  }

  private static String equalsPerField(Struct struct, String separator) {
    return struct.schema().fields().stream()
        .map(field -> JdbcTypes.name(field.name()) + " = ?")
        .collect(Collectors.joining(separator));
  }
}

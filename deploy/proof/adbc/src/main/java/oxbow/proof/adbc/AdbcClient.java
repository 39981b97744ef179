package oxbow.proof.adbc;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.arrow.adbc.core.AdbcConnection;
import org.apache.arrow.adbc.core.AdbcDatabase;
import org.apache.arrow.adbc.core.AdbcDriver;
import org.apache.arrow.adbc.core.AdbcStatement;
import org.apache.arrow.adbc.driver.flightsql.FlightSqlDriver;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * Does what lines of standard input say, and tells each row as JSON and how it ended. A line begins
 * with how it is asked, {@code QUERY} or {@code PREPARED}; of metadata this driver asks nothing.
 * Lines of ours begin with {@link #MARK}.
 */
public final class AdbcClient {
  private static final String MARK = "@@ ";

  private final AdbcConnection connection;

  private AdbcClient(AdbcConnection connection) {
    this.connection = connection;
  }

  /** Takes the server's URI. */
  public static void main(String[] arguments) throws Exception {
    Map<String, Object> parameters = new HashMap<>();
    AdbcDriver.PARAM_URI.set(parameters, arguments[0]);
    try (var memory = new RootAllocator();
        AdbcDatabase database = new FlightSqlDriver(memory).open(parameters);
        AdbcConnection connection = database.connect();
        var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      tell("READY ADBC");
      var client = new AdbcClient(connection);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) client.run(line);
    }
  }

  private void run(String line) {
    String[] words = line.split(" ", 2);
    try {
      switch (words[0]) {
        case "QUERY" -> query(words[1], false);
        case "PREPARED" -> query(words[1], true);
        default -> throw new IllegalArgumentException(line);
      }
      tell("DONE");
    } catch (Exception e) { // whatever it is, the test that asked for it judges it
      tell("FAILED " + e.toString().replaceAll("\\s+", " "));
    }
  }

  private void query(String sql, boolean isPrepared) throws Exception {
    try (AdbcStatement statement = connection.createStatement()) {
      statement.setSqlQuery(sql);
      if (isPrepared) statement.prepare();
      try (AdbcStatement.QueryResult result = statement.executeQuery()) {
        tellRows(result.getReader());
      }
    }
  }

  private static void tellRows(ArrowReader reader) throws IOException {
    while (reader.loadNextBatch()) {
      VectorSchemaRoot batch = reader.getVectorSchemaRoot();
      for (int row = 0; row < batch.getRowCount(); row++) {
        var text = new StringBuilder("[");
        for (FieldVector vector : batch.getFieldVectors()) {
          if (text.length() > 1) text.append(',');
          text.append(json(vector.getObject(row)));
        }
        tell("ROW " + text.append(']'));
      }
    }
  }

  private static String json(Object value) {
    if (value == null) return "null";
    if (value instanceof byte[] bytes) return quoted(Base64.getEncoder().encodeToString(bytes));
    if (value instanceof Number || value instanceof Boolean) return value.toString();
    return quoted(value.toString());
  }

  private static String quoted(String text) {
    var quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') quoted.append('\\').append(c);
      else if (c < ' ') quoted.append(String.format("\\u%04x", (int) c));
      else quoted.append(c);
    }
    return quoted.append('"').toString();
  }

  private static void tell(String line) {
    System.out.println(MARK + line);
  }
}

package oxbow.proof.flinksql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * Runs SQL from standard input, a statement a line, and tells each row as JSON and how it ended. A
 * line begins with what the statement is for: {@code BATCH}, or {@code STREAM} and after how many
 * rows to end it. Lines of ours begin with {@link #MARK}; Flink writes others between them.
 */
public final class FlinkSqlClient {
  private static final String MARK = "@@ ";

  private final TableEnvironment batch;
  private final TableEnvironment streaming;

  private FlinkSqlClient(Configuration settings) {
    this.batch =
        TableEnvironment.create(
            EnvironmentSettings.newInstance().inBatchMode().withConfiguration(settings).build());
    this.streaming =
        TableEnvironment.create(
            EnvironmentSettings.newInstance()
                .inStreamingMode()
                .withConfiguration(settings)
                .build());
  }

  /** Takes settings of Flink, {@code name=value} each. */
  public static void main(String[] given) throws IOException {
    Map<String, String> settings = new TreeMap<>();
    for (String setting : given) {
      int equals = setting.indexOf('=');
      settings.put(setting.substring(0, equals), setting.substring(equals + 1));
    }
    var client = new FlinkSqlClient(Configuration.fromMap(settings));
    try (var statements = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      tell("READY Java " + Runtime.version().feature());
      for (String line = statements.readLine(); line != null; line = statements.readLine()) {
        client.run(line);
      }
    }
  }

  private void run(String line) {
    String[] words = line.split(" ", 2);
    try {
      switch (words[0]) {
        case "BATCH" -> tellRows(batch.executeSql(words[1]), Long.MAX_VALUE);
        case "STREAM" -> {
          String[] rest = words[1].split(" ", 2);
          tellRows(streaming.executeSql(rest[1]), Long.parseLong(rest[0]));
        }
        default -> throw new IllegalArgumentException(line);
      }
      tell("DONE");
    } catch (Exception e) { // whatever it is, the test that asked for it judges it
      tell("FAILED " + causes(e).replaceAll("\\s+", " "));
    }
  }

  /** Closing what isn't at its end cancels the job. */
  private static void tellRows(TableResult result, long rowsMax) throws Exception {
    CloseableIterator<Row> rows = result.collect();
    try {
      for (long told = 0; told < rowsMax && rows.hasNext(); told++) {
        tell("ROW " + json(rows.next()));
      }
    } finally {
      rows.close();
    }
  }

  private static String json(Object value) {
    if (value == null) return "null";
    if (value instanceof byte[] bytes) return quoted(Base64.getEncoder().encodeToString(bytes));
    if (value instanceof Number || value instanceof Boolean) return value.toString();
    if (value instanceof Row row) {
      return IntStream.range(0, row.getArity())
          .mapToObj(i -> json(row.getField(i)))
          .collect(Collectors.joining(",", "[", "]"));
    }
    if (value instanceof Object[] array) {
      return Arrays.stream(array)
          .map(FlinkSqlClient::json)
          .collect(Collectors.joining(",", "[", "]"));
    }
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

  private static String causes(Throwable failure) {
    var text = new StringBuilder(failure.toString());
    for (Throwable t = failure.getCause(); t != null; t = t.getCause()) {
      text.append(" <- ").append(t);
    }
    return text.toString();
  }

  private static void tell(String line) {
    System.out.println(MARK + line);
  }
}

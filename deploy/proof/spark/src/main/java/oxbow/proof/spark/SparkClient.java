package oxbow.proof.spark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import org.apache.spark.sql.SparkSession;

/**
 * Runs SQL from standard input, a statement a line, and tells each row as JSON and how it ended.
 * Lines of ours begin with {@link #MARK}; Spark writes others between them.
 */
public final class SparkClient {
  private static final String MARK = "@@ ";

  private SparkClient() {}

  /** Takes settings of Spark, {@code name=value} each. */
  public static void main(String[] settings) throws IOException {
    SparkSession.Builder builder = SparkSession.builder();
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      builder.config(setting.substring(0, equals), setting.substring(equals + 1));
    }
    try (SparkSession spark = builder.getOrCreate();
        var statements = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      tell("READY Spark " + spark.version() + " on Java " + Runtime.version().feature());
      for (String sql = statements.readLine(); sql != null; sql = statements.readLine()) {
        run(spark, sql);
      }
    }
  }

  private static void run(SparkSession spark, String sql) {
    try {
      for (String row : spark.sql(sql).toJSON().collectAsList()) tell("ROW " + row);
      tell("DONE");
    } catch (Exception e) { // whatever it is, the test that asked for it judges it
      tell("FAILED " + causes(e).replaceAll("\\s+", " "));
    }
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

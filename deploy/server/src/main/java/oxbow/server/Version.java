package oxbow.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What is running.
 *
 * @param oxbow version of this build
 * @param kafka version of Apache Kafka whose protocol it speaks
 */
public record Version(String oxbow, String kafka) {
  /** Reads what the build wrote into the jar. */
  public static Version current() {
    var properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      if (in == null) throw new IllegalStateException("the jar lacks its version.properties");
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Version(
        properties.getProperty("version", "unknown"), properties.getProperty("kafka", "unknown"));
  }
}

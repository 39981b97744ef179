package oxbow.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The class paths that the build wrote down for child processes. */
final class ClassPaths {
  private ClassPaths() {}

  /** Apache Kafka with its own libraries, preceded by this module's test classes (the runner). */
  static String kafka() {
    return classesOf(ClassPaths.class) + ":" + written("proof.kafka.classpath");
  }

  /** The server as it runs in production, and nothing else. */
  static String server() {
    return written("proof.server.classpath");
  }

  /** Flink's formats with their libraries, and the program of ours that drives them. */
  static String flink() {
    return withClasses("proof.flink.classpath");
  }

  /** Spark with Iceberg's runtime, and the program of ours that drives it. */
  static String spark() {
    return withClasses("proof.spark.classpath");
  }

  /** Flink's SQL with Iceberg's runtime, and the program of ours that drives it. */
  static String flinkSql() {
    return withClasses("proof.flink-sql.classpath");
  }

  /** Iceberg's REST compatibility kit, and what we tell it of our catalog. */
  static String rck() {
    return withClasses("proof.rck.classpath");
  }

  /** ADBC's driver for Flight SQL, and the program of ours that drives it. */
  static String adbc() {
    return withClasses("proof.adbc.classpath");
  }

  private static String withClasses(String property) {
    Path classes = Path.of(System.getProperty(property)).resolveSibling("classes");
    return classes + ":" + written(property);
  }

  /** The connectors of deploy/examples; the classes they extend are on no class path of ours. */
  static String examples() {
    String marker = "oxbow/example/pipeline/JdbcTableSource.class";
    String found = String.valueOf(ClassPaths.class.getClassLoader().getResource(marker));
    return found.replaceFirst("^(jar:)?file:", "").replaceFirst("!?/" + marker + "$", "");
  }

  /** Where a class was loaded from: a folder of classes or a jar. */
  static String classesOf(Class<?> type) {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath()).toString();
  }

  private static String written(String property) {
    try {
      return Files.readString(Path.of(System.getProperty(property))).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("run the tests with Maven, which writes this file", e);
    }
  }
}

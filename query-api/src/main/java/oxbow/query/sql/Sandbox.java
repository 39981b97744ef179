package oxbow.query.sql;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import oxbow.query.sql.duckdb.Database;

/**
 * What keeps a statement in its database: the second of two fences, for what {@link StatementCheck}
 * might let through.
 */
final class Sandbox {
  /** Time zone of those who don't name one. */
  static final String ZONE = "UTC";

  private Sandbox() {}

  /** What a database is opened with. */
  static Map<String, String> settings(SqlLimits limits, Path spillDirectory) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("threads", Integer.toString(limits.threads()));
    settings.put("memory_limit", limits.memoryBytes() / 1024 + "KiB");
    settings.put("temp_directory", spillDirectory.toString());
    settings.put("max_temp_directory_size", limits.spillBytes() / 1024 + "KiB");
    settings.put("autoinstall_known_extensions", "false");
    settings.put("autoload_known_extensions", "false");
    settings.put("preserve_insertion_order", "false");
    settings.put("errors_as_json", "true");
    return settings;
  }

  /**
   * Closes it: from here on nothing outside can be reached, and nothing of that be changed.
   *
   * @param directories with the files of the statement's tables, and for the one it makes
   */
  static void close(Database database, Collection<Path> directories) {
    if (!directories.isEmpty()) {
      database.execute(
          directories.stream()
              .map(Sandbox::literal)
              .collect(Collectors.joining(", ", "SET allowed_directories = [", "]")));
    }
    database.execute("SET enable_external_access = false");
    database.execute("SET lock_configuration = true");
  }

  /** A path as SQL takes it. */
  static String literal(Path path) {
    return "'" + path.toString().replace("'", "''") + "'";
  }
}

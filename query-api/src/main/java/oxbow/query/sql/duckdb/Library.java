package oxbow.query.sql.duckdb;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/** The native library, as its jar brings it along for each system. */
final class Library {
  private Library() {}

  /**
   * Loads it for good, from a file that stays for the next start: unpacking takes a second.
   *
   * @param directory where the file is, or will be
   */
  @SuppressWarnings("restricted") // native code is what is asked for
  static SymbolLookup load(Path directory) throws IOException {
    String name = "libduckdb_java.so_" + system() + "_" + architecture();
    Path file = directory.resolve(name);
    try (InputStream packed = Library.class.getResourceAsStream("/" + name)) {
      if (packed == null) throw new FileNotFoundException("there is no DuckDB for " + name);
      long sizeBytes =
          Library.class.getResource("/" + name).openConnection().getContentLengthLong();
      if (!Files.exists(file) || Files.size(file) != sizeBytes) {
        Files.createDirectories(directory);
        Path unfinished = Files.createTempFile(directory, name, ".tmp");
        Files.copy(packed, unfinished, StandardCopyOption.REPLACE_EXISTING);
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      }
    }
    return SymbolLookup.libraryLookup(file, Arena.global());
  }

  private static String system() {
    String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (name.startsWith("mac")) return "macos";
    return name.startsWith("windows") ? "windows" : "linux";
  }

  private static String architecture() {
    return switch (System.getProperty("os.arch", "")) {
      case "aarch64", "arm64" -> "arm64";
      default -> "amd64";
    };
  }
}

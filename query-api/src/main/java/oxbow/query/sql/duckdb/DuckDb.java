package oxbow.query.sql.duckdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The library of this process. Nothing of it is loaded before somebody asks. */
public final class DuckDb {
  private static final Object LOCK = new Object();

  /** A library can't be loaded for one owner and not for another. */
  private static volatile @Nullable SymbolLookup loaded;

  private DuckDb() {}

  /**
   * Loads the library, unless it is; takes a second the first time, and milliseconds from then on.
   *
   * @param directory where it is kept unpacked
   */
  public static void load(Path directory) {
    if (loaded != null) return;
    synchronized (LOCK) {
      if (loaded != null) return;
      try {
        loaded = Library.load(directory);
      } catch (IOException e) {
        throw new UncheckedIOException("DuckDB can't be loaded from " + directory, e);
      }
    }
  }

  /** Whether somebody has asked for it. */
  public static boolean isLoaded() {
    return loaded != null;
  }

  static MemorySegment symbol(String name) {
    SymbolLookup library = loaded;
    if (library == null) throw new IllegalStateException("DuckDB isn't loaded");
    return library
        .find(name)
        .orElseThrow(() -> new IllegalStateException("this DuckDB has no " + name));
  }
}

package oxbow.cold.table;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.PartitionSpec;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.ColumnRange.Form;

/**
 * What Iceberg's manifests tell of their files' columns: read when somebody wants to leave files
 * out by it, and kept in bounded memory. Thread-safe.
 */
final class ManifestBounds {
  private static final long BYTES_MAX = 8 << 20;
  private static final int FILE_BYTES = 400;
  private static final int BOUND_BYTES = 120;

  /** By the manifest's location: it never changes. */
  private final Cache<String, Map<String, DataFile>> kept =
      Caffeine.newBuilder()
          .maximumWeight(BYTES_MAX)
          .weigher((String _, Map<String, DataFile> files) -> weight(files))
          .executor(Runnable::run)
          .build();

  private static int weight(Map<String, DataFile> files) {
    long bytes = 0;
    for (DataFile file : files.values()) {
      bytes += FILE_BYTES + (long) BOUND_BYTES * size(file.lowerBounds()) * 2;
    }
    return (int) Math.min(Integer.MAX_VALUE, bytes);
  }

  private static int size(@Nullable Map<?, ?> map) {
    return map == null ? 0 : map.size();
  }

  /** A manifest's files by their objects. */
  Map<String, DataFile> files(
      ManifestFile manifest, Map<Integer, PartitionSpec> specs, ObjectFileIO io) {
    Map<String, DataFile> known = kept.getIfPresent(manifest.path());
    if (known != null) return known;
    Map<String, DataFile> files = new HashMap<>();
    try (ManifestReader<DataFile> reader = ManifestFiles.read(manifest, io, specs)) {
      for (DataFile file : reader) files.put(io.name(file.location()), file.copy());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    kept.put(manifest.path(), files);
    return files;
  }

  /** Whether a file can have rows in all of these ranges, by what its manifest tells. */
  static boolean meets(DataFile file, Map<Integer, ColumnRange> ranges) {
    for (Map.Entry<Integer, ColumnRange> range : ranges.entrySet()) {
      Integer id = range.getKey();
      Long values = of(file.valueCounts(), id);
      Long nulls = of(file.nullValueCounts(), id);
      if (values != null && nulls != null && values > 0 && values.equals(nulls)) return false;
      Long nans = of(file.nanValueCounts(), id);
      ByteBuffer lower = of(file.lowerBounds(), id);
      ByteBuffer upper = of(file.upperBounds(), id);
      if (!range.getValue().meets(lower, upper, Form.SINGLE, nans == null || nans > 0)) {
        return false;
      }
    }
    return true;
  }

  private static <T> @Nullable T of(@Nullable Map<Integer, T> facts, Integer id) {
    return facts == null ? null : facts.get(id);
  }
}

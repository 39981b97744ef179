package oxbow.query.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;

/** Reads and writes {@code file:} locations as Hadoop's classes do for engines that have them. */
public final class LocalFiles implements FileIO {
  /** What was written is also called by its path alone. */
  private static String path(String location) {
    return location.startsWith("file:") ? Path.of(URI.create(location)).toString() : location;
  }

  @Override
  public InputFile newInputFile(String location) {
    return org.apache.iceberg.Files.localInput(path(location));
  }

  @Override
  public OutputFile newOutputFile(String location) {
    return org.apache.iceberg.Files.localOutput(path(location));
  }

  @Override
  public void deleteFile(String location) {
    try {
      Files.delete(Path.of(path(location)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

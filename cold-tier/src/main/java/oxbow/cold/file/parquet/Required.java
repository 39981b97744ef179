package oxbow.cold.file.parquet;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Parts of Parquet's structures that a file of ours always has. */
final class Required {
  private Required() {}

  static <T> T part(@Nullable T part, String name) throws IOException {
    if (part == null) throw new IOException("the file's structures have no " + name);
    return part;
  }
}

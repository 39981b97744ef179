package oxbow.log.segment;

import java.io.IOException;
import java.nio.file.Path;

/** Bytes of a segment are not what was written there. */
public final class DamagedSegmentException extends IOException {
  public DamagedSegmentException(Path file, long position, String what) {
    super(file.getFileName() + " at position " + position + ": " + what);
  }
}

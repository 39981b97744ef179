package oxbow.log;

import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.io.LogFiles;

/**
 * Whether the disk has room for more than what the logs themselves have to write down. Looked at in
 * the background; appends only read the answer.
 */
final class DiskSpace {
  private static final Logger log = LoggerFactory.getLogger(DiskSpace.class);

  private final LogFiles files;
  private final Path directory;
  private final long reserveBytes;
  private volatile boolean isLow;

  DiskSpace(LogFiles files, Path directory, long reserveBytes) {
    this.files = files;
    this.directory = directory;
    this.reserveBytes = reserveBytes;
  }

  boolean isLow() {
    return isLow;
  }

  /** A write found no room: nothing is taken until a look at the disk says otherwise. */
  void ranOut() {
    isLow = true;
  }

  void look() {
    try {
      long usable = files.usableBytes(directory);
      boolean isLowNow = usable < reserveBytes;
      if (isLowNow == isLow) return;
      isLow = isLowNow;
      var line = isLowNow ? log.atError() : log.atInfo();
      line.addKeyValue("usableBytes", usable)
          .addKeyValue("reserveBytes", reserveBytes)
          .log(isLowNow ? "disk is full, appends are refused" : "disk has room again");
    } catch (IOException e) {
      log.atWarn().setCause(e).log("free disk space unknown");
    }
  }
}

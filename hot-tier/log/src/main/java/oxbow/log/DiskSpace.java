package oxbow.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.io.LogFiles;

/**
 * Whether the disk has room for more than what the logs themselves have to write down. Looked at in
 * the background; appends only read the answer, and count what they took since the last look, so
 * that no producer is faster than the next one.
 *
 * <pre>
 *  usable bytes  |-- reserve/2 --|-- reserve/2 --|-- anybody's ---------|
 *                 indexes,        coordinators'
 *                 checkpoints     appends: groups go on reading
 * </pre>
 */
final class DiskSpace {
  private static final Logger log = LoggerFactory.getLogger(DiskSpace.class);

  private final LogFiles files;
  private final Path directory;
  private final long reserveBytes;
  private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);
  private volatile boolean isLow;

  DiskSpace(LogFiles files, Path directory, long reserveBytes) {
    this.files = files;
    this.directory = directory;
    this.reserveBytes = reserveBytes;
  }

  /** What clients send is refused. */
  boolean isLow() {
    return isLow;
  }

  /** So is what coordinators write: committed offsets, groups, the ends of transactions. */
  boolean isOut() {
    return isLow && left.get() < reserveBytes / 2;
  }

  /** So many bytes more would be enough to take records for a while; 0: there is room. */
  long missingBytes() {
    return isLow ? Math.max(0, 2 * reserveBytes - Math.max(0, left.get())) : 0;
  }

  /** That much was appended. */
  void took(int bytes) {
    if (left.addAndGet(-bytes) < reserveBytes && !isLow) note(true, left.get());
  }

  /** A write found no room: nothing is taken until a look at the disk says otherwise. */
  void ranOut() {
    left.set(-1);
    note(true, 0);
  }

  void look() {
    try {
      long usable = files.usableBytes(directory);
      left.set(usable);
      note(usable < reserveBytes, usable);
    } catch (IOException e) {
      log.atWarn().setCause(e).log("free disk space unknown");
    }
  }

  private synchronized void note(boolean isLowNow, long usable) {
    if (isLowNow == isLow) return;
    isLow = isLowNow;
    var line = isLowNow ? log.atError() : log.atInfo();
    line.addKeyValue("directory", directory)
        .addKeyValue("usableBytes", usable)
        .addKeyValue("reserveBytes", reserveBytes)
        .log(isLowNow ? "disk is full, appends are refused" : "disk has room again");
  }
}

package oxbow.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What programs other than this one and the brokers use of the machine while something is measured:
 * the kernel's count of time in user mode, less what we and our children had of it. Time in the
 * kernel is left out, since nobody can tell for whom its threads write to the disk.
 */
final class Others {
  private static final double TICKS_PER_SECOND = 100; // USER_HZ is 100 on every Linux we run on

  private final long beginNanos = System.nanoTime();
  private final double beginSeconds = seconds();

  private Others() {}

  static Others watch() {
    return new Others();
  }

  /** The mean since the watch began, as a share of one core. */
  double share() {
    double elapsed = (System.nanoTime() - beginNanos) / 1e9;
    return Math.max(0, (seconds() - beginSeconds) / elapsed);
  }

  private static double seconds() {
    try {
      // cpu, user, nice, system, idle, iowait, irq, softirq, steal: steal is other machines' share.
      String[] all = firstLine(Path.of("/proc/stat")).split(" +");
      long ticks = Long.parseLong(all[1]) + Long.parseLong(all[2]) + Long.parseLong(all[8]);
      ProcessHandle self = ProcessHandle.current();
      long[] pids =
          Stream.concat(Stream.of(self), self.descendants())
              .mapToLong(ProcessHandle::pid)
              .toArray();
      for (long pid : pids) ticks -= userTicks(pid);
      return ticks / TICKS_PER_SECOND;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of a process, and of its children that have ended. */
  private static long userTicks(long pid) {
    try {
      String stat = firstLine(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return Long.parseLong(fields[11]) + Long.parseLong(fields[13]);
    } catch (IOException _) {
      return 0; // it has ended since the list was made: now it is among its parent's children
    }
  }

  private static String firstLine(Path file) throws IOException {
    return Files.readAllLines(file).getFirst();
  }
}

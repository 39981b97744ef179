package oxbow.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A running broker: its address, and what the kernel says it used. */
final class BrokerProcess implements AutoCloseable {
  private static final double TICKS_PER_SECOND = 100; // USER_HZ is 100 on every Linux we run on
  private static final int STOP_SECONDS = 60;
  private static final double CALM_SHARE = 0.1; // of a core: Kafka at rest has 0.03
  private static final Duration CALM_INTERVAL = Duration.ofMillis(400);
  private static final Duration CALM_PATIENCE = Duration.ofSeconds(30);

  private final Process process;
  private final String bootstrap;
  private final int secondPort;
  private final Path data;

  BrokerProcess(Process process, String bootstrap, int secondPort, Path data) {
    this.process = process;
    this.bootstrap = bootstrap;
    this.secondPort = secondPort;
    this.data = data;
  }

  String bootstrap() {
    return bootstrap;
  }

  /** Oxbow's HTTP port; Kafka's controller. */
  int secondPort() {
    return secondPort;
  }

  Path data() {
    return data;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** User and system seconds since the process began. */
  double cpuSeconds() {
    // After the command's name, which may hold spaces: field 14 is utime, 15 stime, in ticks.
    String stat = read("stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  /** Memory that this process has and no other shares, plus its part of the shared. */
  long residentBytes() {
    for (String line : read("smaps_rollup").split("\n")) {
      if (line.startsWith("Pss:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IllegalStateException("no Pss in smaps_rollup of process " + process.pid());
  }

  private String read(String file) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), file));
    } catch (IOException e) {
      throw new IllegalStateException("process " + process.pid() + " is gone", e);
    }
  }

  /** Returns when it has finished what it still does for what came before: deleting, say. */
  void awaitCalm() {
    long until = System.nanoTime() + CALM_PATIENCE.toNanos();
    while (System.nanoTime() < until) {
      double cpu = cpuSeconds();
      long begin = System.nanoTime();
      long end = begin + CALM_INTERVAL.toNanos();
      while (System.nanoTime() < end) LockSupport.parkNanos(end - System.nanoTime());
      if ((cpuSeconds() - cpu) / ((System.nanoTime() - begin) / 1e9) < CALM_SHARE) return;
    }
  }

  /** As kill -9 does it. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Asks it to stop, as Ctrl-C does, and waits until it is gone. */
  @Override
  public void close() {
    process.destroy();
    try {
      process.onExit().orTimeout(STOP_SECONDS, TimeUnit.SECONDS).join();
    } catch (CompletionException _) {
      kill();
    }
  }
}

package oxbow.server.cli;

import java.io.BufferedOutputStream;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Where a command reads and writes, and what is known of it. Colors and progress are for people
 * only: a pipe gets neither.
 */
public final class Terminal {
  private static final int WIDTH_MIN = 40;

  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final boolean isInInteractive;
  private final boolean isOutInteractive;
  private final boolean isErrInteractive;
  private final Map<String, String> environment;

  /** Any streams, for tests and for embedding. */
  public Terminal(
      InputStream in,
      PrintStream out,
      PrintStream err,
      boolean isInInteractive,
      boolean isOutInteractive,
      boolean isErrInteractive,
      Map<String, String> environment) {
    this.in = in;
    this.out = out;
    this.err = err;
    this.isInInteractive = isInInteractive;
    this.isOutInteractive = isOutInteractive;
    this.isErrInteractive = isErrInteractive;
    this.environment = Map.copyOf(environment);
  }

  /** The process's own streams. */
  public static Terminal ofProcess() {
    boolean isOut = isInteractive(1);
    return new Terminal(
        System.in,
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
            isOut,
            StandardCharsets.UTF_8),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        isInteractive(0),
        isOut,
        isInteractive(2),
        System.getenv());
  }

  /** Java tells only of input and output together; Linux tells of each. */
  @SuppressWarnings("SystemConsoleNull") // the checker for nulls does not know of it
  private static boolean isInteractive(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      Console console = System.console();
      return console != null && console.isTerminal();
    }
  }

  InputStream in() {
    return in;
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  Map<String, String> environment() {
    return environment;
  }

  /** Somebody can be asked. */
  boolean canAsk() {
    return isInInteractive && isErrInteractive;
  }

  boolean showsProgress() {
    return isErrInteractive;
  }

  boolean isOutInteractive() {
    return isOutInteractive;
  }

  /** Colors on a terminal, unless NO_COLOR forbids them. */
  boolean hasColors() {
    String forbidden = environment.getOrDefault("NO_COLOR", "");
    return isOutInteractive
        && forbidden.isEmpty()
        && !"dumb".equals(environment.getOrDefault("TERM", ""));
  }

  String bold(String text) {
    return hasColors() ? "\u001b[1m" + text + "\u001b[0m" : text;
  }

  /** Columns for what is printed; a pipe has no end. */
  int width() {
    return isOutInteractive ? columns() : Integer.MAX_VALUE;
  }

  /** Columns of the terminal, wherever the output goes. */
  int columns() {
    String given = environment.getOrDefault("COLUMNS", "");
    if (given.matches("\\d{1,5}")) return Math.max(WIDTH_MIN, Integer.parseInt(given));
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(Path.of("/dev/tty").toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      if (stty.waitFor(1, TimeUnit.SECONDS) && size.strip().matches("\\d+ [1-9]\\d*")) {
        return Math.max(WIDTH_MIN, Integer.parseInt(size.strip().split(" ", -1)[1]));
      }
    } catch (IOException e) {
      return Table.WIDTH_USUAL; // no stty here: as wide as terminals used to be
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Table.WIDTH_USUAL;
  }
}

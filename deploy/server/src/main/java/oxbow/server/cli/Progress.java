package oxbow.server.cli;

import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * A line on standard error that says how far a long command is. Shows nothing where nobody looks,
 * and nothing for what takes less than half a second.
 */
final class Progress implements AutoCloseable {
  private static final long FIRST_NANOS = 500_000_000;
  private static final long EACH_NANOS = 100_000_000;
  private static final int BAR = 24;

  private final Terminal terminal;
  private final String what;
  private final long total;
  private final LongSupplier nanoClock;
  private final long startNanos;
  private long shownNanos;
  private boolean isShown;
  private int columns;

  /**
   * Starts to measure.
   *
   * @param total what is reached at the end; -1: nobody knows
   */
  Progress(Terminal terminal, String what, long total) {
    this(terminal, what, total, System::nanoTime);
  }

  Progress(Terminal terminal, String what, long total, LongSupplier nanoClock) {
    this.terminal = terminal;
    this.what = what;
    this.total = total;
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
    this.shownNanos = startNanos + FIRST_NANOS - EACH_NANOS;
  }

  /** Tells how much is done: units for the bar, records and bytes for the rates. */
  void update(long units, long records, long bytes) {
    if (!terminal.showsProgress()) return;
    long now = nanoClock.getAsLong();
    if (now - shownNanos < EACH_NANOS) return;
    shownNanos = now;
    if (!isShown) columns = terminal.columns();
    isShown = true;
    double seconds = (now - startNanos) / 1e9;
    var line = new StringBuilder(what).append(' ');
    if (total > 0) {
      int done = (int) Math.min(BAR, BAR * units / total);
      line.append('[').append("#".repeat(done)).append(".".repeat(BAR - done)).append("] ");
      line.append(Math.min(100, 100 * units / total)).append("% ");
    }
    line.append(
        String.format(
            Locale.ROOT,
            "%,d records, %s, %,.0f/s, %s/s",
            records,
            Units.bytes(bytes),
            records / seconds,
            Units.bytes((long) (bytes / seconds))));
    // A line that goes on in the next row could not be taken away any more.
    if (line.length() >= columns) line.setLength(columns - 1);
    terminal.err().print("\r\u001b[K" + line);
    terminal.err().flush();
  }

  /** Takes the line away. */
  @Override
  public void close() {
    if (!isShown) return;
    terminal.err().print("\r\u001b[K");
    terminal.err().flush();
  }
}

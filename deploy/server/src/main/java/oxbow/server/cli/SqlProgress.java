package oxbow.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A line on standard error that says how far a statement is, until its first row comes. Asks the
 * server for it. Shows nothing where nobody looks, and nothing for what takes less than half a
 * second.
 */
final class SqlProgress implements AutoCloseable {
  private static final long FIRST_MS = 500;
  private static final long EACH_MS = 250;
  private static final int BAR = 24;

  private final Terminal terminal;
  private final SqlClient client;
  private final CountDownLatch hidden = new CountDownLatch(1);
  private boolean isShown; // guarded by this

  SqlProgress(Terminal terminal, SqlClient client) {
    this.terminal = terminal;
    this.client = client;
    if (terminal.showsProgress()) Thread.ofVirtual().name("progress").start(this::watch);
  }

  private void watch() {
    try {
      long waitMs = FIRST_MS;
      while (!hidden.await(waitMs, TimeUnit.MILLISECONDS)) {
        show(client.status());
        waitMs = EACH_MS;
      }
    } catch (InterruptedException | CommandException _) {
      // whoever waits for the answer is told why there is none
    }
  }

  private synchronized void show(JsonNode status) {
    if (hidden.getCount() == 0 || !status.has("state")) return;
    double percent = status.path("percent").asDouble();
    int done = (int) Math.clamp(BAR * percent / 100, 0, BAR);
    String line =
        String.format(
            Locale.ROOT,
            "%s [%s%s] %.0f%% of %s, %s records in the log",
            status.path("state").asText(),
            "#".repeat(done),
            ".".repeat(BAR - done),
            percent,
            Units.bytes(status.at("/stats/fileBytes").asLong()),
            status.at("/stats/hotRecords").asText());
    if (line.length() >= terminal.columns()) line = line.substring(0, terminal.columns() - 1);
    terminal.err().print("\r\u001b[K" + line);
    terminal.err().flush();
    isShown = true;
  }

  /** Takes the line away for good. */
  void hide() {
    if (hidden.getCount() == 0) return;
    hidden.countDown();
    synchronized (this) {
      if (isShown) terminal.err().print("\r\u001b[K");
      terminal.err().flush();
    }
  }

  @Override
  public void close() {
    hide();
  }
}

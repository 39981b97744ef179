package oxbow.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.event.KeyValuePair;

/**
 * The console, where one warning can't drown the others: of the same message (its constant text,
 * not its keys) ten lines are written in ten seconds; how many were left out is told with the next
 * one. Whoever logs need not care how often something happens. Safe for all threads: lines are
 * written one by one anyway.
 */
final class LimitedConsole extends ConsoleAppender<ILoggingEvent> {
  private static final int LINES = 10;
  private static final long WINDOW_MS = 10_000;
  private static final int MESSAGES_MAX = 500;

  private final Map<String, Window> windows =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Window> eldest) {
          return size() > MESSAGES_MAX;
        }
      };

  /** What was written of a message lately. */
  private static final class Window {
    long startMs;
    int lines;
    long leftOut;
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (isExpected(event)) return;
    if (!event.getLevel().isGreaterOrEqual(Level.WARN)) {
      super.append(event);
      return;
    }
    long leftOut;
    synchronized (windows) {
      Window window =
          windows.computeIfAbsent(event.getLoggerName() + event.getMessage(), _ -> new Window());
      long now = event.getTimeStamp();
      leftOut = 0;
      if (now - window.startMs >= WINDOW_MS) {
        leftOut = window.leftOut;
        window.startMs = now;
        window.lines = 0;
        window.leftOut = 0;
      }
      if (window.lines == LINES) {
        window.leftOut++;
        return;
      }
      window.lines++;
    }
    if (leftOut > 0) super.append(summary(event, leftOut));
    super.append(event);
  }

  /** Kafka warns of what every first start does. */
  private static boolean isExpected(ILoggingEvent event) {
    return event.getLoggerName().equals("org.apache.kafka.controller.QuorumController")
        && event.getLevel() == Level.WARN
        && event.getFormattedMessage().contains("Performing controller activation");
  }

  private ILoggingEvent summary(ILoggingEvent event, long leftOut) {
    var logger = ((LoggerContext) getContext()).getLogger(event.getLoggerName());
    var summary =
        new LoggingEvent("", logger, event.getLevel(), "warnings were left out", null, null);
    summary.setThreadName(event.getThreadName());
    summary.setInstant(event.getInstant());
    summary.setKeyValuePairs(
        List.of(
            new KeyValuePair("count", leftOut),
            new KeyValuePair("message", String.valueOf(event.getMessage()))));
    return summary;
  }
}

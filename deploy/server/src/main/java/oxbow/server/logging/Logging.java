package oxbow.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.SubstituteLoggerFactory;

/**
 * Sets up the log. Logback finds it as a service, which spares every start the parsing of an XML
 * file; {@link #apply} then sets format and levels, again at any time.
 */
public final class Logging extends ContextAwareBase implements Configurator {
  private static final String APPENDER = "console";
  private static final String OURS = "oxbow";

  /** How a line looks. */
  public enum Format {
    /** For people. */
    TEXT,
    /** One object per line, for machines. */
    JSON
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    attach(context, Format.TEXT);
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
    context.getLogger(OURS).setLevel(Level.INFO);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /**
   * Sets format and levels from now on.
   *
   * @param level of our own loggers
   * @param levels of some loggers, ours or libraries'
   */
  public static void apply(Format format, String level, Map<String, String> levels) {
    LoggerContext context = context();
    attach(context, format);
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
    setLevel(OURS, level);
    levels.forEach(Logging::setLevel);
  }

  /** Writes nothing but errors of ours, to standard error: for commands that print a result. */
  public static void quiet() {
    LoggerContext context = context();
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF);
    context.getLogger(OURS).setLevel(Level.OFF);
  }

  /** Writes everything from a level on to standard error: for commands that were asked to. */
  public static void toStandardError(String level) {
    LoggerContext context = context();
    attach(context, Format.TEXT, "System.err");
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.toLevel(level));
    context.getLogger(OURS).setLevel(Level.toLevel(level));
  }

  /** Changes a logger's level while the server runs. Empty: as its parent. */
  public static void setLevel(String logger, String level) {
    LoggerContext context = context();
    if (level.isEmpty()) {
      if (!logger.equals(org.slf4j.Logger.ROOT_LOGGER_NAME)) {
        context.getLogger(logger).setLevel(null);
      }
      return;
    }
    Level known = Level.toLevel(level, null);
    if (known == null) throw new IllegalArgumentException("there is no log level '" + level + "'");
    context.getLogger(logger).setLevel(known);
  }

  /** Every logger there is by now, with the level that counts for it. */
  public static Map<String, String> levels() {
    LoggerContext context = context();
    Map<String, String> levels = new TreeMap<>();
    for (Logger logger : context.getLoggerList()) {
      levels.put(logger.getName(), logger.getEffectiveLevel().toString());
    }
    return levels;
  }

  /** While another thread sets logging up, everybody else is given a stand-in: not this class. */
  private static LoggerContext context() {
    while (true) {
      ILoggerFactory factory = LoggerFactory.getILoggerFactory();
      if (!(factory instanceof SubstituteLoggerFactory)) return (LoggerContext) factory;
      Thread.onSpinWait();
    }
  }

  private static void attach(LoggerContext context, Format format) {
    attach(context, format, "System.out");
  }

  private static void attach(LoggerContext context, Format format, String target) {
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    var appender = new LimitedConsole();
    appender.setContext(context);
    appender.setName(APPENDER);
    appender.setTarget(target);
    appender.setEncoder(encoder(format, context));
    appender.start();
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
  }

  private static Encoder<ILoggingEvent> encoder(Format format, LoggerContext context) {
    Encoder<ILoggingEvent> encoder =
        switch (format) {
          case TEXT -> new TextLines();
          case JSON -> new JsonLines();
        };
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }
}

package oxbow.server.logging;

import java.util.Map;
import oxbow.broker.control.LogLevels;

/** The loggers of this process, as admin tools see and change them. */
public final class RuntimeLevels implements LogLevels {
  @Override
  public Map<String, String> levels() {
    return Logging.levels();
  }

  /** Kafka's word for the highest level is one that Logback does not have. */
  @Override
  public void set(String logger, String level) {
    Logging.setLevel(named(logger), level.equals("FATAL") ? "ERROR" : level);
  }

  @Override
  public void unset(String logger) {
    Logging.setLevel(named(logger), "");
  }

  private static String named(String logger) {
    return logger.equals(ROOT) ? org.slf4j.Logger.ROOT_LOGGER_NAME : logger;
  }
}

package oxbow.broker.control;

import java.util.Map;

/**
 * The levels of this process's loggers, which an administrator sees and changes while it runs. A
 * port: what writes the log is known only where the process is put together.
 */
public interface LogLevels {
  /** The logger every other inherits from. */
  String ROOT = "root";

  /** Of a process that doesn't let its loggers be changed: none is known. */
  LogLevels NONE =
      new LogLevels() {
        @Override
        public Map<String, String> levels() {
          return Map.of();
        }

        @Override
        public void set(String logger, String level) {}

        @Override
        public void unset(String logger) {}
      };

  /** The level in force of each logger that is known, {@link #ROOT} included. */
  Map<String, String> levels();

  /** Sets a known logger's level, one of FATAL, ERROR, WARN, INFO, DEBUG and TRACE. */
  void set(String logger, String level);

  /** Lets a known logger inherit its level again. */
  void unset(String logger);
}

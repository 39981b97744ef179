package oxbow.server.config;

import java.nio.file.Path;

/** Where a value was given. Its {@code toString} is what an operator reads. */
public sealed interface Origin {
  /** Nobody gave one. */
  record Default() implements Origin {
    @Override
    public String toString() {
      return "default";
    }
  }

  /** A line of the configuration file. */
  record FileLine(Path file, int line) implements Origin {
    @Override
    public String toString() {
      return file + ":" + line;
    }
  }

  /** An environment variable. */
  record Environment(String variable) implements Origin {
    @Override
    public String toString() {
      return "environment " + variable;
    }
  }

  /** An option of the command line. */
  record Flag(String option) implements Origin {
    @Override
    public String toString() {
      return "flag " + option;
    }
  }
}

package oxbow.server.config;

import java.util.List;

/** The configuration can't be used. Carries every problem found, not only the first. */
public final class BadConfigException extends RuntimeException {
  @SuppressWarnings("serial") // never serialized; the list is an immutable one of records
  private final List<Problem> problems;

  public BadConfigException(List<Problem> problems) {
    super(message(problems));
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }

  private static String message(List<Problem> problems) {
    var text = new StringBuilder();
    text.append("the configuration has ");
    text.append(problems.size() == 1 ? "a problem" : problems.size() + " problems");
    text.append(':');
    for (Problem problem : problems) text.append("\n  ").append(problem);
    return text.toString();
  }
}

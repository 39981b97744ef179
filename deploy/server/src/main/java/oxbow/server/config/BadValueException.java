package oxbow.server.config;

/** A value that its key's type or rule refuses. It says that rule. */
final class BadValueException extends RuntimeException {
  private final String rule;

  BadValueException(String rule) {
    super(rule, null, false, false);
    this.rule = rule;
  }

  String rule() {
    return rule;
  }
}

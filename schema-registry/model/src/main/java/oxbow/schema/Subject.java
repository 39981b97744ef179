package oxbow.schema;

/**
 * A subject's name in its context, as in {@code :.context:name}; in the default context the name
 * stands alone. A name that is empty means the context itself.
 *
 * @param context begins with a dot; the default one is the dot alone
 */
public record Subject(String context, String name) {
  public static final String DEFAULT_CONTEXT = ".";

  /** Settings of it count in all contexts. */
  public static final String GLOBAL_CONTEXT = ".__GLOBAL";

  /** What stands before a name in any context, where a prefix is asked for. */
  public static final String ANY_CONTEXT = ":*:";

  private static final String CONTEXT_PREFIX = ":.";

  /** Longer names are refused: they go into keys of records and paths of URLs. */
  private static final int LENGTH_MAX = 4096;

  /** Takes a name apart. Never fails: what has no context is in the default one. */
  public static Subject of(String qualified) {
    if (qualified.startsWith(CONTEXT_PREFIX)) {
      int end = qualified.indexOf(':', CONTEXT_PREFIX.length());
      return end < 0
          ? new Subject(qualified.substring(1), "")
          : new Subject(qualified.substring(1, end), qualified.substring(end + 1));
    }
    if (qualified.startsWith(ANY_CONTEXT)) {
      return new Subject("*", qualified.substring(ANY_CONTEXT.length()));
    }
    return new Subject(DEFAULT_CONTEXT, qualified);
  }

  /** Whether a name says its context, or that it means any. */
  public static boolean isQualified(String name) {
    return name.startsWith(CONTEXT_PREFIX) || name.startsWith(ANY_CONTEXT);
  }

  /** The one way of writing a name: {@code :.:name} is {@code name}. */
  public static String normal(String qualified) {
    return of(qualified).qualified();
  }

  /**
   * A context's prefix from the ways it may be written: {@code ctx}, {@code .ctx}, {@code :.ctx:}.
   *
   * @throws IllegalArgumentException a colon is in it
   */
  public static String contextPrefix(String written) {
    String context = written;
    if (context.startsWith(":")) context = context.substring(1);
    if (context.endsWith(":")) context = context.substring(0, context.length() - 1);
    if (context.contains(":")) {
      throw new IllegalArgumentException("Context name '" + context + "' cannot contain a colon");
    }
    return new Subject(context.startsWith(".") ? context : "." + context, "").contextPrefix();
  }

  public boolean isInDefaultContext() {
    return context.equals(DEFAULT_CONTEXT);
  }

  /** It names no subject but the context all its subjects are in. */
  public boolean isContext() {
    return name.isEmpty();
  }

  /** Stands before the names of its context: empty for the default one. */
  public String contextPrefix() {
    return isInDefaultContext() ? "" : ":" + context + ":";
  }

  public String qualified() {
    return contextPrefix() + name;
  }

  /** What a reference or an alias of {@code parent} means by this name: its context, if none. */
  public Subject within(Subject parent) {
    return isInDefaultContext() ? new Subject(parent.context, name) : this;
  }

  /** Whether schemas may be registered under it. */
  public boolean isValid() {
    return isValidForSettings() && !context.equals(GLOBAL_CONTEXT);
  }

  /** Whether it may have a config or a mode. */
  public boolean isValidForSettings() {
    return !name.equals("__GLOBAL")
        && !name.equals("__EMPTY")
        && context.length() + name.length() <= LENGTH_MAX
        && name.chars().noneMatch(Character::isISOControl)
        && context.chars().noneMatch(Character::isISOControl);
  }
}

package oxbow.schema;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What clients do with values of a schema on their way. The registry only keeps it. */
public record Rule(
    @Nullable String name,
    @Nullable String doc,
    Kind kind,
    When mode,
    @Nullable String type,
    SortedSet<String> tags,
    SortedMap<String, String> params,
    @Nullable String expr,
    @Nullable String onSuccess,
    @Nullable String onFailure,
    boolean isDisabled) {
  private static final int NAME_LENGTH_MAX = 64;

  /** Whether it changes values or only judges them. */
  public enum Kind {
    TRANSFORM,
    CONDITION
  }

  /** When it is applied. */
  public enum When {
    UPGRADE,
    DOWNGRADE,
    UPDOWN,
    WRITE,
    READ,
    WRITEREAD;

    boolean isMigration() {
      return this == UPGRADE || this == DOWNGRADE || this == UPDOWN;
    }
  }

  public Rule {
    tags = Collections.unmodifiableSortedSet(new TreeSet<>(tags));
    params = Collections.unmodifiableSortedMap(new TreeMap<>(params));
  }

  void validate() {
    if (name == null) throw refused("Missing rule name");
    if (name.isEmpty()) throw refused("Empty rule name");
    if (name.length() > NAME_LENGTH_MAX) throw refused("Rule name too long");
    char first = name.charAt(0);
    if (!Character.isLetter(first) && first != '_') {
      throw refused("Illegal initial character in rule name: " + name);
    }
    if (!name.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '_' || c == '-')) {
      throw refused("Illegal character in rule name: " + name);
    }
    if (type == null) throw refused("Missing rule type");
    checkAction(onSuccess);
    checkAction(onFailure);
  }

  private void checkAction(@Nullable String action) {
    boolean hasTwoWays = mode == When.WRITEREAD || mode == When.UPDOWN;
    if (!hasTwoWays && action != null && action.indexOf(',') >= 0) {
      throw refused("Multiple actions only valid with WRITEREAD and UPDOWN");
    }
  }

  private static RegistryException refused(String message) {
    return new RegistryException(RegistryException.Kind.INVALID_RULE_SET, message);
  }
}

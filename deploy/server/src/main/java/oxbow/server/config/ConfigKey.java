package oxbow.server.config;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One setting: what it is called, what it takes and what it does. Immutable. */
public final class ConfigKey<T> {
  private final String name;
  private final Section section;
  private final ConfigType<T> type;
  private final @Nullable T defaultValue;
  private final @Nullable String defaultText;
  private final Rule rule;
  private final String doc;
  private final boolean isOnline;
  private final boolean isKafkas;
  private final @Nullable String difference;

  private ConfigKey(Builder<T> builder, String doc) {
    name = builder.name;
    section = builder.section;
    type = builder.type;
    defaultValue = builder.defaultValue;
    defaultText = builder.defaultText;
    rule = builder.rule;
    isOnline = builder.isOnline;
    isKafkas = builder.isKafkas;
    difference = builder.difference;
    this.doc = doc;
  }

  public String name() {
    return name;
  }

  public Section section() {
    return section;
  }

  public ConfigType<T> type() {
    return type;
  }

  public Rule rule() {
    return rule;
  }

  /** What it does, in sentences. */
  public String doc() {
    return doc;
  }

  /** It may be changed while the server runs. */
  public boolean isOnline() {
    return isOnline;
  }

  /** Apache Kafka's brokers have a key of this name and meaning. */
  public boolean isKafkas() {
    return isKafkas;
  }

  public boolean isSecret() {
    return type.equals(ConfigTypes.SECRET);
  }

  /** How its meaning or default differs from Kafka's; null: it does not. */
  public @Nullable String difference() {
    return difference;
  }

  /** The default, or null where it is found out at the start. */
  public @Nullable T defaultValue() {
    return defaultValue;
  }

  /** The default as documents show it: a value, or how it is found. */
  public String defaultText() {
    if (defaultText != null) return defaultText;
    return defaultValue == null ? "" : type.show(defaultValue);
  }

  /** The variable of the environment that sets it. */
  public String variable() {
    return "OXBOW_" + name.toUpperCase(Locale.ROOT).replace('.', '_');
  }

  /** Reads a value and checks the rule; throws {@link BadValueException}. */
  T parse(String text) {
    T value = type.parse(text.strip());
    rule.check(value);
    return value;
  }

  @Override
  public String toString() {
    return name;
  }

  /** Gathers what a key is made of; {@link #doc} ends it. */
  static final class Builder<T> {
    private final String name;
    private final Section section;
    private final ConfigType<T> type;
    private @Nullable T defaultValue;
    private @Nullable String defaultText;
    private Rule rule = new Rule.Any();
    private boolean isOnline;
    private boolean isKafkas = true;
    private @Nullable String difference;

    Builder(Section section, ConfigType<T> type, String name) {
      this.section = section;
      this.type = type;
      this.name = name;
    }

    Builder<T> value(T value) {
      defaultValue = value;
      return this;
    }

    /** No fixed default: {@code how} says what holds instead. */
    Builder<T> otherwise(String how) {
      defaultText = how;
      return this;
    }

    Builder<T> atLeast(long min) {
      rule = new Rule.Between(min, Double.POSITIVE_INFINITY, true);
      return this;
    }

    Builder<T> between(long min, long max) {
      rule = new Rule.Between(min, max, true);
      return this;
    }

    Builder<T> betweenReal(double min, double max) {
      rule = new Rule.Between(min, max, false);
      return this;
    }

    Builder<T> betweenOr(long min, long max, long other) {
      rule = new Rule.BetweenOr(min, max, other);
      return this;
    }

    Builder<T> atLeastOr(long min, long other) {
      rule = new Rule.BetweenOr(min, Double.POSITIVE_INFINITY, other);
      return this;
    }

    Builder<T> oneOf(String... words) {
      rule = new Rule.OneOf(List.of(words));
      return this;
    }

    Builder<T> someOf(String... words) {
      rule = new Rule.SomeOf(List.of(words));
      return this;
    }

    Builder<T> notEmpty() {
      rule = new Rule.NotEmpty();
      return this;
    }

    Builder<T> online() {
      isOnline = true;
      return this;
    }

    /** Kafka has no such key. */
    Builder<T> ours() {
      isKafkas = false;
      return this;
    }

    Builder<T> differs(String how) {
      difference = how;
      return this;
    }

    ConfigKey<T> doc(String doc) {
      return new ConfigKey<>(this, doc);
    }
  }

  /** What the documents group keys by. */
  public enum Section {
    NODE("Node and directories"),
    NETWORK("Listeners and connections"),
    LOG("Log on this node"),
    TOPIC("Topic defaults"),
    TOPICS("Topics"),
    PRODUCE_FETCH("Produce and fetch"),
    GROUPS("Groups and offsets"),
    METADATA("Metadata and control plane"),
    QUOTAS("Quotas and client metrics"),
    COLD("Cold tier"),
    HTTP("HTTP port"),
    SCHEMAS("Schema registry"),
    LOGGING("Logging");

    private final String title;

    Section(String title) {
      this.title = title;
    }

    public String title() {
      return title;
    }
  }
}

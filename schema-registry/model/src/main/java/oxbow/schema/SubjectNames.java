package oxbow.schema;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How clients name the subject that a record's schema is registered under. */
public enum SubjectNames {
  /** The topic, with {@code -key} or {@code -value}: one schema at a time per topic. */
  TOPIC_NAME("TopicNameStrategy"),
  /** The full name of the record or message, whatever the topic. */
  RECORD_NAME("RecordNameStrategy"),
  /** Both, joined by a hyphen: several kinds of records in one topic, each with its versions. */
  TOPIC_RECORD_NAME("TopicRecordNameStrategy");

  private static final String PACKAGE = "io.confluent.kafka.serializers.subject.";

  private final String simpleName;

  SubjectNames(String simpleName) {
    this.simpleName = simpleName;
  }

  /**
   * The strategy that a client's or topic's setting names by its class.
   *
   * @param className with or without its package; empty: {@link #TOPIC_NAME}, as clients have it
   * @return empty: a class of somebody's own
   */
  public static Optional<SubjectNames> of(@Nullable String className) {
    if (className == null || className.isBlank()) return Optional.of(TOPIC_NAME);
    String name = className.strip();
    if (name.startsWith(PACKAGE)) name = name.substring(PACKAGE.length());
    for (SubjectNames each : values()) {
      if (each.simpleName.equals(name)) return Optional.of(each);
    }
    return Optional.empty();
  }

  /** The class that clients know this strategy by. */
  public String className() {
    return PACKAGE + simpleName;
  }

  /** The subject of a key's schema; empty: the schema has no name, and this strategy needs one. */
  public Optional<String> keySubject(String topic, ParsedSchema schema) {
    return subject(topic, "-key", schema);
  }

  /**
   * The subject of a value's schema; empty: the schema has no name, and this strategy needs one.
   */
  public Optional<String> valueSubject(String topic, ParsedSchema schema) {
    return subject(topic, "-value", schema);
  }

  private Optional<String> subject(String topic, String suffix, ParsedSchema schema) {
    return switch (this) {
      case TOPIC_NAME -> Optional.of(topic + suffix);
      case RECORD_NAME -> schema.recordName();
      case TOPIC_RECORD_NAME -> schema.recordName().map(name -> topic + "-" + name);
    };
  }
}

package oxbow.server.registry;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.internals.Topic;
import org.jspecify.annotations.Nullable;
import oxbow.broker.replica.RecordChecks;
import oxbow.log.batch.RecordCheck;
import oxbow.schema.Schemas;
import oxbow.schema.SubjectNames;

/**
 * Has the broker refuse records whose schemas are not the topic's, where a topic asks for it. The
 * broker comes before the registry: until that is loaded, such topics take nothing.
 */
public final class SchemaChecks implements RecordChecks {
  public static final String KEY_VALIDATION = "confluent.key.schema.validation";
  public static final String VALUE_VALIDATION = "confluent.value.schema.validation";
  public static final String KEY_NAMES = "confluent.key.subject.name.strategy";
  public static final String VALUE_NAMES = "confluent.value.subject.name.strategy";

  private final String registryTopic;
  private final AtomicReference<@Nullable Schemas> schemas = new AtomicReference<>();

  /**
   * @param registryTopic where the registry's own records lie, which have no schemas
   */
  public SchemaChecks(String registryTopic) {
    this.registryTopic = registryTopic;
  }

  /** What is registered is known from now on. */
  public void begin(Schemas known) {
    schemas.set(known);
  }

  @Override
  public ConfigDef settings() {
    return definition();
  }

  /** The settings of topics that say what is checked. */
  public static ConfigDef definition() {
    var settings = new ConfigDef();
    define(settings, KEY_VALIDATION, KEY_NAMES, "key");
    define(settings, VALUE_VALIDATION, VALUE_NAMES, "value");
    return settings;
  }

  private static void define(ConfigDef settings, String validation, String names, String part) {
    settings
        .define(
            validation,
            ConfigDef.Type.BOOLEAN,
            false,
            ConfigDef.Importance.MEDIUM,
            "Refuse records whose "
                + part
                + " has no schema that is registered under the topic's subject.")
        .define(
            names,
            ConfigDef.Type.STRING,
            SubjectNames.TOPIC_NAME.className(),
            (name, value) -> subjectNames(name, (String) value),
            ConfigDef.Importance.MEDIUM,
            "Under which subject that schema has to be registered: TopicNameStrategy,"
                + " RecordNameStrategy or TopicRecordNameStrategy, with or without the package that"
                + " clients know it by.");
  }

  private static SubjectNames subjectNames(String key, @Nullable String className) {
    return SubjectNames.of(className)
        .orElseThrow(() ->
            new ConfigException(
                key,
                className,
                "must be TopicNameStrategy, RecordNameStrategy or TopicRecordNameStrategy"));
  }

  @Override
  public Optional<RecordCheck> of(String topic, Map<String, String> settings) {
    if (topic.equals(registryTopic) || Topic.isInternal(topic)) return Optional.empty();
    SchemaRule keys = null;
    if (Boolean.parseBoolean(settings.get(KEY_VALIDATION))) {
      SubjectNames names = subjectNames(KEY_NAMES, settings.get(KEY_NAMES));
      keys = new SchemaRule("key", schema -> names.keySubject(topic, schema));
    }
    SchemaRule values = null;
    if (Boolean.parseBoolean(settings.get(VALUE_VALIDATION))) {
      SubjectNames names = subjectNames(VALUE_NAMES, settings.get(VALUE_NAMES));
      values = new SchemaRule("value", schema -> names.valueSubject(topic, schema));
    }
    if (keys == null && values == null) return Optional.empty();
    return Optional.of(new SchemaCheck(schemas, keys, values));
  }
}

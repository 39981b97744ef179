package oxbow.broker.replica;

import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigDef;
import oxbow.log.batch.RecordCheck;

/**
 * What topics may ask of their producers' records besides what Kafka asks. The broker knows only
 * that there is something: what it is, and the settings for it, belong to who joins it.
 */
public interface RecordChecks {
  /** Topics can ask for nothing. */
  RecordChecks NONE =
      new RecordChecks() {
        @Override
        public ConfigDef settings() {
          return new ConfigDef();
        }

        @Override
        public Optional<RecordCheck> of(String topic, Map<String, String> settings) {
          return Optional.empty();
        }
      };

  /** The settings by which a topic asks. */
  ConfigDef settings();

  /**
   * What a topic asks; empty: nothing. Called when the topic appears or is changed.
   *
   * @param settings its effective ones, all of them
   */
  Optional<RecordCheck> of(String topic, Map<String, String> settings);
}

package oxbow.server;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import oxbow.server.config.ConfigKey;
import oxbow.server.config.ConfigKeys;
import oxbow.server.config.Settings;

/** Turns the server's keys into the names topics have for the same settings. */
public final class TopicDefaults {
  private static final long MINUTE_MS = 60_000;
  private static final long HOUR_MS = 3_600_000;

  private static final Map<ConfigKey<?>, String> SAME_UNIT = new LinkedHashMap<>();

  static {
    SAME_UNIT.put(ConfigKeys.SEGMENT_BYTES, "segment.bytes");
    SAME_UNIT.put(ConfigKeys.RETENTION_BYTES, "retention.bytes");
    SAME_UNIT.put(ConfigKeys.INDEX_INTERVAL_BYTES, "index.interval.bytes");
    SAME_UNIT.put(ConfigKeys.INDEX_BYTES_MAX, "segment.index.bytes");
    SAME_UNIT.put(ConfigKeys.FLUSH_MESSAGES, "flush.messages");
    SAME_UNIT.put(ConfigKeys.FLUSH_MS, "flush.ms");
    SAME_UNIT.put(ConfigKeys.CLEANUP_POLICY, "cleanup.policy");
    SAME_UNIT.put(ConfigKeys.DELETE_RETENTION_MS, "delete.retention.ms");
    SAME_UNIT.put(ConfigKeys.COMPACTION_LAG_MIN_MS, "min.compaction.lag.ms");
    SAME_UNIT.put(ConfigKeys.COMPACTION_LAG_MAX_MS, "max.compaction.lag.ms");
    SAME_UNIT.put(ConfigKeys.DIRTY_RATIO_MIN, "min.cleanable.dirty.ratio");
    SAME_UNIT.put(ConfigKeys.FILE_DELETE_DELAY_MS, "file.delete.delay.ms");
    SAME_UNIT.put(ConfigKeys.BATCH_BYTES_MAX, "max.message.bytes");
    SAME_UNIT.put(ConfigKeys.TIMESTAMP_TYPE, "message.timestamp.type");
    SAME_UNIT.put(ConfigKeys.TIMESTAMP_BEFORE_MAX_MS, "message.timestamp.before.max.ms");
    SAME_UNIT.put(ConfigKeys.TIMESTAMP_AFTER_MAX_MS, "message.timestamp.after.max.ms");
    SAME_UNIT.put(ConfigKeys.COMPRESSION_TYPE, "compression.type");
    SAME_UNIT.put(ConfigKeys.GZIP_LEVEL, "compression.gzip.level");
    SAME_UNIT.put(ConfigKeys.LZ4_LEVEL, "compression.lz4.level");
    SAME_UNIT.put(ConfigKeys.ZSTD_LEVEL, "compression.zstd.level");
    SAME_UNIT.put(ConfigKeys.PREALLOCATE, "preallocate");
    SAME_UNIT.put(ConfigKeys.IN_SYNC_MIN, "min.insync.replicas");
    SAME_UNIT.put(ConfigKeys.UNCLEAN_ELECTION, "unclean.leader.election.enable");
  }

  private TopicDefaults() {}

  /** The server's key for a setting that topics have, by the topics' name for it. */
  public static Optional<ConfigKey<?>> keyOf(String topicSetting) {
    return switch (topicSetting) {
      case "retention.ms" -> Optional.of(ConfigKeys.RETENTION_MS);
      case "segment.ms" -> Optional.of(ConfigKeys.ROLL_MS);
      default ->
          SAME_UNIT.entrySet().stream()
              .filter(entry -> entry.getValue().equals(topicSetting))
              .<ConfigKey<?>>map(Map.Entry::getKey)
              .findFirst();
    };
  }

  static Map<String, String> of(Settings settings) {
    Map<String, String> defaults = new LinkedHashMap<>();
    SAME_UNIT.forEach((key, name) -> put(settings, key, name, defaults));
    defaults.put("retention.ms", Long.toString(retentionMs(settings)));
    defaults.put("segment.ms", Long.toString(rollMs(settings)));
    return Map.copyOf(defaults);
  }

  private static <T> void put(
      Settings settings, ConfigKey<T> key, String name, Map<String, String> defaults) {
    settings.find(key).ifPresent(value -> defaults.put(name, key.type().show(value)));
  }

  /** The finest unit given counts, as in Kafka. */
  static long retentionMs(Settings settings) {
    return settings
        .find(ConfigKeys.RETENTION_MS)
        .or(() ->
            settings
                .find(ConfigKeys.RETENTION_MINUTES)
                .map(minutes -> minutes < 0 ? -1 : minutes * MINUTE_MS))
        .orElseGet(() -> {
          long hours = settings.get(ConfigKeys.RETENTION_HOURS);
          return hours < 0 ? -1 : hours * HOUR_MS;
        });
  }

  private static long rollMs(Settings settings) {
    return settings
        .find(ConfigKeys.ROLL_MS)
        .orElseGet(() -> settings.get(ConfigKeys.ROLL_HOURS) * HOUR_MS);
  }
}

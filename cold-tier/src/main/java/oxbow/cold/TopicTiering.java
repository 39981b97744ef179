package oxbow.cold;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.LambdaValidator;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.Partitioning;
import oxbow.log.LogConfig;

/**
 * What a topic asks of the cold tier, read from its settings.
 *
 * @param isOn it has a cold tier
 * @param format how its files are written
 * @param encoding which encodings its Parquet pages have
 * @param values what its values are
 * @param keys what its keys are
 * @param lagMsMax how old a record may get before the table has it
 * @param fileBytes about how large its files are to be
 * @param partitionBy how its table is partitioned: transforms as {@code hour(kafka_timestamp)}
 * @param foreignFiles what becomes of files that another engine wrote into its table
 * @param retentionMs age past which records are expired; -1: kept
 * @param retentionBytes size of a partition past which they are; -1: kept
 * @param isDeleted {@code cleanup.policy} contains delete
 * @param isCompacted {@code cleanup.policy} contains compact
 * @param keepsHistory a compacted topic's old values stay in the cold tier
 * @param compaction when and how its files are compacted, if they are
 */
public record TopicTiering(
    boolean isOn,
    ColdFormat format,
    Encoding encoding,
    ValueFormat values,
    ValueFormat keys,
    long lagMsMax,
    long fileBytes,
    List<String> partitionBy,
    ForeignFiles foreignFiles,
    long retentionMs,
    long retentionBytes,
    boolean isDeleted,
    boolean isCompacted,
    boolean keepsHistory,
    CompactionRules compaction) {

  /**
   * Kafka's rules of compaction.
   *
   * @param deleteRetentionMs how long a tombstone outlives what it deletes
   * @param lagMsMin records younger than this are not compacted
   * @param lagMsMax records older than this are compacted soon
   * @param dirtyRatioMin share of the files that must be dirty before they are compacted
   */
  public record CompactionRules(
      long deleteRetentionMs, long lagMsMin, long lagMsMax, double dirtyRatioMin) {}

  /** Which encodings Parquet pages have. */
  public enum Encoding {
    /** Plain and dictionaries: every engine reads them. */
    PLAIN,
    /** Delta encodings as well: smaller and faster, where all engines in use read them. */
    DELTA
  }

  /** What the values or keys of a topic are. */
  public enum ValueFormat {
    /** By their schema id where they have one, else bytes. */
    AUTO,
    AVRO,
    JSON,
    PROTOBUF,
    /** Text, whatever their first bytes look like. */
    STRING,
    /** Bytes, whatever their first bytes look like. */
    BYTES;

    /** They may begin with a magic byte and a schema id. */
    public boolean isFramed() {
      return switch (this) {
        case AUTO, AVRO, JSON, PROTOBUF -> true;
        case STRING, BYTES -> false;
      };
    }
  }

  /** What becomes of a commit by which another engine put files of its own in the place of ours. */
  public enum ForeignFiles {
    /** They are replayed as well, by a slower reader, if they hold the same records. */
    REPLAY,
    /** The commit is undone before anything is lost. */
    REFUSE
  }

  /**
   * Whether keys may have a schema that is none of the topic's. Where nobody said so they may as
   * well be numbers, which look like anything.
   */
  public boolean mayMeetKeys() {
    return switch (keys) {
      case AVRO, JSON, PROTOBUF -> true;
      case AUTO, STRING, BYTES -> false;
    };
  }

  public static final String FORMAT = "oxbow.cold.format";
  public static final String ENCODING = "oxbow.cold.encoding";
  public static final String VALUES = "oxbow.value.format";
  public static final String KEYS = "oxbow.key.format";
  public static final String LAG_MS_MAX = "oxbow.cold.max.lag.ms";
  public static final String FILE_BYTES = "oxbow.cold.file.bytes";
  public static final String PARTITION_BY = "oxbow.cold.partition.by";
  public static final String FOREIGN_FILES = "oxbow.cold.foreign.files";
  public static final String KEEPS_HISTORY = LogConfig.KEEPS_HISTORY;

  private static final int LAG_MS_LEAST = 10_000;

  /** The settings of a topic that Kafka does not have. */
  public static ConfigDef definition() {
    return new ConfigDef()
        .define(
            FORMAT,
            ConfigDef.Type.STRING,
            "parquet",
            ValidString.in("parquet", "avro"),
            Importance.MEDIUM,
            "How cold files are written: parquet (typed columns, fast to query) or avro (records as"
                + " they came, for topics that are replayed more than queried).")
        .define(
            ENCODING,
            ConfigDef.Type.STRING,
            "plain",
            ValidString.in("plain", "delta"),
            Importance.LOW,
            "Encodings of Parquet pages: plain is read by every engine, delta is smaller and needs a"
                + " recent one.")
        .define(
            VALUES,
            ConfigDef.Type.STRING,
            "auto",
            ValidString.in("auto", "avro", "json", "protobuf", "string", "bytes"),
            Importance.MEDIUM,
            "What the values are. With auto they have typed columns if they begin with the id of a"
                + " registered schema.")
        .define(
            KEYS,
            ConfigDef.Type.STRING,
            "auto",
            ValidString.in("auto", "avro", "json", "protobuf", "string", "bytes"),
            Importance.MEDIUM,
            "What the keys are. With auto they have typed columns if they name a schema that is"
                + " registered for the topic's keys; with avro, json and protobuf it may be any.")
        .define(
            LAG_MS_MAX,
            ConfigDef.Type.LONG,
            60_000L,
            Range.atLeast(LAG_MS_LEAST),
            Importance.MEDIUM,
            "How old a record may get before the table has it, whether its segment is full or not.")
        .define(
            FILE_BYTES,
            ConfigDef.Type.LONG,
            128L << 20,
            Range.between(1L << 20, 1L << 30),
            Importance.LOW,
            "About how large cold files are: smaller ones are merged.")
        .define(
            PARTITION_BY,
            ConfigDef.Type.LIST,
            "",
            LambdaValidator.with(
                TopicTiering::checkPartitioning,
                () -> "transforms of columns, with commas between"),
            Importance.LOW,
            "How the table is partitioned: hour(kafka_timestamp), day(kafka_timestamp),"
                + " bucket(16, column), or a column; by a value's column once it is there. Counts for"
                + " files written from then on.")
        .define(
            FOREIGN_FILES,
            ConfigDef.Type.STRING,
            "replay",
            ValidString.in("replay", "refuse"),
            Importance.LOW,
            "What becomes of files that another engine put in the place of ours: replay reads them"
                + " with a slower reader, refuse undoes its commit.")
        .define(
            KEEPS_HISTORY,
            ConfigDef.Type.BOOLEAN,
            false,
            Importance.LOW,
            "Keep the old values of a compacted topic in the cold tier.");
  }

  private static void checkPartitioning(String key, Object value) {
    try {
      Partitioning _ =
          Partitioning.parse(
              ((List<?>) value).stream().map(String::valueOf).collect(Collectors.joining(",")));
    } catch (StoreException | NumberFormatException e) {
      throw new ConfigException(key, value, e.getMessage());
    }
  }

  /** Reads a topic's effective settings; absent ones have their defaults. */
  public static TopicTiering of(Map<String, String> settings) {
    var own = new AbstractConfig(definition(), settings, false);
    List<String> policies =
        List.of(text(settings, TopicConfig.CLEANUP_POLICY_CONFIG, "delete").split(",", -1));
    return new TopicTiering(
        Boolean.parseBoolean(text(settings, TopicConfig.REMOTE_LOG_STORAGE_ENABLE_CONFIG, "false")),
        word(ColdFormat.class, own.getString(FORMAT)),
        word(Encoding.class, own.getString(ENCODING)),
        word(ValueFormat.class, own.getString(VALUES)),
        word(ValueFormat.class, own.getString(KEYS)),
        own.getLong(LAG_MS_MAX),
        own.getLong(FILE_BYTES),
        own.getList(PARTITION_BY),
        word(ForeignFiles.class, own.getString(FOREIGN_FILES)),
        number(settings, TopicConfig.RETENTION_MS_CONFIG, 604_800_000),
        number(settings, TopicConfig.RETENTION_BYTES_CONFIG, -1),
        policies.stream().anyMatch(policy -> policy.strip().equals("delete")),
        policies.stream().anyMatch(policy -> policy.strip().equals("compact")),
        own.getBoolean(KEEPS_HISTORY),
        new CompactionRules(
            number(settings, TopicConfig.DELETE_RETENTION_MS_CONFIG, 86_400_000),
            number(settings, TopicConfig.MIN_COMPACTION_LAG_MS_CONFIG, 0),
            number(settings, TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG, Long.MAX_VALUE),
            ratio(settings, TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG, 0.5)));
  }

  /** Its files are compacted: they hold no value that a later one supersedes, sooner or later. */
  public boolean isColdCompacted() {
    return isCompacted && !keepsHistory;
  }

  /** Values may begin with a magic byte and a schema id. */
  public boolean isFramed() {
    return values.isFramed();
  }

  private static String text(Map<String, String> settings, String key, String otherwise) {
    return settings.getOrDefault(key, otherwise);
  }

  private static long number(Map<String, String> settings, String key, long otherwise) {
    String given = settings.get(key);
    try {
      return given == null ? otherwise : Long.parseLong(given.strip());
    } catch (NumberFormatException e) {
      throw new ConfigException(key, given, "is no number");
    }
  }

  private static double ratio(Map<String, String> settings, String key, double otherwise) {
    String given = settings.get(key);
    try {
      return given == null ? otherwise : Double.parseDouble(given.strip());
    } catch (NumberFormatException e) {
      throw new ConfigException(key, given, "is no number");
    }
  }

  private static <E extends Enum<E>> E word(Class<E> type, String value) {
    return Enum.valueOf(type, value.toUpperCase(Locale.ROOT));
  }
}

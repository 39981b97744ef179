package oxbow.log;

import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * A topic's settings as its log uses them. Names, defaults and rules are Kafka's. Only {@code
 * preallocate} has no effect: a file's length, which is all that Kafka sets, reserves no space.
 *
 * @param segmentBytes size at which the active segment is sealed
 * @param segmentMs age at which it is sealed
 * @param indexIntervalBytes bytes of log per index entry
 * @param indexBytesMax bound of one index file; a full index seals the segment
 * @param retentionMs age past which segments are expired; -1: kept
 * @param retentionBytes size of the log past which segments are expired; -1: kept
 * @param localRetentionMs age past which offloaded segments are trimmed; -2: as {@code retentionMs}
 * @param localRetentionBytes size past which they are trimmed; -2: as {@code retentionBytes}
 * @param isTiered old records move to the cold tier
 * @param isCopyDisabled but no more of them: what is there stays readable
 * @param isColdDeletedOnDisable without a cold tier, what it still has is no part of the log
 * @param isDeleted {@code cleanup.policy} contains delete
 * @param isCompacted {@code cleanup.policy} contains compact
 * @param deleteRetentionMs how long a tombstone outlives its compaction
 * @param compactionLagMsMin records younger than this are not compacted
 * @param compactionLagMsMax records older than this are compacted soon
 * @param dirtyRatioMin share of the log that must be dirty before it is compacted
 * @param keepsHistory what the cold tier does not have yet is not compacted: it keeps old values
 * @param fileDeleteDelayMs how long a deleted segment's file stays
 * @param batchBytesMax largest batch taken from a client
 * @param timestampType whose clock stamps the records
 * @param timestampBeforeMsMax how far a record's time may lie in the past
 * @param timestampAfterMsMax and in the future
 * @param recompression codec that every batch is stored with; null: as the producer sent it
 * @param flushMessages records after which the log is fsynced; 1: before each acknowledgement
 * @param flushMs longest time between append and fsync
 */
public record LogConfig(
    int segmentBytes,
    long segmentMs,
    int indexIntervalBytes,
    int indexBytesMax,
    long retentionMs,
    long retentionBytes,
    long localRetentionMs,
    long localRetentionBytes,
    boolean isTiered,
    boolean isCopyDisabled,
    boolean isColdDeletedOnDisable,
    boolean isDeleted,
    boolean isCompacted,
    long deleteRetentionMs,
    long compactionLagMsMin,
    long compactionLagMsMax,
    double dirtyRatioMin,
    boolean keepsHistory,
    long fileDeleteDelayMs,
    int batchBytesMax,
    TimestampType timestampType,
    long timestampBeforeMsMax,
    long timestampAfterMsMax,
    @Nullable Compression recompression,
    long flushMessages,
    long flushMs) {

  /** A setting of ours: old values of a compacted topic stay in the cold tier. */
  public static final String KEEPS_HISTORY = "oxbow.cold.history";

  /** Kafka's defaults. */
  public static final LogConfig DEFAULT = of(Map.of());

  /**
   * Reads a topic's settings; absent ones have Kafka's defaults. Throws Kafka's {@code
   * ConfigException}, naming key, rule and value, if one is wrong.
   */
  public static LogConfig of(Map<String, String> settings) {
    var kafka = new org.apache.kafka.storage.internals.log.LogConfig(settings);
    return new LogConfig(
        kafka.segmentSize(),
        kafka.segmentMs,
        kafka.indexInterval,
        kafka.maxIndexSize,
        kafka.retentionMs,
        kafka.retentionSize,
        kafka.getLong(TopicConfig.LOCAL_LOG_RETENTION_MS_CONFIG),
        kafka.getLong(TopicConfig.LOCAL_LOG_RETENTION_BYTES_CONFIG),
        kafka.remoteStorageEnable(),
        kafka.remoteLogCopyDisable(),
        kafka.remoteLogDeleteOnDisable(),
        kafka.delete,
        kafka.compact,
        kafka.deleteRetentionMs,
        kafka.compactionLagMs,
        kafka.maxCompactionLagMs,
        kafka.minCleanableRatio,
        Boolean.parseBoolean(settings.get(KEEPS_HISTORY)),
        kafka.fileDeleteDelayMs,
        kafka.maxMessageSize(),
        kafka.messageTimestampType,
        kafka.messageTimestampBeforeMaxMs,
        kafka.messageTimestampAfterMaxMs,
        kafka.compression.orElse(null),
        kafka.flushInterval,
        kafka.flushMs);
  }

  /** New records go to the cold tier: what {@code local.retention.*} trims has to be there. */
  public boolean isOffloaded() {
    return isTiered && !isCopyDisabled;
  }

  /** What the cold tier has is not wanted any more. */
  boolean leavesColdTier() {
    return !isTiered && isColdDeletedOnDisable;
  }
}

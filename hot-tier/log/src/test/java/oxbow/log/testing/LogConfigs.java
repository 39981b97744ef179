package oxbow.log.testing;

import java.util.Map;
import oxbow.log.LogConfig;

/** Settings smaller than Kafka allows, so that a test sees many segments soon. */
public final class LogConfigs {
  private LogConfigs() {}

  /** Kafka's settings, with this size of segments and distance of index entries. */
  public static LogConfig small(
      int segmentBytes, int indexIntervalBytes, Map<String, String> settings) {
    LogConfig usual = LogConfig.of(settings);
    return new LogConfig(
        segmentBytes,
        usual.segmentMs(),
        indexIntervalBytes,
        usual.indexBytesMax(),
        usual.retentionMs(),
        usual.retentionBytes(),
        usual.localRetentionMs(),
        usual.localRetentionBytes(),
        usual.isTiered(),
        usual.isCopyDisabled(),
        usual.isColdDeletedOnDisable(),
        usual.isDeleted(),
        usual.isCompacted(),
        usual.deleteRetentionMs(),
        usual.compactionLagMsMin(),
        usual.compactionLagMsMax(),
        usual.dirtyRatioMin(),
        usual.keepsHistory(),
        usual.fileDeleteDelayMs(),
        usual.batchBytesMax(),
        usual.timestampType(),
        usual.timestampBeforeMsMax(),
        usual.timestampAfterMsMax(),
        usual.recompression(),
        usual.flushMessages(),
        usual.flushMs());
  }
}

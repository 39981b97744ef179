package oxbow.log.batch;

import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import oxbow.log.LogConfig;

/**
 * What a topic asks of each record, taken apart so that the walk compares numbers only. Hot path.
 */
final class RecordRules {
  /** Nothing is asked of a record that is in the log already. */
  static final RecordRules NONE = new RecordRules();

  private final boolean isAnyAccepted;
  private final boolean needsKey;
  private final boolean takesProducerTime;
  private final long nowMs;
  private final long beforeMsMax;
  private final long afterMsMax;
  private final @Nullable RecordCheck check;

  RecordRules(LogConfig config, long nowMs, @Nullable RecordCheck check) {
    this.isAnyAccepted = false;
    this.needsKey = config.isCompacted();
    this.takesProducerTime = config.timestampType() == TimestampType.CREATE_TIME;
    this.nowMs = nowMs;
    this.beforeMsMax = config.timestampBeforeMsMax();
    this.afterMsMax = config.timestampAfterMsMax();
    this.check = check;
  }

  private RecordRules() {
    isAnyAccepted = true;
    needsKey = false;
    takesProducerTime = false;
    nowMs = 0;
    beforeMsMax = 0;
    afterMsMax = 0;
    check = null;
  }

  /** What has to be asked of each record besides; null: nothing. */
  @Nullable RecordCheck check() {
    return check;
  }

  boolean accepts(boolean hasKey, long timestampMs, boolean isStamped) {
    if (isAnyAccepted) return true;
    if (needsKey && !hasKey) return false;
    return (takesProducerTime && timestampMs != -1) ? isTimely(timestampMs) : !isStamped;
  }

  private boolean isTimely(long timestampMs) {
    long ageMs = nowMs - timestampMs; // may wrap, and then counts as Kafka counts it
    return ageMs <= beforeMsMax && -ageMs <= afterMsMax;
  }

  void explain(
      RecordErrors errors, int index, boolean hasKey, long timestampMs, boolean isStamped) {
    if (needsKey && !hasKey) {
      errors.withoutKey(index);
    } else if (takesProducerTime && timestampMs != -1) {
      errors.timeOutOfRange(index, timestampMs, nowMs - beforeMsMax, nowMs + afterMsMax);
    } else if (isStamped) {
      errors.brokerTimeFromProducer(index);
    }
  }
}

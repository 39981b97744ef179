package oxbow.cold.file;

import org.apache.kafka.common.Uuid;

/**
 * A finished cold file, as the table and the manifest know it.
 *
 * @param name of its object
 * @param baseOffset first offset of its range
 * @param endOffset offset that follows its range; the range may have gaps, also at its ends
 * @param records rows
 * @param timestampMin of its records; {@link Long#MAX_VALUE} if it has none
 * @param timestampMax of its records; {@link Long#MIN_VALUE} if it has none
 * @param indexBytes how much of its end has to be read to use it: footer and page indexes
 * @param leaderEpoch of its last batch
 * @param logBytes bytes of the batches it was made from: what {@code retention.bytes} counts
 */
public record ColdFile(
    String name,
    Uuid topicId,
    int partition,
    ColdFormat format,
    long baseOffset,
    long endOffset,
    long records,
    long bytes,
    long timestampMin,
    long timestampMax,
    int indexBytes,
    int leaderEpoch,
    long logBytes) {
  /** The same file under another name. */
  public ColdFile named(String newName) {
    return new ColdFile(
        newName,
        topicId,
        partition,
        format,
        baseOffset,
        endOffset,
        records,
        bytes,
        timestampMin,
        timestampMax,
        indexBytes,
        leaderEpoch,
        logBytes);
  }

  /** The same file, made from another one's part of the log, whose last batch may be gone. */
  public ColdFile comingFrom(int newLeaderEpoch, long newLogBytes) {
    return new ColdFile(
        name,
        topicId,
        partition,
        format,
        baseOffset,
        endOffset,
        records,
        bytes,
        timestampMin,
        timestampMax,
        indexBytes,
        newLeaderEpoch,
        newLogBytes);
  }
}

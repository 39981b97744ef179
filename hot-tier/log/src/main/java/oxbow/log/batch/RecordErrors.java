package oxbow.log.batch;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.requests.ProduceResponse.RecordError;
import org.apache.kafka.storage.internals.log.RecordValidationException;

/**
 * What is wrong with single records of a batch whose structure is sound. One of them refuses the
 * whole batch, but the producer is told which ones they were.
 */
final class RecordErrors {
  /**
   * A batch bomb of records without key must not become a list of a hundred million errors. Real
   * batches hold fewer records than this.
   */
  static final int NAMED_MAX = 16_384;

  private final List<RecordError> named = new ArrayList<>();
  private long count;
  private boolean isAboutTime;

  void withoutKey(int index) {
    add(index, "the topic is compacted, and this record has no key");
  }

  void timeOutOfRange(int index, long timestampMs, long earliestMs, long latestMs) {
    isAboutTime = true;
    add(index, "timestamp " + timestampMs + " lies outside [" + earliestMs + ", " + latestMs + "]");
  }

  void brokerTimeFromProducer(int index) {
    isAboutTime = true;
    add(index, "a producer must not set the timestamp type to LogAppendTime");
  }

  /** The topic asks for something else, and says itself what. */
  void refused(int index, RecordStart record) {
    count++;
    if (named.size() < NAMED_MAX) named.add(new RecordError(index, record.reason()));
  }

  private void add(int index, String message) {
    count++;
    if (named.size() < NAMED_MAX) named.add(new RecordError(index, message));
  }

  RecordValidationException exception() {
    var cause =
        isAboutTime
            ? new InvalidTimestampException(
                "the timestamps of " + count + " records are not acceptable")
            : new InvalidRecordException(
                count + " records are not acceptable, the first: " + named.getFirst());
    return new RecordValidationException(cause, named);
  }
}

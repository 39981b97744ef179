package oxbow.query.replay;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Queue;
import java.util.Set;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import oxbow.log.LogRead.AbortedTransaction;
import oxbow.log.ReadLimit;
import oxbow.query.Topics.Batches;

/**
 * Which batches of a read hold anybody's records: markers don't, and those of aborted transactions
 * never did. Confined to one thread; asked in the order of offsets.
 */
public final class Visible {
  private final ReadLimit limit;

  // Transactions aborted further on, and those whose records come now.
  private Queue<AbortedTransaction> aborted = new ArrayDeque<>();
  private final Set<Long> abortedProducers = new HashSet<>();

  public Visible(ReadLimit limit) {
    this.limit = limit;
  }

  /** What is asked next comes from this read. */
  public void begin(Batches read) {
    abortedProducers.clear();
    aborted =
        new ArrayDeque<>(
            read.aborted().stream()
                .sorted(Comparator.comparingLong(AbortedTransaction::firstOffset))
                .toList());
  }

  public boolean isVisible(RecordBatch batch) {
    if (limit == ReadLimit.LAST_STABLE && batch.hasProducerId()) {
      while (!aborted.isEmpty() && aborted.element().firstOffset() <= batch.lastOffset()) {
        abortedProducers.add(aborted.remove().producerId());
      }
      if (batch.isControlBatch() && isAbort(batch)) abortedProducers.remove(batch.producerId());
      else if (batch.isTransactional() && abortedProducers.contains(batch.producerId())) {
        return false;
      }
    }
    return !batch.isControlBatch();
  }

  private static boolean isAbort(RecordBatch control) {
    Iterator<Record> markers = control.iterator();
    return markers.hasNext()
        && ControlRecordType.parse(markers.next().key()) == ControlRecordType.ABORT;
  }
}

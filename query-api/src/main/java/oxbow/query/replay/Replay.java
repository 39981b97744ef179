package oxbow.query.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.utils.BufferSupplier;
import org.jspecify.annotations.Nullable;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.replay.ReplayRequest.Order;

/**
 * A range of a topic's records, given out one by one. Reads only when it is asked for the next one:
 * it holds what one read brought, or with {@link Order#TIME} one such per partition. Belongs to one
 * thread, which may wait in it; another stops it by {@link Waiting#stop}.
 */
public final class Replay implements AutoCloseable {
  private static final int READ_BYTES = 1 << 20;
  private static final int READ_BYTES_MIN = 16 << 10;

  /** Records with other keys, after which whoever asked may look at the time. */
  private static final int PASSED_OVER_MAX = 10_000;

  /** Partitions that are merged: each holds a batch at least. */
  public static final int MERGED_MAX = 64;

  private final ReplayRequest request;
  private final Waiting waiting;
  private final List<PartitionReplay> partitions = new ArrayList<>();
  private final List<Long> endsAtStart = new ArrayList<>();
  private final BufferSupplier buffers = BufferSupplier.create();

  private int current;
  private @Nullable PartitionReplay givenFrom;
  private long recordsGiven;
  private long bytesGiven;
  private long hot;
  private long cold;
  private boolean isAtEnd;

  /** What comes next. */
  public sealed interface Step {
    record Found(ReplayedRecord record) implements Step {}

    /** Nothing for as long as one wanted to wait, or nothing wanted among many. */
    record Quiet() implements Step {}

    /** The range or a limit is reached. */
    record Ended() implements Step {}
  }

  private Replay(ReplayRequest request, Waiting waiting) {
    this.request = request;
    this.waiting = waiting;
  }

  /**
   * Finds the range; nothing is read yet.
   *
   * @throws QueryException there is no such range
   */
  public static Replay open(Topics topics, ReplayRequest request, Waiting waiting) {
    boolean isMerged = request.order() == Order.TIME && request.partitions().size() > 1;
    if (isMerged && request.partitions().size() > MERGED_MAX) {
      throw new QueryException(
          Kind.BAD_PARAMETER,
          "order=time merges at most "
              + MERGED_MAX
              + " partitions, not "
              + request.partitions().size()
              + "; choose some with partition=");
    }
    request.filter().ifPresent(RecordFilter::check);
    int readBytes =
        isMerged ? Math.max(READ_BYTES_MIN, READ_BYTES / request.partitions().size()) : READ_BYTES;
    var replay = new Replay(request, waiting);
    for (Ranges.Range range : new Ranges(topics, waiting, request.isolation()).of(request)) {
      replay.partitions.add(
          new PartitionReplay(
              topics,
              waiting,
              range,
              request.isolation(),
              readBytes,
              request.isFollowing(),
              replay.buffers,
              request.filter()));
      replay.endsAtStart.add(range.endNow());
    }
    return replay;
  }

  /**
   * The next record. Waits for reads as long as they take.
   *
   * @param quietNanos how long to wait for records that don't exist yet
   */
  public Step next(long quietNanos) {
    for (int passedOver = 0; passedOver < PASSED_OVER_MAX; ) {
      waiting.check();
      if (recordsGiven >= request.recordsMax() || bytesGiven >= request.bytesMax()) {
        return new Step.Ended();
      }
      PartitionReplay from = request.order() == Order.TIME ? earliest() : nextInTurn();
      if (from != null) {
        ReplayedRecord record = from.peek();
        if (record == null) throw new IllegalStateException("the record is gone");
        from.take();
        givenFrom = from;
        if (record.isCold()) cold++;
        else hot++;
        if (!isWanted(record)) {
          passedOver++;
          continue;
        }
        recordsGiven++;
        bytesGiven += record.sizeBytes();
        return new Step.Found(record);
      }
      if (partitions.stream().allMatch(PartitionReplay::isDone)) {
        isAtEnd = true;
        return new Step.Ended();
      }
      if (!isWorthALook(quietNanos)) return new Step.Quiet();
    }
    return new Step.Quiet();
  }

  private boolean isWorthALook(long nanos) {
    List<CompletableFuture<Void>> arrivals = new ArrayList<>();
    for (PartitionReplay each : partitions) {
      CompletableFuture<Void> arrival = each.arrival();
      if (arrival != null) arrivals.add(arrival);
      else if (!each.isDone()) return true;
    }
    return waiting.await(arrivals, nanos);
  }

  /** One partition to its end, then the next; those that are followed take turns. */
  private @Nullable PartitionReplay nextInTurn() {
    int count = partitions.size();
    if (count == 0) return null;
    PartitionReplay now = partitions.get(current);
    if (givenFrom == now && request.isFollowing() && now.position() >= endsAtStart.get(current)) {
      current = (current + 1) % count;
    }
    for (int i = 0; i < count; i++) {
      int index = (current + i) % count;
      if (partitions.get(index).peek() == null) continue;
      current = index;
      return partitions.get(index);
    }
    return null;
  }

  private @Nullable PartitionReplay earliest() {
    PartitionReplay earliest = null;
    long earliestMs = 0;
    for (PartitionReplay each : partitions) {
      ReplayedRecord head = each.peek();
      if (head == null) continue;
      if (earliest == null || head.timestampMs() < earliestMs) {
        earliest = each;
        earliestMs = head.timestampMs();
      }
    }
    return earliest;
  }

  private boolean isWanted(ReplayedRecord record) {
    if (request.key().isEmpty()) return true;
    if (record.key() == null) return false;
    return record.key().equals(java.nio.ByteBuffer.wrap(request.key().get().bytes()));
  }

  /** Where to go on after the record that was given last. */
  public Cursor cursor() {
    var next = new TreeMap<Integer, Long>();
    partitions.forEach(each -> next.put(each.partition(), each.position()));
    return new Cursor(request.topic().id(), next);
  }

  /** The range was read to its end. */
  public boolean isAtEnd() {
    return isAtEnd;
  }

  public long recordsGiven() {
    return recordsGiven;
  }

  /** Records looked at that lay on local disk. */
  public long hot() {
    return hot;
  }

  /** Records looked at that came from the object store. */
  public long cold() {
    return cold;
  }

  @Override
  public void close() {
    partitions.forEach(PartitionReplay::close);
    buffers.close();
  }
}

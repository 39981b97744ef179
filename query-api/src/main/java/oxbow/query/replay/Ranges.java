package oxbow.query.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.log.ReadLimit;
import oxbow.log.TimestampedOffset;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Bounds;
import oxbow.query.Topics.Topic;

/** Finds the offsets that a position stands for. */
public final class Ranges {
  private final Topics topics;
  private final Waiting waiting;
  private final ReadLimit limit;

  public Ranges(Topics topics, Waiting waiting, ReadLimit limit) {
    this.topics = topics;
    this.waiting = waiting;
    this.limit = limit;
  }

  /**
   * What one partition gives.
   *
   * @param endNow where it ends at this moment, as far as one may see
   */
  public record Range(TopicIdPartition partition, long start, long end, long endNow) {}

  /** What a partition holds of a position: its offset, and the record's time if it was asked by. */
  public record Found(int partition, long offset, Optional<Long> timestampMs) {}

  /** The range of each partition that is asked for. */
  public List<Range> of(ReplayRequest request) {
    Map<Integer, Bounds> bounds = bounds(request.topic(), request.partitions());
    List<Found> starts = find(request.topic(), request.partitions(), request.from(), bounds);
    requireInRange(request, starts, bounds);
    Optional<List<Found>> ends =
        request.to().map(to -> find(request.topic(), request.partitions(), to, bounds));
    List<Range> ranges = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      int partition = starts.get(i).partition();
      long endNow = end(bounds.get(partition));
      long end = request.isFollowing() ? Long.MAX_VALUE : endNow;
      if (ends.isPresent()) {
        long wanted = ends.get().get(i).offset();
        end = request.isFollowing() ? wanted : Math.min(wanted, endNow);
      }
      ranges.add(
          new Range(request.topic().partition(partition), starts.get(i).offset(), end, endNow));
    }
    return ranges;
  }

  /** The offset of a position in each partition. */
  public List<Found> find(Topic topic, List<Integer> partitions, Position position) {
    return find(topic, partitions, position, bounds(topic, partitions));
  }

  private SortedMap<Integer, Bounds> bounds(Topic topic, List<Integer> partitions) {
    var all = new TreeMap<Integer, Bounds>();
    for (int partition : partitions) {
      if (partition < 0 || partition >= topic.partitions()) {
        throw new QueryException(
            Kind.NO_PARTITION,
            topic.name() + " has no partition " + partition + "; it has " + topic.partitions());
      }
      all.put(
          partition,
          topics
              .bounds(topic.partition(partition))
              .orElseThrow(() ->
                  new QueryException(
                      Kind.UNAVAILABLE,
                      "partition " + partition + " of " + topic.name() + " can't be read now")));
    }
    return all;
  }

  private List<Found> find(
      Topic topic, List<Integer> partitions, Position position, Map<Integer, Bounds> bounds) {
    return switch (position) {
      case Position.Earliest _ -> each(partitions, bounds, Bounds::logStart);
      case Position.Latest _ -> each(partitions, bounds, this::end);
      case Position.Offset at -> each(partitions, bounds, _ -> at.offset());
      case Position.At at -> at(topic, partitions, at.cursor());
      case Position.Time time -> byTime(topic, partitions, time.timestampMs(), bounds);
    };
  }

  private interface Bound {
    long of(Bounds bounds);
  }

  private static List<Found> each(
      List<Integer> partitions, Map<Integer, Bounds> bounds, Bound bound) {
    List<Found> found = new ArrayList<>();
    for (int partition : partitions) {
      Bounds known = bounds.get(partition);
      if (known == null) throw new IllegalStateException("partition without bounds");
      found.add(new Found(partition, bound.of(known), Optional.empty()));
    }
    return found;
  }

  private static List<Found> at(Topic topic, List<Integer> partitions, Cursor cursor) {
    if (!cursor.topic().equals(topic.id())) {
      throw new QueryException(
          Kind.STALE_CURSOR,
          "the cursor is of another topic, or of one called "
              + topic.name()
              + " that was deleted since");
    }
    List<Found> found = new ArrayList<>();
    for (int partition : partitions) {
      Long offset = cursor.next().get(partition);
      if (offset == null) {
        throw new QueryException(
            Kind.BAD_PARAMETER,
            "the cursor knows partitions " + cursor.next().keySet() + ", not " + partition);
      }
      found.add(new Found(partition, offset, Optional.empty()));
    }
    return found;
  }

  private List<Found> byTime(
      Topic topic, List<Integer> partitions, long timestampMs, Map<Integer, Bounds> bounds) {
    List<CompletableFuture<Optional<TimestampedOffset>>> asked = new ArrayList<>();
    try {
      for (int partition : partitions) {
        asked.add(topics.find(topic.partition(partition), timestampMs));
      }
      List<Found> found = new ArrayList<>();
      for (int i = 0; i < asked.size(); i++) {
        int partition = partitions.get(i);
        long end = end(bounds.get(partition));
        found.add(
            waiting
                .await(asked.get(i))
                .filter(first -> first.offset() < end)
                .map(
                    first -> new Found(partition, first.offset(), Optional.of(first.timestampMs())))
                .orElseGet(() -> new Found(partition, end, Optional.empty())));
      }
      return found;
    } finally {
      asked.forEach(each -> each.cancel(false));
    }
  }

  /** Records that are gone are missed aloud; an offset that no partition has yet is a mistake. */
  private void requireInRange(
      ReplayRequest request, List<Found> starts, Map<Integer, Bounds> bounds) {
    boolean isCursor = request.from() instanceof Position.At;
    boolean isAnyBelowEnd = false;
    long endMax = 0;
    for (Found start : starts) {
      Bounds known = bounds.get(start.partition());
      if (known == null) throw new IllegalStateException("partition without bounds");
      if (start.offset() < known.logStart()) {
        throw new QueryException(
            isCursor ? Kind.STALE_CURSOR : Kind.OUT_OF_RANGE,
            "offset "
                + start.offset()
                + " of partition "
                + start.partition()
                + " is gone; its log begins at "
                + known.logStart()
                + " (from=earliest)");
      }
      if (isCursor && start.offset() > known.highWatermark()) {
        throw new QueryException(
            Kind.STALE_CURSOR,
            "the cursor is ahead of partition "
                + start.partition()
                + ", which ends at "
                + known.highWatermark());
      }
      isAnyBelowEnd |= start.offset() <= known.highWatermark();
      endMax = Math.max(endMax, known.highWatermark());
    }
    if (!isAnyBelowEnd && !starts.isEmpty()) {
      throw new QueryException(
          Kind.OUT_OF_RANGE, "no partition has this offset yet; the furthest ends at " + endMax);
    }
  }

  private long end(@org.jspecify.annotations.Nullable Bounds bounds) {
    if (bounds == null) throw new IllegalStateException("partition without bounds");
    return limit == ReadLimit.LAST_STABLE ? bounds.lastStable() : bounds.highWatermark();
  }
}

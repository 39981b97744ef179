package oxbow.server.query;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.ColdTier;
import oxbow.cold.file.ColdFile;
import oxbow.cold.table.TableVersion;
import oxbow.log.NanoClock;
import oxbow.query.Topics.Topic;

/**
 * What the topics' tables have of each partition. Counted on a thread of its own, anew when a
 * topic's offsets tell that its table has moved, and now and then since its files are merged:
 * whoever asks gets what was counted last, and never waits for the store.
 */
final class ColdTotals implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ColdTotals.class);
  private static final Duration COUNT_EVERY_MIN = Duration.ofSeconds(1);
  private static final Duration COUNT_EVERY_MAX = Duration.ofMinutes(1);

  private final Supplier<Optional<ColdTier>> tier;
  private final NanoClock clock;
  private final Map<Uuid, Known> known = new ConcurrentHashMap<>();
  private final Set<Uuid> counting = ConcurrentHashMap.newKeySet();
  private final Set<Uuid> first = new HashSet<>(); // guarded by itself: never counted before
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("query-count").daemon(true).factory());

  /**
   * What the table has of a partition.
   *
   * @param firstTimestamp the smallest of its records; {@link Long#MAX_VALUE}: it has none
   * @param lastTimestamp the largest of them; {@link Long#MIN_VALUE}: it has none
   */
  record Total(int files, long bytes, long firstTimestamp, long lastTimestamp) {
    static final Total NONE = new Total(0, 0, Long.MAX_VALUE, Long.MIN_VALUE);
  }

  private record Known(List<Total> partitions, long signature, long countedNanos) {}

  ColdTotals(Supplier<Optional<ColdTier>> tier, NanoClock clock) {
    this.tier = tier;
    this.clock = clock;
  }

  /**
   * What was counted last, partition by partition; empty: nothing yet.
   *
   * @param signature changes when the table may have
   */
  Optional<List<Total>> of(Topic topic, long signature) {
    Optional<ColdTier> opened = tier.get();
    if (opened.isEmpty()) return Optional.of(List.of());
    Known last = known.get(topic.id());
    if (isOld(last, signature) && opened.get().storeTrouble().isEmpty()) {
      count(opened.get(), topic, signature);
    }
    return Optional.ofNullable(last).map(Known::partitions);
  }

  private boolean isOld(@Nullable Known last, long signature) {
    if (last == null) return true;
    Duration keptFor = last.signature() == signature ? COUNT_EVERY_MAX : COUNT_EVERY_MIN;
    return clock.nanos() - last.countedNanos() >= keptFor.toNanos();
  }

  private void count(ColdTier opened, Topic topic, long signature) {
    if (!counting.add(topic.id())) return;
    if (!known.containsKey(topic.id())) {
      synchronized (first) {
        first.add(topic.id());
      }
    }
    try {
      thread.execute(() -> {
        try {
          List<Total> totals = totals(opened.version(topic.id(), topic.name()), topic);
          known.put(topic.id(), new Known(totals, signature, clock.nanos()));
        } catch (RuntimeException e) {
          // The offload tells of a store in trouble, and a topic may be deleted meanwhile: what was
          // counted before is still shown.
          log.atDebug()
              .addKeyValue("topic", topic.name())
              .addKeyValue("reason", e.getMessage())
              .log("cold files not counted");
        } finally {
          counted(topic.id());
        }
      });
    } catch (RejectedExecutionException _) {
      counted(topic.id()); // the server stops
    }
  }

  private static List<Total> totals(Optional<TableVersion> version, Topic topic) {
    List<Total> totals = new ArrayList<>();
    for (int i = 0; i < topic.partitions(); i++) {
      int partition = i;
      totals.add(version.map(table -> total(table.files(partition))).orElse(Total.NONE));
    }
    return List.copyOf(totals);
  }

  private static Total total(List<ColdFile> files) {
    long bytes = 0;
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (ColdFile file : files) {
      bytes += file.bytes();
      first = Math.min(first, file.timestampMin());
      last = Math.max(last, file.timestampMax());
    }
    return new Total(files.size(), bytes, first, last);
  }

  /**
   * Waits until what was to be counted for the first time is, if that is soon.
   *
   * @return false: there was nothing to wait for
   */
  boolean awaitFirst(Duration patience) throws InterruptedException {
    synchronized (first) {
      if (first.isEmpty()) return false;
      long until = clock.nanos() + patience.toNanos();
      for (long left; !first.isEmpty() && (left = until - clock.nanos()) > 0; ) {
        TimeUnit.NANOSECONDS.timedWait(first, left);
      }
      return true;
    }
  }

  private void counted(Uuid topic) {
    counting.remove(topic);
    synchronized (first) {
      if (first.remove(topic)) first.notifyAll();
    }
  }

  /** Forgets all topics but these. */
  void retain(Set<Uuid> topics) {
    known.keySet().retainAll(topics);
  }

  @Override
  public void close() {
    thread.shutdown();
  }
}

package oxbow.cold.fetch;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.cold.table.Manifest;
import oxbow.log.NanoClock;

/**
 * What is known of each partition's files. Read from the table when it is first asked for, after a
 * commit of our own, when a file turns out to be gone, and when it has become old: others commit
 * too.
 */
public final class Manifests {
  /** Reads what the table has of a partition. May wait for the store. */
  public interface Tables {
    Manifest read(TopicIdPartition partition);
  }

  private final Tables tables;
  private final long ageNanosMax;
  private final NanoClock clock;
  private final ConcurrentMap<TopicIdPartition, Known> known = new ConcurrentHashMap<>();

  private final AtomicLong changes = new AtomicLong();

  private record Known(Manifest manifest, long readNanos) {}

  public Manifests(Tables tables, long ageNanosMax, NanoClock clock) {
    this.tables = tables;
    this.ageNanosMax = ageNanosMax;
    this.clock = clock;
  }

  /** May wait for the store. */
  public Manifest of(TopicIdPartition partition) {
    Known last = known.get(partition);
    if (last != null && clock.nanos() - last.readNanos() < ageNanosMax) return last.manifest();
    long now = clock.nanos();
    long changesBefore = changes.get();
    Manifest read = tables.read(partition);
    // What changed while it was read may be in it or not: then it is good for its reader alone.
    known.compute(
        partition, (_, other) -> changes.get() == changesBefore ? new Known(read, now) : other);
    return read;
  }

  /**
   * The same with every file below an offset that the table is known to have: the log trims what
   * was committed, whether a reader of the table has seen the commit or not. May wait for the
   * store.
   */
  public Manifest upTo(TopicIdPartition partition, long end) {
    Manifest last = of(partition);
    if (last.end() >= end) return last;
    changed(partition);
    return of(partition);
  }

  /** What is known is not true any more: it is read anew when next asked for. */
  public void changed(TopicIdPartition partition) {
    changes.incrementAndGet();
    known.remove(partition);
  }
}

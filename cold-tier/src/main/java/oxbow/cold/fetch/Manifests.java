package oxbow.cold.fetch;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
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
    Manifest read = tables.read(partition);
    known.put(partition, new Known(read, now));
    return read;
  }

  /** What is known is not true any more: it is read anew when next asked for. */
  public void changed(TopicIdPartition partition) {
    known.remove(partition);
  }
}

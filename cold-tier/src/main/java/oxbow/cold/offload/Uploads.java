package oxbow.cold.offload;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.apache.kafka.common.Uuid;

/**
 * Who writes files of a topic in this process. Many do so at a time; whoever has to know that
 * nothing of what was read before is on its way any more waits for all of them. Thread-safe.
 */
public final class Uploads {
  private final Map<Uuid, ReadWriteLock> topics = new ConcurrentHashMap<>();

  /** Held from the first record that is read for a file until the file is in the table, or not. */
  public Lock shared(Uuid topicId) {
    return of(topicId).readLock();
  }

  /** Held while nobody writes. */
  public Lock alone(Uuid topicId) {
    return of(topicId).writeLock();
  }

  private ReadWriteLock of(Uuid topicId) {
    return topics.computeIfAbsent(topicId, _ -> new ReentrantReadWriteLock(true));
  }

  /** The topic was deleted. */
  public void forget(Uuid topicId) {
    topics.remove(topicId);
  }
}

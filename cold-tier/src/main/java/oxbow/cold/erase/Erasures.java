package oxbow.cold.erase;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.cold.BackgroundThreads;
import oxbow.cold.erase.EraseReport.State;
import oxbow.schema.Schemas;

/** Orders to erase keys: one runs at a time, the last few are remembered. Thread-safe. */
public final class Erasures implements AutoCloseable {
  private static final int REMEMBERED_MAX = 20;
  private static final int PATIENCE_SECONDS = 10;

  private final Eraser eraser;
  private final Schemas schemas;
  private final InstantSource clock;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(BackgroundThreads.named("erase"));
  private final Map<String, Erasure> known = new LinkedHashMap<>();
  private int count;

  /**
   * @param schemas by which keys are read that are given as JSON
   */
  public Erasures(Eraser eraser, Schemas schemas, InstantSource clock) {
    this.eraser = eraser;
    this.schemas = schemas;
    this.clock = clock;
  }

  /**
   * Begins one when those before it are done.
   *
   * @param partitions of the topic; asked when it begins
   * @throws RejectedExecutionException if too many wait already
   */
  public synchronized Erasure begin(
      String topic, ErasedKeys keys, Supplier<List<TopicIdPartition>> partitions) {
    forgetOldest();
    var begun =
        new Erasure(Integer.toString(++count), topic, keys.of(topic, schemas), clock.instant());
    known.put(begun.report().id(), begun);
    thread.execute(() -> eraser.run(begun, partitions.get()));
    return begun;
  }

  private void forgetOldest() {
    if (known.size() < REMEMBERED_MAX) return;
    EraseReport oldest = known.values().iterator().next().report();
    if (oldest.state() == State.RUNNING) {
      throw new RejectedExecutionException(REMEMBERED_MAX + " erasures are under way");
    }
    known.remove(oldest.id());
  }

  public synchronized Optional<Erasure> find(String id) {
    return Optional.ofNullable(known.get(id));
  }

  /**
   * Waits for a step to end; the budget that steps take from is closed before. No thread is
   * interrupted: that would close the log's own files under it.
   */
  @Override
  public void close() {
    thread.shutdown();
    try {
      boolean _ = thread.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package oxbow.cold;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import oxbow.cold.rewrite.Rewriter;

/** Retypings asked for: one runs at a time, the last few are remembered. Thread-safe. */
final class Retypings implements AutoCloseable {
  private static final int REMEMBERED_MAX = 20;

  private final Rewriter.Readers readers;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(BackgroundThreads.named("retype"));
  private final Map<String, Retyping> known = new LinkedHashMap<>();
  private int count;

  Retypings(Rewriter.Readers readers) {
    this.readers = readers;
  }

  /**
   * Begins one when those before it are done.
   *
   * @param isAll write every file anew, whether it gets more columns or not
   * @param partitions asked for when it begins
   * @throws RejectedExecutionException if too many wait already
   */
  synchronized Retyping begin(boolean isAll, Supplier<List<Retyping.Partition>> partitions) {
    forgetOldest();
    var begun = new Retyping(Integer.toString(++count), isAll);
    known.put(begun.report().id(), begun);
    thread.execute(() -> {
      try {
        begun.run(partitions.get(), readers);
      } catch (RuntimeException e) {
        begun.failed(e);
      }
    });
    return begun;
  }

  private void forgetOldest() {
    if (known.size() < REMEMBERED_MAX) return;
    var oldest = known.values().iterator().next().report();
    if (oldest.state() == Retyping.State.RUNNING) {
      throw new RejectedExecutionException(REMEMBERED_MAX + " retypings are under way");
    }
    known.remove(oldest.id());
  }

  synchronized Optional<Retyping> find(String id) {
    return Optional.ofNullable(known.get(id));
  }

  @Override
  public void close() {
    synchronized (this) {
      known.values().forEach(Retyping::stop);
    }
    thread.shutdownNow(); // it reads through the store only
  }
}

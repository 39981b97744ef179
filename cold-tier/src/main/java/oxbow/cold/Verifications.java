package oxbow.cold;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import oxbow.cold.file.ColdFile;
import oxbow.cold.rewrite.Rewriter;
import oxbow.cold.upkeep.Pace;

/** Verifications asked for: one runs at a time, the last few are remembered. Thread-safe. */
final class Verifications implements AutoCloseable {
  private static final int REMEMBERED_MAX = 20;

  private final Rewriter.Readers readers;
  private final Pace pace;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(BackgroundThreads.named("verify"));
  private final Map<String, Verification> known = new LinkedHashMap<>();
  private int count;

  Verifications(Rewriter.Readers readers, Pace pace) {
    this.readers = readers;
    this.pace = pace;
  }

  /**
   * Begins one when those before it are done.
   *
   * @param partitions files of each; asked when it begins
   * @throws RejectedExecutionException if too many wait already
   */
  synchronized Verification begin(Supplier<List<List<ColdFile>>> partitions) {
    forgetOldest();
    var begun = new Verification(Integer.toString(++count));
    known.put(begun.report().id(), begun);
    thread.execute(() -> {
      try {
        begun.run(partitions.get(), readers, pace);
      } catch (RuntimeException e) {
        begun.failed(e);
      }
    });
    return begun;
  }

  private void forgetOldest() {
    if (known.size() < REMEMBERED_MAX) return;
    var oldest = known.values().iterator().next().report();
    if (oldest.state() == Verification.State.RUNNING) {
      throw new RejectedExecutionException(REMEMBERED_MAX + " verifications are under way");
    }
    known.remove(oldest.id());
  }

  synchronized Optional<Verification> find(String id) {
    return Optional.ofNullable(known.get(id));
  }

  @Override
  public void close() {
    thread.shutdown();
    synchronized (this) {
      known.values().forEach(Verification::stop);
    }
  }
}

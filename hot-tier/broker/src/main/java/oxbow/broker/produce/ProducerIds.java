package oxbow.broker.produce;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.server.common.ProducerIdsBlock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out producer ids from blocks that the controller allocates. Each id is given once in the
 * cluster's life; what is left of a block when the broker stops is never used.
 */
public final class ProducerIds {
  private static final Logger log = LoggerFactory.getLogger(ProducerIds.class);
  private static final int WAITING_MAX = 10_000;

  private final Supplier<CompletionStage<ProducerIdsBlock>> allocate;

  // Guarded by this.
  private ProducerIdsBlock block = ProducerIdsBlock.EMPTY;
  private boolean isAllocating;
  private final Queue<CompletableFuture<Long>> waiting = new ArrayDeque<>();

  /**
   * @param allocate asks the controller for the next block
   */
  public ProducerIds(Supplier<CompletionStage<ProducerIdsBlock>> allocate) {
    this.allocate = allocate;
  }

  /** An id nobody has. */
  public CompletionStage<Long> next() {
    var id = new CompletableFuture<Long>();
    synchronized (this) {
      Optional<Long> claimed = block.claimNextId();
      if (claimed.isPresent()) return CompletableFuture.completedFuture(claimed.get());
      if (waiting.size() == WAITING_MAX) {
        return CompletableFuture.failedFuture(passing("too many producers wait for an id"));
      }
      waiting.add(id);
      if (isAllocating) return id;
      isAllocating = true;
    }
    allocate.get().whenComplete(this::allocated);
    return id;
  }

  private void allocated(@Nullable ProducerIdsBlock next, @Nullable Throwable failure) {
    var answers = new ArrayList<Runnable>();
    boolean isMoreNeeded;
    synchronized (this) {
      if (next != null) block = next;
      while (!waiting.isEmpty()) {
        Optional<Long> id = block.claimNextId();
        if (id.isEmpty() && failure == null) break;
        CompletableFuture<Long> waiter = waiting.remove();
        answers.add(
            id.isPresent()
                ? () -> waiter.complete(id.get())
                : () ->
                    waiter.completeExceptionally(passing("no block of producer ids: " + failure)));
      }
      isMoreNeeded = !waiting.isEmpty();
      isAllocating = isMoreNeeded;
    }
    if (failure != null) log.atWarn().setCause(failure).log("producer ids not allocated");
    answers.forEach(Runnable::run);
    if (isMoreNeeded) allocate.get().whenComplete(this::allocated);
  }

  /** An error that clients take as passing: they try again. */
  private static CoordinatorLoadInProgressException passing(String reason) {
    return new CoordinatorLoadInProgressException(reason);
  }
}

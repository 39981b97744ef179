package oxbow.query.scan;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.parquet.ColumnScan;
import oxbow.cold.file.parquet.ColumnScan.Group;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.query.scan.ScanPlan.Piece;

/**
 * Fetches the wanted pages of cold files ahead of those who make rows of them: several files at a
 * time, on virtual threads ({@code query-cold-*}), with bounded bytes under way.
 *
 * <pre>
 *   file -> its end -> wanted row groups -> fetched pages -> {@link #next}
 * </pre>
 */
final class ColdGroups implements AutoCloseable {
  private static final int FILES_MAX = 8;
  private static final int FETCHES_MAX = 16;
  private static final int PERMIT_BYTES = 1024;
  private static final long LOOK_MS = 50;

  /** A store that does not notice that nobody waits for it is left alone after this time. */
  private static final long CLOSE_MS_MAX = 2_000;

  private final ColdColumns files;
  private final ColumnTree tree;
  private final List<ColumnNode> wanted;
  private final Map<Integer, ColumnRange> ranges;
  private final BooleanSupplier isStopped;
  private final LongAdder piecesDone;
  private final Queue<Piece.Cold> left;
  private final Semaphore bytesAhead;
  private final int permitsMax;
  private final Semaphore fetches = new Semaphore(FETCHES_MAX);
  private final LinkedBlockingQueue<Unit> ready = new LinkedBlockingQueue<>();
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  /** Threads that may still add something. */
  private final AtomicInteger underWay = new AtomicInteger();

  /** Nothing is under way, and nothing will be. */
  private final CountDownLatch ended = new CountDownLatch(1);

  private volatile @Nullable Throwable failure;
  private volatile boolean isClosed;

  /** What one thread makes rows of. */
  sealed interface Unit {
    /** A row group whose pages are here; closed once its rows are made. */
    record Pages(
        Piece.Cold piece, ColumnScan.Shape shape, Group group, List<ByteBuffer> bytes, int permits)
        implements Unit {}

    /** A file that has to be read as batches. */
    record Batches(Piece.Cold piece) implements Unit {}

    /** There are no more. */
    record End() implements Unit {}
  }

  ColdGroups(
      ColdColumns files,
      List<Piece.Cold> pieces,
      ColumnTree tree,
      List<ColumnNode> wanted,
      Map<Integer, ColumnRange> ranges,
      BooleanSupplier isStopped,
      LongAdder piecesDone) {
    this.files = files;
    this.tree = tree;
    this.wanted = List.copyOf(wanted);
    this.ranges = Map.copyOf(ranges);
    this.isStopped = isStopped;
    this.piecesDone = piecesDone;
    this.left = new ConcurrentLinkedQueue<>(pieces);
    this.permitsMax = Math.max(1, files.aheadBytes() / PERMIT_BYTES);
    this.bytesAhead = new Semaphore(permitsMax);
    int count = Math.min(FILES_MAX, pieces.size());
    underWay.set(count);
    if (count == 0) end();
    for (int i = 0; i < count; i++) start(this::walk);
  }

  private void start(Runnable work) {
    Thread thread =
        Thread.ofVirtual()
            .name("query-cold")
            .inheritInheritableThreadLocals(false)
            .unstarted(() -> {
              try {
                if (!isClosed) work.run();
              } catch (Throwable e) {
                if (!isClosed) failure = e;
                isClosed = true;
              } finally {
                threads.remove(Thread.currentThread());
                if (underWay.decrementAndGet() == 0) end();
              }
            });
    threads.add(thread);
    thread.start();
  }

  private void end() {
    ready.add(new Unit.End());
    ended.countDown();
  }

  /** One file after the other. */
  private void walk() {
    Piece.Cold piece;
    while (!isClosed && (piece = left.poll()) != null) {
      Optional<ColumnScan> scan = files.look(piece, tree, wanted, ranges);
      if (scan.isEmpty()) {
        ready.add(new Unit.Batches(piece));
        continue;
      }
      for (Group group : scan.get().groups()) {
        if (!fetchSoon(piece, scan.get().shape(), group)) return;
      }
      piecesDone.increment();
    }
  }

  /** Waits until there is room for it. */
  private boolean fetchSoon(Piece.Cold piece, ColumnScan.Shape shape, Group group) {
    int permits = (int) Math.min(permitsMax, group.bytes() / PERMIT_BYTES + 1);
    try {
      bytesAhead.acquire(permits);
    } catch (InterruptedException _) {
      return false; // closed
    }
    underWay.incrementAndGet();
    start(() -> fetch(new Unit.Pages(piece, shape, group, List.of(), permits)));
    return true;
  }

  private void fetch(Unit.Pages unit) {
    try {
      fetches.acquire();
    } catch (InterruptedException _) {
      return; // closed
    }
    try {
      var file = unit.piece().file();
      List<ByteBuffer> bytes =
          files
              .cache()
              .read(file, unit.group().spans(), files.bytes().apply(file), files.traffic());
      ready.add(new Unit.Pages(unit.piece(), unit.shape(), unit.group(), bytes, unit.permits()));
    } finally {
      fetches.release();
    }
  }

  /** Waits for the next; null: there are no more, or nobody wants to know. */
  @Nullable Unit next() throws InterruptedException {
    while (!isStopped.getAsBoolean()) {
      Unit unit = ready.poll(LOOK_MS, TimeUnit.MILLISECONDS);
      Throwable failed = failure;
      if (failed instanceof RuntimeException e) throw e;
      if (failed instanceof Error e) throw e;
      if (unit == null) continue;
      if (!(unit instanceof Unit.End)) return unit;
      ready.add(unit); // for the next who asks
      return null;
    }
    return null;
  }

  /** Its rows are made. */
  void done(Unit.Pages unit) {
    bytesAhead.release(unit.permits());
  }

  /** Stops who still fetches, and waits for them, but not for long. */
  @Override
  public void close() {
    isClosed = true;
    for (Thread thread : threads) requireNonNull(thread).interrupt();
    try {
      boolean _ = ended.await(CLOSE_MS_MAX, TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    ready.clear();
    ready.add(new Unit.End());
  }
}

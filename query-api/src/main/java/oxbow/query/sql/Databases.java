package oxbow.query.sql;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.BackgroundThreads;
import oxbow.query.sql.duckdb.Database;
import oxbow.query.sql.duckdb.DuckDb;

/**
 * Databases for queries, each for one and then closed. To open one takes longer than most queries
 * of little, so the next one's is made when a query has ended, or when it takes a while: a single
 * spare, in which nobody was, and which is given back when nobody asks for it. Thread-safe.
 */
final class Databases implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Databases.class);

  /** Opening takes half of what two cores have: a query that may be over soon is not disturbed. */
  private static final long DELAY_MS = 20;

  private final SqlLimits limits;
  private final Path directory;
  private final Duration idle;
  private final Supplier<ScheduledExecutorService> clock;
  private final ThreadFactory threads = BackgroundThreads.ofReads("query-sql-spare");
  private final AtomicLong numbers = new AtomicLong();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable Fresh spare;
  private @Nullable Future<?> expiry;
  private boolean isOpening;

  /** Somebody will take the one that is being opened. */
  private boolean isAwaited;

  private boolean isClosed;

  /**
   * A database in which nobody was.
   *
   * @param spillDirectory its own; it is there once something was spilled
   */
  record Fresh(Database database, Path spillDirectory) implements AutoCloseable {
    @Override
    public void close() {
      try {
        database.close();
      } finally {
        Directories.delete(spillDirectory);
      }
    }
  }

  /**
   * @param idle how long a spare waits for a query
   * @param clock asked when one begins to wait
   */
  Databases(SqlLimits limits, Duration idle, Supplier<ScheduledExecutorService> clock) {
    this.limits = limits;
    this.idle = idle;
    this.directory = limits.directory().resolve("spill");
    this.clock = clock;
    Directories.delete(directory); // what a process that ended left behind
  }

  /** One for a query, which closes it. May take a while. */
  Fresh take() {
    @Nullable Fresh taken;
    lock.lock();
    try {
      if (spare == null && isOpening && !isAwaited) {
        isAwaited = true;
        while (isOpening) changed.awaitUninterruptibly();
        isAwaited = false;
      }
      taken = spare;
      spare = null;
      if (expiry != null) expiry.cancel(false);
      expiry = null;
      if (!isClosed) {
        var _ = clock.get().schedule(this::refill, DELAY_MS, TimeUnit.MILLISECONDS);
      }
    } finally {
      lock.unlock();
    }
    return taken == null ? open() : taken;
  }

  /** Begins to open a spare, unless there is one. */
  void refill() {
    lock.lock();
    try {
      if (spare != null || isOpening || isClosed) return;
      isOpening = true;
      threads.newThread(this::openSpare).start();
    } finally {
      lock.unlock();
    }
  }

  private Fresh open() {
    DuckDb.load(limits.libraryDirectory());
    Path spillDirectory = directory.resolve(Long.toString(numbers.getAndIncrement()));
    Database database = Database.open(Sandbox.settings(limits, spillDirectory));
    boolean isComplete = false;
    try {
      database.execute("SET TimeZone = '" + Sandbox.ZONE + "'");
      QueryTables.prepare(database, limits.namespace());
      isComplete = true;
      return new Fresh(database, spillDirectory);
    } finally {
      if (!isComplete) database.close();
    }
  }

  private void openSpare() {
    try {
      Fresh opened = open();
      if (!keep(opened)) opened.close();
    } catch (RuntimeException | Error e) {
      // The next query opens its own, and its client is told why it can't.
      log.atDebug().setCause(e).log("no spare database");
    } finally {
      lock.lock();
      try {
        isOpening = false;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean keep(Fresh opened) {
    lock.lock();
    try {
      if (isClosed) return false;
      spare = opened;
      expiry = clock.get().schedule(this::expire, idle.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } finally {
      lock.unlock();
    }
  }

  boolean hasSpare() {
    lock.lock();
    try {
      return spare != null;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the spare back, if there is one; it is closed when the lock is free again. */
  private void expire() {
    lock.lock();
    try {
      @Nullable Fresh left = spare;
      spare = null;
      if (left != null) left.close();
    } finally {
      lock.unlock();
    }
  }

  /** Whoever took one has closed it. */
  @Override
  public void close() {
    lock.lock();
    try {
      isClosed = true;
      while (isOpening) changed.awaitUninterruptibly();
      expire();
    } finally {
      lock.unlock();
    }
  }
}

package oxbow.query.sql;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.BackgroundThreads;
import oxbow.query.scan.RangeCache;
import oxbow.query.sql.SqlException.Kind;

/**
 * SQL over this server's topics, by an embedded DuckDB. Costs nothing before the first statement:
 * neither threads nor memory nor the library. Then each query has a thread, {@code query-sql-*},
 * and as many of DuckDB's as it may use; {@code query-sql-clock} stops those that take too long.
 */
public final class TopicSqlEngine implements SqlEngine {
  private static final Logger log = LoggerFactory.getLogger(TopicSqlEngine.class);

  /** Queries that ended, and are still told of. */
  private static final int ENDED_MAX = 100;

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,100}");
  private static final long AGAIN_MS = 20;
  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

  /** A database that is ready waits as long for the next query. */
  private static final Duration SPARE_IDLE = Duration.ofSeconds(30);

  /** Queries that go on for ever, whether they run or wait for records. */
  private static final int CONTINUOUS_MAX = 100;

  private static final List<ResultColumn> QUERY_COLUMNS =
      List.of(
          new ResultColumn("id", "VARCHAR"),
          new ResultColumn("state", "VARCHAR"),
          new ResultColumn("begun", "TIMESTAMPTZ"),
          new ResultColumn("elapsed_ms", "BIGINT"),
          new ResultColumn("queued_ms", "BIGINT"),
          new ResultColumn("rows", "BIGINT"),
          new ResultColumn("percent", "DOUBLE"),
          new ResultColumn("error", "VARCHAR"),
          new ResultColumn("sql", "VARCHAR"));

  private final SqlLimits limits;
  private final SqlSources sources;
  private final InstantSource clock;
  private final RangeCache cache;
  private final Databases databases;
  private final Trees trees = new Trees();

  private final Object lock = new Object();
  private final Map<String, QueryRun> underWay = new LinkedHashMap<>();
  private final Deque<QueryRun> queued = new ArrayDeque<>();
  private final Deque<QueryStatus> over = new ArrayDeque<>();
  private int running;

  /** Queries that wait for records, and don't count as running. */
  private int idle;

  /** Queries that waited for records and now for their turn; they come before queued ones. */
  private int resuming;

  private boolean isClosed;

  private final ThreadFactory threads = BackgroundThreads.ofReads("query-sql");
  private @Nullable QueryMemory memory;
  private @Nullable ScheduledThreadPoolExecutor alarms;

  public TopicSqlEngine(SqlLimits limits, SqlSources sources, InstantSource clock) {
    this.limits = limits;
    this.sources = sources.with(new SystemTable("queries", QUERY_COLUMNS, this::queryRows));
    this.clock = clock;
    this.cache = new RangeCache(limits.cacheBytes() / 2);
    this.databases = new Databases(limits, SPARE_IDLE, this::clocks);
  }

  @Override
  public RunningQuery run(SqlRequest request) {
    QueryRun query = begin(request, false);
    try {
      query.planned();
      return query;
    } catch (SqlException e) {
      query.close();
      throw e;
    }
  }

  @Override
  public Description describe(String sql) {
    QueryRun query = begin(SqlRequest.of(sql), true);
    try {
      QueryRun.Planned planned = query.planned();
      return new Description(
          planned.columns(),
          planned.schema(),
          planned.parameters().getFields().size(),
          planned.parameters());
    } finally {
      query.close();
    }
  }

  private QueryRun begin(SqlRequest request, boolean isDescribing) {
    int textBytes = StatementCheck.sizeBytes(request.sql());
    if (textBytes > limits.textBytesMax()) {
      throw new SqlException(
          Kind.TOO_LARGE,
          "the statement has "
              + textBytes
              + " bytes, at most "
              + limits.textBytesMax()
              + " are read");
    }
    String id = request.queryId().orElseGet(() -> UUID.randomUUID().toString());
    if (!ID.matcher(id).matches()) {
      throw new SqlException(Kind.INVALID, "a query's id has up to 100 letters, digits, . _ and -");
    }
    boolean isContinuous = StatementKind.isContinuous(request.sql());
    QueryRun query;
    synchronized (lock) {
      if (isClosed) throw new SqlException(Kind.UNAVAILABLE, "the server stops");
      if (underWay.containsKey(id)) {
        throw new SqlException(Kind.DUPLICATE, "a query with the id " + id + " is under way");
      }
      if (!hasTurn() && queued.size() >= limits.queuedMax()) {
        throw new SqlException(
            Kind.BUSY,
            limits.parallelMax() + " queries run and " + queued.size() + " wait: try again later");
      }
      if (isContinuous && continuous() >= CONTINUOUS_MAX) {
        throw new SqlException(
            Kind.BUSY, CONTINUOUS_MAX + " queries follow topics already: try again later");
      }
      query =
          new QueryRun(
              id,
              request,
              limits,
              sources,
              cache,
              databases,
              trees,
              memory().of(id),
              clock,
              isDescribing,
              new Host());
      underWay.put(id, query);
      if (hasTurn()) start(query);
      else queued.add(query);
    }
    boolean isEndless = request.timeout().isEmpty() && isContinuous;
    if (isEndless) return query;
    Duration timeout = request.timeout().orElse(limits.timeout());
    if (timeout.compareTo(limits.timeout()) > 0) timeout = limits.timeout();
    long timeoutMs = timeout.toMillis();
    alarm(timeoutMs, query, () -> stop(query, tooLong(timeoutMs)));
    return query;
  }

  /** Under the lock. */
  private QueryMemory memory() {
    QueryMemory known = memory;
    if (known == null) {
      known = new QueryMemory(limits.memoryBytes(), limits.parallelMax() + limits.queuedMax());
      memory = known;
    }
    return known;
  }

  /** Bytes of batches on their way: tests count them. */
  long heldBytes() {
    synchronized (lock) {
      return memory().heldBytes();
    }
  }

  /** Under the lock. */
  private void start(QueryRun query) {
    running++;
    threads.newThread(() -> work(query)).start();
  }

  private void work(QueryRun query) {
    try {
      query.work();
    } finally {
      synchronized (lock) {
        running--;
        told(query);
        query.ended();
        startQueued();
      }
    }
  }

  /** Under the lock. */
  private boolean hasTurn() {
    return running + resuming < limits.parallelMax();
  }

  /** Under the lock. */
  private void startQueued() {
    while (hasTurn() && !queued.isEmpty()) start(queued.removeFirst());
    lock.notifyAll();
  }

  /** Under the lock. */
  private long continuous() {
    return underWay.values().stream().filter(QueryRun::isContinuous).count();
  }

  /** Has others run while a query waits for something; then it waits for its turn again. */
  private void await(QueryRun query, Runnable waiting) {
    synchronized (lock) {
      running--;
      idle++;
      startQueued();
    }
    try {
      waiting.run();
    } finally {
      synchronized (lock) {
        idle--;
        resuming++;
        awaitTurn(query);
        resuming--;
        running++;
      }
    }
  }

  /** Under the lock. */
  private void awaitTurn(QueryRun query) {
    while (running >= limits.parallelMax() && !query.isStopped()) {
      try {
        lock.wait(AGAIN_MS);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Tells of it as of one that ended. Under the lock. */
  private void told(QueryRun query) {
    if (!underWay.remove(query.id(), query)) return; // it was, and its id may be another one's now
    over.addFirst(query.status());
    while (over.size() > ENDED_MAX) over.removeLast();
  }

  /** What a query asks of the engine. */
  private final class Host implements QueryRun.Host {
    @Override
    public void stop(QueryRun query, SqlException cause) {
      TopicSqlEngine.this.stop(query, cause);
    }

    @Override
    public void await(QueryRun query, Runnable waiting) {
      TopicSqlEngine.this.await(query, waiting);
    }

    @Override
    public void finished(QueryRun query) {
      synchronized (lock) {
        told(query);
      }
    }
  }

  // ---- stopping

  private static SqlException tooLong(long timeoutMs) {
    return new SqlException(
        Kind.TIMED_OUT,
        "the query took longer than " + timeoutMs + " ms",
        0,
        0,
        "read less: by offset, timestamp or partition; or allow it more time",
        null);
  }

  /** Unless the query has ended until then. */
  private void alarm(long delayMs, QueryRun query, Runnable action) {
    synchronized (lock) {
      if (isClosed || underWay.get(query.id()) != query) return;
      Future<?> scheduled = clocks().schedule(action, delayMs, TimeUnit.MILLISECONDS);
      query.whenEnded(() -> scheduled.cancel(false));
    }
  }

  private ScheduledThreadPoolExecutor clocks() {
    synchronized (lock) {
      ScheduledThreadPoolExecutor known = alarms;
      if (known != null) return known;
      var made =
          new ScheduledThreadPoolExecutor(
              1, Thread.ofPlatform().name("query-sql-clock").daemon().factory());
      made.setRemoveOnCancelPolicy(true);
      made.setKeepAliveTime(10, TimeUnit.SECONDS);
      made.allowCoreThreadTimeOut(true);
      alarms = made;
      return made;
    }
  }

  private void stop(QueryRun query, SqlException cause) {
    if (query.hasEnded()) return;
    boolean neverBegan;
    synchronized (lock) {
      neverBegan = queued.remove(query);
      if (neverBegan) {
        query.neverBegan(cause);
        told(query);
        query.ended();
      }
    }
    if (neverBegan) return;
    query.stop(cause);
    // It may have begun something just then and not noticed.
    alarm(AGAIN_MS, query, () -> stop(query, cause));
  }

  @Override
  public boolean cancel(String queryId) {
    QueryRun query;
    synchronized (lock) {
      query = underWay.get(queryId);
    }
    if (query == null) return false;
    stop(query, new SqlException(Kind.CANCELLED, "the query was cancelled"));
    return true;
  }

  // ---- telling

  @Override
  public List<QueryStatus> queries() {
    List<QueryStatus> all = new ArrayList<>();
    synchronized (lock) {
      underWay.values().forEach(query -> all.add(query.status()));
      all.addAll(over);
    }
    all.sort(Comparator.comparing(QueryStatus::begun).reversed());
    return all;
  }

  private List<SystemTable.Row> queryRows() {
    List<SystemTable.Row> rows = new ArrayList<>();
    for (QueryStatus query : queries()) {
      rows.add(
          SystemTable.Row.of(
              query.id(),
              query.state().name(),
              query.begun(),
              query.elapsed().toMillis(),
              query.queued().toMillis(),
              query.rows(),
              query.percent(),
              query.error().map(SqlException::text).orElse(null),
              query.sql()));
    }
    return rows;
  }

  @Override
  public Optional<QueryStatus> find(String queryId) {
    return queries().stream().filter(query -> query.id().equals(queryId)).findFirst();
  }

  /** Stops what runs, and waits until it has ended: a store that hangs is not waited for. */
  @Override
  public void close() {
    List<QueryRun> left;
    synchronized (lock) {
      isClosed = true;
      left = List.copyOf(underWay.values());
    }
    var cause = new SqlException(Kind.UNAVAILABLE, "the server stops");
    for (QueryRun query : left) stop(query, cause);
    long until = System.nanoTime() + CLOSE_MAX.toNanos();
    synchronized (lock) {
      boolean isInterrupted = false;
      while (running + idle + resuming > 0) {
        if (System.nanoTime() - until > 0) {
          log.atWarn().addKeyValue("queries", underWay.size()).log("queries were still under way");
          break;
        }
        for (QueryRun query : underWay.values()) query.interrupt();
        try {
          lock.wait(AGAIN_MS);
        } catch (InterruptedException _) {
          isInterrupted = true;
          break;
        }
      }
      if (isInterrupted) Thread.currentThread().interrupt();
    }
    databases.close();
    synchronized (lock) {
      if (alarms != null) alarms.shutdownNow();
    }
  }
}

package oxbow.query.sql.http;

import com.linecorp.armeria.common.HttpStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.rows.RowText;
import oxbow.query.rows.Utf8;
import oxbow.query.sql.QueryStatus;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlEngine;
import oxbow.query.sql.SqlException;
import oxbow.query.sql.SqlRequest;

/**
 * A query whose client comes for its rows again and again. Its first page is made at once, each
 * later one when it is asked for; the last one that was given can be asked for again. Thread-safe;
 * pages are made by one thread at a time.
 */
final class PagedQuery {
  private static final int PAGE_BYTES = 1 << 20;

  /** After which a page with some rows is not waited for to be full. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private final SqlEngine engine;
  private final SqlRequest request;
  private final boolean isByName;
  private final Executor threads;
  private final Utf8 text = new Utf8();
  private final RowText rows;

  // The client's side: which page it is at.
  private long number;
  private CompletableFuture<Page> page;
  private long lastAskedNanos = System.nanoTime();

  // The maker's side.
  private final ReentrantLock making = new ReentrantLock();
  private @Nullable RunningQuery query;
  private int nextRow = -1;
  private volatile boolean isClosed; // set by whoever ends it, read by the maker

  PagedQuery(
      SqlEngine engine,
      SqlRequest request,
      boolean isByName,
      boolean isLongAsText,
      Executor threads) {
    this.engine = engine;
    this.request = request;
    this.isByName = isByName;
    this.threads = threads;
    this.rows = new RowText(request.zone(), isLongAsText, text);
    this.page = CompletableFuture.supplyAsync(() -> make(0), threads);
  }

  String id() {
    return request.queryId().orElseThrow();
  }

  synchronized String nextUri() {
    return uri(number);
  }

  private String uri(long page) {
    return "/api/v1/queries/" + id() + "/pages/" + page;
  }

  synchronized long idleNanos() {
    return System.nanoTime() - lastAskedNanos;
  }

  /** A page, now or as soon as it is made. */
  synchronized CompletableFuture<Page> page(long wanted) {
    lastAskedNanos = System.nanoTime();
    if (wanted == number) return page;
    boolean isMade = page.isDone() && !page.isCompletedExceptionally();
    if (wanted != number + 1 || !isMade || page.join().isLast()) {
      throw new QueryException(
          Kind.NO_PATH, "the query is at page " + number + "; each page names the next one");
    }
    number = wanted;
    page = CompletableFuture.supplyAsync(() -> make(wanted), threads);
    return page;
  }

  private Page make(long number) {
    making.lock();
    try {
      return made(number);
    } catch (RuntimeException e) {
      end();
      SqlException failure = SqlJson.failure(e);
      return new Page(
          HttpStatus.valueOf(failure.kind().status()),
          (SqlJson.of(SqlJson.error(failure, Optional.of(id()))) + "\n")
              .getBytes(StandardCharsets.UTF_8),
          true);
    } finally {
      if (isClosed) end();
      making.unlock();
    }
  }

  private Page made(long number) {
    if (isClosed) throw new SqlException(SqlException.Kind.CANCELLED, "the query was ended");
    RunningQuery from = query;
    if (from == null) {
      from = engine.run(request);
      query = from;
    }
    String head =
        SqlJson.of(SqlJson.map("queryId", id(), "columns", SqlJson.columns(from.columns())));
    text.add(head.substring(0, head.length() - 1)).add(",\"rows\":[");
    boolean isOver = pull(from);
    QueryStatus status = from.status();
    text.add("],\"stats\":").add(SqlJson.of(SqlJson.stats(status)));
    if (isOver) end();
    else text.add(",\"nextUri\":").quoted(uri(number + 1));
    text.add("}\n");
    return new Page(HttpStatus.OK, text.take(), isOver);
  }

  /** Adds rows until the page is full; true: there are no more. */
  private boolean pull(RunningQuery from) {
    boolean isFirst = true;
    while (true) {
      if (nextRow < 0) {
        RunningQuery.Step step = from.next(PATIENCE);
        if (step == RunningQuery.Step.END) return true;
        if (step == RunningQuery.Step.QUIET) {
          if (!isFirst || from.isContinuous()) return false;
          continue;
        }
        nextRow = 0;
        rows.batch(from.batch());
      }
      VectorSchemaRoot batch = from.batch();
      while (nextRow < batch.getRowCount()) {
        if (text.size() >= PAGE_BYTES) return false;
        if (!isFirst) text.add(',');
        isFirst = false;
        if (isByName) rows.object(nextRow++);
        else rows.array(nextRow++);
      }
      nextRow = -1;
    }
  }

  private void end() {
    RunningQuery open = query;
    query = null;
    isClosed = true;
    if (open != null) open.close();
  }

  /** Ends it, also while a page is made. */
  void close() {
    isClosed = true;
    boolean _ = engine.cancel(id());
    threads.execute(() -> {
      making.lock();
      try {
        end();
      } finally {
        making.unlock();
      }
    });
  }
}

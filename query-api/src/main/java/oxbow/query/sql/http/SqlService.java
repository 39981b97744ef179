package oxbow.query.sql.http;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpServiceWithRoutes;
import com.linecorp.armeria.server.Route;
import com.linecorp.armeria.server.ServiceOptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.query.Failures;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.replay.Waiting;
import oxbow.query.sql.Directories;
import oxbow.query.sql.QueryStatus;
import oxbow.query.sql.SqlEngine;
import oxbow.query.sql.SqlException;
import oxbow.query.sql.SqlRequest;

/**
 * SQL over HTTP.
 *
 * <pre>
 *   POST   /api/v1/sql                          a statement as text, or an object with it and more
 *   GET    /api/v1/sql?q=                       the same, for browsers
 *   GET    /api/v1/queries                      those that wait or run, and those that ended of late
 *   GET    /api/v1/queries/{id}                 one of them
 *   DELETE /api/v1/queries/{id}                 stops it
 *   GET    /api/v1/queries/{id}/pages/{n}       rows of one that was asked with Prefer: respond-async
 * </pre>
 */
public final class SqlService implements HttpServiceWithRoutes, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SqlService.class);
  private static final String SQL = "/api/v1/sql";
  private static final String QUERIES = "/api/v1/queries";

  /** How long somebody who asks for a page waits for it, before being told to ask again. */
  private static final long PAGE_WAIT_MS = 5_000;

  private final SqlEngine engine;
  private final SqlBounds bounds;
  private final Map<String, Waiting> underWay = new ConcurrentHashMap<>();
  private final Map<String, PagedQuery> paged = new ConcurrentHashMap<>();
  private volatile boolean isClosed;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("sql-", 0).factory());

  /** Leaves the engine open: it belongs to whoever made it. */
  public SqlService(SqlEngine engine, SqlBounds bounds) {
    this.engine = engine;
    this.bounds = bounds;
    deleteLeftovers(bounds.files());
  }

  /** What a process that ended left behind. */
  private static void deleteLeftovers(Path directory) {
    try {
      Directories.delete(directory);
    } catch (UncheckedIOException e) {
      log.atWarn().addKeyValue("directory", directory).setCause(e).log("old results are left");
    }
  }

  @Override
  public Set<Route> routes() {
    return Set.of(
        Route.builder().path(SQL).build(),
        Route.builder().path(QUERIES).build(),
        Route.builder().pathPrefix(QUERIES + "/").build());
  }

  @Override
  public ServiceOptions options() {
    return ServiceOptions.builder().maxRequestLength(bounds.bodyBytesMax()).build();
  }

  /** Queries whose answer is under way, and those that wait for somebody to fetch a page. */
  public int underWay() {
    return underWay.size() + paged.size();
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    try {
      return route(ctx, request);
    } catch (SqlException e) {
      return SqlJson.refusal(e, Optional.empty());
    } catch (RuntimeException e) {
      return SqlJson.refusal(Failures.of(e));
    }
  }

  private HttpResponse route(ServiceRequestContext ctx, HttpRequest request) {
    String path = ctx.decodedPath();
    if (path.equals(SQL)) {
      return switch (request.method()) {
        case GET -> run(ctx, request, SqlBody.of(ctx.queryParams()));
        case POST -> HttpResponse.of(received(ctx, request));
        default -> throw new QueryException(Kind.NO_METHOD, "this path takes GET or POST");
      };
    }
    String[] parts = path.substring(QUERIES.length()).split("/", -1);
    return switch (parts.length) {
      case 1 -> {
        requireMethod(request.method() == HttpMethod.GET, "GET");
        yield inBackground(this::list);
      }
      case 2 ->
          switch (request.method()) {
            case GET -> inBackground(() -> find(parts[1]));
            case DELETE -> inBackground(() -> cancel(parts[1]));
            default -> throw new QueryException(Kind.NO_METHOD, "this path takes GET or DELETE");
          };
      case 4 -> {
        requireMethod(request.method() == HttpMethod.GET && parts[2].equals("pages"), "GET");
        yield page(ctx, parts[1], parts[3]);
      }
      default -> throw new QueryException(Kind.NO_PATH, "there is nothing at this path");
    };
  }

  private static void requireMethod(boolean isAllowed, String allowed) {
    if (!isAllowed) throw new QueryException(Kind.NO_METHOD, "this path takes " + allowed);
  }

  // ---- a statement

  private CompletableFuture<HttpResponse> received(ServiceRequestContext ctx, HttpRequest request) {
    @Nullable MediaType type = request.contentType();
    boolean isJson = type != null && type.isJson();
    return request
        .aggregate()
        .handleAsync(
            (whole, failure) -> {
              try {
                byte[] content = content(whole, failure);
                return run(ctx, request, SqlBody.of(ctx.queryParams(), content, isJson));
              } catch (SqlException e) {
                return SqlJson.refusal(e, Optional.empty());
              } catch (RuntimeException e) {
                return SqlJson.refusal(Failures.of(e));
              }
            },
            threads);
  }

  private byte[] content(@Nullable AggregatedHttpRequest whole, @Nullable Throwable failure) {
    if (whole != null) return whole.content().array();
    throw failure instanceof ContentTooLargeException
        ? new QueryException(
            Kind.TOO_LARGE,
            "the body is larger than " + bounds.bodyBytesMax() + " bytes (http.request.max.bytes)")
        : new QueryException(Kind.BAD_BODY, "the body did not arrive as a whole");
  }

  private HttpResponse run(ServiceRequestContext ctx, HttpRequest request, SqlBody body) {
    List<String> accept = request.headers().getAll(HttpHeaderNames.ACCEPT);
    SqlRequest wanted = body.request();
    boolean isPaged =
        request.headers().getAll("prefer").stream()
            .anyMatch(each -> each.toLowerCase(java.util.Locale.ROOT).contains("respond-async"));
    if (isPaged) return paged(wanted, body);
    SqlFormat format = SqlFormat.of(body.format(), accept);
    RowsOut out =
        format == SqlFormat.ARROW || format == SqlFormat.PARQUET
            ? new ArrowOut()
            : new TextOut(format, body.isByName(), body.isLongAsText(), wanted.zone());
    String id = wanted.queryId().orElseThrow();
    var waiting = new Waiting();
    begin(id, waiting);
    ctx.clearRequestTimeout();
    HttpResponseWriter writer = HttpResponse.streaming();
    Runnable ended =
        () -> {
          underWay.remove(id, waiting);
          // Only now: whoever has seen the end may use the query's id again at once.
          writer.close();
        };
    var answer = new SqlAnswer(engine, wanted, format, out, bounds, writer, waiting, ended);
    var _ =
        writer
            .whenComplete()
            .handle((_, _) -> {
              waiting.stop();
              if (isUnderWay(id, waiting)) threads.execute(() -> stop(id, waiting));
              return null;
            });
    threads.execute(() -> {
      boolean isWhole = false;
      try {
        isWhole = answer.write();
      } finally {
        if (isWhole) {
          ended.run();
        } else {
          underWay.remove(id, waiting);
          writer.abort();
        }
      }
    });
    return writer;
  }

  private boolean isUnderWay(String id, Waiting waiting) {
    return waiting.equals(underWay.get(id));
  }

  /** The client is gone while its query goes on. */
  private void stop(String id, Waiting waiting) {
    if (isUnderWay(id, waiting)) {
      boolean _ = engine.cancel(id);
    }
  }

  private void begin(String id, Waiting waiting) {
    if (isClosed) throw new SqlException(SqlException.Kind.UNAVAILABLE, "the server stops");
    if (paged.containsKey(id) || underWay.putIfAbsent(id, waiting) != null) throw duplicate(id);
  }

  private static SqlException duplicate(String id) {
    return new SqlException(
        SqlException.Kind.DUPLICATE, "a query with the id " + id + " is under way");
  }

  // ---- page by page

  private HttpResponse paged(SqlRequest wanted, SqlBody body) {
    if (isClosed) throw new SqlException(SqlException.Kind.UNAVAILABLE, "the server stops");
    String id = wanted.queryId().orElseThrow();
    PagedQuery made;
    synchronized (paged) { // or two would take the last place
      if (underWay.containsKey(id) || paged.containsKey(id)) throw duplicate(id);
      if (paged.size() >= bounds.pagedMax()) {
        throw new SqlException(
            SqlException.Kind.BUSY,
            bounds.pagedMax() + " queries wait for their pages to be fetched, and no more may",
            0,
            0,
            "fetch their pages to the end, or DELETE /api/v1/queries/{id}",
            null);
      }
      made = new PagedQuery(engine, wanted, body.isByName(), body.isLongAsText(), threads);
      paged.put(id, made);
    }
    watch(made);
    String next = made.nextUri();
    return HttpResponse.of(
        ResponseHeaders.builder(HttpStatus.ACCEPTED)
            .contentType(MediaType.JSON_UTF_8)
            .set(SqlJson.QUERY_ID, id)
            .set(HttpHeaderNames.LOCATION, next)
            .set("preference-applied", "respond-async")
            .build(),
        HttpData.ofUtf8(SqlJson.of(SqlJson.map("queryId", id, "nextUri", next)) + "\n"));
  }

  /** Ends a query that nobody asks for any more. */
  private void watch(PagedQuery query) {
    long leftNanos = bounds.pagedIdle().toNanos() - query.idleNanos();
    if (leftNanos <= 0) {
      if (paged.remove(query.id(), query)) query.close();
      return;
    }
    CompletableFuture.delayedExecutor(leftNanos, TimeUnit.NANOSECONDS, threads)
        .execute(() -> {
          if (paged.get(query.id()) == query) watch(query);
        });
  }

  private HttpResponse page(ServiceRequestContext ctx, String id, String number) {
    PagedQuery query = paged.get(id);
    if (query == null) {
      throw new QueryException(
          Kind.NO_PATH, "no query " + id + " waits for its pages to be fetched");
    }
    long wanted;
    try {
      wanted = Long.parseLong(number);
    } catch (NumberFormatException e) {
      throw new QueryException(Kind.NO_PATH, "a page is a number", e);
    }
    ctx.clearRequestTimeout();
    CompletableFuture<HttpResponse> answer =
        query
            .page(wanted)
            .copy()
            .<@Nullable Page>thenApply(page -> page)
            .completeOnTimeout(null, PAGE_WAIT_MS, TimeUnit.MILLISECONDS)
            .thenApply(page -> answer(query, page));
    return HttpResponse.of(answer);
  }

  private HttpResponse answer(PagedQuery query, @Nullable Page page) {
    if (page == null) {
      return SqlJson.answer(
          HttpStatus.OK,
          SqlJson.map("queryId", query.id(), "rows", List.of(), "nextUri", query.nextUri()));
    }
    if (page.isLast()) paged.remove(query.id(), query);
    return HttpResponse.of(
        ResponseHeaders.builder(page.status())
            .contentType(MediaType.JSON_UTF_8)
            .set(SqlJson.QUERY_ID, query.id())
            .build(),
        HttpData.wrap(page.body()));
  }

  // ---- queries

  private interface Work {
    HttpResponse answer();
  }

  private HttpResponse inBackground(Work work) {
    return HttpResponse.of(
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return work.answer();
              } catch (SqlException e) {
                return SqlJson.refusal(e, Optional.empty());
              } catch (RuntimeException e) {
                return SqlJson.refusal(Failures.of(e));
              }
            },
            threads));
  }

  private HttpResponse list() {
    List<Object> all = new ArrayList<>();
    for (QueryStatus each : engine.queries()) all.add(told(each));
    return SqlJson.answer(HttpStatus.OK, SqlJson.map("queries", all));
  }

  private HttpResponse find(String id) {
    QueryStatus found =
        engine
            .find(id)
            .orElseThrow(() -> new QueryException(Kind.NO_PATH, "there is no query " + id));
    return SqlJson.answer(HttpStatus.OK, told(found));
  }

  private Map<String, Object> told(QueryStatus status) {
    Map<String, Object> told = SqlJson.status(status);
    PagedQuery waiting = paged.get(status.id());
    if (waiting != null) told.put("nextUri", waiting.nextUri());
    return told;
  }

  private HttpResponse cancel(String id) {
    boolean isCancelled = engine.cancel(id);
    PagedQuery waiting = paged.remove(id);
    if (waiting != null) waiting.close();
    if (!isCancelled && waiting == null) {
      throw new QueryException(Kind.NO_PATH, "no query " + id + " is under way");
    }
    return SqlJson.answer(HttpStatus.OK, SqlJson.map("queryId", id, "cancelled", true));
  }

  /** Ends what is under way. */
  @Override
  public void close() {
    isClosed = true;
    underWay.forEach((id, waiting) -> {
      waiting.stop();
      boolean _ = engine.cancel(id);
    });
    paged.values().forEach(PagedQuery::close);
    paged.clear();
    threads.shutdown();
  }
}

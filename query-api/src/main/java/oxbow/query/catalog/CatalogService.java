package oxbow.query.catalog;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceOptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.iceberg.exceptions.BadRequestException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.table.IcebergCatalog;

/**
 * Serves a bucket's tables as an Iceberg REST catalog below whatever path it is mounted at. An
 * answer is made from the bucket, so it has every commit that was made before the request.
 * Thread-safe.
 */
public final class CatalogService implements HttpService, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CatalogService.class);

  private final CatalogConfig config;
  private final Endpoints endpoints;
  private final Semaphore places;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("catalog-", 0).factory());

  /**
   * @param catalogs asked for each request; may wait for the store, and throw that it is away
   */
  public CatalogService(
      Supplier<IcebergCatalog> catalogs, CatalogConfig config, StorageAccess access) {
    this.config = config;
    this.endpoints = new Endpoints(catalogs, config, access);
    this.places = new Semaphore(config.requestsMax());
  }

  /** Armeria's own bound on time comes after ours, which tells more. */
  @Override
  public ServiceOptions options() {
    return ServiceOptions.builder()
        .maxRequestLength(config.bodyBytesMax())
        .requestTimeoutMillis(config.timeout().plus(Duration.ofSeconds(5)).toMillis())
        .build();
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    RequestHeaders headers = request.headers();
    boolean isReading = headers.method() == HttpMethod.GET || headers.method() == HttpMethod.HEAD;
    CompletableFuture<HttpData> body =
        isReading
            ? CompletableFuture.completedFuture(HttpData.empty())
            : request.aggregate().handle(this::received);
    return HttpResponse.of(
        body.thenCompose(whole -> run(ctx, headers, whole))
            .exceptionally(failure -> refused(ctx, failure, isReading)));
  }

  /** A client may go away, or send more than is read. */
  private HttpData received(@Nullable AggregatedHttpRequest whole, @Nullable Throwable failure) {
    if (whole != null) return whole.content();
    throw failure instanceof ContentTooLargeException
        ? new Refusal.TooLarge(config.bodyBytesMax())
        : new BadRequestException("the request body did not arrive as a whole");
  }

  /** On a thread that may wait; not for longer than a client would. */
  private CompletableFuture<HttpResponse> run(
      ServiceRequestContext ctx, RequestHeaders headers, HttpData body) {
    if (!places.tryAcquire()) throw new Refusal.Overloaded();
    CompletableFuture<HttpResponse> running;
    try {
      running = CompletableFuture.supplyAsync(() -> answer(ctx, headers, body), threads);
    } catch (RuntimeException | Error e) {
      places.release();
      throw e;
    }
    // What takes longer keeps its place until it has ended: the bound is on the work.
    return running
        .whenComplete((_, _) -> places.release())
        .copy()
        .orTimeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  private HttpResponse answer(ServiceRequestContext ctx, RequestHeaders headers, HttpData body) {
    Answer answer =
        endpoints.answer(
            new Call(
                headers.method(),
                Call.path(ctx.mappedPath()),
                ctx.queryParams(),
                headers.get(HttpHeaderNames.IF_NONE_MATCH),
                body));
    ResponseHeadersBuilder told = ResponseHeaders.builder(answer.status());
    if (answer.tag() != null) {
      told.set(HttpHeaderNames.ETAG, answer.tag());
      told.set(HttpHeaderNames.CACHE_CONTROL, "no-cache");
    }
    if (answer.body() == null) return HttpResponse.of(told.build());
    told.contentType(MediaType.JSON_UTF_8);
    return HttpResponse.of(told.build(), HttpData.wrap(CatalogJson.write(answer.body())));
  }

  private static HttpResponse refused(
      ServiceRequestContext ctx, Throwable failure, boolean isReading) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    Refusal refusal = Refusal.of(cause, isReading);
    if (refusal.isOurs()) {
      log.atError().addKeyValue("path", ctx.path()).setCause(cause).log("catalog call failed");
    }
    ResponseHeadersBuilder told = ResponseHeaders.builder(refusal.status());
    if (refusal.retrySeconds() > 0) {
      told.setInt(HttpHeaderNames.RETRY_AFTER, refusal.retrySeconds());
    }
    if (ctx.method() == HttpMethod.HEAD) return HttpResponse.of(told.build());
    told.contentType(MediaType.JSON_UTF_8);
    return HttpResponse.of(told.build(), HttpData.wrap(refusal.body()));
  }

  /** Ends what is under way; nothing is begun any more. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}

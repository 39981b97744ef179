package oxbow.schema.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceOptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.schema.RegistryException;
import oxbow.schema.RegistryException.Kind;
import oxbow.schema.registry.Registry;

/** Serves a registry below whatever path it is mounted at. Thread-safe. */
public final class RegistryService implements HttpService, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RegistryService.class);
  private static final int NOT_LOADED = 50301;
  private static final int OVERLOADED = 50302;

  private final Registry registry;
  private final RegistryHttpConfig config;
  private final RegistryMeters meters;
  private final Endpoints endpoints;
  private final Semaphore places;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("registry-", 0).factory());

  public RegistryService(
      Registry registry, RegistryHttpConfig config, ServerFacts facts, MeterRegistry meters) {
    this.registry = registry;
    this.config = config;
    this.meters = new RegistryMeters(meters, registry);
    this.endpoints = new Endpoints(registry, facts, this.meters);
    this.places = new Semaphore(config.requestsMax());
  }

  @Override
  public ServiceOptions options() {
    return ServiceOptions.builder().maxRequestLength(config.bodyBytesMax()).build();
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    try {
      MediaType type = MediaTypes.answer(request.headers().getAll(HttpHeaderNames.ACCEPT));
      return answer(ctx, request, type);
    } catch (RuntimeException e) {
      return error(ctx, e);
    }
  }

  private HttpResponse answer(ServiceRequestContext ctx, HttpRequest request, MediaType type) {
    if (!registry.isLoaded()) {
      throw new HttpError(
          NOT_LOADED,
          registry
              .trouble()
              .map(reason -> "the schema registry can't read its topic: " + reason)
              .orElse("the schema registry is still reading its topic"));
    }
    Paths.Target target = Paths.target(ctx.mappedPath(), ctx.queryParams(), registry::resolved);
    HttpMethod method = request.method();
    Endpoints.Handler handler = endpoints.handler(method, target.path(), target.query());
    if (method == HttpMethod.GET || method == HttpMethod.HEAD) {
      var call = new Call(method, target.path(), target.query(), MissingNode.getInstance());
      if (handler.isQuick()) return answer(ctx, type, handler, call);
      return HttpResponse.of(
          run(() -> answer(ctx, type, handler, call)).exceptionally(e -> error(ctx, e)));
    }
    MediaTypes.checkRequest(request.headers().get(HttpHeaderNames.CONTENT_TYPE));
    return HttpResponse.of(
        request
            .aggregate()
            .handle(this::received)
            .thenCompose(whole -> run(() -> answer(ctx, type, target, handler, whole)))
            .exceptionally(e -> error(ctx, e)));
  }

  /** A client may go away, or send more than is read. */
  private AggregatedHttpRequest received(
      @Nullable AggregatedHttpRequest whole, @Nullable Throwable failure) {
    if (whole != null) return whole;
    throw failure instanceof ContentTooLargeException
        ? HttpError.tooLarge(config.bodyBytesMax())
        : HttpError.badBody("the request body did not arrive as a whole");
  }

  private HttpResponse answer(
      ServiceRequestContext ctx,
      MediaType type,
      Paths.Target target,
      Endpoints.Handler handler,
      AggregatedHttpRequest request) {
    JsonNode body = Bodies.read(request.content().array());
    var call = new Call(request.method(), target.path(), target.query(), body);
    return answer(ctx, type, handler, call);
  }

  /** On a thread that may wait; not for longer than a client would. */
  private CompletableFuture<HttpResponse> run(Supplier<HttpResponse> work) {
    if (!places.tryAcquire()) {
      return CompletableFuture.failedFuture(
          new HttpError(OVERLOADED, "too many requests at a time; try again later"));
    }
    var sample = meters.begin();
    CompletableFuture<HttpResponse> running;
    try {
      running = CompletableFuture.supplyAsync(work, threads);
    } catch (RuntimeException | Error e) {
      places.release();
      throw e;
    }
    // What takes longer keeps its place until it has ended: the bound is on the work.
    CompletableFuture<HttpResponse> counted =
        running.whenComplete((_, _) -> {
          places.release();
          meters.end(sample);
        });
    return counted.copy().orTimeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  private static HttpResponse answer(
      ServiceRequestContext ctx, MediaType type, Endpoints.Handler handler, Call call) {
    String json = handler.answer().apply(call);
    if (json == null) return HttpResponse.of(headers(ctx, HttpStatus.NO_CONTENT, null));
    return HttpResponse.of(headers(ctx, handler.status(), type), HttpData.ofUtf8(json));
  }

  private static ResponseHeaders headers(
      ServiceRequestContext ctx, HttpStatus status, @Nullable MediaType type) {
    ResponseHeadersBuilder headers = ResponseHeaders.builder(status);
    if (type != null) headers.contentType(type);
    headers.set(HttpHeaderNames.VARY, "Accept, Accept-Encoding");
    headers.set("x-request-id", ctx.id().text());
    return headers.build();
  }

  // ---- errors

  private HttpResponse error(ServiceRequestContext ctx, Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return switch (cause) {
      case RegistryException refused ->
          error(ctx, refused.kind().code(), String.valueOf(refused.getMessage()));
      case HttpError refused -> error(ctx, refused.code(), String.valueOf(refused.getMessage()));
      case TimeoutException _ ->
          error(
              ctx,
              Kind.TIMED_OUT.code(),
              "there was no answer within " + config.timeout().toMillis() + " ms");
      default -> {
        log.atError().addKeyValue("path", ctx.path()).setCause(cause).log("registry call failed");
        yield error(
            ctx, HttpStatus.INTERNAL_SERVER_ERROR.code(), "the server failed; its log tells why");
      }
    };
  }

  private HttpResponse error(ServiceRequestContext ctx, int code, String message) {
    meters.error(code);
    return HttpResponse.of(
        headers(ctx, HttpError.status(code), MediaTypes.V1),
        HttpData.ofUtf8(Answers.error(code, message)));
  }

  /** Ends what is under way; nothing is begun any more. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}

package oxbow.query.console;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.HttpServiceWithRoutes;
import com.linecorp.armeria.server.Route;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;

/**
 * Serves the console's files: the page at {@code /}, all others below {@code /console/}. A file is
 * read once, on a thread that may wait, and kept: they are some dozens and small.
 *
 * <p>Browsers ask each time whether a file has changed, so that nobody sees half of an old console
 * after an upgrade. They run no script and load nothing that isn't from here, and never make markup
 * of text: what records say can't act.
 */
public final class ConsoleService implements HttpServiceWithRoutes {
  private static final String PREFIX = "/console/";
  private static final String POLICY =
      "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

  /** By their paths; what isn't there leaves nothing. */
  private final Map<String, ConsoleFile> files = new ConcurrentHashMap<>();

  @Override
  public Set<Route> routes() {
    return Set.of(Route.builder().path("/").build(), Route.builder().pathPrefix(PREFIX).build());
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    if (request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD) {
      return Json.refusal(new QueryException(Kind.NO_METHOD, "the console takes GET and HEAD"));
    }
    String path = ctx.path();
    ConsoleFile known = files.get(path);
    if (known != null) return answer(known, request.headers());
    return HttpResponse.of(
        CompletableFuture.supplyAsync(() -> find(path), ctx.blockingTaskExecutor())
            .thenApply(found ->
                found
                    .map(file -> answer(file, request.headers()))
                    .orElseGet(ConsoleService::nothing)));
  }

  private Optional<ConsoleFile> find(String path) {
    Optional<ConsoleFile> found =
        path.equals("/")
            ? Optional.of(ConsoleFile.page())
            : ConsoleFile.load(path.substring(PREFIX.length()));
    found.ifPresent(file -> files.putIfAbsent(path, file));
    return found;
  }

  private static HttpResponse nothing() {
    return Json.refusal(
        new QueryException(Kind.NO_PATH, "the console has no such file; it begins at /"));
  }

  private static HttpResponse answer(ConsoleFile file, RequestHeaders request) {
    if (isKnown(request.get(HttpHeaderNames.IF_NONE_MATCH), file.tag())) {
      return HttpResponse.of(headers(HttpStatus.NOT_MODIFIED, file).build());
    }
    boolean isCompressed = takesGzip(request.get(HttpHeaderNames.ACCEPT_ENCODING));
    HttpData body = isCompressed ? file.gzip() : file.plain();
    ResponseHeadersBuilder headers =
        headers(HttpStatus.OK, file).contentType(file.type()).contentLength(body.length());
    if (isCompressed) headers.set(HttpHeaderNames.CONTENT_ENCODING, "gzip");
    return request.method() == HttpMethod.HEAD
        ? HttpResponse.of(headers.build())
        : HttpResponse.of(headers.build(), body);
  }

  private static ResponseHeadersBuilder headers(HttpStatus status, ConsoleFile file) {
    return ResponseHeaders.builder(status)
        .set(HttpHeaderNames.ETAG, file.tag())
        .set(HttpHeaderNames.CACHE_CONTROL, "no-cache")
        .set(HttpHeaderNames.VARY, "accept-encoding")
        .set(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY)
        .set(HttpHeaderNames.X_CONTENT_TYPE_OPTIONS, "nosniff")
        .set(HttpHeaderNames.X_FRAME_OPTIONS, "DENY")
        .set(HttpHeaderNames.REFERRER_POLICY, "no-referrer")
        .set(HttpHeaderNames.CROSS_ORIGIN_OPENER_POLICY, "same-origin")
        .set(HttpHeaderNames.CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
  }

  private static boolean isKnown(@Nullable String tags, String tag) {
    if (tags == null) return false;
    for (String each : tags.split(",", -1)) {
      if (each.strip().equals(tag) || each.strip().equals("*")) return true;
    }
    return false;
  }

  private static boolean takesGzip(@Nullable String encodings) {
    if (encodings == null) return false;
    for (String each : encodings.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = each.split(";", 2);
      if (!parts[0].strip().equals("gzip")) continue;
      return parts.length == 1 || !parts[1].strip().matches("q=0(?:\\.0*)?");
    }
    return false;
  }
}

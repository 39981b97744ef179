package oxbow.server.http;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpResponseException;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.RequestTimeoutException;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where failures of the HTTP port become answers. Never shows a stack trace. */
final class Errors implements ServerErrorHandler {
  private static final Logger log = LoggerFactory.getLogger(Errors.class);

  private final long bodyBytesMax;

  Errors(long bodyBytesMax) {
    this.bodyBytesMax = bodyBytesMax;
  }

  @Override
  public HttpResponse onServiceException(ServiceRequestContext ctx, Throwable cause) {
    return switch (cause) {
      case HttpResponseException answered -> answered.httpResponse();
      case HttpStatusException refused ->
          Json.error(refused.httpStatus(), text(refused.httpStatus()));
      case ContentTooLargeException _ ->
          Json.error(
              HttpStatus.REQUEST_ENTITY_TOO_LARGE, text(HttpStatus.REQUEST_ENTITY_TOO_LARGE));
      case RequestTimeoutException _ ->
          Json.error(
              HttpStatus.SERVICE_UNAVAILABLE,
              "there was no answer within http.request.timeout.ms; try again later");
      case RejectedExecutionException _ ->
          Json.error(HttpStatus.SERVICE_UNAVAILABLE, "the server stops; try again later");
      case IllegalArgumentException bad when bad.getMessage() != null ->
          Json.error(HttpStatus.BAD_REQUEST, bad.getMessage());
      default -> {
        log.atError().addKeyValue("path", ctx.path()).setCause(cause).log("http request failed");
        yield Json.error(HttpStatus.INTERNAL_SERVER_ERROR, "the server failed; its log tells why");
      }
    };
  }

  @Override
  public AggregatedHttpResponse onProtocolViolation(
      ServiceConfig config,
      @Nullable RequestHeaders headers,
      HttpStatus status,
      @Nullable String description,
      @Nullable Throwable cause) {
    return renderStatus(null, config, headers, status, description, cause);
  }

  @Override
  public AggregatedHttpResponse renderStatus(
      @Nullable ServiceRequestContext ctx,
      ServiceConfig config,
      @Nullable RequestHeaders headers,
      HttpStatus status,
      @Nullable String description,
      @Nullable Throwable cause) {
    String message = description == null || status.code() == 413 ? text(status) : description;
    String json =
        "{\"error_code\":%d,\"message\":\"%s\"}\n"
            .formatted(status.code(), message.replaceAll("[\\\\\"\\p{Cntrl}]", " "));
    return AggregatedHttpResponse.of(
        ResponseHeaders.builder(status).contentType(MediaType.JSON_UTF_8).build(),
        HttpData.ofUtf8(json));
  }

  private String text(HttpStatus status) {
    return switch (status.code()) {
      case 400 -> "the request is not valid HTTP";
      case 404 -> "there is nothing at this path; / is the console";
      case 405 -> "this path does not take this method";
      case 413 -> "the body is larger than " + bodyBytesMax + " bytes (http.request.max.bytes)";
      case 414 -> "the first line of the request is too long";
      case 431 -> "the headers of the request are too large";
      default -> status.reasonPhrase().toLowerCase(Locale.ROOT);
    };
  }
}

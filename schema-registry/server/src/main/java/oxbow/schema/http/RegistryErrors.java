package oxbow.schema.http;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.RequestTimeoutException;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import org.jspecify.annotations.Nullable;
import oxbow.schema.RegistryException;

/** What never reaches the registry, such as a path that is none, in the form of its errors. */
public final class RegistryErrors implements ServerErrorHandler {
  private final long bodyBytesMax;

  public RegistryErrors(long bodyBytesMax) {
    this.bodyBytesMax = bodyBytesMax;
  }

  @Override
  public @Nullable HttpResponse onServiceException(ServiceRequestContext ctx, Throwable cause) {
    return switch (cause) {
      case HttpStatusException refused -> answer(refused.httpStatus()).toHttpResponse();
      case RequestTimeoutException _ ->
          answer(
                  new HttpError(
                      RegistryException.Kind.TIMED_OUT.code(),
                      "the request did not arrive in time"))
              .toHttpResponse();
      default -> null; // to the next handler
    };
  }

  @Override
  public AggregatedHttpResponse renderStatus(
      @Nullable ServiceRequestContext ctx,
      ServiceConfig config,
      @Nullable RequestHeaders headers,
      HttpStatus status,
      @Nullable String description,
      @Nullable Throwable cause) {
    return answer(status);
  }

  private AggregatedHttpResponse answer(HttpStatus status) {
    return answer(
        status.equals(HttpStatus.REQUEST_ENTITY_TOO_LARGE)
            ? HttpError.tooLarge(bodyBytesMax)
            : HttpError.of(status));
  }

  private static AggregatedHttpResponse answer(HttpError error) {
    return AggregatedHttpResponse.of(
        ResponseHeaders.builder(error.status()).contentType(MediaTypes.V1).build(),
        HttpData.ofUtf8(Answers.error(error.code(), String.valueOf(error.getMessage()))));
  }
}

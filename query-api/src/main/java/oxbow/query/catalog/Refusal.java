package oxbow.query.catalog;

import com.linecorp.armeria.common.HttpStatus;
import java.util.concurrent.TimeoutException;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.BadRequestException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ForbiddenException;
import org.apache.iceberg.exceptions.NamespaceNotEmptyException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NoSuchViewException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.UnprocessableEntityException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.rest.responses.ErrorResponse;
import oxbow.cold.store.StoreException;

/**
 * A failed request as clients are told of it. They make an exception of the type's name, and try
 * again by themselves what is unavailable; so that is said only where nothing was changed.
 *
 * @param retrySeconds after which it may go better; 0: trying again changes nothing
 * @param isOurs our log should tell of it
 */
record Refusal(HttpStatus status, String type, String message, int retrySeconds, boolean isOurs) {
  private static final int STORE_AWAY_SECONDS = 5;

  /** Too many requests at a time. */
  static final class Overloaded extends RuntimeException {
    Overloaded() {
      super("too many requests at a time; try again later");
    }
  }

  /** A body of more bytes than are read. */
  static final class TooLarge extends RuntimeException {
    TooLarge(long bodyBytesMax) {
      super("the request body is larger than " + bodyBytesMax + " bytes");
    }
  }

  /** The path is there, for other methods. */
  static final class WrongMethod extends RuntimeException {
    WrongMethod(String message) {
      super(message);
    }
  }

  static Refusal of(Throwable failure, boolean isReading) {
    return switch (failure) {
      case NoSuchNamespaceException _,
          NoSuchTableException _,
          NoSuchViewException _,
          NotFoundException _ ->
          told(HttpStatus.NOT_FOUND, failure);
      case AlreadyExistsException _, NamespaceNotEmptyException _, CommitFailedException _ ->
          told(HttpStatus.CONFLICT, failure);
      case ForbiddenException _ -> told(HttpStatus.FORBIDDEN, failure);
      case UnprocessableEntityException _ -> told(HttpStatus.UNPROCESSABLE_ENTITY, failure);
      case BadRequestException _, ValidationException _, IllegalArgumentException _ ->
          told(HttpStatus.BAD_REQUEST, failure);
      case UnsupportedOperationException _ -> told(HttpStatus.NOT_ACCEPTABLE, failure);
      case WrongMethod _ ->
          new Refusal(
              HttpStatus.METHOD_NOT_ALLOWED,
              "UnsupportedOperationException",
              text(failure),
              0,
              false);
      case TooLarge _ ->
          new Refusal(
              HttpStatus.REQUEST_ENTITY_TOO_LARGE, "BadRequestException", text(failure), 0, false);
      case Overloaded _ -> unavailable(text(failure), 1);
      case CommitStateUnknownException _ -> unknown(text(failure));
      case TimeoutException _ ->
          isReading
              ? unavailable("the object store did not answer in time", STORE_AWAY_SECONDS)
              : unknown("the object store did not answer in time: the change may have been made");
      case StoreException store -> of(store);
      default ->
          new Refusal(
              HttpStatus.INTERNAL_SERVER_ERROR,
              "InternalServerError",
              "the server failed; its log tells why",
              0,
              true);
    };
  }

  private static Refusal of(StoreException failure) {
    if (failure.getCause() instanceof NotFoundException gone) {
      // Trying again brings nothing back; we should know of it, though.
      return new Refusal(HttpStatus.NOT_FOUND, "NotFoundException", text(gone), 0, true);
    }
    return switch (failure.kind()) {
      case BUSY ->
          unavailable("the object store is away: " + failure.getMessage(), STORE_AWAY_SECONDS);
      case OUTCOME_UNKNOWN -> unknown(text(failure));
      case NOT_FOUND ->
          new Refusal(HttpStatus.NOT_FOUND, "NotFoundException", text(failure), 0, false);
      case EXISTS ->
          new Refusal(HttpStatus.CONFLICT, "AlreadyExistsException", text(failure), 0, false);
      case INVALID ->
          new Refusal(HttpStatus.BAD_REQUEST, "BadRequestException", text(failure), 0, false);
      case DENIED -> // until an operator has put it right
          unavailable("the object store can't be used: " + text(failure), STORE_AWAY_SECONDS);
      case CORRUPT ->
          new Refusal(
              HttpStatus.INTERNAL_SERVER_ERROR, "InternalServerError", text(failure), 0, true);
    };
  }

  private static Refusal told(HttpStatus status, Throwable failure) {
    return new Refusal(status, failure.getClass().getSimpleName(), text(failure), 0, false);
  }

  private static Refusal unavailable(String message, int retrySeconds) {
    return new Refusal(
        HttpStatus.SERVICE_UNAVAILABLE,
        "ServiceUnavailableException",
        message,
        retrySeconds,
        false);
  }

  /** Clients look whether the change is there before they send it again. */
  private static Refusal unknown(String message) {
    return new Refusal(HttpStatus.GATEWAY_TIMEOUT, "CommitStateUnknownException", message, 0, true);
  }

  private static String text(Throwable failure) {
    return String.valueOf(failure.getMessage());
  }

  byte[] body() {
    return CatalogJson.write(
        ErrorResponse.builder()
            .responseCode(status.code())
            .withType(type)
            .withMessage(message)
            .build());
  }
}

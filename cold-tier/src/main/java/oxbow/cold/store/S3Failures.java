package oxbow.cold.store;

import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import oxbow.cold.store.StoreException.Kind;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;

/** What the SDK's exceptions mean to a caller. The only place that knows. */
final class S3Failures {
  /** Answers of status 400 that say something about who asks. */
  private static final Set<String> DENIED_CODES =
      Set.of(
          "ExpiredToken",
          "InvalidToken",
          "TokenRefreshRequired",
          "InvalidAccessKeyId",
          "SignatureDoesNotMatch",
          "RequestTimeTooSkewed",
          "NoSuchBucket");

  private static final Set<String> DAMAGED_CODES =
      Set.of(
          "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch");

  private static final Set<String> BUSY_CODES =
      Set.of("RequestTimeout", "SlowDown", "IncompleteBody", "ConditionalRequestConflict");

  private static final int CONFLICT = 409;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int PRECONDITION_FAILED = 412;
  private static final int TOO_MANY = 429;
  private static final int UNAUTHORIZED = 401;
  private static final int SERVER_ERRORS = 500;
  private static final int UNAVAILABLE = 503;

  private S3Failures() {}

  /**
   * @param unanswered what it means if nobody knows whether the request took effect
   */
  static StoreException of(String what, Throwable failure, Kind unanswered) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    // The SDK wraps what receivers of bodies throw, too.
    for (Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof StoreException ours) return ours;
    }
    Kind kind =
        switch (cause) {
          case AwsServiceException answer -> kind(answer, unanswered);
          case SdkClientException local -> kind(local, unanswered);
          default -> unanswered;
        };
    return new StoreException(kind, "S3: " + what + ": " + cause.getMessage(), cause);
  }

  private static Kind kind(AwsServiceException answer, Kind unanswered) {
    String code = answer.awsErrorDetails() == null ? "" : answer.awsErrorDetails().errorCode();
    if (code == null) code = "";
    if (DENIED_CODES.contains(code)) return Kind.DENIED;
    if (DAMAGED_CODES.contains(code)) return Kind.CORRUPT;
    if (BUSY_CODES.contains(code)) return Kind.BUSY;
    int status = answer.statusCode();
    return switch (status) {
      case UNAUTHORIZED, FORBIDDEN -> Kind.DENIED;
      case NOT_FOUND -> Kind.NOT_FOUND;
      case PRECONDITION_FAILED -> Kind.EXISTS;
      case CONFLICT, TOO_MANY, UNAVAILABLE -> Kind.BUSY;
      default -> status >= SERVER_ERRORS ? unanswered : Kind.INVALID;
    };
  }

  private static Kind kind(SdkClientException local, Kind unanswered) {
    String message = String.valueOf(local.getMessage());
    // The SDK has no classes of their own for these.
    if (message.contains("credentials")) return Kind.DENIED;
    if (message.contains("checksum")) return Kind.CORRUPT;
    return unanswered;
  }
}

package oxbow.cold.store;

import java.util.Map;
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
          "NoSuchBucket",
          "AllAccessDisabled",
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException",
          "PermanentRedirect");

  private static final Set<String> DAMAGED_CODES =
      Set.of(
          "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch");

  private static final Set<String> BUSY_CODES =
      Set.of("RequestTimeout", "SlowDown", "IncompleteBody", "ConditionalRequestConflict");

  /** What an operator can do about an answer. */
  private static final Map<String, String> ADVICE =
      Map.of(
          "NoSuchBucket",
          "there is no such bucket: make it, or correct cold.bucket",
          "InvalidAccessKeyId",
          "nobody has this access key: correct the credentials",
          "SignatureDoesNotMatch",
          "the secret key is not that of the access key: correct the credentials",
          "ExpiredToken",
          "the credentials have expired: renew them",
          "AccessDenied",
          "the credentials allow it not: grant them reading, writing, listing and deleting",
          "RequestTimeTooSkewed",
          "the clock of this machine is wrong");

  private static final Set<String> WRONG_REGION_CODES =
      Set.of(
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException",
          "PermanentRedirect");

  private static final int CONFLICT = 409;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int PRECONDITION_FAILED = 412;
  private static final int TOO_MANY = 429;
  private static final int NOT_IMPLEMENTED = 501;
  private static final int REDIRECTED = 301;
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
    return new StoreException(kind, "S3: " + what + ": " + text(cause), cause);
  }

  private static String text(Throwable cause) {
    String told = String.valueOf(cause.getMessage());
    if (cause instanceof AwsServiceException answer) {
      String code = code(answer);
      String advice = ADVICE.get(code);
      if (WRONG_REGION_CODES.contains(code) || answer.statusCode() == REDIRECTED) {
        advice = "the bucket lies in another region: set cold.s3.region" + region(answer);
      }
      return advice == null ? told : advice + " (" + told + ")";
    }
    if (told.contains("Unable to load region")) {
      return "no region is known: set cold.s3.region, or AWS_REGION in the environment";
    }
    if (told.contains("Unable to load credentials")) {
      return "no credentials are found: set cold.s3.access.key and cold.s3.secret.key, or give them"
          + " to the SDK's chain ("
          + told
          + ")";
    }
    return told;
  }

  /** S3 tells where a bucket is. */
  private static String region(AwsServiceException answer) {
    if (answer.awsErrorDetails() == null || answer.awsErrorDetails().sdkHttpResponse() == null) {
      return "";
    }
    return answer
        .awsErrorDetails()
        .sdkHttpResponse()
        .firstMatchingHeader("x-amz-bucket-region")
        .map(found -> "=" + found)
        .orElse("");
  }

  private static String code(AwsServiceException answer) {
    String code = answer.awsErrorDetails() == null ? null : answer.awsErrorDetails().errorCode();
    return code == null ? "" : code;
  }

  private static Kind kind(AwsServiceException answer, Kind unanswered) {
    String code = code(answer);
    if (DENIED_CODES.contains(code)) return Kind.DENIED;
    if (DAMAGED_CODES.contains(code)) return Kind.CORRUPT;
    if (BUSY_CODES.contains(code)) return Kind.BUSY;
    int status = answer.statusCode();
    return switch (status) {
      case REDIRECTED, UNAUTHORIZED, FORBIDDEN -> Kind.DENIED;
      case NOT_FOUND -> Kind.NOT_FOUND;
      case PRECONDITION_FAILED -> Kind.EXISTS;
      case NOT_IMPLEMENTED -> Kind.INVALID;
      case CONFLICT, TOO_MANY, UNAVAILABLE -> Kind.BUSY;
      default -> status >= SERVER_ERRORS ? unanswered : Kind.INVALID;
    };
  }

  private static Kind kind(SdkClientException local, Kind unanswered) {
    String message = String.valueOf(local.getMessage());
    // The SDK has no classes of their own for these.
    if (message.contains("credentials") || message.contains("load region")) return Kind.DENIED;
    if (message.contains("checksum")) return Kind.CORRUPT;
    return unanswered;
  }
}

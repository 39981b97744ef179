package oxbow.schema.http;

import com.linecorp.armeria.common.HttpStatus;
import oxbow.schema.RegistryException;

/** A request that never comes as far as the registry. */
final class HttpError extends RuntimeException {
  private final int code;

  HttpError(int code, String message) {
    super(message);
    this.code = code;
  }

  /** What a status says for itself. */
  static HttpError of(HttpStatus status) {
    return new HttpError(status.code(), "HTTP " + status.code() + " " + status.reasonPhrase());
  }

  static HttpError notFound() {
    return of(HttpStatus.NOT_FOUND);
  }

  static HttpError tooLarge(long bodyBytesMax) {
    return new HttpError(
        RegistryException.Kind.TOO_LARGE.code(),
        "the request body is larger than " + bodyBytesMax + " bytes");
  }

  static HttpError badBody(String reason) {
    return new HttpError(HttpStatus.BAD_REQUEST.code(), reason);
  }

  /** A status, or a status with two digits more. */
  int code() {
    return code;
  }

  HttpStatus status() {
    return status(code);
  }

  static HttpStatus status(int code) {
    return HttpStatus.valueOf(code < 1000 ? code : code / 100);
  }
}

package oxbow.query.flight;

import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightRuntimeException;
import oxbow.query.Failures;
import oxbow.query.sql.SqlException;

/** What drivers are told of a failure: the one place that decides. */
final class FlightFailures {
  private FlightFailures() {}

  static FlightRuntimeException of(RuntimeException failure) {
    return switch (failure) {
      case FlightRuntimeException known -> known;
      case SqlException sql -> of(sql);
      default ->
          CallStatus.INTERNAL
              .withDescription(Failures.of(failure).text())
              .withCause(failure)
              .toRuntimeException();
    };
  }

  private static FlightRuntimeException of(SqlException failure) {
    CallStatus status =
        switch (failure.kind()) {
          case SYNTAX, INVALID, BAD_VALUE -> CallStatus.INVALID_ARGUMENT;
          case FORBIDDEN -> CallStatus.UNAUTHORIZED;
          case NO_TABLE -> CallStatus.NOT_FOUND;
          case TIMED_OUT -> CallStatus.TIMED_OUT;
          case DUPLICATE -> CallStatus.ALREADY_EXISTS;
          case TOO_LARGE, BUSY -> CallStatus.RESOURCE_EXHAUSTED;
          case CANCELLED -> CallStatus.CANCELLED;
          case FAILED, CORRUPT -> CallStatus.INTERNAL;
          case UNAVAILABLE -> CallStatus.UNAVAILABLE;
        };
    var text = new StringBuilder(failure.text());
    failure
        .line()
        .ifPresent(line ->
            text.append(" (line ")
                .append(line)
                .append(", column ")
                .append(failure.column().orElse(1))
                .append(')'));
    failure.hint().ifPresent(hint -> text.append("; ").append(hint));
    return status
        .withDescription(text + " [" + failure.kind().code() + "]")
        .withCause(failure)
        .toRuntimeException();
  }
}

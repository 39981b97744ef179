package oxbow.query;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.store.StoreException;
import oxbow.log.LogException;
import oxbow.query.QueryException.Kind;

/** What is told of a failure below: the one place that decides. */
public final class Failures {
  private static final Logger log = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  /** One that nobody expects is a bug of ours and is logged. */
  public static QueryException of(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    return switch (failure) {
      case QueryException known -> known;
      case CompletionException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
      case ExecutionException wrapped when wrapped.getCause() != null -> of(wrapped.getCause());
      case OffsetOutOfRangeException _ ->
          new QueryException(
              Kind.OUT_OF_RANGE, "the records expired meanwhile: " + message, failure);
      case UnknownTopicOrPartitionException _ ->
          new QueryException(Kind.NO_TOPIC, "the topic is gone: " + message, failure);
      case UnknownTopicIdException _ ->
          new QueryException(Kind.NO_TOPIC, "the topic is gone: " + message, failure);
      case RecordTooLargeException _ -> new QueryException(Kind.BAD_RECORD, message, failure);
      case RecordBatchTooLargeException _ -> new QueryException(Kind.BAD_RECORD, message, failure);
      case InvalidTopicException _ -> new QueryException(Kind.BAD_PARAMETER, message, failure);
      case TimeoutException _ -> new QueryException(Kind.TIMED_OUT, message, failure);
      case CorruptRecordException _ -> new QueryException(Kind.CORRUPT, message, failure);
      case RetriableException _ -> new QueryException(Kind.UNAVAILABLE, message, failure);
      case ApiException _ -> new QueryException(Kind.BAD_RECORD, message, failure);
      case LogException damaged when isDamage(damaged) ->
          new QueryException(Kind.CORRUPT, message, failure);
      case LogException _ -> new QueryException(Kind.UNAVAILABLE, message, failure);
      case CancellationException _, RejectedExecutionException _ ->
          new QueryException(Kind.UNAVAILABLE, "the server stops", failure);
      default -> {
        log.atError().setCause(failure).log("query failed");
        yield new QueryException(Kind.FAILED, "the server failed; its log tells why", failure);
      }
    };
  }

  /** A cold file isn't what was written: asking again is of no use. */
  private static boolean isDamage(LogException failure) {
    return failure.getCause() instanceof StoreException store
        && store.kind() == StoreException.Kind.CORRUPT;
  }
}

package oxbow.broker.replica;

import java.util.concurrent.CompletionException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.LogException;

/** What a client is told about a failure of a partition's log: the one place that decides. */
public final class Failures {
  private static final Logger log = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  /** The error code for a failure. One that nobody expects is a bug of ours and is logged. */
  public static Errors errorOf(Throwable failure, Object partition) {
    return switch (failure) {
      case CompletionException wrapped when wrapped.getCause() != null ->
          errorOf(wrapped.getCause(), partition);
      case ApiException refusal -> Errors.forException(refusal);
      case LogException broken ->
          switch (broken.kind()) {
            // Clients take both as passing and ask for the leader again before they retry.
            case DISK_FULL, OFFLINE -> Errors.KAFKA_STORAGE_ERROR;
            case CLOSED -> Errors.NOT_LEADER_OR_FOLLOWER;
          };
      default -> {
        log.atError().addKeyValue("partition", partition).setCause(failure).log("request failed");
        yield Errors.forException(failure);
      }
    };
  }
}

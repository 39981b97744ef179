package oxbow.server.cli;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.errors.WakeupException;
import oxbow.server.config.BadConfigException;

/** The one place where what Kafka's clients throw becomes a line, a hint and an exit code. */
final class Failures {
  private Failures() {}

  static CommandException of(Throwable failure, String bootstrap) {
    return switch (failure) {
      case CommandException known -> known;
      case BadConfigException bad -> with(ExitCode.USAGE, bad, "`oxbow config explain KEY` helps");
      case ExecutionException e when e.getCause() != null -> of(e.getCause(), bootstrap);
      case CompletionException e when e.getCause() != null -> of(e.getCause(), bootstrap);
      case UnknownTopicOrPartitionException e ->
          new CommandException(
              ExitCode.NOT_FOUND,
              "there is no such topic or partition",
              "`oxbow topics list` shows all there are",
              e);
      case GroupIdNotFoundException e ->
          with(ExitCode.NOT_FOUND, e, "`oxbow groups list` shows all there are");
      case TopicExistsException e ->
          with(ExitCode.FAILED, e, "--if-not-exists takes an existing one as well");
      case InvalidTopicException e ->
          with(ExitCode.FAILED, e, "names have letters, digits, '.', '_' and '-'");
      case GroupNotEmptyException e -> with(ExitCode.FAILED, e, "stop its members first");
      case UnknownMemberIdException e -> with(ExitCode.FAILED, e, "stop the group's members first");
      case UnsupportedVersionException e ->
          with(ExitCode.FAILED, e, "the server does not serve this");
      case AuthenticationException e -> with(ExitCode.FAILED, e, "see --client-config");
      case AuthorizationException e -> with(ExitCode.FAILED, e, "");
      case org.apache.kafka.common.errors.TimeoutException e -> timeout(e, bootstrap);
      case TimeoutException e -> timeout(e, bootstrap);
      case WakeupException e -> new CommandException(ExitCode.INTERRUPTED, "interrupted", "", e);
      case InterruptedException e ->
          new CommandException(ExitCode.INTERRUPTED, "interrupted", "", e);
      case ConfigException e -> with(ExitCode.USAGE, e, "");
      case ApiException e -> with(ExitCode.FAILED, e, "");
      case KafkaException e when e.getCause() instanceof KafkaException cause ->
          of(cause, bootstrap);
      default -> with(ExitCode.FAILED, failure, "--verbose shows where it happened");
    };
  }

  private static CommandException timeout(Throwable failure, String bootstrap) {
    return new CommandException(
        ExitCode.UNREACHABLE,
        "no answer in time from " + bootstrap,
        "is it a Kafka port, and are its advertised addresses reachable from here? --timeout waits"
            + " longer",
        failure);
  }

  private static CommandException with(int exitCode, Throwable failure, String hint) {
    String message = failure.getMessage();
    return new CommandException(
        exitCode,
        message == null || message.isBlank() ? failure.getClass().getSimpleName() : message,
        hint,
        failure);
  }
}

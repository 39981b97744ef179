package oxbow.server.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.server.JsonText;
import picocli.CommandLine.Option;

/** The options of every command that talks to a server's HTTP port. */
final class HttpOptions {
  @Option(
      names = {"-u", "--url"},
      paramLabel = "URL",
      defaultValue = "${env:OXBOW_URL:-http://localhost:8080}",
      description = "The server's HTTP port (or OXBOW_URL); http://localhost:8080 without.")
  private String url = "http://localhost:8080";

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description = "Longest wait for an answer; 15 without.")
  private int timeoutSeconds = 15;

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean isJson;

  @Option(
      names = {"-v", "--verbose"},
      description = "Show what went on: stack traces.")
  @SuppressWarnings("UnusedVariable") // Cli looks for it before anything is parsed
  private boolean isVerbose;

  Output output(Terminal terminal) {
    return new Output(terminal, isJson);
  }

  /** The answer to a question. */
  Map<?, ?> get(String path) {
    return send(path, "GET");
  }

  /** The answer to an order. */
  Map<?, ?> post(String path) {
    return send(path, "POST");
  }

  private Map<?, ?> send(String path, String method) {
    if (timeoutSeconds < 1) {
      throw CommandException.usage("--timeout must be at least 1, not " + timeoutSeconds, "");
    }
    Duration timeout = Duration.ofSeconds(timeoutSeconds);
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(timeout).build()) {
      HttpRequest request =
          HttpRequest.newBuilder(address(path))
              .timeout(timeout)
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build();
      var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      @Nullable Object body = parsed(answer.body());
      if (answer.statusCode() < 300 && body instanceof Map<?, ?> map) return map;
      throw refusal(answer.statusCode(), body);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          "no server answers at " + url,
          "start one with `oxbow start`, or name another's HTTP port with --url",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.INTERRUPTED, "interrupted", "", e);
    }
  }

  private URI address(String path) {
    try {
      URI base = URI.create(url.replaceFirst("/+$", ""));
      if (base.getHost() != null && String.valueOf(base.getScheme()).startsWith("http")) {
        return URI.create(base + path);
      }
    } catch (IllegalArgumentException _) {
      // told below
    }
    throw CommandException.usage("'" + url + "' is no URL", "write --url http://localhost:8080");
  }

  private static @Nullable Object parsed(String body) {
    try {
      return JsonText.parse(body);
    } catch (IOException _) {
      return null;
    }
  }

  private CommandException refusal(int status, @Nullable Object body) {
    String message = "the server answers with status " + status;
    if (body instanceof Map<?, ?> map && map.get("message") instanceof String told) {
      message = told;
    }
    int exitCode = status == 404 ? ExitCode.NOT_FOUND : ExitCode.FAILED;
    return new CommandException(exitCode, message, "");
  }
}

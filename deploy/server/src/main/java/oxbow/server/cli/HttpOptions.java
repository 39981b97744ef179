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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that talks to a server's HTTP port. */
final class HttpOptions {
  @Option(
      names = {"-u", "--url"},
      paramLabel = "URL",
      defaultValue = "${env:OXBOW_URL:-http://localhost:8080}",
      description = "The server's HTTP port (or OXBOW_URL); http://localhost:8080 without.")
  private String url = "http://localhost:8080";

  @Mixin private AnswerOptions answers = new AnswerOptions();

  Output output(Terminal terminal) {
    return answers.output(terminal);
  }

  /** The answer to a question. */
  Map<?, ?> get(String path) {
    return send(path, "GET", null);
  }

  /** The answer to an order. */
  Map<?, ?> post(String path) {
    return send(path, "POST", null);
  }

  /** The answer to an order that says more. */
  Map<?, ?> post(String path, Map<String, ? extends @Nullable Object> body) {
    return send(path, "POST", JsonText.of(body));
  }

  /** The answer to the order to end something. */
  Map<?, ?> delete(String path) {
    return send(path, "DELETE", null);
  }

  private Map<?, ?> send(String path, String method, @Nullable String body) {
    Duration timeout = answers.timeout();
    HttpAddress address = address();
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(timeout).build()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(address.root() + path))
              .timeout(timeout)
              .method(
                  method,
                  body == null
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofString(body));
      if (body != null) request.header("Content-Type", "application/json");
      address.authorization().ifPresent(who -> request.header("Authorization", who));
      var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      @Nullable Object told = parsed(answer.body());
      if (answer.statusCode() < 300 && told instanceof Map<?, ?> map) return map;
      throw refusal(answer.statusCode(), told);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          "no server answers at " + address.root(),
          "start one with `oxbow start`, or name another's HTTP port with --url",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.INTERRUPTED, "interrupted", "", e);
    }
  }

  private HttpAddress address() {
    try {
      return HttpAddress.of(url, null);
    } catch (IllegalArgumentException _) {
      throw CommandException.usage("'" + url + "' is no URL", "write --url http://localhost:8080");
    }
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

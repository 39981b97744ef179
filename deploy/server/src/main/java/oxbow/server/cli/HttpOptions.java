package oxbow.server.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
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

  /** An answer of any length, while it comes. Any thread may close it, which ends it. */
  record Answer(InputStream body, HttpClient client) implements AutoCloseable {
    @Override
    public void close() {
      client.shutdownNow();
    }
  }

  /** Begins to take an answer that may go on for long; only its beginning has to come in time. */
  Answer open(String path) {
    HttpAddress address = address();
    HttpClient client = client();
    try {
      HttpRequest request = request(address, path).build();
      var answer = asked(client, address, request, HttpResponse.BodyHandlers.ofInputStream());
      if (answer.statusCode() < 300) return new Answer(answer.body(), client);
      try (InputStream refused = answer.body()) {
        throw refusal(
            answer.statusCode(),
            parsed(new String(refused.readAllBytes(), StandardCharsets.UTF_8)));
      } catch (IOException e) {
        throw unreachable(address, e);
      }
    } catch (CommandException e) {
      client.shutdownNow();
      throw e;
    }
  }

  private Map<?, ?> send(String path, String method, @Nullable String body) {
    HttpAddress address = address();
    try (HttpClient client = client()) {
      HttpRequest.Builder request =
          request(address, path)
              .method(
                  method,
                  body == null
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofString(body));
      if (body != null) request.header("Content-Type", "application/json");
      var answer = asked(client, address, request.build(), HttpResponse.BodyHandlers.ofString());
      @Nullable Object told = parsed(answer.body());
      if (answer.statusCode() < 300 && told instanceof Map<?, ?> map) return map;
      throw refusal(answer.statusCode(), told);
    }
  }

  private HttpClient client() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(answers.timeout())
        .build();
  }

  private HttpRequest.Builder request(HttpAddress address, String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address.root() + path)).timeout(answers.timeout());
    address.authorization().ifPresent(who -> request.header("Authorization", who));
    return request;
  }

  private static <T> HttpResponse<T> asked(
      HttpClient client,
      HttpAddress address,
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler) {
    try {
      return client.send(request, handler);
    } catch (IOException e) {
      throw unreachable(address, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.INTERRUPTED, "interrupted", "", e);
    }
  }

  private static CommandException unreachable(HttpAddress address, IOException failure) {
    return new CommandException(
        ExitCode.UNREACHABLE,
        "no server answers at " + address.root(),
        "start one with `oxbow start`, or name another's HTTP port with --url",
        failure);
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

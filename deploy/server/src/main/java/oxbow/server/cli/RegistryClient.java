package oxbow.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import oxbow.schema.record.JsonForms;
import oxbow.server.JsonText;

/**
 * Asks a schema registry over HTTP, ours or another of Confluent's kind. What it refuses becomes a
 * line, a hint and an exit code here.
 */
final class RegistryClient implements AutoCloseable {
  private static final String TYPE = "application/vnd.schemaregistry.v1+json";
  private static final Duration CONNECT_MAX = Duration.ofSeconds(3);
  private static final int SHOWN_MAX = 300;

  private static final int UNKNOWN_PATH = 404;
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;

  private final URI root;
  private final Optional<String> authorization;
  private final Duration timeout;
  private final HttpClient http;

  /** What the registry said. */
  record Answer(int status, JsonNode body) {
    boolean isOk() {
      return status / 100 == 2;
    }

    /** The registry's own number for what went wrong; 0: nothing did. */
    int errorCode() {
      return isOk() ? 0 : body.path("error_code").asInt(status);
    }
  }

  RegistryClient(HttpAddress address, Duration timeout) {
    this.root = address.root();
    this.authorization = address.authorization();
    this.timeout = timeout;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout.compareTo(CONNECT_MAX) < 0 ? timeout : CONNECT_MAX)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /** A path whose parts may hold any character. */
  static String path(Object... parts) {
    return Arrays.stream(parts)
        .map(part -> "/" + encoded(part.toString()))
        .collect(Collectors.joining());
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  JsonNode get(String path) {
    return require(ask("GET", path, null));
  }

  JsonNode post(String path, Object body) {
    return require(ask("POST", path, body));
  }

  JsonNode put(String path, Object body) {
    return require(ask("PUT", path, body));
  }

  JsonNode delete(String path) {
    return require(ask("DELETE", path, null));
  }

  /** An answer that may be a refusal. */
  Answer ask(String method, String path, @Nullable Object body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(root + path)).timeout(timeout).header("Accept", TYPE);
    authorization.ifPresent(who -> request.header("Authorization", who));
    if (body == null) {
      request.method(method, BodyPublishers.noBody());
    } else {
      request
          .header("Content-Type", TYPE)
          .method(method, BodyPublishers.ofString(JsonText.of(body), StandardCharsets.UTF_8));
    }
    HttpResponse<String> response;
    try {
      response = http.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (HttpTimeoutException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE, "no answer in time from " + root, "--timeout waits longer", e);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.UNREACHABLE,
          "no schema registry answers at " + root,
          "start one with `oxbow start`, or name another with --registry URL",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.INTERRUPTED, "interrupted", "", e);
    }
    return answer(response);
  }

  private Answer answer(HttpResponse<String> response) {
    if (response.statusCode() == UNAUTHORIZED || response.statusCode() == FORBIDDEN) {
      throw new CommandException(
          ExitCode.FAILED,
          "the registry at "
              + root
              + " refuses "
              + (authorization.isEmpty() ? "whoever asks without a name" : "this user or password")
              + " (HTTP "
              + response.statusCode()
              + ")",
          "set OXBOW_REGISTRY_USER=user:password, or write --registry https://user:password@HOST");
    }
    JsonNode body;
    try {
      body =
          response.body().isBlank()
              ? MissingNode.getInstance()
              : JsonForms.MAPPER.readTree(response.body());
    } catch (JsonProcessingException e) {
      throw noRegistry(response.statusCode());
    }
    boolean isRefusal = response.statusCode() / 100 != 2;
    // A registry knows every path that is asked here; its own numbers for what it lacks are longer.
    int errorCode = body.path("error_code").asInt(UNKNOWN_PATH);
    if (isRefusal && errorCode == UNKNOWN_PATH) throw noRegistry(response.statusCode());
    return new Answer(response.statusCode(), body);
  }

  private CommandException noRegistry(int status) {
    return new CommandException(
        ExitCode.FAILED,
        "what answers at " + root + " is no schema registry (HTTP " + status + ")",
        "Oxbow's is http://HOST:8081, or http://HOST:8080/registry");
  }

  /** The body of a good answer. */
  JsonNode require(Answer answer) {
    if (answer.isOk()) return answer.body();
    throw refusal(answer);
  }

  /** Why the registry would not, in its own words and with its own number. */
  static CommandException refusal(Answer answer) {
    int code = answer.errorCode();
    String message = answer.body().path("message").asText();
    String shown = message.length() > SHOWN_MAX ? message.substring(0, SHOWN_MAX) + "…" : message;
    return new CommandException(
        answer.status() == 404 ? ExitCode.NOT_FOUND : ExitCode.FAILED,
        shown + " (error " + code + ")",
        hint(code));
  }

  private static String hint(int code) {
    return switch (code) {
      case 40401 -> "`oxbow schemas list` shows all there are; --deleted the deleted ones as well";
      case 40402 -> "`oxbow schemas list SUBJECT` shows its versions";
      case 409, 40901 -> "`oxbow schemas check SUBJECT FILE` tells what breaks, and where";
      case 42205 -> "`oxbow schemas mode` shows what may be done";
      case 42206 -> "delete first what refers to it";
      default -> "";
    };
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}

package oxbow.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import oxbow.schema.record.JsonForms;
import oxbow.server.JsonText;

/** Asks a server in SQL. One statement at a time; another thread may cancel it. */
final class SqlClient implements AutoCloseable {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
  private static final Duration ASK_MAX = Duration.ofSeconds(5);

  private final URI root;
  private final Map<String, Object> settings;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_MAX)
          .build();

  /** The statement under way; empty: none is. Set by the thread that asks, read by others. */
  private volatile String queryId = "";

  /**
   * @param settings sent with each statement: timezone, timeout, limit
   */
  SqlClient(URI root, Map<String, Object> settings) {
    this.root = root;
    this.settings = Map.copyOf(settings);
  }

  /**
   * Runs a statement.
   *
   * @param format of the answer, as the server calls it
   * @return the answer's bytes as they come; closing it early ends the statement
   * @throws CommandException the server refuses, or there is none
   */
  InputStream run(String sql, String format) {
    Map<String, Object> body = new LinkedHashMap<>(settings);
    String id = UUID.randomUUID().toString();
    body.put("query", sql);
    body.put("queryId", id);
    body.put("format", format);
    queryId = id;
    HttpRequest request =
        HttpRequest.newBuilder(address("/api/v1/sql"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(JsonText.of(body), StandardCharsets.UTF_8))
            .build();
    HttpResponse<InputStream> answer = send(request, BodyHandlers.ofInputStream());
    if (answer.statusCode() == 200) return answer.body();
    try (InputStream refusal = answer.body()) {
      throw refusal(
          answer.statusCode(), parsed(new String(refusal.readAllBytes(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw away(e);
    }
  }

  /** No statement is under way any more. */
  void done() {
    queryId = "";
  }

  /** Stops the statement under way, if one is. */
  void cancel() {
    String id = queryId;
    if (id.isEmpty()) return;
    HttpRequest request =
        HttpRequest.newBuilder(address("/api/v1/queries/" + id)).timeout(ASK_MAX).DELETE().build();
    // Whether it was stopped is seen by its answer.
    var _ = http.sendAsync(request, BodyHandlers.discarding());
  }

  /** How far the statement under way is; missing where nobody knows. */
  JsonNode status() {
    String id = queryId;
    return id.isEmpty() ? MissingNode.getInstance() : get("/api/v1/queries/" + id);
  }

  /** Something the server tells; missing where it doesn't. */
  JsonNode get(String path) {
    HttpRequest request = HttpRequest.newBuilder(address(path)).timeout(ASK_MAX).build();
    HttpResponse<String> answer = send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
    return answer.statusCode() == 200 ? parsed(answer.body()) : MissingNode.getInstance();
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private URI address(String path) {
    return URI.create(root + path);
  }

  private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body) {
    try {
      return http.send(request, body);
    } catch (HttpTimeoutException e) {
      throw new CommandException(ExitCode.UNREACHABLE, "no answer in time from " + root, "", e);
    } catch (IOException e) {
      throw away(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.INTERRUPTED, "interrupted", "", e);
    }
  }

  private CommandException away(IOException failure) {
    return new CommandException(
        ExitCode.UNREACHABLE,
        "no server answers at " + root,
        "start one with `oxbow start`, or name another's HTTP port with --url",
        failure);
  }

  private static JsonNode parsed(String body) {
    try {
      return JsonForms.MAPPER.readTree(body);
    } catch (JsonProcessingException _) {
      return MissingNode.getInstance();
    }
  }

  /** Why a statement can't be answered, in the server's words. */
  static CommandException refusal(int status, JsonNode error) {
    if (!error.has("message")) {
      return new CommandException(
          ExitCode.FAILED,
          "the server answers with status " + status,
          "what answers there may be no server of Oxbow's that knows SQL");
    }
    var message = new StringBuilder(error.get("message").asText());
    if (error.has("line")) {
      message.append(" (line ").append(error.get("line").asInt());
      message.append(", column ").append(error.path("column").asInt()).append(')');
    }
    int exitCode =
        switch (error.path("type").asText()) {
          case "no_table" -> ExitCode.NOT_FOUND;
          case "cancelled" -> ExitCode.INTERRUPTED;
          default -> ExitCode.FAILED;
        };
    return new CommandException(exitCode, message.toString(), error.path("hint").asText(""));
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}

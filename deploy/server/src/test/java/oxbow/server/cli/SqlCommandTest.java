package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.cli.Shell.Result;

/** {@code oxbow sql} against a server that gives the answers it was told to give. */
@Timeout(60)
class SqlCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HEAD =
      "{\"queryId\":\"q\",\"columns\":[{\"name\":\"n\",\"type\":\"BIGINT\"},"
          + "{\"name\":\"some text\",\"type\":\"VARCHAR\"}]}\n";
  private static final String STATS = "{\"stats\":{\"rows\":2,\"files\":3,\"filesPruned\":1}}\n";
  private static final String ROWS = HEAD + "[9007199254740993,\"a,b\"]\n[22,null]\n" + STATS;

  @TempDir Path directory;

  private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
  private final Map<String, String> answers =
      Map.of(
          "two rows", ROWS,
          "no rows", HEAD + STATS,
          "cut", HEAD + "[1,\"a\"]\n",
          "late", HEAD + "[1,\"a\"]\n{\"error\":{\"message\":\"broken\",\"type\":\"corrupt\"}}\n",
          "SELECT * FROM \"My-Topic\" LIMIT 0", HEAD + STATS,
          "SHOW TABLES", ROWS,
          "growing", HEAD + growing() + STATS,
          "nested", HEAD + "[[1,{\"a\":\"],\\\"\"}],\"x\"]\n" + STATS);
  private HttpServer server;
  private String url;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/api/v1/sql", this::answer);
    server.createContext(
        "/api/v1/topics",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            exchange
                .getResponseBody()
                .write("{\"topics\":[{\"name\":\"My-Topic\"}]}".getBytes(StandardCharsets.UTF_8));
          }
        });
    server.start();
    url = "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
      asked.add(body);
      String sql = body.get("query").asText();
      String answer = answers.getOrDefault(sql, "");
      int status = 200;
      if (body.path("format").asText().equals("csv")) answer = "n,some text\r\n1,x\r\n";
      if (sql.startsWith("bad")) {
        status = 400;
        answer =
            "{\"error_code\":40010,\"message\":\"no such word\",\"type\":\"syntax\",\"line\":2,"
                + "\"column\":3,\"hint\":\"try another\"}";
      }
      if (sql.startsWith("none")) {
        status = 404;
        answer = "{\"error_code\":40410,\"message\":\"no table\",\"type\":\"no_table\"}";
      }
      byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, 0);
      exchange.getResponseBody().write(bytes);
    }
  }

  private Result sql(String... arguments) {
    var all = new String[arguments.length + 3];
    all[0] = "sql";
    all[1] = "--url";
    all[2] = url;
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return new Shell().run(all);
  }

  @Test
  void rowsComeAsATable() {
    Result result = sql("-c", "two rows;");

    assertThat(result.exitCode()).isEqualTo(ExitCode.OK);
    assertThat(result.out())
        .isEqualTo(
            """
                           n  some text
            9007199254740993  a,b
                          22  -
            """);
    assertThat(asked.getFirst().get("query").asText()).isEqualTo("two rows");
  }

  private static String growing() {
    var rows = new StringBuilder();
    for (int i = 0; i < 1_002; i++)
      rows.append("[").append(i).append(",\"").append(i).append("\"]\n");
    return rows.toString();
  }

  @Test
  void numbersAreNeverCut() {
    List<String> lines =
        new Shell().interactive().run("sql", "--url", url, "-c", "growing").out().lines().toList();

    assertThat(lines.get(1)).isEqualTo("  0  0");
    assertThat(lines.get(1_001)).isEqualTo("1000  1000");
  }

  @Test
  void peopleAreToldHowManyRowsThereWere() {
    Result result = new Shell().interactive().run("sql", "--url", url, "-c", "two rows");

    assertThat(result.out()).contains("(2 rows, ").contains("2 of 3 cold files)");
  }

  @Test
  void rowsComeAsJsonWithTheirNames() {
    assertThat(sql("-c", "two rows", "--json").out())
        .isEqualTo(
            "[{\"n\":9007199254740993,\"some text\":\"a,b\"},\n {\"n\":22,\"some text\":null}]\n");
    assertThat(sql("-c", "nested", "-o", "ndjson").out())
        .isEqualTo("{\"n\":[1,{\"a\":\"],\\\"\"}],\"some text\":\"x\"}\n");
    assertThat(sql("-c", "no rows", "-o", "json").out()).isEqualTo("[]\n");
    assertThat(sql("-c", "two rows", "-o", "csv").out()).isEqualTo("n,some text\r\n1,x\r\n");
  }

  @Test
  void statementsComeFromAFileOrFromStandardInput() throws IOException {
    Path file = Files.writeString(directory.resolve("a.sql"), "two rows;\n-- more\nno rows;\n");

    Result fromFile = sql("-f", file.toString());
    Result fromInput =
        new Shell().input("no rows; two rows").run("sql", "--url", url, "--limit", "5");

    assertThat(fromFile.exitCode()).isEqualTo(ExitCode.OK);
    assertThat(fromInput.out()).contains("9007199254740993");
    assertThat(asked.stream().map(each -> each.get("query").asText()))
        .containsExactly("two rows", "no rows", "no rows", "two rows");
    assertThat(asked.getLast().get("limit").asLong()).isEqualTo(5);
  }

  @Test
  void theFirstErrorEndsAScriptAndNamesItsLine() throws IOException {
    Path file = Files.writeString(directory.resolve("a.sql"), "two rows;\n\nbad\nword;\ntwo rows;");

    Result result = sql("-f", file.toString());

    assertThat(result.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).isEqualTo("oxbow: no such word (line 4, column 3)\n  try another\n");
    assertThat(asked).hasSize(2);
  }

  @Test
  void eachFailureHasItsExitCode() {
    assertThat(sql("-c", "none").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(sql("-c", "late").exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(sql("-c", "late").err()).contains("broken");
    assertThat(sql("-c", "cut").exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(sql("-c", "cut").err()).contains("the answer broke off");
    assertThat(sql("-c", "two rows", "-o", "xml").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(sql("-c", " ; ").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(sql("-f", directory.resolve("none").toString()).exitCode())
        .isEqualTo(ExitCode.USAGE);
    assertThat(new Shell().run("sql", "--url", "nowhere", "-c", "x").exitCode())
        .isEqualTo(ExitCode.USAGE);
    server.stop(0);
    assertThat(sql("-c", "two rows").exitCode()).isEqualTo(ExitCode.UNREACHABLE);
  }

  @Test
  void completionKnowsTopicsAndTheirColumns() {
    try (var client = new SqlClient(URI.create(url), Map.of())) {
      var names = new SqlNames(client);

      assertThat(names.of("SELECT FROM \"My-Topic\" WHERE "))
          .startsWith("n", "\"some text\"", "\"My-Topic\"")
          .contains("SELECT", "GROUP BY");
      assertThat(names.of("SELECT ")).startsWith("\"My-Topic\"").doesNotContain("n");
    }
  }

  @Test
  void thePromptTakesStatementsAndOrders() {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var terminal =
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            true,
            false,
            false,
            Map.of());
    try (var client = new SqlClient(URI.create(url), Map.of())) {
      var shell = new SqlShell(terminal, client, SqlPrinter.Form.CSV);

      assertThat(shell.isLeft("two rows;")).isFalse();
      assertThat(shell.isLeft("\\f json")).isFalse();
      assertThat(shell.isLeft("\\d;")).isFalse();
      assertThat(shell.isLeft("bad;")).isFalse();
      assertThat(shell.isLeft("\\nothing")).isFalse();
      assertThat(shell.isLeft("EXIT;")).isTrue();
      terminal.out().flush();
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("n,some text\r\n1,x\r\nrows come as json\n[{\"n\":9007199254740993,")
        .endsWith(",\n {\"n\":22,\"some text\":null}]\n");
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("no such word (line 2, column 3)")
        .contains("there is no \\nothing");
  }
}

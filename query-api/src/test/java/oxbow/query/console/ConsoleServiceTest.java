package oxbow.query.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.server.Server;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConsoleServiceTest {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Pattern REFERENCE =
      Pattern.compile("(?:href|src)=\"console/([^\"]+)\"|(?:from|import) '([^']+)'");

  /** Those that the address chooses, which no file names as a whole. */
  private static final List<String> PAGES =
      Stream.of(
              "overview",
              "topics",
              "topic",
              "records",
              "schemas",
              "schema",
              "groups",
              "group",
              "sql",
              "work")
          .map(name -> "/console/js/pages/" + name + ".js")
          .toList();

  private static Server server;

  @BeforeAll
  static void open() {
    server = Server.builder().http(0).service(new ConsoleService()).build();
    server.start().join();
  }

  @AfterAll
  static void close() {
    server.stop().join();
    CLIENT.close();
  }

  @Test
  void thePageAndItsFilesComeWithTheirTypes() throws Exception {
    assertThat(type(get("/"))).isEqualTo("text/html; charset=utf-8");
    assertThat(type(get("/console/console.css"))).isEqualTo("text/css; charset=utf-8");
    assertThat(type(get("/console/js/main.js"))).isEqualTo("text/javascript; charset=utf-8");
    assertThat(type(get("/console/icon.svg"))).isEqualTo("image/svg+xml; charset=utf-8");
  }

  @Test
  void everyFileThatAFileAsksForIsThere() throws Exception {
    Set<String> seen = new LinkedHashSet<>(PAGES);
    seen.add("/");
    for (var left = new ArrayDeque<>(seen); !left.isEmpty(); ) {
      String path = left.poll();
      var answer = get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      var references = REFERENCE.matcher(text(answer));
      while (references.find()) {
        String file = references.group(1);
        URI found =
            file == null
                ? URI.create(path).resolve(references.group(2))
                : URI.create("/console/").resolve(file);
        if (seen.add(found.getPath())) left.add(found.getPath());
      }
    }
    assertThat(seen).contains("/console/js/router.js", "/console/js/ui/table.js");
  }

  @Test
  void nothingIsLoadedFromElsewhereAndNoMarkupIsMadeOfText() throws Exception {
    var headers = get("/").headers();
    assertThat(headers.firstValue("content-security-policy").orElseThrow())
        .startsWith("default-src 'self';")
        .contains("frame-ancestors 'none'", "require-trusted-types-for 'script'")
        .doesNotContain("unsafe");
    assertThat(headers.firstValue("x-content-type-options")).hasValue("nosniff");
    assertThat(headers.firstValue("x-frame-options")).hasValue("DENY");
    assertThat(headers.firstValue("referrer-policy")).hasValue("no-referrer");
  }

  @Test
  void aFileThatHasNotChangedIsNotSentAgain() throws Exception {
    var first = get("/console/console.css");
    String tag = first.headers().firstValue("etag").orElseThrow();
    var again = send(request("/console/console.css").header("If-None-Match", "\"other\", " + tag));
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(again.headers().firstValue("etag")).hasValue(tag);
    var other = send(request("/console/console.css").header("If-None-Match", "\"other\""));
    assertThat(other.statusCode()).isEqualTo(200);
    assertThat(first.headers().firstValue("cache-control")).hasValue("no-cache");
  }

  @Test
  void itComesCompressedToWhoTakesThat() throws Exception {
    var compressed = send(request("/console/console.css").header("Accept-Encoding", "br, gzip"));
    assertThat(compressed.headers().firstValue("content-encoding")).hasValue("gzip");
    byte[] plain = get("/console/console.css").body();
    assertThat(compressed.body().length).isLessThan(plain.length / 2);
    try (var gzip = new GZIPInputStream(new ByteArrayInputStream(compressed.body()))) {
      assertThat(gzip.readAllBytes()).isEqualTo(plain);
    }
    var refused = send(request("/console/console.css").header("Accept-Encoding", "gzip;q=0"));
    assertThat(refused.headers().firstValue("content-encoding")).isEmpty();
    assertThat(refused.body()).isEqualTo(plain);
  }

  @Test
  void headIsAnsweredWithoutABodyAndOtherMethodsAreRefused() throws Exception {
    var head = send(request("/").method("HEAD", BodyPublishers.noBody()));
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValueAsLong("content-length").orElseThrow())
        .isEqualTo(get("/").body().length);
    var post = send(request("/").POST(BodyPublishers.ofString("{}")));
    assertThat(post.statusCode()).isEqualTo(405);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/console/",
        "/console/nothing.js",
        "/console/ConsoleService.class",
        "/console/js",
        "/console/js/",
        "/console/index.html",
        "/console//index.html",
        "/console/.hidden.js",
        "/console/js/main.js/",
        "/console/js/main.js.map",
        "/console/../console/console.css/..%2f..%2fx.js",
        "/console/%2e%2e/ConsoleService.class",
        "/console/..%2f..%2f..%2fMETA-INF/MANIFEST.MF",
        "/console/..%5c..%5cx.js",
        "/console/js/main%00.js"
      })
  void whatIsNoFileOfItsIsNotThere(String path) throws Exception {
    // A client of our own: others tidy the path up before they send it.
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.activeLocalPort())) {
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      var answer =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      assertThat(answer.readLine()).matches("HTTP/1.1 40[04] .*");
    }
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + server.activeLocalPort() + path));
  }

  private static HttpResponse<byte[]> get(String path) throws Exception {
    return send(request(path));
  }

  private static HttpResponse<byte[]> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return CLIENT.send(request.build(), BodyHandlers.ofByteArray());
  }

  private static String type(HttpResponse<byte[]> answer) {
    return answer.headers().firstValue("content-type").orElseThrow();
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }
}

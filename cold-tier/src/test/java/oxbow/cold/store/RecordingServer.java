package oxbow.cold.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** Takes whatever S3 and STS are asked, keeps the requests' heads, and says yes. */
final class RecordingServer implements AutoCloseable {
  static final String ACCESS_KEY = "ASIAROLE";
  static final String SESSION_TOKEN = "token-of-the-role";

  private final HttpServer server;
  private final List<Asked> asked = new CopyOnWriteArrayList<>();

  /** One request. */
  record Asked(
      String method, String target, java.util.Map<String, List<String>> headers, String body) {
    Optional<String> header(String name) {
      return headers.entrySet().stream()
          .filter(each -> each.getKey().equalsIgnoreCase(name))
          .map(each -> each.getValue().getFirst())
          .findFirst();
    }
  }

  RecordingServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  List<Asked> asked() {
    return List.copyOf(asked);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String target = exchange.getRequestURI().toString();
      asked.add(
          new Asked(
              exchange.getRequestMethod(),
              target,
              java.util.Map.copyOf(exchange.getRequestHeaders()),
              new String(body, UTF_8)));
      exchange.getResponseHeaders().add("ETag", "\"0123456789abcdef0123456789abcdef\"");
      exchange.getResponseHeaders().add("Content-Type", "application/xml");
      byte[] answer = text(target, new String(body, UTF_8)).getBytes(UTF_8);
      exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
      if (answer.length > 0) exchange.getResponseBody().write(answer);
    }
  }

  private static String text(String target, String body) {
    if (target.endsWith("?uploads") || target.contains("?uploads=")) {
      return "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>key</Key>"
          + "<UploadId>upload-1</UploadId></InitiateMultipartUploadResult>";
    }
    if (body.startsWith("<CompleteMultipartUpload") || body.contains("<CompleteMultipartUpload")) {
      return "<CompleteMultipartUploadResult><Bucket>bucket</Bucket><Key>key</Key>"
          + "<ETag>\"0123456789abcdef0123456789abcdef-2\"</ETag></CompleteMultipartUploadResult>";
    }
    if (body.contains("AssumeRoleWithWebIdentity")) {
      return "<AssumeRoleWithWebIdentityResponse"
          + " xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
          + "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>"
          + ACCESS_KEY
          + "</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>"
          + SESSION_TOKEN
          + "</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>"
          + "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
    }
    return "";
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

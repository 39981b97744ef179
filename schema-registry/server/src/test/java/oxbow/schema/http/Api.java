package oxbow.schema.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.linecorp.armeria.common.util.TlsEngineType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServiceOptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import oxbow.schema.CompatibilityLevel;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.json.JsonFormat;
import oxbow.schema.protobuf.ProtobufFormat;
import oxbow.schema.record.JsonForms;
import oxbow.schema.record.JsonObject;
import oxbow.schema.registry.Registry;
import oxbow.schema.registry.RegistryConfig;
import oxbow.schema.testing.MemorySchemaStore;

/** A registry behind a port of its own, and a client for it. */
final class Api implements AutoCloseable {
  static final String V1 = "application/vnd.schemaregistry.v1+json";
  static final String JSON = "{\"schemaType\":\"JSON\"}";
  private static final int BODY_BYTES_MAX = 100_000;

  final MemorySchemaStore store;
  final Registry registry;
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final RegistryService service;
  private final Server server;
  private final HttpClient client = HttpClient.newHttpClient();

  /** What came back. */
  record Answer(int status, String body, java.net.http.HttpHeaders headers) {
    JsonNode json() {
      try {
        return JsonForms.MAPPER.readTree(body);
      } catch (JsonProcessingException e) {
        throw new AssertionError("no JSON: " + body, e);
      }
    }

    /** That it is this error, with a message in which these words are. */
    void isError(int code, String... words) {
      assertThat(json().path("error_code").asInt()).as(body).isEqualTo(code);
      assertThat(status).as(body).isEqualTo(code < 1000 ? code : code / 100);
      if (words.length > 0) assertThat(json().path("message").asText()).contains(words);
    }

    Answer isOk() {
      assertThat(status).as(body).isEqualTo(200);
      return this;
    }
  }

  Api() {
    this(new MemorySchemaStore());
  }

  Api(MemorySchemaStore store) {
    this.store = store;
    registry =
        new Registry(
            store,
            List.of(new AvroFormat(), new JsonFormat(), new ProtobufFormat()),
            new RegistryConfig(CompatibilityLevel.BACKWARD, 1 << 20, Duration.ofSeconds(20)),
            InstantSource.system());
    registry.open().toCompletableFuture().join();
    service =
        new RegistryService(
            registry,
            new RegistryHttpConfig(BODY_BYTES_MAX, Duration.ofSeconds(20), 16),
            new ServerFacts("1.2.3", "abcdef", () -> "cluster-1"),
            meters);
    server = Port.SERVER;
    Port.served.set(service);
  }

  /** One for all tests, since stopping one takes two seconds. */
  private static final class Port {
    static final AtomicReference<HttpService> served = new AtomicReference<>();
    static final Server SERVER = open();

    private static Server open() {
      HttpService current =
          new HttpService() {
            @Override
            public com.linecorp.armeria.common.HttpResponse serve(
                ServiceRequestContext ctx, com.linecorp.armeria.common.HttpRequest request)
                throws Exception {
              return served.get().serve(ctx, request);
            }

            @Override
            public ServiceOptions options() {
              return ServiceOptions.builder().maxRequestLength(BODY_BYTES_MAX).build();
            }
          };
      Server server =
          Server.builder()
              .http(0)
              .tlsEngineType(TlsEngineType.JDK)
              .errorHandler(new RegistryErrors(BODY_BYTES_MAX))
              .serviceUnder("/registry/", current)
              .serviceUnder("/", current)
              .build();
      server.start().join();
      return server;
    }
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.activeLocalPort() + path;
  }

  Answer get(String path) {
    return send(HttpRequest.newBuilder(URI.create(url(path))).GET());
  }

  Answer post(String path, String body) {
    return send(request(path).POST(BodyPublishers.ofString(body)));
  }

  Answer put(String path, String body) {
    return send(request(path).PUT(BodyPublishers.ofString(body)));
  }

  Answer delete(String path) {
    return send(HttpRequest.newBuilder(URI.create(url(path))).DELETE());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url(path))).header("Content-Type", V1);
  }

  Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body(), response.headers());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Registers a text and returns its id. */
  int register(String subject, String schema) {
    return post("/subjects/" + subject + "/versions", body(schema))
        .isOk()
        .json()
        .path("id")
        .asInt();
  }

  /** A request with a text and nothing else. */
  static String body(String schema) {
    return JsonObject.begin().text("schema", schema).end();
  }

  /** A request with a text and more fields, given as JSON. */
  static String body(String schema, String more) {
    return JsonObject.begin().text("schema", schema).fieldsOf(more).end();
  }

  /** An Avro record with fields given as JSON. */
  static String record(String name, String... fields) {
    return "{\"type\":\"record\",\"name\":\"%s\",\"fields\":[%s]}"
        .formatted(name, String.join(",", fields));
  }

  static String field(String name, String type) {
    return "{\"name\":\"%s\",\"type\":%s}".formatted(name, type);
  }

  static String optional(String name) {
    return "{\"name\":\"%s\",\"type\":[\"null\",\"string\"],\"default\":null}".formatted(name);
  }

  @Override
  public void close() {
    service.close();
    registry.close();
  }
}

package oxbow.query.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.linecorp.armeria.common.util.TlsEngineType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServiceOptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.rest.RESTCatalog;
import oxbow.cold.table.IcebergCatalog;

/** A catalog behind a port of its own, and clients for it. */
final class CatalogHttp implements AutoCloseable {
  static final long BODY_BYTES_MAX = 100_000;
  private static final JsonMapper JSON = new JsonMapper();

  private final CatalogService service;
  private final Server server;
  private final HttpClient client = HttpClient.newHttpClient();

  CatalogHttp(Supplier<IcebergCatalog> catalogs, boolean isWritable, StorageAccess access) {
    this(catalogs, isWritable, access, Duration.ofSeconds(20), 16);
  }

  CatalogHttp(
      Supplier<IcebergCatalog> catalogs,
      boolean isWritable,
      StorageAccess access,
      Duration timeout,
      int requestsMax) {
    service =
        new CatalogService(
            catalogs,
            new CatalogConfig("topics", isWritable, BODY_BYTES_MAX, timeout, requestsMax),
            access);
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
              .serviceUnder("/iceberg/", current)
              .build();
      server.start().join();
      return server;
    }
  }

  /** What came back. */
  record Reply(int status, String body, java.net.http.HttpHeaders headers) {
    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (JsonProcessingException e) {
        throw new AssertionError("no JSON: " + body, e);
      }
    }

    /** That it is this error, in the form that clients know. */
    void isError(int code, String type) {
      assertThat(status).as(body).isEqualTo(code);
      JsonNode error = json().path("error");
      assertThat(error.path("code").asInt()).as(body).isEqualTo(code);
      assertThat(error.path("type").asText()).isEqualTo(type);
      assertThat(error.path("message").asText()).isNotBlank();
    }

    Reply isOk() {
      assertThat(status).as(body).isEqualTo(200);
      return this;
    }
  }

  String uri() {
    return "http://127.0.0.1:" + server.activeLocalPort() + "/iceberg";
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(uri() + path));
  }

  Reply get(String path) {
    return send(request(path).GET());
  }

  Reply head(String path) {
    return send(request(path).HEAD());
  }

  Reply post(String path, String body) {
    return send(request(path).POST(BodyPublishers.ofString(body)));
  }

  Reply delete(String path) {
    return send(request(path).DELETE());
  }

  Reply send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Reply(response.statusCode(), response.body(), response.headers());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Iceberg's own client, as Spark and Flink have it. */
  RESTCatalog engine() {
    RESTCatalog engine = new RESTCatalog();
    engine.initialize(
        "oxbow",
        Map.of(
            CatalogProperties.URI, uri(),
            CatalogProperties.FILE_IO_IMPL, LocalFiles.class.getName()));
    return engine;
  }

  @Override
  public void close() {
    client.close();
    service.close();
  }
}

package oxbow.proof;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Kafka Connect, standalone, told what to run over its REST interface. */
final class ConnectWorker implements AutoCloseable {
  private final URI rest;
  private final ChildProcess process;
  private final HttpClient http = HttpClient.newHttpClient();

  private ConnectWorker(URI rest, ChildProcess process) {
    this.rest = rest;
    this.process = process;
  }

  static ConnectWorker start(Path folder, String bootstrap) {
    int port = Ports.free();
    Path properties = folder.resolve("worker.properties");
    try {
      Files.createDirectories(folder);
      Files.writeString(
          properties,
          """
          bootstrap.servers=%s
          key.converter=org.apache.kafka.connect.json.JsonConverter
          value.converter=org.apache.kafka.connect.json.JsonConverter
          offset.storage.file.filename=%s
          offset.flush.interval.ms=1000
          listeners=http://127.0.0.1:%d
          plugin.discovery=service_load
          plugin.path=%s
          """
              .formatted(
                  bootstrap,
                  folder.resolve("connect.offsets"),
                  port,
                  System.getProperty("proof.plugins")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ChildProcess process =
        ChildProcess.java(
            "connect",
            folder,
            ClassPaths.kafka() + File.pathSeparator + ClassPaths.examples(),
            List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            List.of("org.apache.kafka.connect.cli.ConnectStandalone", properties.toString()));
    Ports.awaitListening(port, process);
    return new ConnectWorker(URI.create("http://127.0.0.1:" + port + "/connectors/"), process);
  }

  /** Creates a connector and returns when it and its tasks run. */
  void run(String name, Map<String, String> config) {
    String body =
        config.entrySet().stream()
            .map(e -> "\"%s\":\"%s\"".formatted(e.getKey(), e.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
    Await.until(
        "Connect accepts " + name,
        Await.LONG,
        () ->
            send(HttpRequest.newBuilder(rest.resolve(name + "/config"))
                        .header("Content-Type", "application/json")
                        .PUT(HttpRequest.BodyPublishers.ofString(body)))
                    .statusCode()
                < 300);
    Await.until(
        "the task of " + name + " runs",
        Await.LONG,
        () -> {
          String status = send(HttpRequest.newBuilder(rest.resolve(name + "/status"))).body();
          if (status.contains("FAILED")) {
            throw new Await.Hopeless(status);
          }
          return status.contains("\"tasks\":[{\"id\":0,\"state\":\"RUNNING\"");
        });
  }

  void delete(String name) throws IOException, InterruptedException {
    HttpResponse<String> _ = send(HttpRequest.newBuilder(rest.resolve(name)).DELETE());
  }

  String output() {
    return process.output();
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(
        request.timeout(Duration.ofSeconds(20)).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    http.close();
    process.close();
  }
}

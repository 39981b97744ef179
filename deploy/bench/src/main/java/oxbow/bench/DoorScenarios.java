package oxbow.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.ObjDoubleConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** What is asked over HTTP: how soon SQL has a record, and what replay costs. Kafka has neither. */
final class DoorScenarios {
  private static final double GB = 1e9;
  private static final int PARTITIONS = 4;
  private static final int ROUNDS = 500;
  private static final int WARM_ROUNDS = 100;

  private final double scale;

  DoorScenarios(double scale) {
    this.scale = scale;
  }

  List<Scenario> all() {
    return List.of(
        new Scenario.OfOxbow(Part.doors, "freshness of SQL", 25 + 15 * scale, this::freshness),
        new Scenario.OfOxbow(Part.doors, "replay over HTTP", 30 + 90 * scale, this::replay));
  }

  // ---- freshness

  /**
   * A record is acknowledged, and asked for at once: how long until an answer has it. The topic has
   * its past in the table, and goes on to be offloaded.
   */
  private void freshness(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    try (BrokerProcess broker = LakeFlows.start(contender, data)) {
      var values = new LakeRecords(LakeFlows.schemaId(contender, broker, "fresh"), 0, 42);
      try (LakeTopic topic = LakeFlows.topic(contender, broker, "fresh", 1, Map.of());
          HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
          KafkaProducer<byte[], byte[]> producer =
              Clients.producer(broker.bootstrap(), Map.of("acks", "all", "linger.ms", 0))) {
        LakeTopic.Produced _ = topic.produce(values, (long) (2e8 * scale), 0, Map.of());
        topic.awaitTable();
        double[] millis = new double[Math.max(50, (int) (ROUNDS * scale))];
        long asked = 0;
        double cpu = 0;
        for (int i = -WARM_ROUNDS; i < millis.length; i++) {
          if (i == 0) cpu = broker.cpuSeconds();
          long offset =
              producer
                  .send(new ProducerRecord<>(topic.name(), 0, null, values.value(i + WARM_ROUNDS)))
                  .get()
                  .offset();
          long acknowledged = System.nanoTime();
          int tries = awaitRow(client, broker, offset);
          if (i < 0) continue;
          asked += tries;
          millis[i] = (System.nanoTime() - acknowledged) / 1e6;
        }
        cpu = broker.cpuSeconds() - cpu;
        Arrays.sort(millis);
        String title = "freshness of SQL";
        figures.accept(
            new Figure(title, "acknowledged to answered, p50", "ms", false), at(millis, 50));
        figures.accept(
            new Figure(title, "acknowledged to answered, p99", "ms", false), at(millis, 99));
        figures.accept(
            new Figure(title, "queries for a record", "", false), (double) asked / millis.length);
        figures.accept(
            new Figure(title, "broker CPU, a record and its query", "ms", false),
            cpu * 1e3 / millis.length);
      } catch (ExecutionException e) {
        throw new IllegalStateException("a send failed", e.getCause());
      }
    }
  }

  private static double at(double[] sorted, double percent) {
    return sorted[(int) Math.ceil(sorted.length * percent / 100) - 1];
  }

  /** How often it had to be asked. */
  private static int awaitRow(HttpClient client, BrokerProcess broker, long offset)
      throws IOException, InterruptedException {
    String sql = "SELECT kafka_offset, order_id FROM fresh WHERE kafka_offset >= " + offset;
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + broker.secondPort() + "/api/v1/sql?format=csv"))
            .POST(BodyPublishers.ofString(sql))
            .build();
    for (int tries = 1; ; tries++) {
      HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
      if (answer.statusCode() != 200) throw new IllegalStateException(answer.body());
      if (answer.body().contains("\n" + offset + ",")) return tries;
    }
  }

  // ---- replay

  /** A way to ask for all records of a topic, or for some. */
  private record Way(String title, String query) {}

  private static final String ONE_PERCENT = "amount < 100";

  private static final List<Way> WAYS =
      List.of(
          new Way("bytes in base64", "decode=base64"),
          new Way("values as JSON", "decode=auto"),
          new Way("rows in NDJSON", "columns=*"),
          new Way("rows in Arrow", "columns=*&format=arrow"),
          new Way("two columns in Arrow", "columns=order_id,amount&format=arrow"),
          new Way("values of 1 % in JSON", "decode=auto&filter=" + encoded(ONE_PERCENT)),
          new Way("rows of 1 % in Arrow", "columns=*&format=arrow&filter=" + encoded(ONE_PERCENT)));

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** From the disk, then from the bucket. Each is asked twice: the first time is warm-up. */
  private void replay(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    try (BrokerProcess broker = LakeFlows.start(contender, data)) {
      var values = new LakeRecords(LakeFlows.schemaId(contender, broker, "orders"), 0, 42);
      try (LakeTopic topic =
          LakeFlows.topic(
              contender, broker, "orders", PARTITIONS, Map.of("segment.bytes", "4194304"))) {
        long bytes = topic.produce(values, (long) (3e8 * scale), 0, Map.of()).bytes();
        topic.awaitTable();
        broker.awaitCalm();
        measure(broker, bytes, "hot", figures);
        topic.trim();
        broker.awaitCalm();
        measure(broker, bytes, "cold", figures);
      }
    }
  }

  private static void measure(
      BrokerProcess broker, long bytes, String tier, ObjDoubleConsumer<Figure> figures)
      throws IOException {
    for (Way way : WAYS) {
      long _ = download(broker, way);
      double cpu = broker.cpuSeconds();
      long begin = System.nanoTime();
      long answered = download(broker, way);
      double seconds = (System.nanoTime() - begin) / 1e9;
      cpu = broker.cpuSeconds() - cpu;
      String title = "HTTP replay, %s, %s".formatted(tier, way.title());
      // Of the values as they were produced, whatever they look like in the answer.
      figures.accept(new Figure(title, "records' values", "MB/s", true), bytes / 1e6 / seconds);
      figures.accept(new Figure(title, "broker CPU", "s/GB", false), cpu / (bytes / GB));
      figures.accept(new Figure(title, "answer", "MB", false), answered / 1e6);
    }
  }

  /** Takes a whole answer as cheaply as can be; how many bytes it had. */
  private static long download(BrokerProcess broker, Way way) throws IOException {
    String request =
        "GET /api/v1/topics/orders/records?" + way.query() + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    byte[] buffer = new byte[1 << 18];
    byte[] last = new byte[64];
    long bytes = 0;
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), broker.secondPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      while (!isEnd(last)) {
        int count = in.read(buffer);
        if (count < 0) throw new IllegalStateException("the answer broke off: " + way);
        if (bytes == 0) checkStatus(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
        bytes += count;
        int kept = Math.min(count, last.length);
        System.arraycopy(last, kept, last, 0, last.length - kept);
        System.arraycopy(buffer, count - kept, last, last.length - kept, kept);
      }
    }
    return bytes;
  }

  /** Whether these are the last bytes of an answer in chunks. */
  private static boolean isEnd(byte[] last) {
    return new String(last, StandardCharsets.ISO_8859_1).endsWith("\r\n0\r\n\r\n");
  }

  private static void checkStatus(String head) {
    if (!head.startsWith("HTTP/1.1 200 ")) throw new IllegalStateException(head);
  }
}

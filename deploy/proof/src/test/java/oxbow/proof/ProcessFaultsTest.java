package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real process, killed, stopped, misconfigured, shouted at and short of memory. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
final class ProcessFaultsTest {
  /** Where a client finds the process again soon after it came back. */
  private static final Map<String, Object> PATIENT =
      Map.of(
          "reconnect.backoff.ms", "20",
          "reconnect.backoff.max.ms", "200",
          "retry.backoff.max.ms", "200",
          "delivery.timeout.ms", "120000");

  private final Proof proof;

  ProcessFaultsTest(Proof proof) {
    this.proof = proof;
  }

  @ParameterizedTest
  @ValueSource(longs = {20_261_120, 7})
  void killedAtAnyMomentItKeepsEveryAcknowledgedRecordInOrderAndOnce(long seed) throws Exception {
    int partitions = 3;
    Random random = new Random(seed);
    Path folder = proof.folder("killed");
    Oxbow oxbow = Oxbow.start(folder);
    List<List<Future<RecordMetadata>>> sent = new ArrayList<>();
    IntStream.range(0, partitions)
        .forEach(_ -> sent.add(Collections.synchronizedList(new ArrayList<>())));
    AtomicBoolean isDone = new AtomicBoolean();
    ExecutorService load = Executors.newSingleThreadExecutor();
    try (KafkaProducer<String, String> producer = Records.producer(oxbow.bootstrap(), PATIENT)) {
      createTopic(oxbow, "survivor", partitions);
      Future<?> loading =
          load.submit(() -> {
            while (!isDone.get()) {
              for (int partition = 0; partition < partitions; partition++) {
                List<Future<RecordMetadata>> own = sent.get(partition);
                own.add(
                    producer.send(
                        new ProducerRecord<>(
                            "survivor", partition, null, Integer.toString(own.size()))));
              }
              LockSupport.parkNanos(200_000); // about ten thousand records a second
            }
          });
      for (int round = 0; round < 3; round++) {
        awaitAcknowledged(sent.getFirst(), 1 + random.nextInt(1_500));
        oxbow.process().kill();
        oxbow = Oxbow.start(folder, oxbow.port());
      }
      awaitAcknowledged(sent.getFirst(), 500);
      isDone.set(true);
      Object _ = loading.get(30, TimeUnit.SECONDS);
      producer.flush();

      int all = sent.stream().mapToInt(List::size).sum();
      Map<Integer, List<String>> found = new HashMap<>();
      for (ConsumerRecord<String, String> record :
          Records.read(oxbow.bootstrap(), "survivor", all)) {
        found.computeIfAbsent(record.partition(), _ -> new ArrayList<>()).add(record.value());
      }
      for (int partition = 0; partition < partitions; partition++) {
        for (Future<RecordMetadata> record : sent.get(partition)) {
          RecordMetadata _ = record.get(1, TimeUnit.SECONDS); // every one was acknowledged
        }
        assertThat(found.get(partition))
            .as("partition %d, seed %d", partition, seed)
            .isEqualTo(
                IntStream.range(0, sent.get(partition).size())
                    .mapToObj(Integer::toString)
                    .toList());
      }
    } finally {
      isDone.set(true);
      load.shutdownNow();
      oxbow.close();
    }
  }

  @Test
  void garbageOnThePortDisturbsNoOtherClient() throws Exception {
    long seed = 4_711;
    Random random = new Random(seed);
    try (Oxbow oxbow = Oxbow.start(proof.folder("garbage"))) {
      createTopic(oxbow, "calm", 1);
      List<String> written = new ArrayList<>();
      try (KafkaProducer<String, String> producer = Records.producer(oxbow.bootstrap(), PATIENT)) {
        for (int round = 0; round < 60; round++) {
          shout(oxbow.port(), garbage(round, random));
          List<String> values = List.of("a" + round, "b" + round);
          Records.send(producer, "calm", 0, values);
          written.addAll(values);
        }
      }

      assertThat(Records.values(oxbow.bootstrap(), "calm", written.size()))
          .as("seed %d", seed)
          .isEqualTo(written);
      assertThat(oxbow.output()).doesNotContain(" ERROR ", "OutOfMemoryError", "LEAK:");
      assertThat(oxbow.output().lines().count()).as("log lines stay few").isLessThan(200);
    }
  }

  @Test
  void stopsCleanlyWhenAskedAndStartsAgainWhereItWas() throws Exception {
    Path folder = proof.folder("stopped");
    List<String> values = IntStream.range(0, 5_000).mapToObj(i -> "value " + i).toList();
    Oxbow first = Oxbow.start(folder);
    try (KafkaProducer<String, String> producer = Records.producer(first.bootstrap(), PATIENT)) {
      createTopic(first, "kept", 1);
      Records.send(producer, "kept", 0, values);
    }

    int status = first.stop();
    long begin = System.nanoTime();
    try (Oxbow second = Oxbow.start(folder, first.port());
        KafkaProducer<String, String> producer = Records.producer(second.bootstrap(), PATIENT)) {
      Records.send(producer, "kept", 0, List.of("after"));
      Duration untilFirstRecord = Duration.ofNanos(System.nanoTime() - begin);

      assertThat(status).as(first.output()).isIn(0, 143);
      assertThat(first.output()).doesNotContain(" ERROR ", "Exception");
      // A calm machine takes about a second, which the benchmark measures; this hunts a hang.
      assertThat(untilFirstRecord).as("start to first record").isLessThan(Duration.ofSeconds(30));
      assertThat(Records.values(second.bootstrap(), "kept", values.size() + 1))
          .startsWith("value 0")
          .endsWith("after")
          .hasSize(values.size() + 1);
    } finally {
      first.close();
    }
  }

  private static final String SCHEMA =
      """
      {"schema": "{\\"type\\":\\"record\\",\\"name\\":\\"O\\",\\"fields\\":[{\\"name\\":\\"n\\",\\"type\\":\\"long\\"}]}"}
      """;

  /** What clients of the HTTP port do all at once while it stops, and each again and again. */
  private static final List<String[]> WORK =
      List.of(
          new String[] {
            "POST", "/api/v1/topics/orders/records", "{\"value\":{\"n\":1}}\n".repeat(50)
          },
          new String[] {
            "POST", "/api/v1/sql", "SELECT a.n FROM orders a JOIN orders b ON a.n = b.n"
          },
          new String[] {"POST", "/api/v1/sql", "SELECT count(*) FROM range(100000000)"},
          new String[] {"GET", "/api/v1/topics/orders/records?from=earliest", ""},
          new String[] {"GET", "/api/v1/topics/orders/records?follow=true", ""},
          new String[] {"POST", "/api/v1/topics/orders/replay", "{\"topic\":\"copy\"}"},
          new String[] {"POST", "/registry/subjects/s/versions", "{\"schema\":\"\\\"long\\\"\"}"},
          new String[] {"POST", "/api/v1/cold/verify", ""},
          new String[] {"GET", "/iceberg/v1/namespaces/topics/tables", ""},
          new String[] {"GET", "/metrics", ""});

  @Test
  void stopsCleanlyInTheMiddleOfEverything() throws Exception {
    long seed = 20_261_120;
    Random random = new Random(seed);
    Path folder = proof.folder("stopped-at-work");
    for (int round = 0; round < 2; round++) {
      AtomicBoolean isDone = new AtomicBoolean();
      try (Oxbow oxbow = Oxbow.start(folder);
          HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
          ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        URI root = URI.create(oxbow.http());
        ask(http, root, "POST", "/registry/subjects/orders-value/versions", SCHEMA);
        try {
          for (String[] work : WORK) {
            clients.execute(() -> {
              while (!isDone.get()) ask(http, root, work[0], work[1], work[2]);
            });
          }
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300 + random.nextInt(1_500)));
          long begin = System.nanoTime();

          int status = oxbow.stop();

          Duration taken = Duration.ofNanos(System.nanoTime() - begin);
          assertThat(status).as(oxbow.output()).isIn(0, 143);
          assertThat(oxbow.output())
              .as("seed %d, round %d", seed, round)
              .doesNotContain(" ERROR ", "Exception", "\tat ");
          assertThat(taken).as("stopping").isLessThan(Duration.ofSeconds(15));
        } finally {
          isDone.set(true);
          oxbow.process().kill(); // should it still be there: else who follows would wait for ever
        }
      }
    }
  }

  /**
   * Whatever comes of it: the server may be away, and a stream that follows is left after a while.
   */
  private static void ask(HttpClient http, URI root, String method, String path, String body) {
    try {
      var request =
          HttpRequest.newBuilder(root.resolve(path))
              .timeout(Duration.ofSeconds(3))
              .method(method, HttpRequest.BodyPublishers.ofString(body))
              .build();
      var _ = http.send(request, HttpResponse.BodyHandlers.discarding());
    } catch (IOException _) {
      LockSupport.parkNanos(1_000_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void wrongConfigurationStopsTheStartWithKeyRuleAndGivenValue() {
    ChildProcess process =
        Oxbow.launch(
            proof.folder("wrong-config"),
            Ports.free(),
            "log.segment.bytez=1048576",
            "num.partitions=-3",
            "log.retention.ms=soon");

    int status = process.awaitExit(Oxbow.STOP);

    assertThat(status).isEqualTo(2);
    assertThat(process.output())
        .contains("log.segment.bytez", "log.segment.bytes") // what was meant
        .contains("num.partitions", "-3")
        .contains("log.retention.ms", "soon")
        .doesNotContain("Exception", "\tat ");
  }

  @Test
  void secondProcessOnTheSameDataSaysSoAndLeavesTheFirstAlone() throws Exception {
    Path folder = proof.folder("twice");
    try (Oxbow oxbow = Oxbow.start(folder)) {
      createTopic(oxbow, "owned", 1);

      ChildProcess second = Oxbow.launch(folder.resolve("second"), folder, Ports.free());
      int status = second.awaitExit(Oxbow.STOP);

      assertThat(status).isNotZero();
      assertThat(second.output())
          .contains(folder.resolve("data").toString())
          .doesNotContain("\tat ");
      try (KafkaProducer<String, String> producer = Records.producer(oxbow.bootstrap(), PATIENT)) {
        Records.send(producer, "owned", 0, List.of("still here"));
      }
    }
  }

  @Test
  void takenHttpPortIsOneLine() {
    try (Oxbow oxbow = Oxbow.start(proof.folder("http-port-owner"))) {
      Path folder = proof.folder("http-port-taken");
      ChildProcess second =
          ChildProcess.java(
              "oxbow",
              folder,
              ClassPaths.server(),
              Oxbow.JVM_FLAGS,
              List.of(
                  "oxbow.server.Main",
                  "start",
                  "--host=127.0.0.1",
                  "--data=" + folder.resolve("data"),
                  "--port=" + Ports.free(),
                  "--http-port=" + oxbow.port()));

      int status = second.awaitExit(Oxbow.STOP);

      assertThat(status).isNotZero();
      assertThat(second.output())
          .contains("http.port: port " + oxbow.port() + " can't be opened: Address already in use")
          .contains("--http-port")
          .doesNotContain("is ready", "\tat ");
    }
  }

  @Test
  void takenPortIsNamed() {
    try (Oxbow oxbow = Oxbow.start(proof.folder("port-owner"))) {
      ChildProcess second = Oxbow.launch(proof.folder("port-taken"), oxbow.port());

      int status = second.awaitExit(Oxbow.STOP);

      assertThat(status).isNotZero();
      assertThat(second.output()).contains(Integer.toString(oxbow.port())).doesNotContain("\tat ");
    }
  }

  @Test
  void heapOf256MiBCarriesAThousandPartitionsAndTwoThousandIdleConnections() throws Exception {
    int partitions = 1_000;
    int records = 60_000;
    List<SocketChannel> idle = new ArrayList<>();
    try (Oxbow oxbow = Oxbow.start(proof.folder("small-heap"))) {
      createTopic(oxbow, "wide", partitions);
      for (int i = 0; i < 2_000; i++) {
        idle.add(
            SocketChannel.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), oxbow.port())));
      }
      String value = "x".repeat(1_000);
      Map<String, Object> config = new HashMap<>(PATIENT);
      config.put("linger.ms", "5");
      try (KafkaProducer<String, String> producer = Records.producer(oxbow.bootstrap(), config)) {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = 0; i < records; i++) {
          sent.add(producer.send(new ProducerRecord<>("wide", i % partitions, null, value)));
        }
        for (Future<RecordMetadata> record : sent) {
          RecordMetadata _ = record.get(60, TimeUnit.SECONDS);
        }
      }

      assertThat(Records.read(oxbow.bootstrap(), "wide", records)).hasSize(records);
      assertThat(idle).allMatch(SocketChannel::isConnected);
      assertThat(oxbow.output()).doesNotContain("OutOfMemoryError", " ERROR ");
    } finally {
      for (SocketChannel channel : idle) {
        channel.close();
      }
    }
  }

  private static void createTopic(Oxbow oxbow, String topic, int partitions) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", oxbow.bootstrap()))) {
      Void _ =
          Proof.get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all());
    }
  }

  /** Returns when {@code more} records beyond those acknowledged now are acknowledged. */
  private static void awaitAcknowledged(List<Future<RecordMetadata>> sent, int more) {
    int from = sent.size();
    Await.until(
        more + " more acknowledged records",
        Duration.ofMinutes(2),
        () -> sent.size() > from + more && sent.get(from + more).isDone());
  }

  private static byte[] garbage(int round, Random random) {
    byte[] bytes = new byte[1 + random.nextInt(2_000)];
    random.nextBytes(bytes);
    return switch (round % 6) {
      case 0 -> bytes;
      case 1 -> "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      case 2 -> ByteBuffer.allocate(8).putInt(Integer.MAX_VALUE).putInt(1).array();
      case 3 -> ByteBuffer.allocate(4).putInt(-1).array();
      // A frame of the right length whose content means nothing.
      case 4 -> ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array();
      // A frame that promises more than it brings.
      default -> ByteBuffer.allocate(4 + bytes.length).putInt(5_000).put(bytes).array();
    };
  }

  private static void shout(int port, byte[] bytes) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    } catch (IOException _) {
      // The broker hung up first, as it may.
    }
  }
}

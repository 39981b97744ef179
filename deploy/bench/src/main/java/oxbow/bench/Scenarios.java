package oxbow.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import oxbow.bench.Figures.Figure;

/** The scenarios: each measures one contender once and adds its figures. */
final class Scenarios {
  private static final int KIB = 1024;
  private static final double GB = 1e9;
  private static final long NANOS = 1_000_000_000L;
  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);

  private final Figures figures;
  private final double scale;

  /** Names are never used twice, not even after a deletion: that would measure the deletion too. */
  private final String topicPrefix = "bench-" + Long.toHexString(System.nanoTime()) + "-";

  private int topics;

  /**
   * @param scale how much of the full load is done, 1 being all
   */
  Scenarios(Figures figures, double scale) {
    this.figures = figures;
    this.scale = scale;
  }

  /** One way of producing. */
  record Produce(int recordBytes, String codec, int partitions, String acks) {
    String title() {
      return "produce %d B, %s, %d partition%s, acks=%s"
          .formatted(recordBytes, codec, partitions, partitions == 1 ? "" : "s", acks);
    }
  }

  static List<Produce> produces() {
    var all = new ArrayList<Produce>();
    for (int bytes : new int[] {KIB, 100}) {
      for (String codec : List.of("none", "zstd")) {
        for (int partitions : new int[] {1, 6, 1000}) {
          for (String acks : List.of("1", "all")) {
            all.add(new Produce(bytes, codec, partitions, acks));
          }
        }
      }
    }
    return all;
  }

  void produce(String contender, BrokerProcess broker, Produce way) throws InterruptedException {
    String topic = newTopic(broker, way.partitions());
    var payload = new Payload(way.recordBytes(), 42);
    Map<String, Object> settings =
        Map.of(
            "acks", way.acks(),
            "compression.type", way.codec(),
            "enable.idempotence", way.acks().equals("all"));
    double cpu = broker.cpuSeconds();
    Load.Done done =
        Load.produce(broker.bootstrap(), topic, payload, loadBytes(way.recordBytes()), settings);
    cpu = broker.cpuSeconds() - cpu;
    figures.add(
        contender, new Figure(way.title(), "throughput", "MB/s", true), done.megabytesPerSecond());
    figures.add(
        contender, new Figure(way.title(), "broker CPU", "s/GB", false), cpu / (done.bytes() / GB));
    figures.add(
        contender,
        new Figure(way.title(), "p99 from send to ack", "ms", false),
        done.latencyMicros().getValueAtPercentile(99) / 1e3);
    Clients.deleteTopic(broker.bootstrap(), topic);
  }

  /** Small records cost more per byte, so fewer bytes of them take as long. */
  private long loadBytes(int recordBytes) {
    return (long) (scale * (recordBytes >= KIB ? 800e6 : 200e6));
  }

  void consume(String contender, BrokerProcess broker, int recordBytes, String codec)
      throws InterruptedException {
    int partitions = 6;
    String topic = newTopic(broker, partitions);
    long bytes = 2 * loadBytes(recordBytes);
    var payload = new Payload(recordBytes, 42);
    Load.Done sent =
        Load.produce(broker.bootstrap(), topic, payload, bytes, Map.of("compression.type", codec));
    for (int consumers : new int[] {1, 4}) {
      String title =
          "consume %d B, %s, 6 partitions, %d consumer%s"
              .formatted(recordBytes, codec, consumers, consumers == 1 ? "" : "s");
      double cpu = broker.cpuSeconds();
      Load.Done done =
          Load.consume(broker.bootstrap(), topic, partitions, sent.records(), consumers);
      cpu = broker.cpuSeconds() - cpu;
      figures.add(
          contender, new Figure(title, "throughput", "MB/s", true), done.megabytesPerSecond());
      figures.add(
          contender, new Figure(title, "broker CPU", "s/GB", false), cpu / (done.bytes() / GB));
    }
    Clients.deleteTopic(broker.bootstrap(), topic);
  }

  /** From just before the send to just after the poll, at 5,000 records of 1 KiB a second. */
  void latency(String contender, BrokerProcess broker) throws InterruptedException {
    String topic = newTopic(broker, 1);
    int perSecond = 5_000;
    int warmSeconds = 5;
    int seconds = (int) Math.max(5, 20 * scale);
    var histogram = new Histogram(60_000_000, 3);
    var running = new AtomicBoolean(true);
    byte[] filler = new Payload(KIB, 42).value(0);
    try (var consumer =
            Clients.consumer(broker.bootstrap(), Map.of("auto.offset.reset", "earliest"));
        KafkaProducer<byte[], byte[]> producer =
            Clients.producer(broker.bootstrap(), Map.of("acks", "all", "linger.ms", 0))) {
      consumer.assign(List.of(new TopicPartition(topic, 0)));
      long start = System.nanoTime();
      long countFrom = start + warmSeconds * NANOS;
      Thread sender =
          Thread.ofPlatform()
              .name("bench-sender")
              .start(() -> {
                long total = (long) (warmSeconds + seconds) * perSecond;
                for (long n = 0; n < total && running.get(); n++) {
                  long due = start + n * NANOS / perSecond;
                  while (System.nanoTime() < due) LockSupport.parkNanos(20_000);
                  byte[] value = filler.clone();
                  ByteBuffer.wrap(value).putLong(System.nanoTime());
                  var _ = producer.send(new ProducerRecord<>(topic, value));
                }
                running.set(false);
              });
      double cpu = broker.cpuSeconds();
      while (running.get()) {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          long sent = ByteBuffer.wrap(record.value()).getLong();
          if (sent < countFrom) continue;
          histogram.recordValue(Math.min((System.nanoTime() - sent) / 1000, 60_000_000));
        }
      }
      cpu = broker.cpuSeconds() - cpu;
      sender.join();
      String title = "end to end, 5 MB/s, acks=all";
      for (double percentile : new double[] {50, 99, 99.9}) {
        String quantity = "p" + (percentile == 99.9 ? "99.9" : Integer.toString((int) percentile));
        figures.add(
            contender,
            new Figure(title, quantity, "ms", false),
            histogram.getValueAtPercentile(percentile) / 1e3);
      }
      figures.add(
          contender,
          new Figure(title, "broker CPU", "% of a core", false),
          100 * cpu / (warmSeconds + seconds));
    }
    Clients.deleteTopic(broker.bootstrap(), topic);
  }

  /** From the start of the process to the first acknowledged record: first and second start. */
  void startup(Contender contender, Path data) throws IOException, InterruptedException {
    contender.prepare(data);
    for (String which : List.of("first start", "second start")) {
      long begin = System.nanoTime();
      try (BrokerProcess broker = contender.start(data)) {
        firstRecord(broker, List.of(0));
        figures.add(
            contender.name(),
            new Figure(which, "to the first acknowledged record", "s", false),
            (System.nanoTime() - begin) / 1e9);
        figures.add(
            contender.name(),
            new Figure(which, "broker CPU until then", "s", false),
            broker.cpuSeconds());
      }
    }
  }

  /** At rest some seconds after the start, and with 2,000 connections that do nothing. */
  void memory(Contender contender, Path data) throws IOException, InterruptedException {
    contender.prepare(data);
    int connections = 2_000;
    try (BrokerProcess broker = contender.start(data)) {
      firstRecord(broker, List.of(0));
      settle();
      figures.add(
          contender.name(),
          new Figure("memory", "at rest", "MB", false),
          broker.residentBytes() / 1e6);
      double cpu = broker.cpuSeconds();
      settle();
      figures.add(
          contender.name(),
          new Figure("memory", "CPU at rest", "% of a core", false),
          (broker.cpuSeconds() - cpu) * 100 / SETTLE.toSeconds());
      var sockets = new ArrayList<Socket>();
      try {
        int port = Integer.parseInt(broker.bootstrap().split(":")[1]);
        for (int i = 0; i < connections; i++) {
          var socket = new Socket(InetAddress.getLoopbackAddress(), port);
          sockets.add(socket);
          askVersions(socket);
        }
        settle();
        figures.add(
            contender.name(),
            new Figure("memory", "with 2,000 idle connections", "MB", false),
            broker.residentBytes() / 1e6);
      } finally {
        for (Socket socket : sockets) socket.close();
      }
      Load.produce(
          broker.bootstrap(),
          newTopic(broker, 6),
          new Payload(KIB, 42),
          (long) (1e9 * scale),
          Map.of());
      figures.add(
          contender.name(),
          new Figure("memory", "after producing 1 GB", "MB", false),
          broker.residentBytes() / 1e6);
    }
  }

  private static final Duration SETTLE = Duration.ofSeconds(10);

  private static void settle() {
    long until = System.nanoTime() + SETTLE.toNanos();
    while (System.nanoTime() < until) LockSupport.parkNanos(until - System.nanoTime());
  }

  /** An ApiVersions request of version 0, and its answer. */
  private static void askVersions(Socket socket) throws IOException {
    byte[] request = {0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, -1, -1};
    socket.getOutputStream().write(request);
    socket.getOutputStream().flush();
    byte[] length = socket.getInputStream().readNBytes(4);
    socket.getInputStream().readNBytes(ByteBuffer.wrap(length).getInt());
  }

  /** From the start after kill -9 to a record acknowledged by every partition. */
  void recovery(Contender contender, Path data) throws IOException, InterruptedException {
    contender.prepare(data);
    int partitions = 10;
    String topic = "recovered";
    List<Integer> all = java.util.stream.IntStream.range(0, partitions).boxed().toList();
    BrokerProcess first = contender.start(data);
    try {
      firstRecord(first, List.of(0));
      Clients.createTopic(first.bootstrap(), topic, partitions);
      Load.produce(first.bootstrap(), topic, new Payload(KIB, 42), (long) (10e9 * scale), Map.of());
    } finally {
      first.kill();
    }
    long begin = System.nanoTime();
    try (BrokerProcess second = contender.start(data)) {
      acknowledgedBy(second, topic, all);
      String title = "recovery of %.0f GB after kill -9".formatted(10 * scale);
      figures.add(
          contender.name(),
          new Figure(title, "to a record in every partition", "s", false),
          (System.nanoTime() - begin) / 1e9);
      figures.add(
          contender.name(),
          new Figure(title, "broker CPU until then", "s", false),
          second.cpuSeconds());
    }
  }

  /** Waits for a started broker; returns at its first acknowledged record. */
  void firstRecord(BrokerProcess broker, List<Integer> partitions) throws InterruptedException {
    acknowledgedBy(broker, "first-records", partitions);
  }

  private static void acknowledgedBy(BrokerProcess broker, String topic, List<Integer> partitions)
      throws InterruptedException {
    awaitPort(broker);
    Map<String, Object> eager =
        Map.of(
            "linger.ms", 0,
            "retry.backoff.ms", 10,
            "reconnect.backoff.ms", 10,
            "reconnect.backoff.max.ms", 20);
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(broker.bootstrap(), eager)) {
      var acks =
          partitions.stream()
              .map(p -> producer.send(new ProducerRecord<>(topic, p, null, new byte[] {1})))
              .toList();
      for (var ack : acks) ack.get(START_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("no first record from " + broker.bootstrap(), e);
    }
  }

  private static void awaitPort(BrokerProcess broker) {
    int port = Integer.parseInt(broker.bootstrap().split(":")[1]);
    long until = System.nanoTime() + START_TIMEOUT.toNanos();
    while (true) {
      try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        if (System.nanoTime() > until || !broker.isAlive()) {
          throw new IllegalStateException("the broker on " + port + " did not start", e);
        }
        LockSupport.parkNanos(2_000_000);
      }
    }
  }

  private String newTopic(BrokerProcess broker, int partitions) throws InterruptedException {
    String topic = topicPrefix + topics++;
    Clients.createTopic(broker.bootstrap(), topic, partitions);
    return topic;
  }
}

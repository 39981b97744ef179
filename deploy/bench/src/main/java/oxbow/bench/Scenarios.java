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
import java.util.function.ObjDoubleConsumer;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** The scenarios: each measures one contender once and tells its figures. */
final class Scenarios {
  private static final int KIB = 1024;
  private static final double GB = 1e9;
  private static final long NANOS = 1_000_000_000L;
  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final Duration SETTLE = Duration.ofSeconds(10);
  private static final int WARM_SECONDS = 5;
  private static final double WARM_BYTES = 1.6e9;

  private final double scale;
  private final Path sinkClassPath;
  private final Path sparkClassPath;

  /** Names are never used twice, not even after a deletion: that would measure the deletion too. */
  private final String topicPrefix = "bench-" + Long.toHexString(System.nanoTime()) + "-";

  private int topics;

  /**
   * @param scale how much of the full load is done, 1 being all
   * @param sinkClassPath file with the class path of Iceberg's sink
   * @param sparkClassPath file with the class path of Spark
   */
  Scenarios(double scale, Path sinkClassPath, Path sparkClassPath) {
    this.scale = scale;
    this.sinkClassPath = sinkClassPath;
    this.sparkClassPath = sparkClassPath;
  }

  /** One way of producing. */
  record Produce(int recordBytes, String codec, int partitions, String acks) {
    String title() {
      return "produce %d B, %s, %d partition%s, acks=%s"
          .formatted(recordBytes, codec, partitions, partitions == 1 ? "" : "s", acks);
    }
  }

  /** All there are, in the order in which they are measured and shown. */
  List<Scenario> all() {
    var all = new ArrayList<Scenario>();
    all.add(new Scenario.OfStart(Part.startup, "startup", 11, this::startup));
    all.add(
        new Scenario.OfStart(
            Part.memory, "memory", 4 + 3 * SETTLE.toSeconds() + 4 * scale, this::memory));
    for (int bytes : new int[] {KIB, 100}) {
      for (String codec : List.of("none", "zstd")) {
        for (int partitions : new int[] {1, 6, 1000}) {
          for (String acks : List.of("1", "all")) {
            var way = new Produce(bytes, codec, partitions, acks);
            double seconds = (partitions == 1000 ? 6 : 1) + 5 * scale;
            all.add(
                new Scenario.OfLoad(
                    Part.produce,
                    way.title(),
                    seconds,
                    (broker, figures) -> produce(broker, way, loadBytes(bytes), figures)));
          }
        }
      }
    }
    for (String codec : List.of("none", "zstd")) {
      for (int bytes : new int[] {KIB, 100}) {
        all.add(
            new Scenario.OfLoad(
                Part.consume,
                "consume %d B, %s".formatted(bytes, codec),
                3 + 15 * scale,
                (broker, figures) -> consume(broker, bytes, codec, figures)));
      }
    }
    all.add(
        new Scenario.OfLoad(
            Part.latency, "end to end", 2 + WARM_SECONDS + latencySeconds(), this::latency));
    all.add(
        new Scenario.OfStart(
            Part.recovery, "recovery after kill -9", 10 + 60 * scale, this::recovery));
    all.addAll(new LakeScenarios(scale).all());
    all.addAll(new LakeFlows(scale, sinkClassPath).all());
    all.addAll(new SqlScenarios(scale, sparkClassPath).all());
    all.addAll(new RegistryScenarios(scale).all());
    all.addAll(new DoorScenarios(scale).all());
    return all;
  }

  /** About how long the warm-up takes. */
  double warmUpSeconds() {
    return 7 + 75 * Math.min(1, scale);
  }

  /**
   * Enough of everything that a broker runs compiled code when it is measured. What a way of
   * producing takes goes on falling for about a gigabyte and a half, in either broker.
   */
  void warmUp(BrokerProcess broker) throws InterruptedException {
    long bytes = (long) (Math.min(1, scale) * WARM_BYTES);
    for (String codec : List.of("none", "zstd")) {
      produce(broker, new Produce(100, codec, 6, "all"), bytes, Scenarios::forget);
      produce(broker, new Produce(KIB, codec, 1, "1"), bytes, Scenarios::forget);
    }
    consume(broker, KIB, "none", Scenarios::forget);
  }

  private static void forget(Figure figure, double value) {}

  private void produce(
      BrokerProcess broker, Produce way, long bytes, ObjDoubleConsumer<Figure> figures)
      throws InterruptedException {
    String topic = newTopic(broker, way.partitions());
    // The first write to a log makes its files, which is not what is measured here.
    Clients.touch(broker.bootstrap(), topic, way.partitions());
    broker.awaitCalm();
    var payload = new Payload(way.recordBytes(), 42);
    Map<String, Object> settings =
        Map.of(
            "acks", way.acks(),
            "compression.type", way.codec(),
            "enable.idempotence", way.acks().equals("all"));
    double cpu = broker.cpuSeconds();
    Load.Done done = Load.produce(broker.bootstrap(), topic, payload, bytes, settings);
    cpu = broker.cpuSeconds() - cpu;
    figures.accept(new Figure(way.title(), "throughput", "MB/s", true), done.megabytesPerSecond());
    figures.accept(new Figure(way.title(), "broker CPU", "s/GB", false), cpu / (done.bytes() / GB));
    figures.accept(
        new Figure(way.title(), "p99 from send to ack", "ms", false),
        done.latencyMicros().getValueAtPercentile(99) / 1e3);
    Clients.deleteTopic(broker.bootstrap(), topic);
  }

  /** Small records cost more per byte, so fewer bytes of them take as long. */
  private long loadBytes(int recordBytes) {
    return (long) (scale * (recordBytes >= KIB ? 800e6 : 200e6));
  }

  private void consume(
      BrokerProcess broker, int recordBytes, String codec, ObjDoubleConsumer<Figure> figures)
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
      figures.accept(new Figure(title, "throughput", "MB/s", true), done.megabytesPerSecond());
      figures.accept(new Figure(title, "broker CPU", "s/GB", false), cpu / (done.bytes() / GB));
    }
    Clients.deleteTopic(broker.bootstrap(), topic);
  }

  private int latencySeconds() {
    return (int) Math.max(5, 20 * scale);
  }

  /** From just before the send to just after the poll, at 5,000 records of 1 KiB a second. */
  private void latency(BrokerProcess broker, ObjDoubleConsumer<Figure> figures)
      throws InterruptedException {
    String topic = newTopic(broker, 1);
    int perSecond = 5_000;
    int seconds = latencySeconds();
    var histogram = new Histogram(60_000_000, 3);
    var running = new AtomicBoolean(true);
    byte[] filler = new Payload(KIB, 42).value(0);
    try (var consumer =
            Clients.consumer(broker.bootstrap(), Map.of("auto.offset.reset", "earliest"));
        KafkaProducer<byte[], byte[]> producer =
            Clients.producer(broker.bootstrap(), Map.of("acks", "all", "linger.ms", 0))) {
      consumer.assign(List.of(new TopicPartition(topic, 0)));
      long start = System.nanoTime();
      long countFrom = start + WARM_SECONDS * NANOS;
      Thread sender =
          Thread.ofPlatform()
              .name("bench-sender")
              .start(() -> {
                long total = (long) (WARM_SECONDS + seconds) * perSecond;
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
        figures.accept(
            new Figure(title, quantity, "ms", false),
            histogram.getValueAtPercentile(percentile) / 1e3);
      }
      figures.accept(
          new Figure(title, "broker CPU", "% of a core", false),
          100 * cpu / (WARM_SECONDS + seconds));
    }
    Clients.deleteTopic(broker.bootstrap(), topic);
  }

  /** From the start of the process to the first acknowledged record: first and second start. */
  private void startup(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    for (String which : List.of("first start", "second start")) {
      long begin = System.nanoTime();
      try (BrokerProcess broker = contender.start(data)) {
        firstRecord(broker, List.of(0));
        figures.accept(
            new Figure(which, "to the first acknowledged record", "s", false),
            (System.nanoTime() - begin) / 1e9);
        figures.accept(new Figure(which, "broker CPU until then", "s", false), broker.cpuSeconds());
      }
    }
  }

  /** At rest some seconds after the start, and with 2,000 connections that do nothing. */
  private void memory(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    int connections = 2_000;
    try (BrokerProcess broker = contender.start(data)) {
      firstRecord(broker, List.of(0));
      settle();
      figures.accept(new Figure("memory", "at rest", "MB", false), broker.residentBytes() / 1e6);
      double cpu = broker.cpuSeconds();
      settle();
      figures.accept(
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
        figures.accept(
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
      figures.accept(
          new Figure("memory", "after producing 1 GB", "MB", false), broker.residentBytes() / 1e6);
    }
  }

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
  private void recovery(Contender contender, Path data, ObjDoubleConsumer<Figure> figures)
      throws IOException, InterruptedException {
    contender.prepare(data);
    int partitions = 10;
    String topic = "recovered";
    List<Integer> all = IntStream.range(0, partitions).boxed().toList();
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
      figures.accept(
          new Figure(title, "to a record in every partition", "s", false),
          (System.nanoTime() - begin) / 1e9);
      figures.accept(new Figure(title, "broker CPU until then", "s", false), second.cpuSeconds());
    }
  }

  /** Waits for a started broker; returns at its first acknowledged record. */
  static void firstRecord(BrokerProcess broker, List<Integer> partitions)
      throws InterruptedException {
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

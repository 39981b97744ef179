package oxbow.bench;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toMap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/**
 * A topic with a cold tier, or a broker's that has none: what is produced to it, and where it is.
 */
final class LakeTopic implements AutoCloseable {
  private static final long NANOS = 1_000_000_000L;
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final String bootstrap;
  private final String name;
  private final List<TopicPartition> partitions;
  private final Admin admin;

  private LakeTopic(String bootstrap, String name, int partitions, Admin admin) {
    this.bootstrap = bootstrap;
    this.name = name;
    this.partitions =
        IntStream.range(0, partitions).mapToObj(p -> new TopicPartition(name, p)).toList();
    this.admin = admin;
  }

  static LakeTopic create(
      String bootstrap, String name, int partitions, Map<String, String> settings)
      throws InterruptedException {
    Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    var topic = new LakeTopic(bootstrap, name, partitions, admin);
    try {
      admin
          .createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(settings)))
          .all()
          .get();
      Clients.awaitLeaders(admin, name, partitions);
      return topic;
    } catch (ExecutionException e) {
      admin.close(Duration.ZERO);
      throw new IllegalStateException("could not create " + name, e.getCause());
    }
  }

  String name() {
    return name;
  }

  List<TopicPartition> partitions() {
    return partitions;
  }

  void set(String key, String value) throws InterruptedException {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
    var change = new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
    try {
      admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("could not set " + key, e.getCause());
    }
  }

  Offsets offsets(OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> asked =
        partitions.stream().collect(toMap(partition -> partition, _ -> spec));
    try {
      var found = admin.listOffsets(asked).all().get();
      return new Offsets(
          partitions.stream().map(each -> requireNonNull(found.get(each)).offset()).toList());
    } catch (ExecutionException e) {
      throw new IllegalStateException("no offsets of " + name, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  Offsets ends() {
    return offsets(OffsetSpec.latest());
  }

  /** Where the table ends. */
  Offsets tableEnds() {
    return offsets(OffsetSpec.latestTiered()).next();
  }

  /** Until all that is in the log is in the table. */
  void awaitTable() {
    Offsets ends = ends();
    await("the table has all of " + name, () -> tableEnds().reach(ends));
  }

  /** Leaves nothing on the disk but the segments that are written to. */
  void trim() throws InterruptedException {
    awaitTable();
    set("local.retention.bytes", "1");
    long most = ends().sum() * 8 / 10;
    await(
        "records of " + name + " left the disk",
        () -> offsets(OffsetSpec.earliestLocal()).sum() > most);
  }

  static void await(String what, BooleanSupplier condition) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > until) throw new IllegalStateException("not in time: " + what);
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** What was produced. */
  record Produced(long records, long bytes, double seconds) {}

  /**
   * Produces at a pace, spread over all partitions.
   *
   * @param bytesPerSecond 0: as fast as it goes
   */
  Produced produce(
      LakeRecords values, long bytes, long bytesPerSecond, Map<String, Object> settings) {
    var failure = new AtomicReference<@Nullable Exception>();
    Map<String, Object> all = new HashMap<>(Map.of("acks", "all", "linger.ms", 5));
    all.putAll(settings);
    long sent = 0;
    long n = 0;
    long begin = System.nanoTime();
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(bootstrap, all)) {
      for (; sent < bytes && failure.get() == null; n++) {
        if (bytesPerSecond > 0 && n % 64 == 0) {
          long due = begin + (long) ((double) sent / bytesPerSecond * NANOS);
          while (System.nanoTime() < due) LockSupport.parkNanos(due - System.nanoTime());
        }
        byte[] value = values.value(n);
        sent += value.length;
        // In runs, or batches of many partitions would be small.
        int partition = (int) (n / 256 % partitions.size());
        var _ =
            producer.send(
                new ProducerRecord<>(name, partition, null, value),
                (_, exception) -> {
                  if (exception != null) failure.compareAndSet(null, exception);
                });
      }
      producer.flush();
    }
    if (failure.get() != null) throw new IllegalStateException("a send failed", failure.get());
    return new Produced(n, sent, (System.nanoTime() - begin) / 1e9);
  }

  /** Milliseconds from a seek to anywhere in some offsets to the first record, sorted. */
  double[] firstRecordMillis(int seeks, Offsets from, Offsets to, long seed) {
    var random = new Random(seed);
    List<Double> millis = new ArrayList<>();
    try (var consumer = Clients.consumer(bootstrap, Map.of("auto.offset.reset", "none"))) {
      for (int i = 0; i < seeks; i++) {
        int which = random.nextInt(partitions.size());
        TopicPartition partition = partitions.get(which);
        long offset = from.of(which) + random.nextLong(to.of(which) - from.of(which));
        consumer.assign(List.of(partition));
        consumer.seek(partition, offset);
        long begin = System.nanoTime();
        var records = consumer.poll(Duration.ofSeconds(30));
        while (records.isEmpty()) records = consumer.poll(Duration.ofSeconds(30));
        if (i >= seeks / 10) millis.add((System.nanoTime() - begin) / 1e6); // the first are warm-up
        long found = records.iterator().next().offset();
        if (found != offset) throw new IllegalStateException("at " + offset + " came " + found);
        consumer.unsubscribe();
      }
    }
    return millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
  }
}

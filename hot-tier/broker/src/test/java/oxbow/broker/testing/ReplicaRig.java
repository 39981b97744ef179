package oxbow.broker.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import oxbow.broker.net.ApiHandler;
import oxbow.broker.net.Client;
import oxbow.broker.replica.BrokerLogThreads;
import oxbow.broker.replica.Partition;
import oxbow.broker.replica.Partitions;
import oxbow.broker.replica.RecordChecks;
import oxbow.broker.wire.ApiTable;
import oxbow.log.Logs;
import oxbow.log.LogsConfig;

/** Partitions on real logs in a directory, following a cluster that a test makes up. */
public final class ReplicaRig implements AutoCloseable {
  /** This broker. */
  public static final int SELF = 1;

  /** Another one, which doesn't exist. */
  public static final int OTHER = 2;

  public static final int LOG_THREADS = 2;

  public final FakeCluster cluster;
  public final BrokerLogThreads logThreads = new BrokerLogThreads(LOG_THREADS);
  public final Logs logs;
  public final FakeColdTier cold;
  public final Partitions partitions;
  private final Path directory;

  public ReplicaRig(Path directory) {
    this(directory, new FakeCluster().broker(SELF).broker(OTHER));
  }

  /** A rig that comes back to a cluster which went on meanwhile. */
  public ReplicaRig(Path directory, FakeCluster cluster) {
    this(cluster, LogsConfig.of(directory));
  }

  public ReplicaRig(LogsConfig config) {
    this(new FakeCluster().broker(SELF).broker(OTHER), config);
  }

  private ReplicaRig(FakeCluster cluster, LogsConfig config) {
    this.directory = config.directory();
    this.cluster = cluster;
    logs = Logs.open(config);
    cold = new FakeColdTier(logs);
    partitions = new Partitions(SELF, logs, logThreads, cold, RecordChecks.NONE);
  }

  /** A rig that looks for what may be trimmed all the time. */
  public static ReplicaRig trimming(Path directory) {
    LogsConfig usual = LogsConfig.of(directory);
    var rig =
        new ReplicaRig(
            new LogsConfig(
                usual.directory(),
                usual.threads(),
                5,
                usual.checkpointMs(),
                usual.flushCheckMs(),
                usual.cleanerBufferBytes(),
                usual.cleanerBytesPerSecondMax(),
                usual.producerExpirationMs(),
                usual.diskReserveBytes()));
    rig.tell();
    return rig;
  }

  /** A topic of which only the latest megabyte or two stay on the disk once they are cold. */
  public Uuid createTiered(String topic, int count) {
    return create(
        topic,
        count,
        Map.of(
            "remote.storage.enable", "true",
            "retention.ms", "-1",
            "segment.bytes", "1048576",
            "local.retention.bytes", "1048576"));
  }

  /** Takes everything to the cold tier and waits until some of it left the disk. */
  public void trim(String topic, int index) {
    Partition partition = partition(topic, index);
    cold.offload(partition.id());
    Await.until("something is trimmed", () -> partition.log().offsets().localStart() > 0);
  }

  /** A rig that has seen its first, empty view. */
  public static ReplicaRig started(Path directory) {
    var rig = new ReplicaRig(directory);
    rig.tell();
    return rig;
  }

  public Uuid create(String topic, int count) {
    return create(topic, count, Map.of());
  }

  public Uuid create(String topic, int count, Map<String, String> settings) {
    Uuid id = cluster.create(topic, count, SELF, settings);
    tell();
    return id;
  }

  /** Tells the partitions what changed, and waits until they have followed. */
  public void tell() {
    cluster.tell(partitions);
    partitions.settled().toCompletableFuture().join();
  }

  public Partition partition(String topic, int index) {
    return partitions.find(new TopicPartition(topic, index)).orElseThrow();
  }

  /** Appends one batch of records with these values as the partition's leader. */
  public void append(String topic, int index, String... values) {
    partition(topic, index).append(batch(values).buffer(), AppendOrigin.CLIENT);
  }

  public static MemoryRecords batch(String... values) {
    return MemoryRecords.withRecords(Compression.NONE, records(values));
  }

  public static SimpleRecord[] records(String... values) {
    return Stream.of(values)
        .map(value -> new SimpleRecord(1_000, null, value.getBytes(StandardCharsets.UTF_8)))
        .toArray(SimpleRecord[]::new);
  }

  /** Values that are alike but for their numbers. */
  public static String[] values(int from, int count, int bytes) {
    return IntStream.range(from, from + count)
        .mapToObj(i -> ("value-" + i + "-").repeat(bytes / 8 + 1).substring(0, bytes))
        .toArray(String[]::new);
  }

  /** The values in a record set. */
  public static List<String> valuesOf(MemoryRecords records) {
    List<String> values = new ArrayList<>();
    records.records().forEach(record -> values.add(text(record.value())));
    return values;
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
  }

  /** Hands a request to the API it is for, as the port does. */
  public static FakeRequest send(ApiTable apis, AbstractRequest body) {
    return send(apis, new FakeRequest(body));
  }

  /** The same from another client. */
  public static FakeRequest send(ApiTable apis, AbstractRequest body, Client client) {
    return send(apis, new FakeRequest(body, client));
  }

  private static FakeRequest send(ApiTable apis, FakeRequest request) {
    AbstractRequest body = request.body();
    ApiHandler handler = apis.handler(body.apiKey());
    if (handler == null) throw new IllegalArgumentException(body.apiKey() + " is not served");
    try {
      handler.handle(request);
    } catch (RuntimeException e) {
      request.fail(e);
    }
    return request;
  }

  /**
   * Segment files that this process holds open: after closing, whatever slices weren't released.
   */
  public long openSegmentFiles() {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.filter(this::isSegmentFile).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those about to be deleted have another ending, and the log itself holds them open. */
  private boolean isSegmentFile(Path descriptor) {
    try {
      String target = Files.readSymbolicLink(descriptor).toString();
      return target.startsWith(directory.toString()) && target.endsWith(".log");
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }

  @Override
  public void close() {
    partitions.close();
    logThreads.close();
    logs.close();
  }
}

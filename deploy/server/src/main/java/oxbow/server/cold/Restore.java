package oxbow.server.cold;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import oxbow.broker.control.ClusterView;
import oxbow.broker.control.MetadataRestore;
import oxbow.broker.control.MetadataRestore.RestoredTopic;
import oxbow.broker.group.CommittedOffset;
import oxbow.broker.group.OffsetRecords;
import oxbow.cold.state.BucketRestore;
import oxbow.cold.state.GroupOffset;
import oxbow.cold.state.RestoredStarts;
import oxbow.cold.state.SettingsState;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.store.StoreListener;
import oxbow.log.ColdStart;
import oxbow.log.LogConfig;
import oxbow.log.Logs;
import oxbow.log.PartitionLog;
import oxbow.server.ServerConfig;

/**
 * Brings a cluster back from its bucket into an empty data directory: topics with their ids and
 * settings, schemas, groups' offsets, quotas. Records stay in the bucket, and each partition goes
 * on where it ends there. The server must not run.
 */
public final class Restore {
  /** Ids below may have been given to producers whose records never came to the bucket. */
  private static final long PRODUCER_IDS_SKIPPED = 1_000_000;

  private static final Map<String, String> COMPACTED = Map.of("cleanup.policy", "compact");

  private final ServerConfig config;
  private final ColdBounds bounds;
  private final Clock clock = Clock.systemUTC();

  private Restore(ServerConfig config, ColdBounds bounds) {
    this.config = config;
    this.bounds = bounds;
  }

  /**
   * What was brought back.
   *
   * @param empty topics that never had a cold tier: they are there, without records
   * @param clamped offsets of groups that had read what never came to the bucket
   * @param problems what could not be brought back, in words
   */
  public record Result(
      String cluster,
      int topics,
      int partitions,
      long records,
      int schemaBytes,
      int groupOffsets,
      int clamped,
      List<String> empty,
      List<String> problems) {}

  /**
   * Restores.
   *
   * @param isForced also if another server wrote to the bucket just now: it is fenced off
   * @throws StoreException why not
   */
  public static Result run(ServerConfig config, ColdBounds bounds, boolean isForced) {
    return new Restore(config, bounds).run(isForced);
  }

  private Result run(boolean isForced) {
    requireEmpty(config.metadataDirectory());
    requireEmpty(config.logDirectory());
    requireEmpty(bounds.config().directory());
    try (ObjectStore store = BucketStores.open(bounds, StoreListener.NONE)) {
      var bucket = new BucketRestore(store, bounds.config().namespace(), clock);
      return write(bucket, bucket.takeOver(isForced));
    }
  }

  private static void requireEmpty(Path directory) {
    if (!Files.isDirectory(directory)) return;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      if (!files.iterator().hasNext()) return;
    } catch (IOException e) {
      throw new UncheckedIOException("can't read " + directory, e);
    }
    throw new StoreException(
        Kind.INVALID, directory + " is not empty: a bucket is restored into an empty directory");
  }

  private Result write(BucketRestore bucket, BucketRestore.Contents contents) {
    Map<TopicPartition, Integer> epochs = new HashMap<>();
    List<CommittedOffset> offsets = new ArrayList<>();
    int clamped = 0;
    Map<String, BucketRestore.Topic> topics = new HashMap<>();
    contents.topics().forEach(topic -> topics.put(topic.state().name(), topic));
    for (GroupOffset saved : contents.positions().groups()) {
      BucketRestore.Topic topic = topics.get(saved.topic());
      if (topic == null) continue;
      long end = topic.end(saved.partition());
      boolean isAhead = saved.offset() > end;
      if (isAhead) clamped++;
      offsets.add(
          new CommittedOffset(
              saved.group(),
              saved.topic(),
              saved.partition(),
              Math.min(saved.offset(), end),
              isAhead ? -1 : saved.leaderEpoch(),
              saved.metadata()));
    }
    Uuid logDirectory;
    try (Logs logs = Logs.open(config.logs())) {
      logDirectory = logs.directoryId();
      Optional.ofNullable(topics.get(Topic.GROUP_METADATA_TOPIC_NAME))
          .ifPresent(topic -> writeOffsets(logs, topic, offsets));
      config
          .registry()
          .map(registry -> topics.get(registry.topic()))
          .ifPresent(topic -> writeSchemas(logs, topic, bucket, contents, epochs));
    }
    RestoredStarts.write(bounds.config().directory(), contents);
    MetadataRestore.write(
        config.control().withClusterId(contents.owner().cluster()),
        restored(contents.settings()),
        contents.topics().stream().map(topic -> restored(topic, epochs)).toList(),
        logDirectory,
        nextProducerId(contents));
    return new Result(
        contents.owner().cluster(),
        contents.topics().size(),
        contents.topics().stream().mapToInt(topic -> topic.state().partitions()).sum(),
        contents.topics().stream()
            .flatMap(topic -> topic.starts().values().stream())
            .mapToLong(start -> start.coldEnd() - start.logStart())
            .sum(),
        contents.schemas().map(ByteBuffer::remaining).orElse(0),
        offsets.size(),
        clamped,
        contents.topics().stream()
            .filter(topic -> !topic.isKept() && !Topic.isInternal(topic.state().name()))
            .map(topic -> topic.state().name())
            .sorted()
            .toList(),
        contents.problems());
  }

  private void writeOffsets(Logs logs, BucketRestore.Topic topic, List<CommittedOffset> offsets) {
    OffsetRecords.logs(offsets, topic.state().partitions(), clock.millis())
        .forEach((partition, batches) -> {
          PartitionLog log = open(logs, topic, partition);
          batches.forEach(log::replicate);
          log.advanceHighWatermark(log.offsets().logEnd());
        });
  }

  /** Schemas are read from the local log, so they are brought there whatever the bucket has. */
  private static void writeSchemas(
      Logs logs,
      BucketRestore.Topic topic,
      BucketRestore bucket,
      BucketRestore.Contents contents,
      Map<TopicPartition, Integer> epochs) {
    PartitionLog log = open(logs, topic, 0);
    var partition = new TopicPartition(topic.state().name(), 0);
    if (contents.schemas().isPresent()) {
      append(log, contents.schemas().get(), epochs, partition);
    } else {
      bucket.batches(topic, 0, batches -> append(log, batches, epochs, partition));
    }
  }

  /** In two at the first gap: the log learns by that that it may have gaps. */
  private static void append(
      PartitionLog log,
      ByteBuffer batches,
      Map<TopicPartition, Integer> epochs,
      TopicPartition partition) {
    int gap = Batches.firstGap(batches, log.offsets().logEnd());
    int start = batches.position();
    if (gap > start) log.replicate(batches.slice(start, gap - start));
    if (gap < batches.limit()) log.replicate(batches.slice(gap, batches.limit() - gap));
    log.advanceHighWatermark(log.offsets().logEnd());
    epochs.merge(partition, Batches.lastEpoch(batches), Math::max);
  }

  private static PartitionLog open(Logs logs, BucketRestore.Topic topic, int partition) {
    var id = new TopicIdPartition(topic.state().id(), partition, topic.state().name());
    return logs.open(id, LogConfig.of(COMPACTED));
  }

  private static MetadataRestore.RestoredSettings restored(SettingsState settings) {
    return new MetadataRestore.RestoredSettings(
        settings.brokers(),
        settings.singleBrokers(),
        settings.clientMetrics(),
        settings.quotas().stream()
            .map(quota -> new ClusterView.ClientQuota(quota.entity(), quota.bounds()))
            .toList());
  }

  private static RestoredTopic restored(
      BucketRestore.Topic topic, Map<TopicPartition, Integer> epochs) {
    List<Integer> last = new ArrayList<>();
    for (int partition = 0; partition < topic.state().partitions(); partition++) {
      ColdStart start = topic.starts().get(partition);
      int cold =
          start == null || start.epochs().isEmpty() ? 0 : start.epochs().getLast().leaderEpoch();
      var name = new TopicPartition(topic.state().name(), partition);
      int known = Math.max(cold, topic.state().leaderEpoch(partition));
      last.add(Math.max(known, epochs.getOrDefault(name, 0)));
    }
    return new RestoredTopic(
        topic.state().name(), topic.state().id(), last, topic.state().settings());
  }

  private static long nextProducerId(BucketRestore.Contents contents) {
    long last =
        contents.topics().stream()
            .flatMap(topic -> topic.starts().values().stream())
            .flatMap(start -> start.batches().stream())
            .mapToLong(ColdStart.ProducerBatch::producerId)
            .max()
            .orElse(-1);
    return Math.max(last + 1, contents.nextProducerId()) + PRODUCER_IDS_SKIPPED;
  }
}

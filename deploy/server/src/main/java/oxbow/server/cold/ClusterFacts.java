package oxbow.server.cold;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import oxbow.broker.Broker;
import oxbow.broker.control.ClusterView;
import oxbow.broker.group.CommittedOffset;
import oxbow.broker.replica.Partition;
import oxbow.cold.state.ClusterSource;
import oxbow.cold.state.ClusterState;
import oxbow.cold.state.GroupOffset;
import oxbow.cold.state.LogStart;
import oxbow.cold.state.Positions;
import oxbow.cold.state.QuotaState;
import oxbow.cold.state.SettingsState;
import oxbow.cold.state.TopicState;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.log.FileSlice;
import oxbow.log.LogOffsets;
import oxbow.log.LogRead;
import oxbow.log.ReadLimit;

/** This cluster as its bucket has to know it to bring it back. */
final class ClusterFacts implements ClusterSource {
  private static final int READ_BYTES = 1 << 20;
  private static final int ALL_BROKERS = -1;
  private static final long PATIENCE_SECONDS = 30;

  private final Broker broker;
  private final Optional<TopicPartition> registry;

  /**
   * @param registryTopic where schemas are; empty: there is no registry
   */
  ClusterFacts(Broker broker, Optional<String> registryTopic) {
    this.broker = broker;
    this.registry = registryTopic.map(topic -> new TopicPartition(topic, 0));
  }

  @Override
  public long topicsVersion() {
    return broker.control().view().metadataOffset() + 1;
  }

  @Override
  public ClusterState topics() {
    ClusterView view = broker.control().view();
    List<TopicState> topics = new ArrayList<>();
    for (ClusterView.Topic topic : view.topics()) {
      // Of the topics that brokers write themselves only this one is filled again.
      if (topic.isInternal() && !topic.name().equals(Topic.GROUP_METADATA_TOPIC_NAME)) continue;
      topics.add(
          new TopicState(
              topic.name(),
              topic.id(),
              topic.partitions().size(),
              topic.partitions().stream().map(ClusterView.Partition::leaderEpoch).toList(),
              view.topicSettings(topic.name())));
    }
    topics.sort(Comparator.comparing(TopicState::name)); // so that the same is written as the same
    var settings =
        new SettingsState(
            view.brokerSettings(ALL_BROKERS),
            view.singleBrokerSettings(),
            view.clientMetrics(),
            view.clientQuotas().stream()
                .map(quota -> new QuotaState(quota.entity(), quota.bounds()))
                .sorted(Comparator.comparing(QuotaState::toString))
                .toList());
    return new ClusterState(settings, view.nextProducerId(), topics);
  }

  private Optional<Partition> registryPartition() {
    return registry.flatMap(broker.partitions()::find);
  }

  @Override
  public long schemasVersion() {
    return registryPartition()
        .map(found -> {
          long end = found.log().offsets().highWatermark();
          return end == 0 ? 0 : end + ((long) found.id().topicId().hashCode() << Integer.SIZE);
        })
        .orElse(0L);
  }

  @Override
  public ByteBuffer schemas() {
    Optional<Partition> found = registryPartition();
    if (found.isEmpty()) return ByteBuffer.allocate(0);
    List<ByteBuffer> chunks = new ArrayList<>();
    long from = found.get().log().offsets().logStart();
    long end = found.get().log().offsets().highWatermark();
    while (from < end) {
      LogRead read = found.get().log().read(from, READ_BYTES, ReadLimit.HIGH_WATERMARK, true);
      FileSlice slice = read.slice();
      if (slice == null) break; // compaction emptied the rest
      ByteBuffer chunk = bytes(slice);
      from = Batches.end(chunk);
      chunks.add(chunk);
    }
    ByteBuffer all = ByteBuffer.allocate(chunks.stream().mapToInt(ByteBuffer::remaining).sum());
    chunks.forEach(all::put);
    return all.flip();
  }

  private static ByteBuffer bytes(FileSlice slice) {
    try {
      ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
      long position = slice.position();
      while (bytes.hasRemaining()) {
        int count = slice.channel().read(bytes, position);
        if (count < 0) throw new IOException("the registry's log ends inside a batch");
        position += count;
      }
      return bytes.flip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      slice.release();
    }
  }

  @Override
  public long positionsVersion() {
    long version = 1;
    for (Partition partition : broker.partitions().all()) {
      LogOffsets offsets = partition.log().offsets();
      version += offsets.logStart();
      boolean isOfGroups = partition.id().topic().equals(Topic.GROUP_METADATA_TOPIC_NAME);
      if (isOfGroups) version += offsets.logEnd();
    }
    return version;
  }

  @Override
  public Positions positions() {
    List<LogStart> starts = new ArrayList<>();
    for (Partition partition : broker.partitions().all()) {
      long start = partition.log().offsets().logStart();
      boolean isKept = start > 0 && partition.log().config().isTiered();
      if (isKept) {
        starts.add(new LogStart(partition.id().topic(), partition.id().partition(), start));
      }
    }
    return new Positions(
        committed().stream()
            .map(one ->
                new GroupOffset(
                    one.group(),
                    one.topic(),
                    one.partition(),
                    one.offset(),
                    one.leaderEpoch(),
                    one.metadata()))
            .toList(),
        starts);
  }

  private List<CommittedOffset> committed() {
    try {
      return broker
          .committedOffsets()
          .toCompletableFuture()
          .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new StoreException(Kind.BUSY, "groups don't tell their offsets: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(Kind.BUSY, "interrupted while groups were asked", e);
    }
  }
}

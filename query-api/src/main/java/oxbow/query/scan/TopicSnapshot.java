package oxbow.query.scan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;
import oxbow.cold.ColdTier;
import oxbow.cold.RowShape;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.ForeignObjects;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.Pins;
import oxbow.cold.table.TableVersion;
import oxbow.log.LocalRecords;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics.Topic;
import oxbow.schema.Schemas;

/**
 * A topic's records as a query sees them: all that were acknowledged before it was taken, each
 * once. A partition's local records are held first, and the boundary is where they begin; then the
 * table is read, which has everything below.
 *
 * <pre>
 *   logStart        coldEnd                lastStable
 *      |== table's files ==|== held local records ==|
 * </pre>
 */
public final class TopicSnapshot implements AutoCloseable {
  private final Topic topic;
  private final RowShape shape;
  private final List<Part> parts;
  private final Optional<TableVersion> version;
  private final Optional<Pins.Pin> pin;

  /**
   * One partition's.
   *
   * @param from the first offset that counts
   * @param files those with records of its cold part, in offset order
   */
  public record Part(
      TopicIdPartition partition, long from, LocalRecords local, List<ColdFile> files) {
    public Part {
      files = List.copyOf(files);
    }

    /** Where the table's part ends and the log's begins. */
    public long boundary() {
      return local.offsets().coldEnd();
    }
  }

  private TopicSnapshot(
      Topic topic,
      RowShape shape,
      List<Part> parts,
      Optional<TableVersion> version,
      Optional<Pins.Pin> pin) {
    this.topic = topic;
    this.shape = shape;
    this.parts = List.copyOf(parts);
    this.version = version;
    this.pin = pin;
  }

  /**
   * Takes one. May wait for disk and store.
   *
   * @param froms what each partition's part begins with; absent: where its log does
   * @throws QueryException a partition can't be read now
   */
  public static TopicSnapshot take(
      Topic topic,
      TopicLogs logs,
      Optional<ColdTier> tier,
      Schemas schemas,
      Map<Integer, Long> froms) {
    List<LocalRecords> held = new ArrayList<>();
    Optional<Pins.Pin> pin = tier.map(ColdTier::pin);
    boolean isComplete = false;
    try {
      for (int i = 0; i < topic.partitions(); i++) held.add(local(topic.partition(i), logs));
      TopicTiering tiering = TopicTiering.of(topic.settings());
      Optional<TableVersion> version =
          tier.flatMap(opened -> opened.version(topic.id(), topic.name()));
      List<Part> parts = new ArrayList<>();
      for (int i = 0; i < held.size(); i++) {
        parts.add(part(topic.partition(i), froms.get(i), held.get(i), version));
      }
      RowShape shape =
          RowShape.of(topic.name(), tiering, version.map(TableVersion::columns), schemas);
      pin.ifPresent(pinned -> pinned.narrow(objects(parts)));
      isComplete = true;
      return new TopicSnapshot(topic, shape, parts, version, pin);
    } finally {
      if (!isComplete) {
        held.forEach(LocalRecords::release);
        pin.ifPresent(Pins.Pin::close);
      }
    }
  }

  private static List<String> objects(List<Part> parts) {
    return parts.stream()
        .flatMap(part -> part.files().stream())
        .flatMap(file -> ForeignObjects.objects(file).stream())
        .toList();
  }

  private static LocalRecords local(TopicIdPartition partition, TopicLogs logs) {
    return logs.local(partition)
        .orElseThrow(() ->
            new QueryException(
                Kind.UNAVAILABLE,
                "partition "
                    + partition.topicPartition()
                    + " is offline, or is led by another broker"));
  }

  private static Part part(
      TopicIdPartition partition,
      @Nullable Long from,
      LocalRecords local,
      Optional<TableVersion> version) {
    long logStart = local.offsets().logStart();
    if (from != null && from < logStart) {
      throw new QueryException(
          Kind.OUT_OF_RANGE,
          "records of " + partition.topicPartition() + " expired before they were read");
    }
    long start = from == null ? logStart : from;
    long boundary = local.offsets().coldEnd();
    if (start >= boundary) return new Part(partition, start, local, List.of());
    int index = partition.partition();
    if (version.isEmpty() || version.get().end(index) < boundary) {
      throw new StoreException(
          StoreException.Kind.BUSY,
          "the table of " + partition.topicPartition() + " doesn't show offset " + boundary);
    }
    List<ColdFile> files =
        version.get().replayed(index).stream()
            .filter(file -> file.records() > 0 || file.format() == ColdFormat.FOREIGN)
            .filter(file -> file.baseOffset() < boundary && file.endOffset() > start)
            .toList();
    return new Part(partition, start, local, files);
  }

  public Topic topic() {
    return topic;
  }

  public RowShape shape() {
    return shape;
  }

  public List<Part> parts() {
    return parts;
  }

  /**
   * Which of its files can't have a row in all of some ranges, by what the table notes of their
   * columns. May wait for the store.
   */
  public Set<String> without(Map<Integer, ColumnRange> ranges) {
    if (ranges.isEmpty() || version.isEmpty()) return Set.of();
    List<ColdFile> files = parts.stream().flatMap(part -> part.files().stream()).toList();
    return version.get().without(files, ranges);
  }

  /** About how many records it has. */
  public long records() {
    long records = 0;
    for (Part part : parts) {
      for (ColdFile file : part.files()) records += file.records();
      records += Math.max(0, part.local().lastStable() - Math.max(part.from(), part.boundary()));
    }
    return records;
  }

  /** Where each partition ends: what comes from then on is not in here. */
  public Map<Integer, Long> ends() {
    Map<Integer, Long> ends = new TreeMap<>();
    parts.forEach(part ->
        ends.put(part.partition().partition(), Math.max(part.from(), part.local().lastStable())));
    return ends;
  }

  @Override
  public void close() {
    parts.forEach(part -> part.local().release());
    pin.ifPresent(Pins.Pin::close);
  }
}

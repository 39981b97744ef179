package oxbow.cold.table;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.ColumnRange;
import oxbow.cold.file.ForeignObjects;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.table.ColdTable.Rewritten;

/**
 * The files of a table's current snapshot, by partition. Immutable; the next version's is made from
 * this one, and reads only manifests that are new.
 */
final class TableFiles {
  /** About what is kept in memory of such a file that is open. */
  private static final int FOREIGN_INDEX_BYTES = 1 << 20;

  /** A file that claims to hold more than these is none of a topic's. */
  private static final int PARTITIONS_MAX = 100_000;

  private static final Types.IntegerType INT = Types.IntegerType.get();
  private static final Types.LongType LONG = Types.LongType.get();

  private final @Nullable Long snapshotId;

  /** By location: what Iceberg's manifests list; they never change. */
  private final Map<String, List<Entry>> manifests;

  private final Map<Integer, List<ColdFile>> ours = new HashMap<>();
  private final Map<Integer, List<Entry.Foreign>> foreign = new HashMap<>();
  private final Map<String, ManifestFile> manifestOf = new HashMap<>();

  static final TableFiles NONE = new TableFiles(null, Map.of());

  private TableFiles(@Nullable Long snapshotId, Map<String, List<Entry>> manifests) {
    this.snapshotId = snapshotId;
    this.manifests = manifests;
  }

  /** A file of a manifest. */
  private sealed interface Entry {
    record Ours(ColdFile file) implements Entry {}

    /**
     * A file that another engine wrote.
     *
     * @param lastOffset the largest in it
     */
    record Foreign(
        String object,
        long bytes,
        long records,
        int partitionMin,
        int partitionMax,
        long baseOffset,
        long lastOffset,
        long timestampMin,
        long timestampMax)
        implements Entry {
      long endOffset() {
        return lastOffset + 1;
      }
    }

    /** One without our columns: no consumer ever reads it. */
    record Other() implements Entry {}
  }

  boolean isOf(TableMetadata metadata) {
    Snapshot snapshot = metadata.currentSnapshot();
    return snapshot == null
        ? snapshotId == null
        : snapshotId != null && snapshot.snapshotId() == snapshotId;
  }

  /** The files of a later version. */
  TableFiles next(TableMetadata metadata, String table, ObjectFileIO io) {
    Snapshot snapshot = metadata.currentSnapshot();
    if (snapshot == null) return NONE;
    Uuid topicId = TopicProperties.topicId(metadata);
    Map<String, List<Entry>> read = new HashMap<>();
    TableFiles next = new TableFiles(snapshot.snapshotId(), read);
    for (ManifestFile manifest : snapshot.dataManifests(io)) {
      List<Entry> entries = manifests.get(manifest.path());
      if (entries == null) entries = read(manifest, metadata, table, topicId, io);
      read.put(manifest.path(), entries);
      for (Entry entry : entries) next.add(entry, manifest);
    }
    next.ours.values().forEach(files -> files.sort(Comparator.comparingLong(ColdFile::baseOffset)));
    next.check();
    return next;
  }

  private static List<Entry> read(
      ManifestFile manifest, TableMetadata metadata, String table, Uuid topicId, ObjectFileIO io) {
    List<Entry> entries = new ArrayList<>();
    try (ManifestReader<DataFile> reader = ManifestFiles.read(manifest, io, metadata.specsById())) {
      for (DataFile file : reader) entries.add(entry(file, table, topicId, io));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return entries;
  }

  private static Entry entry(DataFile file, String table, Uuid topicId, ObjectFileIO io) {
    String object = io.name(file.location());
    Optional<ColdFile> ours =
        BucketLayout.coldFile(table, object, topicId, file.recordCount(), file.fileSizeInBytes());
    if (ours.isPresent()) return new Entry.Ours(ours.get());
    Optional<Integer> partitionMin = bound(file.lowerBounds(), SystemColumns.PARTITION.id(), INT);
    Optional<Integer> partitionMax = bound(file.upperBounds(), SystemColumns.PARTITION.id(), INT);
    Optional<Long> offsetMin = bound(file.lowerBounds(), SystemColumns.OFFSET.id(), LONG);
    Optional<Long> offsetMax = bound(file.upperBounds(), SystemColumns.OFFSET.id(), LONG);
    if (partitionMin.isEmpty()
        || partitionMax.isEmpty()
        || offsetMin.isEmpty()
        || offsetMax.isEmpty()
        || partitionMax.get() - partitionMin.get() > PARTITIONS_MAX) {
      return new Entry.Other();
    }
    int timestamp = SystemColumns.TIMESTAMP.id();
    return new Entry.Foreign(
        object,
        file.fileSizeInBytes(),
        file.recordCount(),
        partitionMin.get(),
        partitionMax.get(),
        offsetMin.get(),
        offsetMax.get(),
        millis(bound(file.lowerBounds(), timestamp, LONG), Long.MIN_VALUE),
        millis(bound(file.upperBounds(), timestamp, LONG), Long.MAX_VALUE));
  }

  private static long millis(Optional<Long> micros, long otherwise) {
    return micros.isPresent() ? Math.floorDiv(micros.get(), 1000L) : otherwise;
  }

  /** The smallest and the largest offset in a file of others; empty: it doesn't tell. */
  static Optional<long[]> offsets(DataFile file) {
    boolean hasPartition =
        bound(file.lowerBounds(), SystemColumns.PARTITION.id(), INT).isPresent()
            && bound(file.upperBounds(), SystemColumns.PARTITION.id(), INT).isPresent();
    Optional<Long> min = bound(file.lowerBounds(), SystemColumns.OFFSET.id(), LONG);
    Optional<Long> max = bound(file.upperBounds(), SystemColumns.OFFSET.id(), LONG);
    if (!hasPartition || min.isEmpty() || max.isEmpty()) return Optional.empty();
    return Optional.of(new long[] {min.get(), max.get()});
  }

  private static <T> Optional<T> bound(
      @Nullable Map<Integer, ByteBuffer> bounds, int column, org.apache.iceberg.types.Type type) {
    ByteBuffer bound = bounds == null ? null : bounds.get(column);
    return bound == null ? Optional.empty() : Optional.of(Conversions.fromByteBuffer(type, bound));
  }

  private void add(Entry entry, ManifestFile manifest) {
    switch (entry) {
      case Entry.Ours(ColdFile file) -> {
        ours.computeIfAbsent(file.partition(), _ -> new ArrayList<>()).add(file);
        manifestOf.put(file.name(), manifest);
      }
      case Entry.Foreign file -> {
        for (int partition = file.partitionMin(); partition <= file.partitionMax(); partition++) {
          foreign.computeIfAbsent(partition, _ -> new ArrayList<>()).add(file);
        }
        manifestOf.put(file.object(), manifest);
      }
      case Entry.Other() -> {}
    }
  }

  /** Checked where it is read: what consumers replay hangs on it. */
  private void check() {
    for (List<ColdFile> files : ours.values()) {
      for (int i = 1; i < files.size(); i++) {
        ColdFile before = files.get(i - 1);
        if (before.endOffset() > files.get(i).baseOffset()) {
          throw new StoreException(
              Kind.CORRUPT, "cold files overlap: " + before + " and " + files.get(i));
        }
      }
    }
  }

  List<ColdFile> files(int partition) {
    return List.copyOf(ours.getOrDefault(partition, List.of()));
  }

  boolean has(ColdFile file) {
    return manifestOf.containsKey(file.name());
  }

  /** What lies between our files and is in files of others. */
  List<Rewritten> rewritten(int partition, long start, long end) {
    List<Entry.Foreign> others = foreign.getOrDefault(partition, List.of());
    if (others.isEmpty()) return List.of();
    List<Rewritten> ranges = new ArrayList<>();
    long at = start;
    for (ColdFile file : ours.getOrDefault(partition, List.of())) {
      addRewritten(at, file.baseOffset(), others, ranges);
      at = file.endOffset();
    }
    addRewritten(at, end, others, ranges);
    return ranges;
  }

  private static void addRewritten(
      long base, long end, List<Entry.Foreign> others, List<Rewritten> ranges) {
    List<Entry.Foreign> inside =
        others.stream()
            .filter(file -> file.baseOffset() < end && file.lastOffset() >= base)
            .sorted(Comparator.comparing(Entry.Foreign::object))
            .toList();
    if (base >= end || inside.isEmpty()) return;
    long first = inside.stream().mapToLong(Entry.Foreign::baseOffset).min().orElseThrow();
    long last = inside.stream().mapToLong(Entry.Foreign::lastOffset).max().orElseThrow();
    ranges.add(
        new Rewritten(
            Math.max(base, first),
            Math.min(end, last + 1),
            inside.stream().map(Entry.Foreign::object).toList()));
  }

  /** Our files, and those of others as if they were ours. */
  List<ColdFile> replayed(int partition, long start, long end, Uuid topicId) {
    List<ColdFile> mine = ours.getOrDefault(partition, List.of());
    List<Entry.Foreign> others =
        foreign.getOrDefault(partition, List.of()).stream()
            .sorted(Comparator.comparingLong(Entry.Foreign::baseOffset))
            .toList();
    if (others.isEmpty()) return List.copyOf(mine);
    List<ColdFile> all = new ArrayList<>();
    long at = mine.isEmpty() ? start : Math.min(start, mine.getFirst().baseOffset());
    int epoch = mine.isEmpty() ? 0 : mine.getFirst().leaderEpoch();
    var between = new Between(partition, topicId, others);
    for (ColdFile file : mine) {
      between.add(at, file.baseOffset(), epoch, all);
      all.add(file);
      at = file.endOffset();
      epoch = file.leaderEpoch();
    }
    between.add(at, end, epoch, all);
    return all;
  }

  /**
   * What others have of a partition.
   *
   * @param others by their first offset
   */
  private record Between(int partition, Uuid topicId, List<Entry.Foreign> others) {
    /** Files of a gap between ours; such as overlap are one, whatever their number. */
    void add(long base, long end, int epoch, List<ColdFile> all) {
      if (base >= end) return;
      List<Entry.Foreign> group = new ArrayList<>();
      long from = base;
      long groupEnd = Long.MIN_VALUE;
      for (Entry.Foreign file : others) {
        if (file.baseOffset() >= end || file.endOffset() <= base) continue;
        if (!group.isEmpty() && file.baseOffset() >= groupEnd) {
          all.add(file(group, from, file.baseOffset(), epoch));
          group.clear();
          from = file.baseOffset();
        }
        group.add(file);
        groupEnd = Math.max(groupEnd, file.endOffset());
      }
      if (!group.isEmpty()) all.add(file(group, from, end, epoch));
    }

    private ColdFile file(List<Entry.Foreign> group, long base, long end, int epoch) {
      var objects =
          new ForeignObjects(
              group.stream()
                  .sorted(Comparator.comparing(Entry.Foreign::object))
                  .map(one -> new ForeignObjects.Part(one.object(), one.bytes()))
                  .toList());
      long bytes = group.stream().mapToLong(Entry.Foreign::bytes).sum();
      return new ColdFile(
          objects.name(),
          topicId,
          partition,
          ColdFormat.FOREIGN,
          base,
          end,
          group.stream().mapToLong(Entry.Foreign::records).sum(),
          bytes,
          group.stream().mapToLong(Entry.Foreign::timestampMin).min().orElseThrow(),
          group.stream().mapToLong(Entry.Foreign::timestampMax).max().orElseThrow(),
          FOREIGN_INDEX_BYTES,
          epoch,
          bytes);
    }
  }

  /**
   * Refuses to put anything in the place of objects that hold more than these files.
   *
   * @throws StoreException {@code INVALID}
   */
  void checkWithin(List<ColdFile> files) {
    for (ColdFile file : files) {
      if (file.format() != ColdFormat.FOREIGN) continue;
      Collection<String> objects = ForeignObjects.objects(file);
      for (Entry.Foreign one : foreign.getOrDefault(file.partition(), List.of())) {
        boolean isWithin =
            one.partitionMin() == one.partitionMax()
                && one.baseOffset() >= file.baseOffset()
                && one.endOffset() <= file.endOffset();
        if (objects.contains(one.object()) && !isWithin) {
          throw new StoreException(
              Kind.INVALID, one.object() + " holds records of other ranges, too");
        }
      }
    }
  }

  /** Files of others that hold nothing of a partition from an offset on. */
  List<String> foreignBelow(int partition, long logStart) {
    return foreign.getOrDefault(partition, List.of()).stream()
        .filter(file -> file.partitionMin() == file.partitionMax())
        .filter(file -> file.lastOffset() < logStart)
        .map(Entry.Foreign::object)
        .toList();
  }

  /** Names of those of our files that can't have a row in all of these ranges. */
  Set<String> without(
      Collection<ColdFile> files,
      Map<Integer, ColumnRange> ranges,
      Map<Integer, PartitionSpec> specs,
      ManifestBounds bounds,
      ObjectFileIO io) {
    Set<String> without = new HashSet<>();
    for (ColdFile file : files) {
      ManifestFile manifest = manifestOf.get(file.name());
      if (manifest == null) continue;
      DataFile noted = bounds.files(manifest, specs, io).get(file.name());
      if (noted != null && !ManifestBounds.meets(noted, ranges)) without.add(file.name());
    }
    return without;
  }

  /** Iceberg's own view of these files, which changes to them need. */
  List<DataFile> dataFiles(Set<String> objects, TableMetadata metadata, ObjectFileIO io) {
    List<DataFile> found = new ArrayList<>();
    List<ManifestFile> holders =
        objects.stream().map(manifestOf::get).filter(Objects::nonNull).distinct().toList();
    for (ManifestFile manifest : holders) {
      try (ManifestReader<DataFile> reader =
          ManifestFiles.read(manifest, io, metadata.specsById())) {
        for (DataFile file : reader) {
          if (objects.contains(io.name(file.location()))) found.add(file.copy());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    if (found.size() != objects.size()) {
      throw new StoreException(
          Kind.EXISTS, "of " + objects.size() + " files the table has " + found.size());
    }
    return found;
  }
}

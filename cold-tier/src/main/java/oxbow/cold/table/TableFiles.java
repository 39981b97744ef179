package oxbow.cold.table;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.ManifestFile;
import org.apache.iceberg.ManifestFiles;
import org.apache.iceberg.ManifestReader;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.table.ColdTable.Rewritten;

/**
 * The files of a table's current snapshot, by partition. Immutable; the next version's is made from
 * this one, and reads only manifests that are new.
 */
final class TableFiles {
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
        String object, int partitionMin, int partitionMax, long baseOffset, long lastOffset)
        implements Entry {}

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
    return new Entry.Foreign(
        object, partitionMin.get(), partitionMax.get(), offsetMin.get(), offsetMax.get());
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

  /** Files of others that hold nothing of a partition from an offset on. */
  List<String> foreignBelow(int partition, long logStart) {
    return foreign.getOrDefault(partition, List.of()).stream()
        .filter(file -> file.partitionMin() == file.partitionMax())
        .filter(file -> file.lastOffset() < logStart)
        .map(Entry.Foreign::object)
        .toList();
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

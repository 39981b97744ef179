package oxbow.cold.table;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.iceberg.PartitionStatisticsFile;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.StatisticsFile;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadata.MetadataLogEntry;

/**
 * Every object that some snapshot of a table knows. Manifest lists and manifests are read as the
 * Avro files that they are: Iceberg's own reading would keep them in memory with each snapshot.
 */
final class ReachableObjects {
  private static final int DELETED = 2;

  private final ObjectFileIO io;
  private final Set<String> objects = new HashSet<>();

  private ReachableObjects(ObjectFileIO io) {
    this.io = io;
  }

  static Set<String> of(TableMetadata metadata, ObjectFileIO io) {
    var reachable = new ReachableObjects(io);
    reachable.addMetadata(metadata);
    reachable.addSnapshots(metadata.snapshots());
    return reachable.objects;
  }

  /** Those of one snapshot. */
  static Set<String> of(Snapshot snapshot, ObjectFileIO io) {
    var reachable = new ReachableObjects(io);
    reachable.addSnapshots(List.of(snapshot));
    return reachable.objects;
  }

  private void addSnapshots(Iterable<Snapshot> snapshots) {
    Set<String> manifests = new HashSet<>();
    for (Snapshot snapshot : snapshots) {
      add(snapshot.manifestListLocation());
      read(
          snapshot.manifestListLocation(),
          manifest -> manifests.add(manifest.get("manifest_path").toString()));
    }
    for (String manifest : manifests) {
      add(manifest);
      read(manifest, this::addLive);
    }
  }

  private void addMetadata(TableMetadata metadata) {
    add(metadata.metadataFileLocation());
    for (MetadataLogEntry previous : metadata.previousFiles()) add(previous.file());
    for (StatisticsFile statistics : metadata.statisticsFiles()) add(statistics.path());
    for (PartitionStatisticsFile statistics : metadata.partitionStatisticsFiles()) {
      add(statistics.path());
    }
  }

  private void addLive(GenericRecord entry) {
    if ((int) entry.get("status") == DELETED) return;
    add(((GenericRecord) entry.get("data_file")).get("file_path").toString());
  }

  private void add(String location) {
    objects.add(io.name(location));
  }

  private void read(String location, Consumer<GenericRecord> each) {
    try (var stream = io.newInputFile(location).newStream();
        var records = new DataFileStream<GenericRecord>(stream, new GenericDatumReader<>())) {
      for (GenericRecord record : records) each.accept(record);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

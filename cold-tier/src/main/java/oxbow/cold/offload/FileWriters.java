package oxbow.cold.offload;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.cold.TopicTiering;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileSpec;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.file.WriterSchemas;
import oxbow.cold.file.avro.AvroOptions;
import oxbow.cold.file.parquet.ParquetOptions;

/** Writers of one topic's files, to a directory of files that nobody misses after a crash. */
public final class FileWriters implements Writers {
  private static final AtomicLong SEQUENCE = new AtomicLong();

  /** The least that a topic may ask for. */
  private static final long FILE_BYTES_MIN = 1 << 20;

  private final Path directory;
  private final String writerName;
  private final TopicTiering tiering;
  private final TopicColumns columns;
  private final Set<Integer> learned = new HashSet<>();

  /**
   * @param directory for files under way
   * @param writerName tells this process from all others
   */
  public FileWriters(
      Path directory, String writerName, TopicTiering tiering, TopicColumns columns) {
    this.directory = directory;
    this.writerName = writerName;
    this.tiering = tiering;
    this.columns = columns;
  }

  @Override
  public ColdFileWriter open(TopicIdPartition partition) throws IOException {
    learned.clear();
    TopicColumns.Known known = columns.now();
    var spec =
        new ColdFileSpec(
            partition.topic(),
            partition.topicId(),
            partition.partition(),
            known.columns(),
            tiering.isFramed());
    Path path = directory.resolve(SEQUENCE.incrementAndGet() + ".tmp");
    return switch (tiering.format()) {
      case PARQUET -> ColdFiles.writeParquet(path, spec, options(), schemas(known));
      case AVRO -> ColdFiles.writeAvro(path, spec, AvroOptions.DEFAULT);
      case FOREIGN -> throw new IllegalArgumentException("no topic is written by others");
    };
  }

  private ParquetOptions options() {
    return tiering.encoding() == TopicTiering.Encoding.DELTA
        ? ParquetOptions.DEFAULT.withDelta()
        : ParquetOptions.DEFAULT;
  }

  private WriterSchemas schemas(TopicColumns.Known known) {
    return new WriterSchemas() {
      @Override
      public Answer value(int schemaId) {
        WriterSchema placed = known.placed().get(schemaId);
        if (placed != null) return new Answer.Known(placed);
        if (known.refused().contains(schemaId)) return new Answer.Unmerged();
        if (columns.registered(schemaId).isEmpty()) return new Answer.Unknown();
        learned.add(schemaId);
        columns.meet(schemaId);
        return new Answer.Unmerged();
      }

      @Override
      public Answer key(int schemaId) {
        if (!tiering.keys().isFramed()) return new Answer.Unknown();
        WriterSchema placed = known.keys().get(schemaId);
        if (placed != null) return new Answer.Known(placed);
        if (known.refusedKeys().contains(schemaId)) return new Answer.Unmerged();
        if (!tiering.mayMeetKeys() || columns.registered(schemaId).isEmpty())
          return new Answer.Unknown();
        learned.add(schemaId);
        columns.meetKey(schemaId);
        return new Answer.Unmerged();
      }

      @Override
      public OptionalInt idOf(UUID guid) {
        return columns.idOf(guid);
      }

      @Override
      public void metMessage(int schemaId, List<Integer> path) {
        if (columns.meetMessage(schemaId, path)) learned.add(schemaId);
      }
    };
  }

  @Override
  public boolean hasLearned() {
    return !learned.isEmpty();
  }

  @Override
  public String attempt(TopicIdPartition partition) {
    return writerName + "-" + SEQUENCE.incrementAndGet();
  }

  @Override
  public long fileBytes() {
    return fileBytes(tiering.fileBytes(), directory.toFile().getUsableSpace());
  }

  /**
   * A disk that became full while the store was away gets room by what is taken to the store, which
   * is written to it first: so a file is as large as fits, with as much again to spare.
   */
  static long fileBytes(long wanted, long usable) {
    return Math.min(wanted, Math.max(usable / 2, FILE_BYTES_MIN));
  }

  @Override
  public void verify(ColdFile file, Path path) throws IOException {
    ColdFiles.verify(file, path);
  }
}

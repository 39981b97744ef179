package oxbow.cold.file;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import oxbow.cold.file.avro.AvroColdFileReader;
import oxbow.cold.file.avro.AvroOptions;
import oxbow.cold.file.avro.AvroRowFile;
import oxbow.cold.file.parquet.ForeignColdFileReader;
import oxbow.cold.file.parquet.PageWriter;
import oxbow.cold.file.parquet.ParquetColdFileReader;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.schema.layout.Layout;

/** Opens cold files for writing and reading, whatever their format is. Stateless. */
public final class ColdFiles {
  /** Batches that {@link #verify} has in memory at a time. */
  private static final int VERIFIED_BYTES = 1 << 20;

  /** The JDK keeps memory of this size for reads into the heap, per thread. */
  private static final int READ_BYTES = 128 << 10;

  private ColdFiles() {}

  /** Begins a Parquet file at a local path; what is there is overwritten. */
  public static ColdFileWriter writeParquet(
      Path path, ColdFileSpec spec, ParquetOptions options, WriterSchemas schemas)
      throws IOException {
    var tree = new ColumnTree(spec.columns());
    var rows = new PageWriter(tree, options, path);
    return new BatchFileWriter(
        path, spec, ColdFormat.PARQUET, rows, tree, spec.isFramed(), schemas);
  }

  /**
   * Begins an Avro file at a local path. Values stay as they are: they lie in the column of plain
   * values if the table has one, else in {@code kafka_raw}.
   */
  public static ColdFileWriter writeAvro(Path path, ColdFileSpec spec, AvroOptions options)
      throws IOException {
    var columns = new TableColumns(spec.columns().key(), spec.columns().plainValue(), Layout.EMPTY);
    var tree = new ColumnTree(columns);
    var rows = new AvroRowFile(tree, options, path);
    return new BatchFileWriter(path, spec, ColdFormat.AVRO, rows, tree, false, WriterSchemas.NONE);
  }

  /**
   * Reads the indexes of a file of ours.
   *
   * @throws StoreException {@code CORRUPT}: it isn't what was written
   */
  public static ColdFileReader open(ColdFile file, ColdFileReader.RangeSource source) {
    return switch (file.format()) {
      case PARQUET -> ParquetColdFileReader.open(file, source);
      case AVRO -> AvroColdFileReader.open(file, source);
      case FOREIGN -> throw new IllegalArgumentException("needs the table's schemas: " + file);
    };
  }

  /**
   * Opens what another engine wrote of our rows, which doesn't say itself what they mean.
   *
   * @param columns of the table now
   * @param schemas of its records
   * @throws StoreException {@code CORRUPT}: it can't be read
   */
  public static ColdFileReader openForeign(
      ColdFile file,
      ColdFileReader.RangeSource source,
      TableColumns columns,
      WriterSchemas schemas) {
    return ForeignColdFileReader.open(file, source, columns, schemas);
  }

  /** A file's bytes, past all caches. */
  public static ColdFileReader.RangeSource source(ObjectStore store, ColdFile file) {
    return new ColdFileReader.RangeSource() {
      @Override
      public ByteBuffer read(long position, int length) {
        ForeignObjects.Place place = ForeignObjects.place(file.name(), position);
        return store.read(place.object(), place.position(), length);
      }

      @Override
      public void read(long position, byte[] into, int length) {
        ForeignObjects.Place place = ForeignObjects.place(file.name(), position);
        store.read(place.object(), place.position(), ByteBuffer.wrap(into, 0, length));
      }
    };
  }

  /**
   * Reads a finished local file back, every batch of it, and compares each with the checksum that
   * the log had for it. Only what passed may be trimmed from the log.
   *
   * @throws StoreException {@code CORRUPT}: a batch comes out otherwise than it went in
   */
  public static void verify(ColdFile file, Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      if (channel.size() != file.bytes()) {
        throw new StoreException(
            StoreException.Kind.CORRUPT,
            "cold file " + file.name() + " has " + channel.size() + " bytes, not " + file.bytes());
      }
      ColdFileReader reader = open(file, new LocalSource(channel));
      try (ColdFileReader.Cursor cursor = reader.open(file.baseOffset())) {
        while (cursor.nextView(VERIFIED_BYTES).hasRemaining()) {
          // Each batch's checksum is compared as it is read.
        }
      }
    }
  }

  /** A file that was written just now. */
  private record LocalSource(FileChannel channel) implements ColdFileReader.RangeSource {
    @Override
    public ByteBuffer read(long position, int length) {
      var bytes = new byte[length];
      read(position, bytes, length);
      return ByteBuffer.wrap(bytes);
    }

    @Override
    public void read(long position, byte[] into, int length) {
      try {
        for (int done = 0; done < length; ) {
          ByteBuffer piece = ByteBuffer.wrap(into, done, Math.min(READ_BYTES, length - done));
          int count = channel.read(piece, position + done);
          if (count < 0) throw new EOFException("it ends " + (length - done) + " bytes too early");
          done += count;
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

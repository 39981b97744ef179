package oxbow.bench.lake;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.CompressionType;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFileSpec;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchema;
import oxbow.cold.file.WriterSchemas;
import oxbow.cold.file.avro.AvroOptions;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.schema.ParsedSchema;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;
import oxbow.schema.layout.Type;

/**
 * Measures in a process of its own what one thread needs to write a cold file and to bring its
 * batches back, by the thread's CPU time: produced bytes, uncompressed, per second. Prints a line
 * for each figure: name, unit, value.
 */
public final class ColdFileMeasure {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int WARM_UPS = 6;
  private static final int PASSES = 5;
  private static final int REPLAYED_BYTES = 1 << 20;

  /** How often the same records go to one file. */
  private static final int ROUNDS = 2;

  private final OrderLog log;
  private final CompressionType codec;
  private final String form;
  private final Path path;

  ColdFileMeasure(OrderLog log, CompressionType codec, String form, Path path) {
    this.log = log;
    this.codec = codec;
    this.form = form;
    this.path = path;
  }

  /**
   * @param arguments encoding (Avro, JSON, Protobuf), bytes of a record (200, 1024), codec (none,
   *     zstd), form (Parquet, delta, Avro), bytes of log, directory for the files
   */
  public static void main(String[] arguments) throws IOException {
    boolean isLong = arguments[1].equals("1024");
    Orders.Size size =
        isLong
            ? Orders.Size.WITH_TEXT
            : arguments[0].equals("JSON") ? Orders.Size.FEW_FIELDS : Orders.Size.ALL_FIELDS;
    var log = new OrderLog(arguments[0], size, Long.parseLong(arguments[4]));
    var codec = CompressionType.forName(arguments[2]);
    Path path = Path.of(arguments[5]).resolve("measured.cold");
    try {
      new ColdFileMeasure(log, codec, arguments[3], path).measure();
    } finally {
      boolean _ = Files.deleteIfExists(path);
    }
  }

  private void measure() throws IOException {
    var offload = new long[PASSES];
    var readBack = new long[PASSES];
    var replay = new long[PASSES];
    long fileBytes = 0;
    for (int pass = -WARM_UPS; pass < PASSES; pass++) {
      long begin = THREADS.getCurrentThreadCpuTime();
      ColdFile file = offload(0, "measured");
      long middle = THREADS.getCurrentThreadCpuTime();
      ColdFiles.verify(file, path);
      long readBackEnd = THREADS.getCurrentThreadCpuTime();
      byte[] bytes = Files.readAllBytes(path);
      long replayBegin = THREADS.getCurrentThreadCpuTime();
      replay(file, bytes);
      long end = THREADS.getCurrentThreadCpuTime();
      fileBytes = file.bytes();
      if (pass < 0) continue;
      offload[pass] = middle - begin;
      readBack[pass] = readBackEnd - middle;
      replay[pass] = end - replayBegin;
    }
    print("bytes of a record", "B", (double) log.bytes() / log.records());
    print("offload", "MB/s per core", speed(ROUNDS, offload));
    print("reading it back", "MB/s per core", speed(ROUNDS, readBack));
    print("replay", "MB/s per core", speed(ROUNDS, replay));
    print("size of the zstd log", "%", 100.0 * fileBytes / (ROUNDS * log.zstdBytes()));
    if (form.equals("Parquet")) {
      var usual = new long[PASSES];
      for (int pass = -WARM_UPS; pass < PASSES; pass++) {
        long begin = THREADS.getCurrentThreadCpuTime();
        ParquetAvro.write(path, log.at(0, codec), log.encoding(), log.schema());
        if (pass >= 0) usual[pass] = THREADS.getCurrentThreadCpuTime() - begin;
      }
      print("offload by parquet-avro", "MB/s per core", speed(1, usual));
    }
  }

  private double speed(int rounds, long[] nanos) {
    Arrays.sort(nanos);
    return rounds * log.bytes() * 1e3 / nanos[nanos.length / 2];
  }

  private static void print(String figure, String unit, double value) {
    System.out.printf(Locale.ROOT, "%s\t%s\t%.2f%n", figure, unit, value);
  }

  long recordsPerFile() {
    return ROUNDS * log.records();
  }

  /** Writes a file that begins at an offset. */
  ColdFile offload(long baseOffset, String name) throws IOException {
    ParsedSchema schema = log.encoding().schema();
    Merge.Placed placed = (Merge.Placed) LayoutMerger.merge(Layout.EMPTY, schema);
    WriterSchema known = WriterSchema.of(OrderLog.SCHEMA_ID, schema, placed.placement());
    boolean isTyped = !form.equals("Avro");
    var columns =
        new TableColumns(
            SystemColumns.BINARY_KEY,
            Optional.empty(),
            isTyped ? Optional.empty() : Optional.of(SystemColumns.plainValue(Type.Plain.BINARY)),
            isTyped ? placed.layout() : Layout.EMPTY,
            isTyped ? log.encoding().topMessage() : Optional.empty());
    var spec = new ColdFileSpec("orders", new Uuid(1, 1), 0, columns, true);
    try (ColdFileWriter writer = open(spec, new OneSchema(known))) {
      for (int round = 0; round < ROUNDS; round++) {
        writer.add(log.at(baseOffset + round * log.records(), codec), baseOffset, List.of());
      }
      if (!writer.raw().records().isEmpty()) {
        throw new IllegalStateException("not all records went to columns: " + writer.raw());
      }
      return writer.finish(name, baseOffset + recordsPerFile());
    }
  }

  private ColdFileWriter open(ColdFileSpec spec, WriterSchemas schemas) throws IOException {
    return switch (form) {
      case "Parquet" -> ColdFiles.writeParquet(path, spec, ParquetOptions.DEFAULT, schemas);
      case "delta" ->
          ColdFiles.writeParquet(path, spec, ParquetOptions.DEFAULT.withDelta(), schemas);
      case "Avro" -> ColdFiles.writeAvro(path, spec, AvroOptions.DEFAULT);
      default -> throw new IllegalArgumentException("no form " + form);
    };
  }

  private static void replay(ColdFile file, byte[] bytes) {
    ColdFileReader reader =
        ColdFiles.open(
            file, (position, length) -> ByteBuffer.wrap(bytes, (int) position, length).slice());
    try (ColdFileReader.Cursor cursor = reader.open(0)) {
      while (cursor.next(REPLAYED_BYTES).hasRemaining()) {
        // Dropped, as a socket would take it.
      }
    }
  }

  private record OneSchema(WriterSchema schema) implements WriterSchemas {
    @Override
    public Answer value(int schemaId) {
      return schemaId == schema.id() ? new Answer.Known(schema) : new Answer.Unknown();
    }

    @Override
    public Answer key(int schemaId) {
      return new Answer.Unknown();
    }
  }
}

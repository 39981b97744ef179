package oxbow.cold.file;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.CompressionType;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.OrderEvents;
import oxbow.cold.file.testing.TestBatch;
import oxbow.log.batch.BatchView;
import oxbow.schema.References;
import oxbow.schema.SchemaType;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;

/**
 * Prints what offload and replay of a cold file cost a core: record bytes per second of the
 * thread's CPU time, best of some passes. Not a test; run its {@code main}.
 */
public final class ColdFileBench {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int PASSES = 6;

  /** How often the same records go to one file. */
  private static final int ROUNDS = 4;

  private ColdFileBench() {}

  public static void main(String[] arguments) throws IOException {
    int batches = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 600;
    boolean isShort = arguments.length > 1;
    for (boolean hasText : isShort ? new boolean[] {false} : new boolean[] {false, true}) {
      int count = hasText ? batches / 4 : batches;
      var events = new OrderEvents(1, hasText);
      List<TestBatch> made = events.batches(count);
      for (CompressionType codec : List.of(CompressionType.NONE, CompressionType.ZSTD)) {
        byte[] log = log(made, codec);
        measure(
            hasText ? "w1k" : "w200", codec, events, log, made, ParquetOptions.DEFAULT, "plain");
        measure(
            hasText ? "w1k" : "w200",
            codec,
            events,
            log,
            made,
            ParquetOptions.DEFAULT.withDelta(),
            "delta");
      }
    }
  }

  private static byte[] log(List<TestBatch> batches, CompressionType codec) {
    var log = new ByteArrayOutputStream();
    for (TestBatch batch : batches) {
      batch.codec = codec;
      log.writeBytes(batch.toBytes());
    }
    return log.toByteArray();
  }

  private static void measure(
      String workload,
      CompressionType codec,
      OrderEvents events,
      byte[] log,
      List<TestBatch> batches,
      ParquetOptions options,
      String profile)
      throws IOException {
    long records = (long) batches.size() * OrderEvents.BATCH_RECORDS;
    long all = ROUNDS * records;
    long plainBytes = 0;
    for (TestBatch batch : batches) plainBytes += batch.uncompressed().length;
    Path path = Files.createTempFile("bench", ".parquet");
    try {
      long offload = Long.MAX_VALUE;
      long replay = Long.MAX_VALUE;
      ColdFile file = offload(path, events, log, options, records);
      for (int pass = 0; pass < PASSES; pass++) {
        long before = THREADS.getCurrentThreadCpuTime();
        file = offload(path, events, log, options, records);
        offload = Math.min(offload, THREADS.getCurrentThreadCpuTime() - before);
        byte[] bytes = Files.readAllBytes(path);
        before = THREADS.getCurrentThreadCpuTime();
        replay(file, bytes);
        replay = Math.min(replay, THREADS.getCurrentThreadCpuTime() - before);
      }
      System.out.printf(
          Locale.ROOT,
          "%-5s from %-5s to %s: offload %4.0f MB/s (%4.0f ns/record), replay %5.0f MB/s (%4.0f"
              + " ns/record), %.1f bytes/record of %.1f%n",
          workload,
          codec.name,
          profile,
          ROUNDS * plainBytes * 1e3 / offload,
          (double) offload / all,
          ROUNDS * plainBytes * 1e3 / replay,
          (double) replay / all,
          (double) file.bytes() / all,
          (double) plainBytes / records);
    } finally {
      Files.deleteIfExists(path);
    }
  }

  private static ColdFile offload(
      Path path, OrderEvents events, byte[] log, ParquetOptions options, long records)
      throws IOException {
    var merged =
        (Merge.Placed)
            LayoutMerger.merge(
                Layout.EMPTY, new AvroFormat().parse(events.schema().toString(), References.NONE));
    var schema =
        new WriterSchema(
            OrderEvents.SCHEMA_ID, SchemaType.AVRO, events.schema().toString(), merged.placement());
    var columns = new TableColumns(SystemColumns.BINARY_KEY, Optional.empty(), merged.layout());
    var spec = new ColdFileSpec("bench", new Uuid(1, 1), 0, columns, true);
    try (ColdFileWriter writer =
        ColdFiles.writeParquet(path, spec, options, new KnownSchema(schema))) {
      for (int round = 0; round < ROUNDS; round++) {
        writer.add(shifted(log, round * records), 0, List.of());
      }
      if (!writer.raw().records().isEmpty()) throw new IllegalStateException("" + writer.raw());
      return writer.finish("bench", ROUNDS * records);
    }
  }

  /** The same batches further on in the log; offsets lie outside the checksum. */
  private static ByteBuffer shifted(byte[] log, long offsets) {
    ByteBuffer batches = ByteBuffer.wrap(log);
    long offset = offsets;
    for (int at = 0; at < log.length; at += BatchView.sizeBytes(batches, at)) {
      BatchView.stampOffset(batches, at, offset, 3);
      offset += OrderEvents.BATCH_RECORDS;
    }
    return batches;
  }

  private static void replay(ColdFile file, byte[] bytes) {
    ColdFileReader reader =
        ColdFiles.open(
            file, (position, length) -> ByteBuffer.wrap(bytes, (int) position, length).slice());
    try (ColdFileReader.Cursor cursor = reader.open(0)) {
      while (cursor.next(1 << 20).hasRemaining()) {
        // Dropped, as a socket would take it.
      }
    }
  }
}

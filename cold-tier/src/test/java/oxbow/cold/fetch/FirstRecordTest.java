package oxbow.cold.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.cold.testing.ColdFiles.ORDERS_0;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileSpec;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchemas;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.store.Request;
import oxbow.cold.table.Manifest;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.ReadLimit;
import oxbow.log.batch.BatchView;

/** What the store is asked for by whoever reads old records. Their values don't compress. */
class FirstRecordTest {
  private static final int REQUESTS_MAX = 3;
  private static final double BYTES_READ_PER_BYTE_MAX = 1.2;
  private static final int FILES = 3;
  private static final int BATCHES = 60;
  private static final int BATCH_RECORDS = 20;
  private static final int VALUE_BYTES = 500;
  private static final long FILE_RECORDS = (long) BATCHES * BATCH_RECORDS;
  private static final long SEED = 11;

  /** A row group has a tenth of a file. */
  private static final ParquetOptions OPTIONS =
      new ParquetOptions(40, 1 << 20, (int) FILE_RECORDS / 10, 1 << 20, 1, false);

  @TempDir Path directory;

  private final MemoryObjectStore store = new MemoryObjectStore(InstantSource.system());
  private Manifest files = new Manifest(List.of());
  private long logBytes;

  @BeforeEach
  void write() throws IOException {
    var random = new Random(SEED);
    var all = new ArrayList<ColdFile>();
    for (int i = 0; i < FILES; i++) all.add(writeFile(i * FILE_RECORDS, random));
    files = new Manifest(all);
  }

  private ColdFile writeFile(long baseOffset, Random random) throws IOException {
    Path path = directory.resolve(baseOffset + ".parquet");
    var spec =
        new ColdFileSpec(
            ORDERS_0.topic(), ORDERS_0.topicId(), ORDERS_0.partition(), TableColumns.EMPTY, true);
    try (ColdFileWriter writer = ColdFiles.writeParquet(path, spec, OPTIONS, WriterSchemas.NONE)) {
      for (int i = 0; i < BATCHES; i++) {
        var batch = new TestBatch();
        batch.baseOffset = baseOffset + (long) i * BATCH_RECORDS;
        for (int r = 0; r < BATCH_RECORDS; r++) {
          var value = new byte[VALUE_BYTES];
          random.nextBytes(value);
          batch.add(r, null, value);
        }
        byte[] bytes = batch.toBytes();
        logBytes += bytes.length;
        writer.add(ByteBuffer.wrap(bytes), baseOffset, List.of());
      }
      String name = "cold/" + baseOffset;
      ColdFile file = writer.finish(name, baseOffset + FILE_RECORDS);
      store.put(name, path);
      return file;
    }
  }

  private ColdFetch open(int chunkBytes, int aheadMax, ReadCounters counters) {
    var manifests = new Manifests(_ -> files, Long.MAX_VALUE, System::nanoTime);
    var bounds =
        new FetchBounds(
            4, 64, chunkBytes, 1 << 20, 8 << 20, 8 << 20, 4, aheadMax, Duration.ofHours(1));
    return new ColdFetch(manifests, store, ColdFiles::open, bounds, counters);
  }

  @Test
  void aRecordAnywhereTakesThreeRequestsAtMost() {
    var random = new Random(SEED);
    for (int i = 0; i < 100; i++) {
      long offset = random.nextLong(FILES * FILE_RECORDS);
      int before = store.requests(Request.GET);
      // Nothing is known yet, and as much is brought back as for somebody who reads on.
      try (ColdFetch fetch = open(1 << 20, 0, new ReadCounters())) {
        assertThat(firstOffset(fetch, offset)).isEqualTo(offset - offset % BATCH_RECORDS);
      }
      assertThat(store.requests(Request.GET) - before)
          .as("requests for offset %d", offset)
          .isLessThanOrEqualTo(REQUESTS_MAX);
    }
  }

  @Test
  void whoeverReadsOnCausesHardlyMoreReadingThanThereIs() {
    var counters = new ReadCounters();
    long delivered = 0;
    try (ColdFetch fetch = open(50_000, 2, counters)) {
      for (long offset = 0; offset < FILES * FILE_RECORDS; ) {
        ByteBuffer batches = read(fetch, offset);
        delivered += batches.remaining();
        for (int at = 0; at < batches.limit(); at += BatchView.sizeBytes(batches, at)) {
          offset = BatchView.lastOffset(batches, at) + 1;
        }
      }
    }
    assertThat(delivered).isEqualTo(logBytes);
    assertThat(counters.fetchedBytes.sum() / (double) delivered)
        .isLessThan(BYTES_READ_PER_BYTE_MAX);
  }

  private static long firstOffset(ColdFetch fetch, long offset) {
    return BatchView.baseOffset(read(fetch, offset), 0);
  }

  private static ByteBuffer read(ColdFetch fetch, long offset) {
    Optional<ColdBatches> found =
        fetch.read(ORDERS_0, offset, 1 << 20, ReadLimit.HIGH_WATERMARK).join();
    ColdBatches batches = found.orElseThrow();
    ByteBuffer copy = ByteBuffer.allocate(batches.bytes().remaining()).put(batches.bytes()).flip();
    batches.release();
    return copy;
  }
}

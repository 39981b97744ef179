package oxbow.bench.lake;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.CompressionType;
import oxbow.cold.fetch.ColdFetch;
import oxbow.cold.fetch.FetchBounds;
import oxbow.cold.fetch.Manifests;
import oxbow.cold.fetch.ReadCounters;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFiles;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.store.StoreListener;
import oxbow.cold.table.Manifest;
import oxbow.log.ColdReads.ColdBatches;
import oxbow.log.ReadLimit;

/**
 * Measures in a process of its own how long a reader waits for the first record at an offset
 * anywhere in cold files, with nothing of them in memory, and how much is read of the store for it.
 * The store is a local directory. Prints a line for each figure: name, unit, value.
 */
public final class FirstRecordMeasure {
  private static final TopicIdPartition ORDERS = new TopicIdPartition(new Uuid(1, 1), 0, "orders");
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final int FILES = 4;
  private static final int WARM_UPS = 100;
  private static final int READS = 500;
  private static final int FETCH_BYTES = 1 << 20;
  private static final long SEED = 5;

  private FirstRecordMeasure() {}

  /**
   * @param arguments bytes of log in each file, directory
   */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[1]);
    Path path = directory.resolve("measured.cold");
    var log = new OrderLog("Avro", Orders.Size.ALL_FIELDS, Long.parseLong(arguments[0]));
    var files = new ArrayList<ColdFile>();
    try (var store =
        LocalObjectStore.open(directory.resolve("store"), StoreListener.NONE, System::nanoTime)) {
      for (int i = 0; i < FILES; i++) {
        var measure = new ColdFileMeasure(log, CompressionType.NONE, "Parquet", path);
        ColdFile file = measure.offload(i * measure.recordsPerFile(), "orders/" + i);
        store.put(file.name(), path);
        files.add(file);
      }
      Files.delete(path);
      measure(store, new Manifest(files));
    }
  }

  private static void measure(LocalObjectStore store, Manifest manifest) {
    var random = new Random(SEED);
    var nanos = new long[READS];
    long requests = 0;
    long bytes = 0;
    long cpuNanos = 0;
    for (int i = -WARM_UPS; i < READS; i++) {
      long offset = random.nextLong(manifest.end());
      var counters = new ReadCounters();
      var manifests = new Manifests(_ -> manifest, Long.MAX_VALUE, System::nanoTime);
      var bounds = // as the server has them, but for what it fetches ahead
          new FetchBounds(4, 16, 2 << 20, 8 << 20, 16 << 20, 8 << 20, 4, 0, Duration.ofMinutes(1));
      try (var fetch = new ColdFetch(manifests, store, ColdFiles::open, bounds, counters)) {
        long cpuBegin = SYSTEM.getProcessCpuTime();
        long begin = System.nanoTime();
        ColdBatches found =
            fetch.read(ORDERS, offset, FETCH_BYTES, ReadLimit.HIGH_WATERMARK).join().orElseThrow();
        long took = System.nanoTime() - begin;
        found.release();
        if (i < 0) continue;
        nanos[i] = took;
        cpuNanos += SYSTEM.getProcessCpuTime() - cpuBegin;
        requests += counters.fetches.sum();
        bytes += counters.fetchedBytes.sum();
      }
    }
    Arrays.sort(nanos);
    print("median", "ms", nanos[READS / 2] / 1e6);
    print("p99", "ms", nanos[READS * 99 / 100] / 1e6);
    print("CPU", "ms per read", cpuNanos / 1e6 / READS);
    print("requests to the store", "per read", (double) requests / READS);
    print("read of the store", "MB per read", bytes / 1e6 / READS);
  }

  private static void print(String figure, String unit, double value) {
    System.out.printf(Locale.ROOT, "%s\t%s\t%.2f%n", figure, unit, value);
  }
}

package oxbow.query.scan;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.file.parquet.ColumnScan.Span;

/**
 * Ranges of cold files that queries have read: the ends of files, and pages of columns. Each is
 * kept by itself, in bounded memory; ranges that lie near each other are fetched with one read.
 * Thread-safe.
 */
public final class RangeCache {
  /** As much as a bucket gives in the time of asking it once more. */
  private static final int GAP_BYTES = 256 << 10;

  /** More at once would hold many pages back for the last of them. */
  private static final int READ_BYTES_MAX = 8 << 20;

  private static final int ENTRY_BYTES = 200;

  private final Cache<Range, ByteBuffer> kept;

  private record Range(String file, long position, int length) {}

  /** What was fetched for one query, and what was here already. */
  public static final class Traffic {
    private final LongAdder fetches = new LongAdder();
    private final LongAdder fetched = new LongAdder();
    private final LongAdder found = new LongAdder();

    public long fetches() {
      return fetches.sum();
    }

    public long fetchedBytes() {
      return fetched.sum();
    }

    public long foundBytes() {
      return found.sum();
    }
  }

  public RangeCache(long bytesMax) {
    this.kept =
        Caffeine.newBuilder()
            .maximumWeight(bytesMax)
            .weigher((Range range, ByteBuffer _) -> range.length() + ENTRY_BYTES)
            .executor(Runnable::run)
            .build();
  }

  /** The indexes of a file, which lie at its end. */
  public ByteBuffer end(ColdFile file, RangeSource source, Traffic traffic) {
    long position = file.bytes() - file.indexBytes();
    return read(file, List.of(new Span(position, file.indexBytes())), source, traffic).getFirst();
  }

  /** Ranges of a file, each in a buffer with an array. */
  public List<ByteBuffer> read(
      ColdFile file, List<Span> spans, RangeSource source, Traffic traffic) {
    var found = new @Nullable ByteBuffer[spans.size()];
    List<Integer> missing = new ArrayList<>();
    for (int i = 0; i < found.length; i++) {
      found[i] = kept.getIfPresent(range(file, spans.get(i)));
      if (found[i] == null) missing.add(i);
      else traffic.found.add(spans.get(i).length());
    }
    missing.sort(Comparator.comparingLong(i -> spans.get(i).position()));
    for (int from = 0; from < missing.size(); ) {
      int to = from + 1;
      long start = spans.get(missing.get(from)).position();
      long end = end(spans.get(missing.get(from)));
      while (to < missing.size()) {
        Span next = spans.get(missing.get(to));
        boolean isNear = next.position() - end <= GAP_BYTES && end(next) - start <= READ_BYTES_MAX;
        if (!isNear) break;
        end = Math.max(end, end(next));
        to++;
      }
      ByteBuffer bytes = source.read(start, (int) (end - start));
      traffic.fetches.increment();
      traffic.fetched.add(end - start);
      for (int i = from; i < to; i++) {
        Span span = spans.get(missing.get(i));
        ByteBuffer own = own(bytes, (int) (span.position() - start), span.length());
        kept.put(range(file, span), own);
        found[missing.get(i)] = own;
      }
      from = to;
    }
    List<ByteBuffer> all = new ArrayList<>();
    for (ByteBuffer each : found) {
      if (each != null) all.add(each.duplicate());
    }
    return all;
  }

  private static Range range(ColdFile file, Span span) {
    return new Range(file.name(), span.position(), span.length());
  }

  private static long end(Span span) {
    return span.position() + span.length();
  }

  /** In an array of its own, so that what is kept is no more than what is counted. */
  private static ByteBuffer own(ByteBuffer bytes, int from, int length) {
    var copy = new byte[length];
    bytes.get(bytes.position() + from, copy);
    return ByteBuffer.wrap(copy);
  }

  /** What is kept now. */
  public long bytes() {
    return kept.policy().eviction().map(bound -> bound.weightedSize().orElse(0)).orElse(0L);
  }
}

package oxbow.cold.testing;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.store.ObjectStore;
import oxbow.log.EpochEnd;
import oxbow.log.TimestampedOffset;
import oxbow.log.batch.BatchView;
import oxbow.log.testing.BatchBuilder;

/**
 * Cold files in no format at all: batches one after the other. Each has {@link #BATCH_RECORDS}
 * records whose time is their offset, and is a span of its own.
 */
public final class RawFiles {
  public static final int BATCH_RECORDS = 10;

  private RawFiles() {}

  /** Puts a file into a store whose batches begin at these offsets. */
  public static ColdFile write(
      ObjectStore store, TopicIdPartition partition, int leaderEpoch, long... baseOffsets) {
    List<ByteBuffer> batches = new ArrayList<>();
    for (long base : baseOffsets) batches.add(batch(base, leaderEpoch));
    ByteBuffer body = ByteBuffer.allocate(batches.stream().mapToInt(ByteBuffer::remaining).sum());
    batches.forEach(body::put);
    body.flip();
    long end = baseOffsets[baseOffsets.length - 1] + BATCH_RECORDS;
    String name = "raw/" + partition.partition() + "/" + baseOffsets[0] + "-" + end;
    store.put(name, body);
    return new ColdFile(
        name,
        partition.topicId(),
        partition.partition(),
        ColdFormat.PARQUET,
        baseOffsets[0],
        end,
        (long) baseOffsets.length * BATCH_RECORDS,
        body.limit(),
        baseOffsets[0],
        end - 1,
        1,
        leaderEpoch,
        body.limit());
  }

  private static ByteBuffer batch(long base, int leaderEpoch) {
    BatchBuilder batch = BatchBuilder.at(base);
    batch.baseOffset = base;
    batch.leaderEpoch = leaderEpoch;
    for (int i = 0; i < BATCH_RECORDS; i++)
      batch.add(base + i, "key", "record %08d".formatted(base + i));
    return batch.build();
  }

  /** Opens such a file; reads nothing yet. */
  public static ColdFileReader open(ColdFile file, ColdFileReader.RangeSource source) {
    return new Reader(file, source);
  }

  private record Reader(ColdFile file, RangeSource source) implements ColdFileReader {
    private int batchBytes() {
      return (int) (file.bytes() / (file.records() / BATCH_RECORDS));
    }

    @Override
    public ByteBuffer read(long offset, int bytesMax) {
      ByteBuffer found = ByteBuffer.allocate((int) file.bytes());
      for (Span span : spans()) {
        ByteBuffer batch = source.read(span.position(), span.length());
        if (BatchView.baseOffset(batch, 0) + BATCH_RECORDS <= offset) continue;
        if (found.position() > 0 && found.position() + batch.remaining() > bytesMax) break;
        found.put(batch);
      }
      return found.flip();
    }

    @Override
    public Optional<TimestampedOffset> find(long timestampMs, long from, long to) {
      long offset = Math.max(Math.max(timestampMs, from), file.baseOffset());
      if (offset >= Math.min(to, file.endOffset())) return Optional.empty();
      return Optional.of(new TimestampedOffset(offset, offset, file.leaderEpoch()));
    }

    @Override
    public Optional<TimestampedOffset> findMaxTimestamp(long from, long to) {
      long last = Math.min(to, file.endOffset()) - 1;
      if (last < Math.max(from, file.baseOffset())) return Optional.empty();
      return Optional.of(new TimestampedOffset(last, last, file.leaderEpoch()));
    }

    /** Equal batches, so the offset of each but the first is only known by position. */
    @Override
    public List<Span> spans() {
      List<Span> spans = new ArrayList<>();
      for (int at = 0; at < file.bytes(); at += batchBytes()) {
        long ordinal = at / batchBytes();
        spans.add(new Span(file.baseOffset() + ordinal * BATCH_RECORDS, at, batchBytes()));
      }
      return spans;
    }

    @Override
    public Optional<EpochEnd> endOf(int leaderEpoch) {
      return file.leaderEpoch() > leaderEpoch
          ? Optional.empty()
          : Optional.of(new EpochEnd(file.leaderEpoch(), file.endOffset()));
    }

    @Override
    public Cursor open(long offset) {
      return new Cursor() {
        private long next = offset;

        @Override
        public ByteBuffer next(int bytesMax) {
          ByteBuffer batches = read(next, bytesMax);
          for (int at = 0; at < batches.limit(); at += batchBytes()) {
            next = BatchView.baseOffset(batches, at) + BATCH_RECORDS;
          }
          return batches;
        }

        @Override
        public void close() {}
      };
    }
  }
}

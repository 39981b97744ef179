package oxbow.cold.file;

import static java.util.Objects.requireNonNull;

import com.github.luben.zstd.Zstd;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.ByteAccess;

/**
 * A batch index as bytes: each field as its difference from what the batches before let expect, one
 * field after the other, then zstd. Nearly all differences are zero.
 */
public final class BatchIndexCodec {
  private static final int ZSTD_LEVEL = 3;

  /** The fields in the order of the format. */
  private enum Field {
    BASE_OFFSET,
    COUNT,
    LAST_OFFSET_DELTA,
    ATTRIBUTES,
    LEADER_EPOCH,
    PRODUCER,
    PRODUCER_EPOCH,
    BASE_SEQUENCE,
    BASE_TIMESTAMP,
    MAX_TIMESTAMP,
    ROWS,
    PAYLOAD_BYTES,
    WHOLE_BYTES,
    WHOLE_LENGTH,
    WHOLE_POSITION
  }

  private BatchIndexCodec() {}

  /** What the next batch of the same producer is expected to say. */
  private static final class Producer {
    final int number;
    final long id;
    int epoch;
    int nextSequence;

    Producer(int number, long id) {
      this.number = number;
      this.id = id;
    }

    void follow(int epoch, int baseSequence, int count) {
      this.epoch = epoch;
      nextSequence = id == -1 ? baseSequence : baseSequence + count;
    }
  }

  /** What was seen up to the batch in work. */
  private static final class Expected {
    long baseOffset;
    int count;
    int attributes;
    int leaderEpoch;
    long baseTimestampMs;
    long wholePosition;
  }

  public static byte[] encode(BatchIndex index) {
    var columns = new EnumMap<Field, Numbers>(Field.class);
    for (Field field : Field.values()) columns.put(field, new Numbers());
    var producers = new HashMap<Long, Producer>();
    var producerIds = new Numbers();
    var payloads = new Numbers();
    var expected = new Expected();
    for (int i = 0; i < index.size(); i++) {
      Producer producer = producers.get(index.producerId(i));
      if (producer == null) {
        producer = new Producer(producers.size(), index.producerId(i));
        producers.put(producer.id, producer);
        producerIds.put(producer.id);
      }
      put(columns, Field.BASE_OFFSET, index.baseOffset(i) - expected.baseOffset);
      put(columns, Field.COUNT, index.count(i) - expected.count);
      put(columns, Field.LAST_OFFSET_DELTA, index.lastOffsetDelta(i) - (index.count(i) - 1));
      put(columns, Field.ATTRIBUTES, index.attributes(i) - expected.attributes);
      put(columns, Field.LEADER_EPOCH, index.leaderEpoch(i) - expected.leaderEpoch);
      put(columns, Field.PRODUCER, producer.number);
      put(columns, Field.PRODUCER_EPOCH, index.producerEpoch(i) - producer.epoch);
      put(columns, Field.BASE_SEQUENCE, index.baseSequence(i) - producer.nextSequence);
      put(columns, Field.BASE_TIMESTAMP, index.baseTimestampMs(i) - expected.baseTimestampMs);
      put(columns, Field.MAX_TIMESTAMP, index.maxTimestampMs(i) - index.baseTimestampMs(i));
      put(columns, Field.ROWS, index.rows(i) - index.count(i));
      byte[] payload = index.payload(i);
      put(columns, Field.PAYLOAD_BYTES, payload == null ? 0 : payload.length + 1);
      if (payload != null) payloads.put(payload);
      BatchIndex.Whole whole = index.whole(i);
      put(columns, Field.WHOLE_BYTES, whole == null ? 0 : whole.batchBytes());
      if (whole != null) {
        put(columns, Field.WHOLE_LENGTH, whole.length());
        put(columns, Field.WHOLE_POSITION, whole.position() - expected.wholePosition);
        expected.wholePosition = whole.position() + whole.length();
      }
      expected.baseOffset = index.lastOffset(i) + 1;
      expected.count = index.count(i);
      expected.attributes = index.attributes(i);
      expected.leaderEpoch = index.leaderEpoch(i);
      expected.baseTimestampMs = index.baseTimestampMs(i);
      producer.follow(index.producerEpoch(i), index.baseSequence(i), index.count(i));
    }

    var all = new Numbers();
    all.put(index.size());
    all.putColumn(producerIds);
    for (Numbers column : columns.values()) all.putColumn(column);
    for (int i = 0; i < index.size(); i++) all.putInt(index.crc(i));
    all.putColumn(payloads);
    byte[] plain = all.toByteArray();
    byte[] compressed = Zstd.compress(plain, ZSTD_LEVEL);
    return ByteBuffer.allocate(Integer.BYTES + compressed.length)
        .putInt(plain.length)
        .put(compressed)
        .array();
  }

  private static void put(Map<Field, Numbers> columns, Field field, long difference) {
    requireNonNull(columns.get(field)).put(difference);
  }

  /**
   * @throws IndexOutOfBoundsException or a zstd exception: these aren't the bytes of an index
   */
  public static BatchIndex decode(ByteBuffer bytes) {
    int plainBytes = bytes.getInt(bytes.position());
    if (plainBytes < 0) throw new IndexOutOfBoundsException("index of " + plainBytes + " bytes");
    var compressed = new byte[bytes.remaining() - Integer.BYTES];
    bytes.get(bytes.position() + Integer.BYTES, compressed);
    var plain = new byte[plainBytes];
    long got = Zstd.decompress(plain, compressed);
    if (got != plainBytes) throw new IndexOutOfBoundsException("index cut to " + got + " bytes");
    var all = new Numbers(plain);
    int size = (int) all.next();
    Numbers producerIds = all.nextColumn();
    List<Producer> producers = new ArrayList<>();
    while (producerIds.hasNext()) producers.add(new Producer(producers.size(), producerIds.next()));
    var columns = new EnumMap<Field, Numbers>(Field.class);
    for (Field field : Field.values()) columns.put(field, all.nextColumn());
    int crcsAt = all.at;
    all.at += size * Integer.BYTES;
    Numbers payloads = all.nextColumn();

    var index = new BatchIndex();
    var expected = new Expected();
    var next = new Next(columns);
    for (int i = 0; i < size; i++) {
      long baseOffset = expected.baseOffset + next.of(Field.BASE_OFFSET);
      int count = expected.count + (int) next.of(Field.COUNT);
      int lastOffsetDelta = count - 1 + (int) next.of(Field.LAST_OFFSET_DELTA);
      int attributes = expected.attributes + (int) next.of(Field.ATTRIBUTES);
      int leaderEpoch = expected.leaderEpoch + (int) next.of(Field.LEADER_EPOCH);
      Producer producer = producers.get((int) next.of(Field.PRODUCER));
      int producerEpoch = producer.epoch + (int) next.of(Field.PRODUCER_EPOCH);
      int baseSequence = producer.nextSequence + (int) next.of(Field.BASE_SEQUENCE);
      long baseTimestampMs = expected.baseTimestampMs + next.of(Field.BASE_TIMESTAMP);
      long maxTimestampMs = baseTimestampMs + next.of(Field.MAX_TIMESTAMP);
      int rows = count + (int) next.of(Field.ROWS);
      int payloadBytes = (int) next.of(Field.PAYLOAD_BYTES);
      byte @Nullable [] payload = payloadBytes == 0 ? null : payloads.bytes(payloadBytes - 1);
      int wholeBytes = (int) next.of(Field.WHOLE_BYTES);
      BatchIndex.@Nullable Whole whole = null;
      if (wholeBytes > 0) {
        int length = (int) next.of(Field.WHOLE_LENGTH);
        long position = expected.wholePosition + next.of(Field.WHOLE_POSITION);
        whole = new BatchIndex.Whole(position, length, wholeBytes);
        expected.wholePosition = position + length;
      }
      index.add(
          new BatchIndex.Entry(
              baseOffset,
              rows,
              count,
              lastOffsetDelta,
              (short) attributes,
              leaderEpoch,
              producer.id,
              (short) producerEpoch,
              baseSequence,
              baseTimestampMs,
              maxTimestampMs,
              ByteAccess.intLe(plain, crcsAt + i * Integer.BYTES)),
          payload,
          whole);
      expected.baseOffset = index.lastOffset(i) + 1;
      expected.count = count;
      expected.attributes = index.attributes(i);
      expected.leaderEpoch = leaderEpoch;
      expected.baseTimestampMs = baseTimestampMs;
      producer.follow(index.producerEpoch(i), baseSequence, count);
    }
    return index;
  }

  private record Next(Map<Field, Numbers> columns) {
    long of(Field field) {
      return requireNonNull(columns.get(field)).next();
    }
  }

  /** Signed numbers as varints, to be written or read from the beginning. */
  private static final class Numbers {
    private byte[] bytes;
    private int end;
    private int at;

    Numbers() {
      this(new byte[256]);
      end = 0;
    }

    Numbers(byte[] bytes) {
      this.bytes = bytes;
      this.end = bytes.length;
    }

    void put(long number) {
      ensure(10);
      end = ByteAccess.putZigzag(bytes, end, number);
    }

    void putInt(int number) {
      ensure(Integer.BYTES);
      ByteAccess.intLe(bytes, end, number);
      end += Integer.BYTES;
    }

    void put(byte[] some) {
      ensure(some.length);
      System.arraycopy(some, 0, bytes, end, some.length);
      end += some.length;
    }

    void putColumn(Numbers column) {
      put(column.end);
      put(column.toByteArray());
    }

    private void ensure(int more) {
      int needed = end + more + ByteAccess.SLACK_BYTES;
      if (needed > bytes.length) bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, needed));
    }

    byte[] toByteArray() {
      return Arrays.copyOf(bytes, end);
    }

    boolean hasNext() {
      return at < end;
    }

    long next() {
      long value = 0;
      for (int shift = 0; shift <= 63; shift += 7) {
        if (at >= end) throw new IndexOutOfBoundsException("the index ends early");
        long next = bytes[at++];
        value |= (next & 0x7f) << shift;
        if (next >= 0) return ByteAccess.unzigzag(value);
      }
      throw new IndexOutOfBoundsException("a number of the index is too long");
    }

    byte[] bytes(int length) {
      if (length < 0 || length > end - at) throw new IndexOutOfBoundsException(length);
      at += length;
      return Arrays.copyOfRange(bytes, at - length, at);
    }

    Numbers nextColumn() {
      return new Numbers(bytes((int) next()));
    }
  }
}

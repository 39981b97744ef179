package oxbow.cold.file.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.jspecify.annotations.Nullable;
import oxbow.log.batch.BatchView;

/** One batch of the log, written field by field without any of Kafka's classes but its codecs. */
public final class TestBatch {
  public long baseOffset;
  public int leaderEpoch;
  public int attributes;
  public long baseTimestampMs = 1_700_000_000_000L;
  public @Nullable Long maxTimestampMs;
  public long producerId = -1;
  public int producerEpoch = -1;
  public int baseSequence = -1;
  public @Nullable Integer lastOffsetDelta;
  public CompressionType codec = CompressionType.NONE;

  /** Not zero: writes some numbers longer than they need to be, always the same ones. */
  public long overlongSeed;

  private Random overlong = new Random(0);

  public final List<TestRecord> records = new ArrayList<>();

  /** One record; a null array is a null. */
  public static final class TestRecord {
    public final int attributes;
    public final long timestampDelta;
    public final int offsetDelta;
    public final byte @Nullable [] key;
    public final byte @Nullable [] value;
    public final List<TestHeader> headers;

    public TestRecord(
        int attributes,
        long timestampDelta,
        int offsetDelta,
        byte @Nullable [] key,
        byte @Nullable [] value,
        List<TestHeader> headers) {
      this.attributes = attributes;
      this.timestampDelta = timestampDelta;
      this.offsetDelta = offsetDelta;
      this.key = key;
      this.value = value;
      this.headers = headers;
    }
  }

  public static final class TestHeader {
    final byte[] key;
    final byte @Nullable [] value;

    public TestHeader(byte[] key, byte @Nullable [] value) {
      this.key = key;
      this.value = value;
    }
  }

  public TestBatch add(long timestampDelta, byte @Nullable [] key, byte @Nullable [] value) {
    records.add(new TestRecord(0, timestampDelta, records.size(), key, value, List.of()));
    return this;
  }

  public byte[] toBytes() {
    overlong = new Random(overlongSeed);
    var body = new ByteArrayOutputStream();
    long max = baseTimestampMs;
    for (TestRecord record : records) {
      byte[] bytes = bytes(record);
      varint(body, bytes.length);
      body.writeBytes(bytes);
      max = Math.max(max, baseTimestampMs + record.timestampDelta);
    }
    byte[] payload = compressed(body.toByteArray());
    int last = records.isEmpty() ? 0 : records.getLast().offsetDelta;
    ByteBuffer batch = ByteBuffer.allocate(BatchView.HEADER_BYTES + payload.length);
    batch.putLong(baseOffset);
    batch.putInt(batch.capacity() - BatchView.LENGTH_OVERHEAD_BYTES);
    batch.putInt(leaderEpoch).put(BatchView.MAGIC).putInt(0);
    batch.putShort((short) (attributes | codec.id));
    batch.putInt(lastOffsetDelta == null ? last : lastOffsetDelta);
    batch.putLong(baseTimestampMs);
    batch.putLong(maxTimestampMs == null ? max : maxTimestampMs);
    batch.putLong(producerId).putShort((short) producerEpoch).putInt(baseSequence);
    batch.putInt(records.size()).put(payload);
    batch.putInt(17, BatchView.computeCrc(batch, 0));
    return batch.array();
  }

  private byte[] bytes(TestRecord record) {
    var out = new ByteArrayOutputStream();
    out.write(record.attributes);
    varlong(out, record.timestampDelta);
    varint(out, record.offsetDelta);
    nullable(out, record.key);
    nullable(out, record.value);
    varint(out, record.headers.size());
    for (TestHeader header : record.headers) {
      varint(out, header.key.length);
      out.writeBytes(header.key);
      nullable(out, header.value);
    }
    return out.toByteArray();
  }

  private void nullable(ByteArrayOutputStream out, byte @Nullable [] bytes) {
    varint(out, bytes == null ? -1 : bytes.length);
    if (bytes != null) out.writeBytes(bytes);
  }

  private void varint(ByteArrayOutputStream out, int value) {
    unsigned(out, ((value << 1) ^ (value >> 31)) & 0xffffffffL, 5);
  }

  private void varlong(ByteArrayOutputStream out, long value) {
    unsigned(out, (value << 1) ^ (value >> 63), 10);
  }

  private void unsigned(ByteArrayOutputStream out, long bits, int bytesMax) {
    int length = (70 - Long.numberOfLeadingZeros(bits | 1)) / 7;
    boolean isOverlong = overlongSeed != 0 && length < bytesMax && overlong.nextInt(20) == 0;
    for (int i = 0; i < length - 1 || (isOverlong && i < length); i++) {
      out.write((int) (bits & 0x7f) | 0x80);
      bits >>>= 7;
    }
    out.write((int) bits);
  }

  private byte[] compressed(byte[] plain) {
    if (codec == CompressionType.NONE) return plain;
    var buffer = new ByteBufferOutputStream(plain.length + 64);
    try (OutputStream out = Compression.of(codec).build().wrapForOutput(buffer, BatchView.MAGIC)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var bytes = new byte[buffer.position()];
    buffer.buffer().get(0, bytes);
    return bytes;
  }

  /** What consumers and cold files give back: the same without compression. */
  public byte[] uncompressed() {
    CompressionType before = codec;
    codec = CompressionType.NONE;
    byte[] bytes = toBytes();
    codec = before;
    return bytes;
  }
}

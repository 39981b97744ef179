package oxbow.log.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.apache.kafka.common.utils.ByteUtils;
import org.jspecify.annotations.Nullable;

/**
 * Builds v2 batches field by field, right or wrong: unlike Kafka's builder it lets every field lie.
 */
public final class BatchBuilder {
  public long baseOffset;
  public int leaderEpoch = -1;
  public byte magic = 2;
  public int attributes;
  public long baseTimestampMs;
  public long producerId = -1;
  public short producerEpoch = -1;
  public int baseSequence = -1;
  public @Nullable Integer lastOffsetDelta;
  public @Nullable Long maxTimestampMs;
  public @Nullable Integer recordCount;

  /** The encoded records before compression. */
  public final List<byte[]> records = new ArrayList<>();

  private long maxTimestampSeenMs = -1;

  /** A batch whose records' times count from {@code baseTimestampMs}. */
  public static BatchBuilder at(long baseTimestampMs) {
    var builder = new BatchBuilder();
    builder.baseTimestampMs = baseTimestampMs;
    return builder;
  }

  public BatchBuilder codec(CompressionType codec) {
    attributes = (attributes & ~7) | codec.id;
    return this;
  }

  public BatchBuilder producer(long id, int epoch, int sequence) {
    producerId = id;
    producerEpoch = (short) epoch;
    baseSequence = sequence;
    return this;
  }

  public BatchBuilder transactional() {
    attributes |= 0x10;
    return this;
  }

  /** Adds a record with the next offset. */
  public BatchBuilder add(long timestampMs, byte @Nullable [] key, byte @Nullable [] value) {
    maxTimestampSeenMs = Math.max(maxTimestampSeenMs, timestampMs);
    records.add(record(records.size(), timestampMs - baseTimestampMs, key, value));
    return this;
  }

  public BatchBuilder add(long timestampMs, @Nullable String key, @Nullable String value) {
    return add(
        timestampMs,
        key == null ? null : key.getBytes(UTF_8),
        value == null ? null : value.getBytes(UTF_8));
  }

  /** One record as it stands in a batch. */
  public static byte[] record(
      int offsetDelta, long timestampDelta, byte @Nullable [] key, byte @Nullable [] value) {
    return encoded(out -> {
      var body =
          encoded(in -> {
            in.writeByte(0);
            ByteUtils.writeVarlong(timestampDelta, in);
            ByteUtils.writeVarint(offsetDelta, in);
            writeBytes(in, key);
            writeBytes(in, value);
            ByteUtils.writeVarint(0, in);
          });
      ByteUtils.writeVarint(body.length, out);
      out.write(body);
    });
  }

  private static void writeBytes(DataOutputStream out, byte @Nullable [] bytes) throws IOException {
    ByteUtils.writeVarint(bytes == null ? -1 : bytes.length, out);
    if (bytes != null) out.write(bytes);
  }

  /** The batch, with a checksum that fits. */
  public ByteBuffer build() {
    var raw = new ByteArrayOutputStream();
    records.forEach(raw::writeBytes);
    return build(compress(CompressionType.forId(attributes & 7), raw.toByteArray()));
  }

  /** The batch with this payload in place of its records. */
  public ByteBuffer build(byte[] payload) {
    int count = recordCount == null ? records.size() : recordCount;
    ByteBuffer batch = ByteBuffer.allocate(61 + payload.length);
    batch.putLong(baseOffset).putInt(49 + payload.length).putInt(leaderEpoch).put(magic).putInt(0);
    batch.putShort((short) attributes);
    batch.putInt(lastOffsetDelta == null ? count - 1 : lastOffsetDelta);
    batch.putLong(baseTimestampMs);
    batch.putLong(maxTimestampMs == null ? maxTimestampSeenMs : maxTimestampMs);
    batch.putLong(producerId).putShort(producerEpoch).putInt(baseSequence).putInt(count);
    batch.put(payload).flip();
    fixCrc(batch);
    return batch;
  }

  /** Makes the checksum of a heap buffer's only batch fit what it covers. */
  public static void fixCrc(ByteBuffer batch) {
    var crc = new CRC32C();
    crc.update(batch.array(), batch.arrayOffset() + 21, batch.limit() - 21);
    batch.putInt(17, (int) crc.getValue());
  }

  /** Compresses as a producer does. */
  public static byte[] compress(CompressionType codec, byte[] raw) {
    var out = new ByteBufferOutputStream(raw.length + 64);
    try (OutputStream stream = Compression.of(codec).build().wrapForOutput(out, (byte) 2)) {
      stream.write(raw);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ByteBuffer buffer = out.buffer().flip();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private interface Encoding {
    void write(DataOutputStream out) throws IOException;
  }

  private static byte[] encoded(Encoding encoding) {
    var bytes = new ByteArrayOutputStream();
    try {
      encoding.write(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}

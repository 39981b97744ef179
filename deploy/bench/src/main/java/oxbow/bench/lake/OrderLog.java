package oxbow.bench.lake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import oxbow.log.batch.BatchView;

/** Batches as a producer of orders sends them: 500 records each, every tenth with a header. */
final class OrderLog {
  static final int SCHEMA_ID = 17;

  private static final int BATCH_RECORDS = 500;
  private static final long BASE_TIME_MS = 1_700_000_000_000L;
  private static final long SEED = 1;

  private final Encoding encoding;
  private final Schema schema;
  private final byte[] plain;
  private final byte[] zstd;
  private final long records;

  /**
   * @param bytesMin of all batches together, uncompressed
   */
  OrderLog(String encoding, Orders.Size size, long bytesMin) throws IOException {
    var orders = new Orders(SEED, size);
    this.schema = orders.schema();
    this.encoding = Encoding.of(encoding, schema);
    var random = new Random(SEED);
    var plain = new ByteArrayOutputStream();
    var zstd = new ByteArrayOutputStream();
    long records = 0;
    while (plain.size() < bytesMin) {
      List<ProducerRecord<byte[], byte[]>> made = new ArrayList<>();
      for (int i = 0; i < BATCH_RECORDS; i++) made.add(make(orders, random));
      plain.writeBytes(batch(made, records, CompressionType.NONE));
      zstd.writeBytes(batch(made, records, CompressionType.ZSTD));
      records += BATCH_RECORDS;
    }
    this.plain = plain.toByteArray();
    this.zstd = zstd.toByteArray();
    this.records = records;
  }

  private ProducerRecord<byte[], byte[]> make(Orders orders, Random random) throws IOException {
    byte[] body = encoding.encode(orders.next());
    byte[] prefix = encoding.prefix();
    byte[] value =
        ByteBuffer.allocate(1 + Integer.BYTES + prefix.length + body.length)
            .put((byte) 0)
            .putInt(SCHEMA_ID)
            .put(prefix)
            .put(body)
            .array();
    byte[] key = ("order-" + random.nextInt(50_000)).getBytes(StandardCharsets.UTF_8);
    var record = new ProducerRecord<>("orders", key, value);
    if (random.nextInt(10) == 0) {
      String trace =
          String.format(
              Locale.ROOT,
              "00-%016x%016x-%016x-01",
              random.nextLong(),
              random.nextLong(),
              random.nextLong());
      record.headers().add("traceparent", trace.getBytes(StandardCharsets.UTF_8));
    }
    return record;
  }

  private static byte[] batch(
      List<ProducerRecord<byte[], byte[]>> made, long baseOffset, CompressionType codec) {
    try (MemoryRecordsBuilder builder =
        MemoryRecords.builder(
            ByteBuffer.allocate(1 << 20),
            RecordBatch.CURRENT_MAGIC_VALUE,
            Compression.of(codec).build(),
            TimestampType.CREATE_TIME,
            baseOffset)) {
      long timeMs = BASE_TIME_MS + baseOffset / 2;
      for (int i = 0; i < made.size(); i++) {
        ProducerRecord<byte[], byte[]> one = made.get(i);
        builder.append(timeMs + i / 2, one.key(), one.value(), one.headers().toArray());
      }
      ByteBuffer buffer = builder.build().buffer();
      var bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      return bytes;
    }
  }

  Encoding encoding() {
    return encoding;
  }

  Schema schema() {
    return schema;
  }

  long records() {
    return records;
  }

  /** Uncompressed: what was produced. */
  long bytes() {
    return plain.length;
  }

  long zstdBytes() {
    return zstd.length;
  }

  /** The batches as they lie so much further on in the log; offsets are outside the checksums. */
  ByteBuffer at(long offset, CompressionType codec) {
    ByteBuffer batches = ByteBuffer.wrap(codec == CompressionType.ZSTD ? zstd : plain);
    long next = offset;
    for (int at = 0; at < batches.limit(); at += BatchView.sizeBytes(batches, at)) {
      BatchView.stampOffset(batches, at, next, 0);
      next += BATCH_RECORDS;
    }
    return batches;
  }
}

package oxbow.log.batch;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.PrimitiveRef;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogValidator;
import oxbow.log.LogConfig;
import oxbow.log.testing.BatchBuilder;

/**
 * CPU seconds per GB of records (before compression) to validate batches of 64 KiB, ours beside
 * Kafka's, checksum included: some 0.017, and for compressed ones what their decoder takes. Run
 * {@code main}; no arguments.
 */
final class BatchValidatorBenchmark {
  private static final int BATCH_BYTES = 64 << 10;
  private static final long ROUND_NANOS = 700_000_000L;
  private static final int ROUNDS = 5;

  private final BatchValidator validator = new BatchValidator(1);
  private final BufferSupplier buffers = BufferSupplier.create();
  private final TopicPartition partition = new TopicPartition("orders", 0);
  private final LogValidator.MetricsRecorder metrics = new BatchValidatorOracleTest.NoMetrics();
  private long sum;

  private BatchValidatorBenchmark() {}

  public static void main(String[] args) {
    var benchmark = new BatchValidatorBenchmark();
    System.out.println("records        codec   Kafka s/GB   ours s/GB   ratio");
    for (int recordBytes : new int[] {100, 1024}) {
      for (CompressionType codec : CompressionType.values()) benchmark.compare(recordBytes, codec);
    }
    System.out.println(benchmark.sum == 0 ? "" : "done");
  }

  private void compare(int recordBytes, CompressionType codec) {
    var random = new Random(1);
    BatchBuilder builder = BatchBuilder.at(System.currentTimeMillis()).codec(codec);
    for (int i = 0; i < BATCH_BYTES / recordBytes; i++) {
      builder.add(builder.baseTimestampMs + i, null, text(random, recordBytes));
    }
    byte[] sent = builder.build().array();
    ByteBuffer direct = ByteBuffer.allocateDirect(sent.length).put(sent).flip();

    double kafka = Double.MAX_VALUE;
    double ours = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) { // alternating; the best of each counts
      kafka = Math.min(kafka, secondsPerGb(() -> kafka(direct, codec)));
      ours = Math.min(ours, secondsPerGb(() -> ours(direct)));
    }
    System.out.println(
        String.format(
            Locale.ROOT,
            "%5d B %12s %12.3f %11.3f %7.2f",
            recordBytes,
            codec.name,
            kafka,
            ours,
            ours / kafka));
  }

  /** As events look: names that come again, and numbers that don't. */
  private static byte[] text(Random random, int bytes) {
    var text = new StringBuilder();
    while (text.length() < bytes) {
      text.append("{\"field").append(random.nextInt(20)).append("\":").append(random.nextInt());
    }
    return text.substring(0, bytes).getBytes(StandardCharsets.UTF_8);
  }

  private static double secondsPerGb(Runnable validation) {
    var threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    long batches = 0;
    while (threads.getCurrentThreadCpuTime() - start < ROUND_NANOS) {
      for (int i = 0; i < 50; i++) validation.run();
      batches += 50;
    }
    double seconds = (threads.getCurrentThreadCpuTime() - start) / 1e9;
    return seconds / ((double) batches * BATCH_BYTES / 1e9);
  }

  private void ours(ByteBuffer batch) {
    long nowMs = System.currentTimeMillis();
    ValidBatch valid = validator.validate(batch, LogConfig.DEFAULT, AppendOrigin.CLIENT, nowMs);
    valid.stamp(0, 1);
    sum += valid.maxTimestampMs();
  }

  private void kafka(ByteBuffer batch, CompressionType codec) {
    MemoryRecords records = MemoryRecords.readableRecords(batch.duplicate());
    for (MutableRecordBatch each : records.batches()) {
      if (!each.isValid()) throw new AssertionError("damaged");
    }
    var validated =
        new LogValidator(
                records,
                partition,
                Time.SYSTEM,
                codec,
                Compression.of(codec).build(),
                false,
                (byte) 2,
                TimestampType.CREATE_TIME,
                Long.MAX_VALUE,
                3_600_000L,
                1,
                AppendOrigin.CLIENT)
            .validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(0), metrics, buffers);
    sum += validated.maxTimestampMs();
  }
}

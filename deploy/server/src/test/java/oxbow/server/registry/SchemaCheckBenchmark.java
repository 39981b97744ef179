package oxbow.server.registry;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.jspecify.annotations.Nullable;
import oxbow.log.LogConfig;
import oxbow.log.batch.BatchValidator;
import oxbow.log.batch.RecordCheck;
import oxbow.schema.Framing;
import oxbow.schema.ParsedSchema;
import oxbow.schema.References;
import oxbow.schema.RegisteredSchema;
import oxbow.schema.Schemas;
import oxbow.schema.avro.AvroFormat;

/**
 * CPU nanoseconds per record to validate batches of 64 KiB, without and with the check of schemas.
 * Run {@code main}; no arguments.
 */
final class SchemaCheckBenchmark {
  private static final int BATCH_BYTES = 64 << 10;
  private static final long ROUND_NANOS = 150_000_000L;
  private static final int ROUNDS = 5;
  private static final Map<String, String> ASKED = Map.of(SchemaChecks.VALUE_VALIDATION, "true");

  /** Where a record says its schema. */
  private enum Place {
    ID_IN_VALUE,
    ID_IN_HEADER,
    GUID_IN_HEADER
  }

  private static final UUID GUID = new UUID(0x8979176223364186L, 0x9674299b90a802e2L);

  private final BatchValidator validator = new BatchValidator(1);
  private long sum;

  private SchemaCheckBenchmark() {}

  public static void main(String[] args) {
    var benchmark = new SchemaCheckBenchmark();
    var checks = new SchemaChecks("_schemas");
    checks.begin(new One());
    RecordCheck check = checks.of("orders", ASKED).orElseThrow();
    System.out.println("records        codec             mark   without    with   ns per record");
    for (int recordBytes : new int[] {100, 1024}) {
      for (CompressionType codec : List.of(CompressionType.NONE, CompressionType.ZSTD)) {
        for (Place place : Place.values()) benchmark.compare(recordBytes, codec, place, check);
      }
    }
    System.out.println(benchmark.sum == 0 ? "" : "done");
  }

  private void compare(int recordBytes, CompressionType codec, Place place, RecordCheck check) {
    int count = BATCH_BYTES / recordBytes;
    byte[] mark =
        Framing.write(
            place == Place.GUID_IN_HEADER ? new Framing.Mark.Guid(GUID) : new Framing.Mark.Id(1));
    boolean isHeader = place != Place.ID_IN_VALUE;
    Header[] headers =
        isHeader ? new Header[] {new RecordHeader(Framing.VALUE_HEADER, mark)} : new Header[0];
    var records = new SimpleRecord[count];
    for (int i = 0; i < count; i++) {
      ByteBuffer value = ByteBuffer.allocate(recordBytes);
      if (!isHeader) value.put(mark);
      while (value.remaining() >= Integer.BYTES) value.putInt(i * 31 + value.position());
      records[i] = new SimpleRecord(System.currentTimeMillis(), null, value.array(), headers);
    }
    ByteBuffer sent = MemoryRecords.withRecords(Compression.of(codec).build(), records).buffer();
    ByteBuffer batch = ByteBuffer.allocateDirect(sent.remaining()).put(sent).flip();

    double without = Double.MAX_VALUE;
    double with = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) { // alternating; the best of each counts
      without = Math.min(without, nanosPerRecord(batch, count, null));
      with = Math.min(with, nanosPerRecord(batch, count, check));
    }
    System.out.println(
        String.format(
            Locale.ROOT,
            "%5d B %12s %16s %9.1f %7.1f",
            recordBytes,
            codec.name,
            place,
            without,
            with));
  }

  private double nanosPerRecord(ByteBuffer batch, int records, @Nullable RecordCheck check) {
    var threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    long validated = 0;
    while (threads.getCurrentThreadCpuTime() - start < ROUND_NANOS) {
      for (int i = 0; i < 50; i++) {
        long nowMs = System.currentTimeMillis();
        sum +=
            validator
                .validate(batch, LogConfig.DEFAULT, AppendOrigin.CLIENT, nowMs, check)
                .maxTimestampMs();
      }
      validated += 50L * records;
    }
    return (double) (threads.getCurrentThreadCpuTime() - start) / validated;
  }

  /** One schema, registered under {@code orders-value}. */
  private static final class One implements Schemas {
    private final ParsedSchema schema = new AvroFormat().parse("\"string\"", References.NONE);

    @Override
    public Optional<ParsedSchema> byId(int id) {
      return id == 1 ? Optional.of(schema) : Optional.empty();
    }

    @Override
    public Optional<ParsedSchema> byGuid(UUID guid) {
      return guid.equals(GUID) ? Optional.of(schema) : Optional.empty();
    }

    @Override
    public OptionalInt idOf(UUID guid) {
      return OptionalInt.empty();
    }

    @Override
    public List<RegisteredSchema> versions(String subject) {
      return List.of();
    }

    @Override
    public boolean isRegistered(String subject, int id) {
      return id == 1 && subject.equals("orders-value");
    }

    @Override
    public boolean isRegistered(String subject, UUID guid) {
      return guid.equals(GUID) && subject.equals("orders-value");
    }

    @Override
    public long revision() {
      return 1;
    }
  }
}

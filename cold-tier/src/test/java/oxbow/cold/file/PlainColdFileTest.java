package oxbow.cold.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.SeekableByteArrayInput;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.CompressionType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.cold.file.avro.AvroOptions;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.ColdFileRoundTrip;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.file.testing.TestBatch.TestHeader;
import oxbow.cold.file.testing.TestBatch.TestRecord;
import oxbow.log.TimestampedOffset;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.Type;

class PlainColdFileTest {
  private static final ParquetOptions SMALL =
      new ParquetOptions(100, 1 << 16, 350, 1 << 20, 1, false);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void batchesComeBackByteForByte(boolean isDelta) throws IOException {
    // Given
    List<TestBatch> batches = batches(new Random(1), 60, CompressionType.NONE);
    // When
    var file = write(batches, isDelta ? SMALL.withDelta() : SMALL, spec());
    // Then
    assertThat(file.readAll(20_000)).isEqualTo(uncompressed(batches));
    assertThat(file.file.records())
        .isEqualTo(batches.stream().mapToInt(b -> b.records.size()).sum());
  }

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void compressedBatchesComeBackUncompressed(CompressionType codec) throws IOException {
    List<TestBatch> batches = batches(new Random(2), 20, codec);
    var file = write(batches, SMALL, spec());
    assertThat(file.readAll(1 << 20)).isEqualTo(uncompressed(batches));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anAvroFileGivesBatchesBackByteForByte(boolean hasPlainColumn) throws IOException {
    List<TestBatch> batches = batches(new Random(11), 60, CompressionType.NONE);
    batches.get(7).overlongSeed = 5; // kept whole
    batches.get(9).overlongSeed = 6;
    var columns = hasPlainColumn ? spec().columns() : TableColumns.EMPTY;
    var spec = new ColdFileSpec("topic", new Uuid(1, 2), 3, columns, true);
    Path path = directory.resolve("file.avro");
    var writer = ColdFiles.writeAvro(path, spec, new AvroOptions(100, 1 << 16, 1));
    for (TestBatch batch : batches) writer.add(ByteBuffer.wrap(batch.toBytes()), 1000, List.of());
    TestBatch last = batches.getLast();
    var file =
        ColdFileRoundTrip.finish(writer, last.baseOffset + last.records.getLast().offsetDelta + 1);

    assertThat(file.readAll(20_000)).isEqualTo(uncompressed(batches));
    assertThat(writer.raw().records()).isEmpty();
    TestBatch middle = batches.get(30);
    assertThat(file.open().find(middle.baseTimestampMs, 0, Long.MAX_VALUE).orElseThrow().offset())
        .isGreaterThanOrEqualTo(middle.baseOffset);
    // Avro's own reader sees the rows, and only these.
    long rows = 0;
    try (var reader =
        new DataFileReader<GenericRecord>(
            new SeekableByteArrayInput(file.bytes), new GenericDatumReader<>())) {
      for (; reader.hasNext(); rows++) {
        GenericRecord row = reader.next();
        assertThat(row.get("kafka_partition")).isEqualTo(3);
      }
    }
    assertThat(rows).isEqualTo(file.file.records());
  }

  @Test
  void everyOffsetIsFoundInAnyOrder() throws IOException {
    List<TestBatch> batches = batches(new Random(3), 30, CompressionType.NONE);
    var file = write(batches, SMALL, spec());
    ColdFileReader reader = file.open();
    for (int i = batches.size() - 1; i >= 0; i--) {
      TestBatch batch = batches.get(i);
      for (TestRecord record : batch.records) {
        ByteBuffer got = reader.read(batch.baseOffset + record.offsetDelta, 1);
        assertThat(got).isEqualTo(ByteBuffer.wrap(batch.uncompressed()));
      }
    }
    assertThat(reader.read(file.file.endOffset(), 1).hasRemaining()).isFalse();
  }

  @Test
  void aReadCostsOneRangeAndATimeLookupASmallOne() throws IOException {
    List<TestBatch> batches = batches(new Random(4), 60, CompressionType.NONE);
    var file = write(batches, SMALL, spec());
    ColdFileReader reader = file.open();
    assertThat(file.reads).isEqualTo(1);
    reader.read(batches.get(40).baseOffset, 1);
    assertThat(file.reads).isEqualTo(2);
    file.readBytes = 0;
    reader.find(batches.get(41).baseTimestampMs, 0, Long.MAX_VALUE);
    assertThat(file.reads).isEqualTo(3);
    assertThat(file.readBytes).isLessThan(file.bytes.length / 10);
  }

  @Test
  void theFirstRecordAtOrAfterATimeIsTheLogs() throws IOException {
    List<TestBatch> batches = batches(new Random(5), 40, CompressionType.NONE);
    var file = write(batches, SMALL, spec());
    ColdFileReader reader = file.open();
    var random = new Random(6);
    for (int i = 0; i < 300; i++) {
      long wantedMs = 1_700_000_000_000L - 10 + random.nextInt(60_000);
      assertThat(reader.find(wantedMs, 0, Long.MAX_VALUE).orElse(null))
          .as("at %d", wantedMs)
          .isEqualTo(scan(batches, wantedMs));
    }
  }

  /**
   * Random digits take their entropy, a repeated text next to nothing: pages tell by themselves.
   */
  @Test
  void pagesAreSearchedForRepeatsOnlyWhereThatMakesThemSmaller() throws IOException {
    var random = new Random(8);
    byte[] text = new byte[400];
    random.nextBytes(text);
    long batchesPerFile = 40;
    long recordsPerBatch = 500;
    List<TestBatch> batches = new ArrayList<>();
    for (int i = 0; i < batchesPerFile; i++) {
      var batch = new TestBatch();
      batch.baseOffset = 1000 + i * recordsPerBatch;
      for (int j = 0; j < recordsPerBatch; j++) {
        byte[] digits = "%016x".formatted(random.nextLong()).getBytes(UTF_8);
        byte[] mixed = text.clone();
        mixed[random.nextInt(mixed.length)]++;
        batch.add(j, digits, mixed);
      }
      batches.add(batch);
    }
    var file = write(batches, ParquetOptions.DEFAULT, spec());
    assertThat(file.readAll(1 << 20)).isEqualTo(uncompressed(batches));
    long records = batchesPerFile * recordsPerBatch;
    assertThat((double) file.bytes.length / records).isBetween(8.0, 30.0);
  }

  private static @Nullable TimestampedOffset scan(List<TestBatch> batches, long wantedMs) {
    for (TestBatch batch : batches) {
      for (TestRecord record : batch.records) {
        long timestampMs = batch.baseTimestampMs + record.timestampDelta;
        if (timestampMs >= wantedMs) {
          return new TimestampedOffset(
              timestampMs, batch.baseOffset + record.offsetDelta, batch.leaderEpoch);
        }
      }
    }
    return null;
  }

  static List<TestBatch> batches(Random random, int count, CompressionType codec) {
    var batches = new ArrayList<TestBatch>();
    long offset = 1000;
    for (int i = 0; i < count; i++) {
      var batch = new TestBatch();
      batch.baseOffset = offset;
      batch.leaderEpoch = i / 10;
      batch.codec = codec;
      batch.baseTimestampMs = 1_700_000_000_000L + i * 1000L;
      int records = 1 + random.nextInt(60);
      int delta = 0;
      for (int r = 0; r < records; r++) {
        byte[] key = random.nextInt(5) == 0 ? null : ("key-" + random.nextInt(50)).getBytes(UTF_8);
        byte[] value =
            random.nextInt(9) == 0
                ? null
                : new byte[random.nextInt(random.nextInt(20) == 0 ? 5000 : 100)];
        if (value != null) random.nextBytes(value);
        var headers = new ArrayList<TestHeader>();
        for (int h = random.nextInt(8) - 5; h > 0; h--) {
          headers.add(
              new TestHeader(
                  ("h" + h).getBytes(UTF_8), random.nextInt(4) == 0 ? null : "v".getBytes(UTF_8)));
        }
        batch.records.add(new TestRecord(0, random.nextInt(900), delta, key, value, headers));
        delta += 1 + (random.nextInt(10) == 0 ? 3 : 0);
      }
      batches.add(batch);
      offset += delta + random.nextInt(3);
    }
    return batches;
  }

  static byte[] uncompressed(List<TestBatch> batches) {
    var all = new ByteArrayOutputStream();
    for (TestBatch batch : batches) all.writeBytes(batch.uncompressed());
    return all.toByteArray();
  }

  private static ColdFileSpec spec() {
    var columns =
        new TableColumns(
            SystemColumns.BINARY_KEY,
            Optional.of(SystemColumns.plainValue(Type.Plain.BINARY)),
            Layout.EMPTY);
    return new ColdFileSpec("topic", new Uuid(1, 2), 3, columns, false);
  }

  private ColdFileRoundTrip write(
      List<TestBatch> batches, ParquetOptions options, ColdFileSpec spec) throws IOException {
    var writer =
        ColdFiles.writeParquet(
            directory.resolve("file.parquet"), spec, options, WriterSchemas.NONE);
    for (TestBatch batch : batches) writer.add(ByteBuffer.wrap(batch.toBytes()), 1000, List.of());
    TestBatch last = batches.getLast();
    return ColdFileRoundTrip.finish(
        writer, last.baseOffset + last.records.getLast().offsetDelta + 5);
  }
}

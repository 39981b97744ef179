package oxbow.cold.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.CompressionType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.ColdFileRoundTrip;
import oxbow.cold.file.testing.RandomAvro;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.file.testing.TestBatch.TestHeader;
import oxbow.cold.file.testing.TestBatch.TestRecord;
import oxbow.cold.shred.ValueProgram;
import oxbow.schema.References;
import oxbow.schema.SchemaType;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;
import oxbow.schema.layout.Type;

/**
 * Random schemas and their versions, values in canonical and in hostile bytes, every attribute of
 * batches: what comes out of a cold file is what went in, byte for byte. Runs for a few seconds;
 * {@code -Doxbow.fuzz.seconds=600 -Doxbow.fuzz.seed=1} makes it longer and repeatable.
 */
class ColdFileFuzzTest {
  private static final int SECONDS = Integer.getInteger("oxbow.fuzz.seconds", 6);
  private static final long FIRST_SEED = Long.getLong("oxbow.fuzz.seed", 1);
  private static final int FIRST_SCHEMA_ID = 100_000;

  @TempDir Path directory;

  private long records;
  private long canonicalRecords;
  private long rawRecords;

  @Test
  void whateverGoesInComesOut() throws IOException {
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    long seed = FIRST_SEED;
    int files = 0;
    for (; files < 40 || System.nanoTime() < end; seed++, files++) {
      try {
        new Run(seed).run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("failed with seed " + seed, e);
      }
    }
    System.out.printf("fuzz: %d files, %d records, %d of them raw%n", files, records, rawRecords);
    assertThat(canonicalRecords).isGreaterThan(records / 10);
  }

  /** One file. */
  private final class Run {
    private final long seed;
    private final Random random;
    private final RandomAvro avro;
    private final List<Schema> schemas = new ArrayList<>();
    private final Map<Integer, WriterSchema> known = new HashMap<>();
    private final List<Integer> unmerged = new ArrayList<>();
    private Layout layout = Layout.EMPTY;
    private final RandomAvro.Style style;

    // The batch in work.
    private boolean areAlike;
    private int schemaOfAll;

    Run(long seed) {
      this.seed = seed;
      this.random = new Random(seed * 0x9E3779B97F4A7C15L);
      this.avro = new RandomAvro(random);
      RandomAvro.Style[] styles = RandomAvro.Style.values();
      this.style = styles[random.nextInt(styles.length)];
    }

    void run() throws IOException {
      makeSchemas();
      List<TestBatch> batches = batches();
      boolean hasPlain = random.nextInt(4) == 0;
      Type.Plain plainType = random.nextBoolean() ? Type.Plain.BINARY : Type.Plain.STRING;
      var columns =
          new TableColumns(
              SystemColumns.BINARY_KEY,
              hasPlain ? Optional.of(SystemColumns.plainValue(plainType)) : Optional.empty(),
              layout);
      var spec = new ColdFileSpec("fuzz", new Uuid(1, seed), 0, columns, true);
      var options =
          new ParquetOptions(
              1 + random.nextInt(300),
              1 + random.nextInt(100_000),
              1 + random.nextInt(1000),
              1 + random.nextInt(200_000),
              1,
              random.nextBoolean());
      int rounds = random.nextInt(15) == 0 ? 1 + ValueProgram.USED_A_LOT / values(batches) : 1;
      RawCounts raw = RawCounts.NONE;
      for (int i = 0; i < rounds; i++) raw = writeAndRead(batches, spec, options);
      count(batches, raw, hasPlain);
    }

    /** A program does the same before and after it was used a lot. */
    private RawCounts writeAndRead(
        List<TestBatch> batches, ColdFileSpec spec, ParquetOptions options) throws IOException {
      ColdFileWriter writer =
          ColdFiles.writeParquet(directory.resolve("fuzz.parquet"), spec, options, new Schemas());
      List<ColdFileWriter.Aborted> aborted = List.of();
      for (TestBatch batch : batches) writer.add(ByteBuffer.wrap(batch.toBytes()), 0, aborted);
      RawCounts raw = writer.raw();
      TestBatch last = batches.getLast();
      var file = ColdFileRoundTrip.finish(writer, endOffset(last) + random.nextInt(5));
      assertSame(file, batches);
      return raw;
    }

    private static int values(List<TestBatch> batches) {
      return 1 + batches.stream().mapToInt(batch -> batch.records.size()).sum();
    }

    private long endOffset(TestBatch batch) {
      return ByteBuffer.wrap(batch.toBytes()).getInt(23) + batch.baseOffset + 1;
    }

    private void assertSame(ColdFileRoundTrip file, List<TestBatch> batches) {
      byte[] got = file.readAll(1 + random.nextInt(100_000));
      var expected = new ByteArrayOutputStream();
      for (TestBatch batch : batches) expected.writeBytes(comesBackAs(batch));
      if (!Arrays.equals(got, expected.toByteArray())) {
        int at = Arrays.mismatch(got, expected.toByteArray());
        throw new AssertionError("bytes differ at " + at + " of " + expected.size());
      }
      // Any batch by itself, too.
      TestBatch one = batches.get(random.nextInt(batches.size()));
      ByteBuffer alone = file.open().read(one.baseOffset, 1);
      assertThat(alone).isEqualTo(ByteBuffer.wrap(comesBackAs(one)));
    }

    /** Uncompressed, unless records are written oddly and it had to be kept whole. */
    private byte[] comesBackAs(TestBatch batch) {
      if (batch.codec == CompressionType.NONE) return batch.toBytes();
      return batch.uncompressed();
    }

    private void count(List<TestBatch> batches, RawCounts raw, boolean hasPlain) {
      long all = batches.stream().mapToLong(batch -> batch.records.size()).sum();
      records += all;
      rawRecords += raw.records().values().stream().mapToLong(Long::longValue).sum();
      if (style == RandomAvro.Style.HOSTILE) return;
      canonicalRecords += all;
      // Numbers that are none, and keys that a map has twice, may not survive other engines.
      long unusual = raw.records().getOrDefault(RawCounts.Reason.UNUSUAL_ENCODING, 0L);
      String text = schemas.toString();
      boolean mayBeUnusual =
          text.contains("float") || text.contains("double") || text.contains("map") || hasPlain;
      if (!mayBeUnusual) assertThat(unusual).isZero();
      assertThat(raw.records().getOrDefault(RawCounts.Reason.UNDECODABLE, 0L)).isZero();
    }

    private void makeSchemas() {
      Schema schema = random.nextInt(10) == 0 ? avro.type(0) : avro.record();
      int versions = 1 + random.nextInt(4);
      var format = new AvroFormat();
      for (int i = 0; i < versions; i++) {
        int id = FIRST_SCHEMA_ID + i;
        schemas.add(schema);
        var parsed = format.parse(schema.toString(), References.NONE);
        if (LayoutMerger.merge(layout, parsed) instanceof Merge.Placed merged) {
          layout = merged.layout();
          known.put(
              id, new WriterSchema(id, SchemaType.AVRO, schema.toString(), merged.placement()));
        } else {
          unmerged.add(id);
        }
        schema =
            schema.getType() == Schema.Type.RECORD && !schema.getFullName().startsWith("test.t")
                ? avro.evolved(schema)
                : avro.record();
      }
    }

    private List<TestBatch> batches() {
      List<TestBatch> batches = new ArrayList<>();
      long offset = random.nextInt(3) == 0 ? 0 : random.nextLong(1L << 40);
      int count = 1 + random.nextInt(12);
      for (int i = 0; i < count; i++) {
        TestBatch batch = batch(offset);
        batches.add(batch);
        offset = endOffset(batch) + (random.nextInt(5) == 0 ? random.nextInt(100) : 0);
      }
      return batches;
    }

    private TestBatch batch(long offset) {
      var batch = new TestBatch();
      batch.baseOffset = offset;
      batch.leaderEpoch = random.nextInt(20) - 1;
      batch.baseTimestampMs =
          random.nextInt(20) == 0 ? random.nextLong() : 1_700_000_000_000L + random.nextInt(100000);
      if (random.nextInt(3) == 0) {
        batch.producerId = random.nextInt(5);
        batch.producerEpoch = random.nextInt(100);
        batch.baseSequence = random.nextInt() & Integer.MAX_VALUE;
      }
      if (random.nextInt(5) == 0) batch.attributes |= 0x08;
      if (random.nextInt(5) == 0) batch.attributes |= 0x10;
      if (random.nextInt(20) == 0) batch.attributes |= 0x40;
      if (random.nextInt(6) == 0) batch.maxTimestampMs = random.nextLong();
      if (random.nextInt(12) == 0) {
        batch.attributes |= 0x30;
        batch.add(0, new byte[] {0, 0, 0, 1}, new byte[] {0, 0, 0, 0, 0, 7});
        return batch;
      }
      if (random.nextInt(30) == 0) { // all that it held was compacted away
        batch.lastOffsetDelta = random.nextInt(10);
        return batch;
      }
      if (random.nextInt(4) == 0) {
        CompressionType[] codecs = CompressionType.values();
        batch.codec = codecs[random.nextInt(codecs.length)];
      } else if (random.nextInt(15) == 0) {
        batch.overlongSeed = random.nextLong() | 1;
      }
      // As most producers send them: these are put together column by column.
      areAlike = random.nextInt(3) == 0;
      schemaOfAll = random.nextInt(schemas.size());
      int records = 1 + random.nextInt(random.nextInt(5) == 0 ? 300 : 30);
      int delta = 0;
      for (int i = 0; i < records; i++) {
        int attributes = random.nextInt(2000) == 0 && batch.codec == CompressionType.NONE ? 1 : 0;
        long timestampDelta =
            random.nextInt(100) == 0 ? random.nextLong() : random.nextInt(1000) - 5;
        batch.records.add(
            new TestRecord(attributes, timestampDelta, delta, key(), value(), headers()));
        delta += 1 + (random.nextInt(10) == 0 ? random.nextInt(50) : 0);
      }
      if (random.nextInt(5) == 0) batch.lastOffsetDelta = delta + 3;
      return batch;
    }

    private byte @Nullable [] key() {
      return switch (random.nextInt(10)) {
        case 0 -> null;
        case 1 -> new byte[0];
        case 2 -> new byte[random.nextInt(20) == 0 ? 5000 : 3];
        default -> ("key-" + random.nextInt(1000)).getBytes(UTF_8);
      };
    }

    private byte @Nullable [] value() {
      if (areAlike) {
        byte[] usual = avro.value(schemas.get(schemaOfAll), RandomAvro.Style.CANONICAL);
        return framed(FIRST_SCHEMA_ID + schemaOfAll, usual);
      }
      int kind = random.nextInt(40);
      if (kind == 0) return null;
      if (kind == 1) return new byte[random.nextInt(8)];
      if (kind == 2) return framed(random.nextInt(1000), new byte[3]);
      int index = random.nextInt(schemas.size());
      byte[] value = framed(FIRST_SCHEMA_ID + index, avro.value(schemas.get(index), style));
      if (style != RandomAvro.Style.HOSTILE) return value;
      return switch (random.nextInt(30)) {
        case 0 -> Arrays.copyOf(value, random.nextInt(value.length + 1));
        case 1 -> Arrays.copyOf(value, value.length + 1 + random.nextInt(4));
        case 2 -> {
          value[random.nextInt(value.length)] ^= (byte) (1 << random.nextInt(8));
          yield value;
        }
        default -> value;
      };
    }

    private byte[] framed(int id, byte[] payload) {
      return ByteBuffer.allocate(5 + payload.length).put((byte) 0).putInt(id).put(payload).array();
    }

    private List<TestHeader> headers() {
      List<TestHeader> headers = new ArrayList<>();
      int count = random.nextInt(5) == 0 ? random.nextInt(random.nextInt(20) == 0 ? 100 : 4) : 0;
      for (int i = 0; i < count; i++) {
        byte[] name = ("h" + random.nextInt(4)).getBytes(UTF_8);
        if (random.nextInt(30) == 0) name = new byte[] {(byte) 0xff, (byte) 0xc0};
        headers.add(
            new TestHeader(name, random.nextInt(5) == 0 ? null : new byte[random.nextInt(10)]));
      }
      return headers;
    }

    private final class Schemas implements WriterSchemas {
      @Override
      public Answer value(int schemaId) {
        WriterSchema schema = known.get(schemaId);
        if (schema != null) return new Answer.Known(schema);
        return unmerged.contains(schemaId) ? new Answer.Unmerged() : new Answer.Unknown();
      }

      @Override
      public Answer key(int schemaId) {
        return new Answer.Unknown();
      }
    }
  }
}

package oxbow.cold.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.ColdFileRoundTrip;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.file.testing.TestBatch.TestHeader;
import oxbow.cold.file.testing.TestBatch.TestRecord;
import oxbow.schema.References;
import oxbow.schema.SchemaType;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;

/**
 * Records of one schema as Avro's own encoder writes them, with few others between: long runs of
 * them are put together column by column, the rest one by one, and both come back as they were.
 */
class AlikeRecordsTest {
  private static final int SCHEMA_ID = 5;
  private static final int BATCHES = 40;
  private static final String SCHEMA =
      """
      {"type":"record","name":"All","fields":[
        {"name":"flag","type":"boolean"},
        {"name":"i","type":"int"},
        {"name":"l","type":"long"},
        {"name":"f","type":"float"},
        {"name":"d","type":"double"},
        {"name":"few","type":"string"},
        {"name":"text","type":"string"},
        {"name":"bytes","type":"bytes"},
        {"name":"fixed","type":{"type":"fixed","name":"Six","size":6}},
        {"name":"symbol","type":{"type":"enum","name":"Symbol","symbols":["A","BB","CCC"]}},
        {"name":"uuid","type":{"type":"string","logicalType":"uuid"}},
        {"name":"day","type":{"type":"int","logicalType":"date"}},
        {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
        {"name":"time","type":{"type":"int","logicalType":"time-millis"}},
        {"name":"maybe","type":["null","string"]},
        {"name":"perhaps","type":[
          {"type":"record","name":"Part","fields":[
            {"name":"n","type":["long","null"]},{"name":"s","type":"string"}]},"null"]},
        {"name":"part","type":{"type":"record","name":"Other","fields":[
          {"name":"s","type":"string"},{"name":"d","type":"double"}]}},
        {"name":"numbers","type":{"type":"array","items":"int"}},
        {"name":"parts","type":{"type":"array","items":{"type":"record","name":"Item","fields":[
          {"name":"s","type":"string"},{"name":"more","type":{"type":"array","items":"long"}}]}}},
        {"name":"map","type":{"type":"map","values":"double"}}]}
      """;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void recordsComeBackByteForByte(long seed) throws IOException {
    var random = new Random(seed);
    Schema schema = new Schema.Parser().parse(SCHEMA);
    List<TestBatch> batches = batches(random, schema);
    var options =
        new ParquetOptions(
            200 + random.nextInt(2000), 1 << 20, 5000, 1 << 20, 1, random.nextBoolean());
    ColdFileRoundTrip file = write(batches, options);

    var expected = new ByteArrayOutputStream();
    for (TestBatch batch : batches) expected.writeBytes(batch.toBytes());
    assertThat(file.readAll(1 + random.nextInt(100_000)))
        .as("seed %d", seed)
        .isEqualTo(expected.toByteArray());
    for (int i = 0; i < 20; i++) {
      TestBatch one = batches.get(random.nextInt(batches.size()));
      assertThat(file.open().read(one.baseOffset, 1))
          .as("seed %d, the batch at %d", seed, one.baseOffset)
          .isEqualTo(ByteBuffer.wrap(one.toBytes()));
    }
  }

  private ColdFileRoundTrip write(List<TestBatch> batches, ParquetOptions options)
      throws IOException {
    var parsed = new AvroFormat().parse(SCHEMA, References.NONE);
    var merged = (Merge.Placed) LayoutMerger.merge(Layout.EMPTY, parsed);
    var known = new WriterSchema(SCHEMA_ID, SchemaType.AVRO, SCHEMA, merged.placement());
    var columns = new TableColumns(SystemColumns.BINARY_KEY, Optional.empty(), merged.layout());
    var spec = new ColdFileSpec("topic", new Uuid(1, 2), 0, columns, true);
    ColdFileWriter writer =
        ColdFiles.writeParquet(
            directory.resolve("alike.parquet"), spec, options, new KnownSchema(known));
    for (TestBatch batch : batches) writer.add(ByteBuffer.wrap(batch.toBytes()), 0, List.of());
    TestBatch last = batches.getLast();
    return ColdFileRoundTrip.finish(writer, last.baseOffset + last.records.size());
  }

  private static List<TestBatch> batches(Random random, Schema schema) throws IOException {
    List<TestBatch> batches = new ArrayList<>();
    long offset = 0;
    for (int i = 0; i < BATCHES; i++) {
      var batch = new TestBatch();
      batch.baseOffset = offset;
      int records = 1 + random.nextInt(random.nextBoolean() ? 20 : 600);
      for (int r = 0; r < records; r++) batch.records.add(record(random, schema, r));
      batches.add(batch);
      offset += records;
    }
    return batches;
  }

  private static TestRecord record(Random random, Schema schema, int delta) throws IOException {
    byte[] key =
        switch (random.nextInt(20)) {
          case 0 -> null;
          case 1 -> new byte[random.nextInt(100)];
          default -> ("key-" + random.nextInt(1000)).getBytes(UTF_8);
        };
    List<TestHeader> headers =
        random.nextInt(10) == 0
            ? List.of(new TestHeader("h".getBytes(UTF_8), new byte[random.nextInt(200)]))
            : List.of();
    return new TestRecord(0, delta * 3L, delta, key, value(random, schema), headers);
  }

  private static byte @Nullable [] value(Random random, Schema schema) throws IOException {
    // Rare enough that most runs between them are long.
    if (random.nextInt(300) == 0) return random.nextBoolean() ? null : new byte[] {0, 0, 0, 0, 9};
    var out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(SCHEMA_ID).array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<>(schema).write(random(random, schema), encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private static @Nullable Object random(Random random, Schema schema) {
    return switch (schema.getType()) {
      case BOOLEAN -> random.nextBoolean();
      case INT ->
          schema.getLogicalType() instanceof LogicalTypes.TimeMillis
              ? random.nextInt(86_400_000)
              : random.nextInt() >> random.nextInt(32);
      case LONG -> random.nextLong() >> (12 + random.nextInt(52));
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextInt(100) / 4.0;
      case STRING ->
          schema.getLogicalType() == null
              ? "x".repeat(length(random)) + random.nextInt(random.nextBoolean() ? 9 : 1_000_000)
              : new UUID(random.nextLong(), random.nextLong()).toString();
      case BYTES -> {
        var bytes = new byte[length(random)];
        random.nextBytes(bytes);
        yield ByteBuffer.wrap(bytes);
      }
      case FIXED -> {
        var bytes = new byte[schema.getFixedSize()];
        random.nextBytes(bytes);
        yield new GenericData.Fixed(schema, bytes);
      }
      case ENUM ->
          new GenericData.EnumSymbol(
              schema, schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
      case UNION -> random(random, schema.getTypes().get(random.nextInt(2)));
      case RECORD -> {
        var record = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
          record.put(field.pos(), random(random, field.schema()));
        }
        yield record;
      }
      case ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          items.add(random(random, schema.getElementType()));
        }
        yield items;
      }
      case MAP -> {
        Map<String, @Nullable Object> map = new HashMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          map.put("k" + i, random(random, schema.getValueType()));
        }
        yield map;
      }
      case NULL -> null;
    };
  }

  /** Mostly little; around the lengths at which copying and counting change their ways. */
  private static int length(Random random) {
    return switch (random.nextInt(10)) {
      case 0 -> 14 + random.nextInt(4);
      case 1 -> 30 + random.nextInt(4);
      case 2 -> 60 + random.nextInt(8);
      default -> random.nextInt(12);
    };
  }
}

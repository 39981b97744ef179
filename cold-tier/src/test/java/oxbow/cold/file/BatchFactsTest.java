package oxbow.cold.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.file.avro.AvroOptions;
import oxbow.cold.file.parquet.ParquetOptions;
import oxbow.cold.file.testing.ColdFileRoundTrip;
import oxbow.cold.file.testing.OrderEvents;
import oxbow.cold.file.testing.RandomAvro;
import oxbow.cold.file.testing.TestBatch;
import oxbow.cold.file.testing.TestBatch.TestRecord;
import oxbow.cold.store.StoreException;
import oxbow.log.TimestampedOffset;
import oxbow.schema.References;
import oxbow.schema.SchemaType;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutMerger;
import oxbow.schema.layout.Merge;
import oxbow.schema.layout.Type;

/** What batches are beside their records, and what becomes of those that aren't all rows. */
class BatchFactsTest {
  private static final ParquetOptions SMALL =
      new ParquetOptions(50, 1 << 16, 200, 1 << 20, 1, false);

  @TempDir Path directory;

  @Test
  void recordsOfAbortedTransactionsAreNoRowsAndMarkersComeBack() throws IOException {
    TestBatch kept = batch(0, 5);
    kept.attributes = 0x10;
    kept.producerId = 7;
    TestBatch aborted = batch(5, 4);
    aborted.attributes = 0x10;
    aborted.producerId = 8;
    TestBatch after = batch(20, 3);
    after.attributes = 0x10;
    after.producerId = 8;
    TestBatch abort = marker(9, 8, 0);
    TestBatch commit = marker(10, 7, 1);
    var writer = writer(plain());
    List<ColdFileWriter.Aborted> transactions = List.of(new ColdFileWriter.Aborted(8, 5, 9));
    for (TestBatch each : List.of(kept, aborted, abort, commit, after)) {
      writer.add(ByteBuffer.wrap(each.toBytes()), 0, transactions);
    }
    var file = ColdFileRoundTrip.finish(writer, 23);
    assertThat(file.file.records()).isEqualTo(8);
    assertThat(file.readAll(1 << 20)).isEqualTo(bytes(List.of(kept, abort, commit, after)));
    assertThat(file.open().read(6, 1)).isEqualTo(ByteBuffer.wrap(abort.toBytes()));
  }

  @Test
  void recordsBelowTheFirstWantedOffsetAreLeftOut() throws IOException {
    for (CompressionType codec : List.of(CompressionType.NONE, CompressionType.LZ4)) {
      TestBatch gone = batch(0, 10);
      TestBatch cut = batch(10, 10);
      cut.codec = codec;
      var writer = writer(plain());
      for (TestBatch each : List.of(gone, cut, batch(20, 10))) {
        writer.add(ByteBuffer.wrap(each.toBytes()), 13, List.of());
      }
      var file = ColdFileRoundTrip.finish(writer, 30);
      assertThat(file.file.baseOffset()).isEqualTo(13);
      assertThat(file.file.records()).isEqualTo(17);
      List<Long> offsets = new ArrayList<>();
      for (RecordBatch got :
          MemoryRecords.readableRecords(ByteBuffer.wrap(file.readAll(100))).batches()) {
        got.ensureValid();
        for (Record record : got) offsets.add(record.offset());
      }
      assertThat(offsets).hasSize(17).startsWith(13L).endsWith(29L).isSorted();
    }
  }

  @Test
  void timesThatTheBrokerSetAreSeenByAllAndThoseOfTheProducerComeBack() throws IOException {
    TestBatch stamped = batch(0, 300);
    stamped.attributes = 0x08;
    stamped.maxTimestampMs = 1_800_000_000_000L;
    var writer = writer(plain());
    writer.add(ByteBuffer.wrap(stamped.toBytes()), 0, List.of());
    var file = ColdFileRoundTrip.finish(writer, 300);
    assertThat(file.readAll(1 << 20)).isEqualTo(stamped.toBytes());
    assertThat(file.file.timestampMin()).isEqualTo(1_800_000_000_000L);
    ColdFileReader reader = file.open();
    assertThat(reader.find(1_800_000_000_000L, 5, 300))
        .contains(new TimestampedOffset(1_800_000_000_000L, 5, 0));
    assertThat(reader.find(1_800_000_000_001L, 0, 300)).isEmpty();
  }

  @Test
  void timestampsAtTheEndsOfTheirRangeComeBackAndAreFound() throws IOException {
    var batch = new TestBatch();
    batch.baseTimestampMs = 0;
    long[] times = {-1, Long.MIN_VALUE, 0, Long.MAX_VALUE, 9_000_000_000_000_001L, 5};
    for (long time : times) batch.add(time, null, "v".getBytes(UTF_8));
    batch.maxTimestampMs = Long.MAX_VALUE;
    var writer = writer(plain());
    writer.add(ByteBuffer.wrap(batch.toBytes()), 0, List.of());
    var file = ColdFileRoundTrip.finish(writer, times.length);
    assertThat(file.readAll(1)).isEqualTo(batch.toBytes());
    ColdFileReader reader = file.open();
    assertThat(reader.findMaxTimestamp(0, 6)).contains(new TimestampedOffset(Long.MAX_VALUE, 3, 0));
    assertThat(reader.findMaxTimestamp(4, 6))
        .contains(new TimestampedOffset(9_000_000_000_000_001L, 4, 0));
    assertThat(reader.find(1, 0, 6)).contains(new TimestampedOffset(Long.MAX_VALUE, 3, 0));
    assertThat(reader.find(1, 5, 6)).contains(new TimestampedOffset(5, 5, 0));
  }

  @Test
  void theLargestTimestampIsFoundAtItsFirstRecord() throws IOException {
    var writer = writer(plain());
    long[][] deltas = {{1, 9, 3}, {9, 2}, {4, 8}};
    long offset = 0;
    for (long[] each : deltas) {
      var batch = new TestBatch();
      batch.baseOffset = offset;
      for (long delta : each) batch.add(delta, null, null);
      writer.add(ByteBuffer.wrap(batch.toBytes()), 0, List.of());
      offset += each.length;
    }
    ColdFileReader reader = ColdFileRoundTrip.finish(writer, offset).open();
    long base = 1_700_000_000_000L;
    assertThat(reader.findMaxTimestamp(0, 7)).contains(new TimestampedOffset(base + 9, 1, 0));
    assertThat(reader.findMaxTimestamp(2, 7)).contains(new TimestampedOffset(base + 9, 3, 0));
    assertThat(reader.findMaxTimestamp(4, 7)).contains(new TimestampedOffset(base + 8, 6, 0));
    assertThat(reader.findMaxTimestamp(7, 9)).isEmpty();
  }

  @Test
  void aBatchThatIsTooLargeToBeHeldIsKeptWholeWithARowForEachRecord() throws IOException {
    var huge = new TestBatch();
    huge.baseOffset = 3;
    huge.codec = CompressionType.ZSTD;
    var value = new byte[1 << 20];
    for (int i = 0; i < 66; i++) huge.add(i, null, value);
    byte[] bytes = huge.toBytes();
    var writer = writer(plain());
    writer.add(ByteBuffer.wrap(batch(0, 3).toBytes()), 0, List.of());
    writer.add(ByteBuffer.wrap(bytes), 0, List.of());
    var file = ColdFileRoundTrip.finish(writer, 69);
    assertThat(file.file.records()).isEqualTo(69);
    assertThat(file.open().read(50, 1)).isEqualTo(ByteBuffer.wrap(bytes));
  }

  @Test
  void anyFlippedBitIsNoticedOrDoesNoHarm() throws IOException {
    var events = new OrderEvents(3, false);
    var file = orders(events, 2);
    byte[] wanted = file.readAll(1 << 20);
    var random = new Random(12);
    int noticed = 0;
    for (int i = 0; i < 300; i++) {
      int at = random.nextInt(file.bytes.length);
      byte before = file.bytes[at];
      file.bytes[at] ^= (byte) (1 << random.nextInt(8));
      try {
        assertThat(file.readAll(1 << 20)).isEqualTo(wanted);
      } catch (StoreException e) {
        assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPT);
        assertThat(e).hasMessageContaining("topic-0/test");
        noticed++;
      }
      file.bytes[at] = before;
    }
    assertThat(noticed).isGreaterThan(200);
  }

  @Test
  void aLogWhoseBytesChangedIsNotTakenForWhatItWas() throws IOException {
    byte[] bytes = batch(0, 5).toBytes();
    bytes[80] ^= 1;
    try (var writer = writer(plain())) {
      assertThatThrownBy(() -> writer.add(ByteBuffer.wrap(bytes), 0, List.of()))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("batch at offset 0");
    }
    assertThat(directory.resolve("file.parquet")).doesNotExist();
  }

  @Test
  void aVerifiedFileIsTheOneThatWasWritten() throws IOException {
    var events = new OrderEvents(4, false);
    Path path = directory.resolve("file.parquet");
    ColdFileWriter writer = orderWriter(events, path);
    writer.add(ByteBuffer.wrap(bytes(events.batches(1))), 0, List.of());
    ColdFile file = writer.finish("f", OrderEvents.BATCH_RECORDS);
    byte[] bytes = Files.readAllBytes(path);
    ColdFiles.verify(file, path);
    bytes[bytes.length / 3] ^= 4;
    Files.write(path, bytes);
    assertThatThrownBy(() -> ColdFiles.verify(file, path)).isInstanceOf(StoreException.class);
    writer.close();
  }

  @Test
  void keysWithASchemaLieInColumnsToo() throws IOException {
    var avro = new RandomAvro(new Random(21));
    Schema schema = avro.record();
    var merged =
        (Merge.Placed)
            LayoutMerger.merge(
                new Layout(SystemColumns.KEY_ID_FIRST - 1, List.of()),
                new AvroFormat().parse(schema.toString(), References.NONE));
    Column key = SystemColumns.typedKey(new Type.Struct(merged.layout().columns(), false));
    var known = new WriterSchema(9, SchemaType.AVRO, schema.toString(), merged.placement());
    var schemas =
        new WriterSchemas() {
          @Override
          public Answer value(int schemaId) {
            return new Answer.Unknown();
          }

          @Override
          public Answer key(int schemaId) {
            return schemaId == 9 ? new Answer.Known(known) : new Answer.Unknown();
          }
        };
    var columns =
        new TableColumns(
                SystemColumns.BINARY_KEY,
                Optional.of(SystemColumns.plainValue(Type.Plain.STRING)),
                Layout.EMPTY)
            .withTypedKey(Optional.of(key));
    var spec = new ColdFileSpec("keys", new Uuid(1, 1), 0, columns, true);
    var writer = ColdFiles.writeParquet(directory.resolve("keys.parquet"), spec, SMALL, schemas);
    var random = new Random(5);
    var batch = new TestBatch();
    for (int i = 0; i < 500; i++) {
      RandomAvro.Style style = List.of(RandomAvro.Style.values()).get(random.nextInt(3));
      byte[] encoded = avro.value(schema, style);
      int id = random.nextInt(10) == 0 ? 10 : 9;
      byte[] framed =
          ByteBuffer.allocate(5 + encoded.length).put((byte) 0).putInt(id).put(encoded).array();
      byte[] value = random.nextInt(9) == 0 ? new byte[] {(byte) 0xff} : "text".getBytes(UTF_8);
      batch.add(i, random.nextInt(8) == 0 ? null : framed, random.nextInt(9) == 0 ? null : value);
    }
    writer.add(ByteBuffer.wrap(batch.toBytes()), 0, List.of());
    var file = ColdFileRoundTrip.finish(writer, 500);
    assertThat(file.readAll(1 << 20)).isEqualTo(batch.toBytes());
  }

  @Test
  void filesOfTheFirstFormatAreReadAndWrittenAsEver() throws IOException {
    for (ColdFormat format : List.of(ColdFormat.PARQUET, ColdFormat.AVRO)) {
      boolean isParquet = format == ColdFormat.PARQUET;
      String name = isParquet ? "orders-v1.parquet" : "orders-v1.avro";
      byte[] golden;
      try (InputStream in =
          Objects.requireNonNull(BatchFactsTest.class.getResourceAsStream(name))) {
        golden = in.readAllBytes();
      }
      int indexBytes = isParquet ? 11_191 : 396;
      var events = new OrderEvents(1, false);
      byte[] log = bytes(events.batches(1));
      var file =
          new ColdFile(
              name, new Uuid(1, 1), 0, format, 0, 500, 500, golden.length, 0, 0, indexBytes, 3, 0);
      ByteBuffer got =
          ColdFiles.open(file, (at, length) -> ByteBuffer.wrap(golden, (int) at, length).slice())
              .read(0, 1);
      assertThat(got.array()).isEqualTo(log);

      // A difference here is a change of the format: it gets a number of its own.
      ColdFileWriter writer = goldenWriter(events, format, directory.resolve(name));
      writer.add(ByteBuffer.wrap(log), 0, List.of());
      var again = ColdFileRoundTrip.finish(writer, 500);
      int rowBytes = golden.length - indexBytes;
      assertThat(Arrays.copyOf(again.bytes, rowBytes)).isEqualTo(Arrays.copyOf(golden, rowBytes));
    }
  }

  private static ColdFileWriter goldenWriter(OrderEvents events, ColdFormat format, Path path)
      throws IOException {
    return format == ColdFormat.PARQUET
        ? orderWriter(events, path, new ParquetOptions(300, 1 << 20, 400, 1 << 20, 19, false))
        : ColdFiles.writeAvro(
            path, orderSpec(TableColumns.EMPTY), new AvroOptions(300, 1 << 20, 19));
  }

  private static ColdFileSpec orderSpec(TableColumns columns) {
    return new ColdFileSpec("orders", new Uuid(1, 1), 0, columns, true);
  }

  @Test
  void epochsEndWhereTheirLastBatchEnds() throws IOException {
    var writer = writer(plain());
    int[] epochs = {2, 2, 5};
    for (int i = 0; i < epochs.length; i++) {
      TestBatch batch = batch(i * 10L, 10);
      batch.leaderEpoch = epochs[i];
      writer.add(ByteBuffer.wrap(batch.toBytes()), 0, List.of());
    }
    ColdFileReader reader = ColdFileRoundTrip.finish(writer, 30).open();
    assertThat(reader.endOf(1)).isEmpty();
    assertThat(OptionalLong.of(reader.endOf(4).orElseThrow().endOffset())).hasValue(20);
    assertThat(OptionalLong.of(reader.endOf(9).orElseThrow().endOffset())).hasValue(30);
  }

  private ColdFileRoundTrip orders(OrderEvents events, int batches) throws IOException {
    ColdFileWriter writer = orderWriter(events, directory.resolve("orders.parquet"));
    writer.add(ByteBuffer.wrap(bytes(events.batches(batches))), 0, List.of());
    return ColdFileRoundTrip.finish(writer, (long) batches * OrderEvents.BATCH_RECORDS);
  }

  private static ColdFileWriter orderWriter(OrderEvents events, Path path) throws IOException {
    return orderWriter(events, path, SMALL);
  }

  private static ColdFileWriter orderWriter(OrderEvents events, Path path, ParquetOptions options)
      throws IOException {
    var parsed = new AvroFormat().parse(events.schema().toString(), References.NONE);
    var merged = (Merge.Placed) LayoutMerger.merge(Layout.EMPTY, parsed);
    var schema = WriterSchema.of(OrderEvents.SCHEMA_ID, parsed, merged.placement());
    ColdFileSpec spec = orderSpec(TableColumns.typed(merged.layout()));
    return ColdFiles.writeParquet(path, spec, options, new KnownSchema(schema));
  }

  private static TestBatch marker(long offset, long producerId, int type) {
    var marker = new TestBatch();
    marker.baseOffset = offset;
    marker.attributes = 0x30;
    marker.producerId = producerId;
    marker.producerEpoch = 1;
    marker.records.add(
        new TestRecord(
            0, 0, 0, new byte[] {0, 0, 0, (byte) type}, new byte[] {0, 0, 0, 0, 0, 3}, List.of()));
    return marker;
  }

  private static TestBatch batch(long offset, int records) {
    var batch = new TestBatch();
    batch.baseOffset = offset;
    for (int i = 0; i < records; i++) batch.add(i, null, ("value " + i).getBytes(UTF_8));
    return batch;
  }

  private static byte[] bytes(List<TestBatch> batches) {
    var all = new ByteArrayOutputStream();
    for (TestBatch batch : batches) all.writeBytes(batch.toBytes());
    return all.toByteArray();
  }

  private static TableColumns plain() {
    return new TableColumns(
        SystemColumns.BINARY_KEY,
        Optional.of(SystemColumns.plainValue(Type.Plain.BINARY)),
        Layout.EMPTY);
  }

  private ColdFileWriter writer(TableColumns columns) throws IOException {
    var spec = new ColdFileSpec("topic", new Uuid(1, 2), 0, columns, false);
    return ColdFiles.writeParquet(
        directory.resolve("file.parquet"), spec, SMALL, WriterSchemas.NONE);
  }
}

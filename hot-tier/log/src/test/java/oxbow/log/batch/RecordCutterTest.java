package oxbow.log.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import oxbow.log.testing.BatchBuilder;

class RecordCutterTest {
  private static final long BASE = 4_096;
  private static final ByteBuffer GONE = ByteBuffer.wrap("gone".getBytes(UTF_8));

  private final RecordCutter cutter =
      new RecordCutter((_, key, _) -> key != null && key.equals(GONE), GONE.remaining());

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void whatStaysKeepsItsBytesAndItsOffset(CompressionType codec) throws IOException {
    Random random = new Random(codec.id);
    for (int i = 0; i < 50; i++) {
      BatchBuilder builder = BatchBuilder.at(1_000).codec(codec).producer(7, 2, 40);
      List<byte[]> kept = new ArrayList<>();
      int count = 1 + random.nextInt(40);
      int gone = 0;
      for (int j = 0; j < count; j++) {
        boolean isGone = random.nextInt(3) == 0;
        byte[] value = random.nextInt(5) == 0 ? null : new byte[random.nextInt(20_000)];
        if (value != null && random.nextBoolean()) random.nextBytes(value);
        String key = isGone ? "gone" : random.nextBoolean() ? null : "key " + j;
        builder.add(1_000 + random.nextInt(500), key == null ? null : key.getBytes(UTF_8), value);
        if (isGone) gone++;
        else kept.add(builder.records.getLast());
      }
      ByteBuffer batch = stamped(builder);

      assertThat(cutter.count(batch)).isEqualTo(gone);
      ByteBuffer cut = cutter.cut(batch);

      if (gone == 0) assertThat(cut).isSameAs(batch);
      RecordBatch read = only(cut);
      read.ensureValid();
      assertThat(read.baseOffset()).isEqualTo(BASE);
      assertThat(read.lastOffset()).isEqualTo(BASE + count - 1);
      assertThat(read.partitionLeaderEpoch()).isEqualTo(3);
      assertThat(read.producerId()).isEqualTo(7);
      assertThat(read.lastSequence()).isEqualTo(40 + count - 1);
      assertThat(read.compressionType()).isEqualTo(kept.isEmpty() ? CompressionType.NONE : codec);
      assertThat(read.countOrNull()).isEqualTo(kept.size());
      assertThat(records(cut)).isEqualTo(records(batch, GONE));
      if (codec == CompressionType.NONE) assertThat(payload(cut)).isEqualTo(joined(kept));
      if (!kept.isEmpty()) {
        long largest = records(cut).stream().mapToLong(Seen::timestamp).max().orElseThrow();
        assertThat(read.maxTimestamp()).isEqualTo(largest);
      }
    }
  }

  @Test
  void aBatchThatLosesEverythingIsItsHeader() throws IOException {
    ByteBuffer batch =
        stamped(
            BatchBuilder.at(5)
                .codec(CompressionType.ZSTD)
                .producer(7, 2, 40)
                .transactional()
                .add(9, "gone", "a")
                .add(6, "gone", null));

    ByteBuffer cut = cutter.cut(batch);

    assertThat(cut.remaining()).isEqualTo(BatchView.HEADER_BYTES);
    RecordBatch read = only(cut);
    read.ensureValid();
    assertThat(read.isTransactional()).isTrue();
    assertThat(read.lastOffset()).isEqualTo(BASE + 1);
    assertThat(read.lastSequence()).isEqualTo(41);
    assertThat(read.maxTimestamp()).isEqualTo(9);
    assertThat(cutter.cut(cut)).isSameAs(cut);
    assertThat(cutter.droppedRecords()).isEqualTo(2);
  }

  @Test
  void theBrokersTimeStaysTheBatchs() throws IOException {
    BatchBuilder builder = BatchBuilder.at(5).add(9, "gone", "a").add(6, "stays", "b");
    builder.attributes |= 0x08;
    builder.maxTimestampMs = 77L;

    ByteBuffer cut = cutter.cut(stamped(builder));

    assertThat(only(cut).maxTimestamp()).isEqualTo(77);
    assertThat(records(cut)).extracting(Seen::timestamp).containsExactly(77L);
  }

  @Test
  void longKeysStayWithoutBeingHeld() throws IOException {
    byte[] key = new byte[5 << 20];
    ByteBuffer batch =
        stamped(
            BatchBuilder.at(5)
                .codec(CompressionType.ZSTD)
                .add(6, key, new byte[3])
                .add(7, "gone", "a"));

    ByteBuffer cut = cutter.cut(batch);

    assertThat(records(cut)).hasSize(1);
    assertThat(records(cut).getFirst().key()).isEqualTo(ByteBuffer.wrap(key));
  }

  @Test
  void aBatchWhoseRecordsCantBeFoundIsTold() {
    for (byte[] payload :
        List.of(
            new byte[] {}, // a count without records
            new byte[] {20, 0, 0, 0}, // shorter than it says
            new byte[] {4, 0, 0, 0, 1}, // a length that is too short for its fields
            new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f})) {
      BatchBuilder builder = BatchBuilder.at(5);
      builder.recordCount = 1;
      ByteBuffer batch = builder.build(payload);

      assertThatThrownBy(() -> cutter.count(batch)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> cutter.cut(batch)).isInstanceOf(IOException.class);
    }
    BatchBuilder builder = BatchBuilder.at(5).codec(CompressionType.LZ4);
    builder.recordCount = 1;
    ByteBuffer batch = builder.build(new byte[] {1, 2, 3, 4});
    assertThatThrownBy(() -> cutter.count(batch)).isInstanceOf(IOException.class);
  }

  private static ByteBuffer stamped(BatchBuilder builder) {
    ByteBuffer batch = builder.build();
    BatchView.stampOffset(batch, 0, BASE, 3);
    return batch;
  }

  private record Seen(long offset, long timestamp, ByteBuffer key, ByteBuffer value) {}

  private static List<Seen> records(ByteBuffer batch) {
    List<Seen> records = new ArrayList<>();
    for (Record record : only(batch)) {
      records.add(new Seen(record.offset(), record.timestamp(), record.key(), record.value()));
    }
    return records;
  }

  private static List<Seen> records(ByteBuffer batch, ByteBuffer without) {
    return records(batch).stream().filter(seen -> !without.equals(seen.key())).toList();
  }

  private static RecordBatch only(ByteBuffer batch) {
    return MemoryRecords.readableRecords(batch.duplicate()).batches().iterator().next();
  }

  private static ByteBuffer payload(ByteBuffer batch) {
    return batch.slice(BatchView.HEADER_BYTES, batch.limit() - BatchView.HEADER_BYTES);
  }

  private static ByteBuffer joined(List<byte[]> parts) {
    ByteBuffer joined = ByteBuffer.allocate(parts.stream().mapToInt(part -> part.length).sum());
    parts.forEach(joined::put);
    return joined.flip();
  }
}

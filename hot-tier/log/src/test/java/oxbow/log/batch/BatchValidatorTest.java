package oxbow.log.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.ByteUtils;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.OffsetsOutOfOrderException;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.xerial.snappy.Snappy;
import oxbow.log.LogConfig;
import oxbow.log.testing.BatchBuilder;

class BatchValidatorTest {
  private static final long NOW_MS = 1_750_000_000_000L;
  private static final long DECOMPRESSED_BYTES_MAX = 16 << 20;

  private final BatchValidator validator = new BatchValidator(1, DECOMPRESSED_BYTES_MAX);

  @AfterEach
  void close() {
    validator.close();
  }

  /** As Kafka's producers, coordinators and librdkafka (raw snappy) send them. */
  @ParameterizedTest
  @CsvSource({
    "none, CLIENT, 2, 7,"
        + " 000000000000000000000057ffffffff026bb7145d000000000001000001977420dc00000001977420dc07"
        + "ffffffffffffffffffffffffffff0000000238000000046b312876616c7565206f6e652c2076616c756520"
        + "6f6e650010000e02046b320100",
    "gzip, CLIENT, 2, 7,"
        + " 000000000000000000000063ffffffff025b44bb7e000100000001000001977420dc00000001977420dc07"
        + "ffffffffffffffffffffffffffff000000021f8b08000000000000ffb360606060c936d4284bcc294d55c8"
        + "cf4bd5518033190418f89858b28d181900834adb5526000000",
    "snappy, CLIENT, 2, 7,"
        + " 000000000000000000000067ffffffff027a957fc8000200000001000001977420dc00000001977420dc07"
        + "ffffffffffffffffffffffffffff0000000282534e4150505900000000010000000100000022264838000000"
        + "046b312876616c7565206f6e652c20150b240010000e02046b320100",
    "raw snappy, CLIENT, 1, 0,"
        + " 000000000000000000000050ffffffff02846dfc39000200000000000001977420dc00000001977420dc00"
        + "ffffffffffffffffffffffffffff000000011d7038000000046b312876616c7565206f6e652c2076616c7565"
        + "206f6e6500",
    "lz4, CLIENT, 2, 7,"
        + " 000000000000000000000062ffffffff02edbed726000300000001000001977420dc00000001977420dc07"
        + "ffffffffffffffffffffffffffff0000000204224d1860408222000000f50438000000046b312876616c7565"
        + "206f6e652c200b00a00010000e02046b32010000000000",
    "zstd, CLIENT, 2, 7,"
        + " 000000000000000000000060ffffffff02d7d362f9000400000001000001977420dc00000001977420dc07"
        + "ffffffffffffffffffffffffffff0000000228b52ffd00581c0100e838000000046b312876616c7565206f6e"
        + "652c200010000e02046b32010001005d9430010000",
    "transactional, CLIENT, 1, 0,"
        + " 00000000000000000000004effffffff0263ad2110001000000000000001977420dc00000001977420dc00"
        + "000000000000126700030000002a0000000138000000046b312876616c7565206f6e652c2076616c7565206f"
        + "6e6500",
    "commit marker, COORDINATOR, 1, 0,"
        + " 0000000000000000000000420000000002edc9b64e003000000000000001977420dc00000001977420dc00"
        + "00000000000012670003ffffffff000000012000000008000000010c00000000000900",
  })
  void takesEveryKindOfBatchAsItIs(
      String kind, AppendOrigin origin, int records, int maxTimestampDeltaMs, String hex) {
    byte[] sent = HexFormat.of().parseHex(hex.strip());

    ValidBatch valid = validator.validate(direct(sent), LogConfig.DEFAULT, origin, NOW_MS);

    assertThat(bytes(valid)).as(kind).isEqualTo(sent);
    assertThat(valid.recordCount()).isEqualTo(records);
    assertThat(valid.maxTimestampMs()).isEqualTo(NOW_MS + maxTimestampDeltaMs);
    assertThat(valid.maxTimestampOffset()).isEqualTo(maxTimestampDeltaMs == 0 ? 0 : 1);
    assertThat(valid.isControl()).isEqualTo(kind.contains("marker"));
    assertThat(valid.isRewritten()).isFalse();
  }

  @Test
  void stampsOffsetAndEpochOutsideTheChecksum() {
    ValidBatch valid = validate(two().build());

    valid.stamp(4096, 7);

    assertThat(valid.baseOffset()).isEqualTo(4096);
    assertThat(valid.lastOffset()).isEqualTo(4097);
    assertThat(valid.leaderEpoch()).isEqualTo(7);
    assertThat(valid.asKafkaBatch().isValid()).isTrue();
  }

  @Test
  void readsAProducersFields() {
    ValidBatch valid = validate(two().producer(4711, 3, Integer.MAX_VALUE).transactional().build());

    assertThat(valid.producerId()).isEqualTo(4711);
    assertThat(valid.producerEpoch()).isEqualTo((short) 3);
    assertThat(valid.baseSequence()).isEqualTo(Integer.MAX_VALUE);
    assertThat(valid.lastSequence()).isZero(); // sequences wrap
    assertThat(valid.isTransactional()).isTrue();
  }

  @Test
  void correctsALyingMaxTimestamp() {
    BatchBuilder builder = two();
    builder.maxTimestampMs = 1L;

    ValidBatch valid = validate(builder.build());

    assertThat(valid.maxTimestampMs()).isEqualTo(NOW_MS + 1);
    assertThat(valid.asKafkaBatch().isValid()).isTrue();
  }

  @Test
  void stampsTheBrokersTimeWhereTheTopicSaysSo() {
    var config = LogConfig.of(Map.of("message.timestamp.type", "LogAppendTime"));

    ValidBatch valid = validator.validate(two().build(), config, AppendOrigin.CLIENT, NOW_MS + 99);

    assertThat(valid.isLogAppendTime()).isTrue();
    assertThat(valid.maxTimestampMs()).isEqualTo(NOW_MS + 99);
    assertThat(valid.asKafkaBatch().isValid()).isTrue();
  }

  @Test
  void refusesAChecksumThatDoesNotFit() {
    ByteBuffer batch = two().build();
    batch.put(70, (byte) (batch.get(70) + 1));

    assertThatThrownBy(() -> validate(batch)).isInstanceOf(CorruptRecordException.class);
    assertThat(validator.counters().corrupt.sum()).isEqualTo(1);
  }

  @Test
  void refusesALengthBelowTheLeastOfAnyFormat() {
    ByteBuffer batch = two().build().putInt(8, 13);

    assertThatThrownBy(() -> validate(batch)).isInstanceOf(CorruptRecordException.class);
  }

  @Test
  void refusesABatchThatIsCutShort() {
    ByteBuffer batch = two().build();
    batch.limit(batch.limit() - 1);

    assertThatThrownBy(() -> validate(batch)).isInstanceOf(InvalidRecordException.class);
  }

  @Test
  void refusesASecondBatch() {
    byte[] one = two().build().array();
    byte[] both = Arrays.copyOf(one, one.length * 2);
    System.arraycopy(one, 0, both, one.length, one.length);

    assertThatThrownBy(() -> validate(ByteBuffer.wrap(both)))
        .isInstanceOf(InvalidRecordException.class);
  }

  @Test
  void refusesABatchLargerThanTheTopicTakes() {
    var config = LogConfig.of(Map.of("max.message.bytes", "60"));

    assertThatThrownBy(() -> validator.validate(two().build(), config, AppendOrigin.CLIENT, NOW_MS))
        .isInstanceOf(RecordTooLargeException.class);
    assertThat(validator.counters().tooLarge.sum()).isEqualTo(1);
  }

  @Test
  void refusesABatchThatNoSegmentHolds() {
    var config = LogConfig.of(Map.of("segment.bytes", "1048576", "max.message.bytes", "9000000"));
    ByteBuffer batch = BatchBuilder.at(NOW_MS).add(NOW_MS, null, new byte[1 << 20]).build();

    assertThatThrownBy(() -> validator.validate(batch, config, AppendOrigin.CLIENT, NOW_MS))
        .isInstanceOf(RecordBatchTooLargeException.class);
  }

  @Test
  void refusesACodecThatDoesNotExist() {
    BatchBuilder builder = two();
    byte[] payload = builder.records.getFirst();
    builder.attributes = 6;

    assertThatThrownBy(() -> validate(builder.build(payload)))
        .isInstanceOf(UnsupportedCompressionTypeException.class);
  }

  @Test
  void refusesControlRecordsFromProducers() {
    BatchBuilder builder = two();
    builder.attributes |= 0x20;

    assertThatThrownBy(() -> validate(builder.build())).isInstanceOf(InvalidRecordException.class);
  }

  @Test
  void refusesAnIdempotentBatchWithoutSequence() {
    assertThatThrownBy(() -> validate(two().producer(1, 0, -1).build()))
        .isInstanceOf(InvalidRecordException.class);
  }

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void refusesACountThatLies(CompressionType codec) {
    for (int lie : new int[] {-1, 0, 1, 3, Integer.MAX_VALUE}) {
      BatchBuilder builder = two().codec(codec);
      builder.recordCount = lie;
      assertThatThrownBy(() -> validate(builder.build()))
          .as("count %d", lie)
          .isInstanceOf(InvalidRecordException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void refusesALengthThatLies(CompressionType codec) {
    BatchBuilder builder = two().codec(codec);
    byte[] first = builder.records.getFirst();
    first[0] = (byte) (first[0] + 2); // one byte longer than the fields that follow

    assertThatThrownBy(() -> validate(builder.build())).isInstanceOf(InvalidRecordException.class);
  }

  @ParameterizedTest
  @EnumSource(value = CompressionType.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void refusesAPayloadThatDoesNotDecompress(CompressionType codec) {
    byte[] garbage = new byte[50];
    new Random(7).nextBytes(garbage);

    assertThatThrownBy(() -> validate(two().codec(codec).build(garbage)))
        .isInstanceOf(InvalidRecordException.class);
    assertThat(validate(two().codec(codec).build()).recordCount()).isEqualTo(2); // goes on working
  }

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void putsOffsetDeltasInOrder(CompressionType codec) {
    BatchBuilder builder = two().codec(codec);
    builder.records.set(1, BatchBuilder.record(5, 1, null, new byte[] {9}));

    ValidBatch valid = validate(builder.build());

    assertThat(valid.isRewritten()).isTrue();
    assertThat(valid.asKafkaBatch()).extracting(Record::offset).containsExactly(0L, 1L);
    assertThat(valid.asKafkaBatch().compressionType()).isEqualTo(codec);
  }

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void namesTheRecordsWithoutKeyInACompactedTopic(CompressionType codec) {
    var config = LogConfig.of(Map.of("cleanup.policy", "compact"));
    ByteBuffer batch =
        BatchBuilder.at(NOW_MS)
            .codec(codec)
            .add(NOW_MS, "a", "1")
            .add(NOW_MS, (String) null, "2")
            .add(NOW_MS, "c", "3")
            .add(NOW_MS, (String) null, "4")
            .build();

    var refusal = refusal(batch, config);

    assertThat(refusal.invalidException()).isInstanceOf(InvalidRecordException.class);
    assertThat(refusal.recordErrors()).extracting(e -> e.batchIndex).containsExactly(1, 3);
    assertThat(validator.counters().badRecords.sum()).isEqualTo(1);
  }

  @Test
  void namesTheRecordsWhoseTimeIsOutOfRange() {
    var config =
        LogConfig.of(
            Map.of(
                "message.timestamp.before.max.ms", "10", "message.timestamp.after.max.ms", "20"));
    BatchBuilder builder = BatchBuilder.at(NOW_MS);
    for (long delta : new long[] {-11, -10, 0, 20, 21}) builder.add(NOW_MS + delta, "k", "v");

    var refusal = refusal(builder.build(), config);

    assertThat(refusal.invalidException()).isInstanceOf(InvalidTimestampException.class);
    assertThat(refusal.recordErrors()).extracting(e -> e.batchIndex).containsExactly(0, 4);
  }

  @Test
  void namesOnlySoManyBadRecords() {
    var config = LogConfig.of(Map.of("cleanup.policy", "compact"));
    BatchBuilder builder = BatchBuilder.at(NOW_MS).codec(CompressionType.ZSTD);
    for (int i = 0; i < RecordErrors.NAMED_MAX + 5; i++) builder.add(NOW_MS, (byte[]) null, null);

    assertThat(refusal(builder.build(), config).recordErrors()).hasSize(RecordErrors.NAMED_MAX);
  }

  @ParameterizedTest
  @EnumSource(value = CompressionType.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void readsRecordsAcrossWindows(CompressionType codec) {
    var random = new Random(11);
    BatchBuilder builder = BatchBuilder.at(NOW_MS).codec(codec);
    for (int i = 0; i < 5_000; i++) {
      byte[] value = new byte[random.nextInt(120)];
      random.nextBytes(value);
      builder.add(NOW_MS + i % 100, "key".getBytes(UTF_8), value);
    }
    builder.add(NOW_MS + 500, "large", "x".repeat(300_000));

    ValidBatch valid = validate(builder.build());

    assertThat(valid.recordCount()).isEqualTo(5_001);
    assertThat(valid.maxTimestampMs()).isEqualTo(NOW_MS + 500);
    assertThat(valid.maxTimestampOffset()).isEqualTo(5_000);
  }

  @Test
  void takesRawSnappyLargerThanAWindow() {
    BatchBuilder builder = BatchBuilder.at(NOW_MS).codec(CompressionType.SNAPPY);
    builder.add(NOW_MS, "key", "value ".repeat(100_000));
    byte[] payload = snappy(builder.records.getFirst());

    for (int i = 0; i < 3; i++) {
      assertThat(validate(builder.build(payload)).recordCount()).isEqualTo(1);
    }
  }

  @Test
  void takesZstdOfTheHighestLevel() throws IOException {
    BatchBuilder builder = BatchBuilder.at(NOW_MS).codec(CompressionType.ZSTD);
    builder.add(NOW_MS, "key", "value ".repeat(50_000));
    var out = new ByteArrayOutputStream();
    try (var zstd = new ZstdOutputStreamNoFinalizer(out, 22)) {
      zstd.write(builder.records.getFirst()); // asks for 128 MiB of history
    }

    for (int i = 0; i < 3; i++) {
      assertThat(validate(builder.build(out.toByteArray())).recordCount()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(value = CompressionType.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void refusesABombAfterItsFirstBytesTooMany(CompressionType codec) {
    // One record that says it is as long as what follows, and zeros.
    byte[] bomb = new byte[(int) DECOMPRESSED_BYTES_MAX + 1024];
    ByteBuffer head = ByteBuffer.wrap(bomb);
    ByteUtils.writeVarint(bomb.length - 4, head);
    BatchBuilder builder = BatchBuilder.at(NOW_MS).codec(codec);
    builder.recordCount = 1;
    var config = LogConfig.of(Map.of("max.message.bytes", "9000000"));
    ByteBuffer batch = builder.build(BatchBuilder.compress(codec, bomb));

    assertThatThrownBy(() -> validator.validate(batch, config, AppendOrigin.CLIENT, NOW_MS))
        .isInstanceOf(RecordTooLargeException.class);
    assertThat(validator.counters().bombs.sum()).isEqualTo(1);
  }

  @Test
  void refusesASnappyBlockThatClaimsMoreThanSnappyCanHold() {
    byte[] claim = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0x7f, 0, 0, 0, 0};

    assertThatThrownBy(() -> validate(two().codec(CompressionType.SNAPPY).build(claim)))
        .isInstanceOf(InvalidRecordException.class)
        .rootCause()
        .hasMessageContaining("claims to expand");
  }

  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void storesWithTheTopicsCodec(CompressionType codec) {
    var config =
        LogConfig.of(
            Map.of("compression.type", codec == CompressionType.NONE ? "zstd" : "uncompressed"));

    ValidBatch valid =
        validator.validate(two().codec(codec).build(), config, AppendOrigin.CLIENT, NOW_MS);

    assertThat(valid.isRewritten()).isTrue();
    assertThat(valid.asKafkaBatch().compressionType())
        .isEqualTo(codec == CompressionType.NONE ? CompressionType.ZSTD : CompressionType.NONE);
    assertThat(valid.asKafkaBatch()).hasSize(2);
    assertThat(validator.counters().rewritten.sum()).isEqualTo(1);
  }

  @Test
  void refusesWhatTheTopicsCodecMakesTooLarge() {
    var config = LogConfig.of(Map.of("compression.type", "uncompressed"));
    ByteBuffer batch =
        BatchBuilder.at(NOW_MS)
            .codec(CompressionType.ZSTD)
            .add(NOW_MS, null, new byte[2 << 20])
            .build();

    assertThatThrownBy(() -> validator.validate(batch, config, AppendOrigin.CLIENT, NOW_MS))
        .isInstanceOf(RecordTooLargeException.class);
  }

  @Test
  void checksReplicatedBatchesWithoutOpeningThem() {
    ByteBuffer fetched = replicated(List.of(10L, 12L, 14L), 4);
    fetched.limit(fetched.limit() - 3); // the fetch was cut by its size limit

    List<ValidBatch> batches = validator.checkReplicated(fetched, 4);

    assertThat(batches).extracting(ValidBatch::baseOffset).containsExactly(10L, 12L);
    assertThat(batches)
        .extracting(ValidBatch::position)
        .containsExactly(0, fetched.limit() / 3 + 1);
  }

  @Test
  void leavesOutReplicatedBatchesOfANewerEpoch() {
    assertThat(validator.checkReplicated(replicated(List.of(10L, 12L), 4), 3)).isEmpty();
  }

  @Test
  void refusesReplicatedBatchesOutOfOrder() {
    ByteBuffer fetched = replicated(List.of(12L, 10L), 4);

    assertThatThrownBy(() -> validator.checkReplicated(fetched, 4))
        .isInstanceOf(OffsetsOutOfOrderException.class);
  }

  @Test
  void refusesReplicatedBatchesWithAWrongChecksum() {
    ByteBuffer fetched = replicated(List.of(10L, 12L), 4);
    fetched.put(fetched.limit() - 1, (byte) 77);

    assertThatThrownBy(() -> validator.checkReplicated(fetched, 4))
        .isInstanceOf(CorruptRecordException.class);
  }

  private static ByteBuffer replicated(List<Long> baseOffsets, int leaderEpoch) {
    ByteBuffer all = ByteBuffer.allocate(baseOffsets.size() * two().build().limit());
    for (long offset : baseOffsets) {
      ByteBuffer batch = two().build();
      BatchView.stampOffset(batch, 0, offset, leaderEpoch);
      all.put(batch);
    }
    return all.flip();
  }

  private static BatchBuilder two() {
    return BatchBuilder.at(NOW_MS).add(NOW_MS, "k1", "v1").add(NOW_MS + 1, "k2", "v2");
  }

  private ValidBatch validate(ByteBuffer batch) {
    return validator.validate(batch, LogConfig.DEFAULT, AppendOrigin.CLIENT, NOW_MS);
  }

  private RecordValidationException refusal(ByteBuffer batch, LogConfig config) {
    return catchThrowableOfType(
        RecordValidationException.class,
        () -> validator.validate(batch, config, AppendOrigin.CLIENT, NOW_MS));
  }

  private static byte[] snappy(byte[] raw) {
    try {
      return Snappy.compress(raw);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  private static byte[] bytes(ValidBatch valid) {
    byte[] bytes = new byte[valid.sizeBytes()];
    valid.bytes().get(0, bytes);
    return bytes;
  }
}

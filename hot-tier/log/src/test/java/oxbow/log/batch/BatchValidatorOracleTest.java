package oxbow.log.batch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.PrimitiveRef;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogValidator;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.log.LogConfig;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.ManualTime;

/**
 * Random batches, sound and damaged, through our validator and through Kafka's: the same verdict
 * and the same bytes, but for the differences that {@link #deliberate} lists with their reasons.
 */
class BatchValidatorOracleTest {
  private static final long NOW_MS = 1_750_000_000_000L;
  private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
  private static final int BATCHES = 1_500;
  private static final long BASE_OFFSET = 7_000;
  private static final int LEADER_EPOCH = 5;

  private final BatchValidator validator = new BatchValidator(1);
  private final Map<String, Integer> outcomes = new TreeMap<>();

  @AfterEach
  void close() {
    validator.close();
  }

  /** What became of a batch: the bytes to store, or why not. */
  private record Verdict(
      @Nullable ByteBuffer stored, long maxTimestampMs, @Nullable Throwable refusal) {
    String outcome() {
      if (refusal == null) return "accepted";
      String name = refusal.getClass().getSimpleName();
      return refusal instanceof RecordValidationException e
          ? name + "(" + e.invalidException().getClass().getSimpleName() + indexes(e) + ")"
          : name;
    }

    private static List<Integer> indexes(RecordValidationException e) {
      return e.recordErrors().stream().map(error -> error.batchIndex).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void judgesBatchesAsKafkaDoes(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < BATCHES; i++) {
      LogConfig config = config(random);
      AppendOrigin origin = random.nextInt(8) == 0 ? AppendOrigin.COORDINATOR : AppendOrigin.CLIENT;
      byte[] sent = batch(random);

      Verdict kafka = kafka(sent, config, origin);
      Verdict ours = ours(sent, config, origin, random);

      outcomes.merge(ours.outcome(), 1, Integer::sum);
      String about =
          "seed %d, batch %d, %s, codec %d, %s"
              .formatted(seed, i, origin, sent.length > 22 ? sent[22] & 7 : -1, config);
      String difference = deliberate(sent, origin, kafka, ours);
      if (difference != null) {
        outcomes.merge("differs: " + difference, 1, Integer::sum);
        continue;
      }
      assertThat(ours.outcome())
          .as("%s: Kafka: %s, we: %s", about, kafka.refusal(), ours.refusal())
          .isEqualTo(kafka.outcome());
      assertThat(ours.stored()).as(about).isEqualTo(kafka.stored());
      assertThat(ours.maxTimestampMs()).as(about).isEqualTo(kafka.maxTimestampMs());
    }
    // The test tests something only as long as all kinds of verdicts come up.
    assertThat(outcomes.get("accepted")).isGreaterThan(BATCHES / 4);
    assertThat(outcomes)
        .containsKeys(
            "CorruptRecordException", "InvalidRecordException", "RecordTooLargeException");
    assertThat(outcomes.keySet())
        .anyMatch(o -> o.contains("InvalidTimestampException"))
        .anyMatch(o -> o.startsWith("RecordValidationException(InvalidRecordException"));
  }

  /** Null, or why it is right that we answer something else than Kafka. */
  private static @Nullable String deliberate(
      byte[] sent, AppendOrigin origin, Verdict kafka, Verdict ours) {
    ByteBuffer batch = ByteBuffer.wrap(sent);
    Throwable mine = ours.refusal();
    Throwable theirs = kafka.refusal();
    if (mine instanceof InvalidRecordException
        && sent.length > BatchView.MAGIC_END
        && BatchView.magic(batch, 0) < 2) {
      // The network layer of Kafka 4 refuses old formats before its log, which still converts them.
      return "old magic";
    }
    if (mine instanceof InvalidRecordException && theirs instanceof NoBatch) {
      // Kafka's log appends nothing and succeeds; its network layer refuses with this exception.
      return "no whole batch";
    }
    if (mine instanceof CorruptRecordException && theirs instanceof IndexOutOfBoundsException) {
      return "no whole header"; // Kafka reads fields behind the end of such a batch: unknown error
    }
    if (theirs instanceof IllegalArgumentException && isClientError(mine)) {
      // Numbers that are too long, unknown codecs, producer ids without epoch: Kafka answers them
      // with an unknown server error, which tells the client nothing.
      return "a client's mistake called by its name";
    }
    if (mine instanceof InvalidRecordException
        && (theirs instanceof Undecodable || theirs instanceof OutOfMemoryError)) {
      // Kafka: an unknown server error, or the end of the broker.
      return "undecodable payload";
    }
    if (mine instanceof InvalidRecordException
        && origin == AppendOrigin.COORDINATOR
        && (BatchView.recordCount(batch, 0) <= 0
            || BatchView.recordCount(batch, 0) - 1 != BatchView.lastOffsetDelta(batch, 0))) {
      return "a coordinator's batch with a lying count"; // would leave a hole in the offsets
    }
    if (mine == null && theirs instanceof UnsupportedOperationException) {
      // Kafka means to put the offsets in order, but has skipped the keys and values it needs then.
      assertThat(hasWrongOffsets(requireNonNull(ours.stored()))).isFalse();
      return "offset deltas of compressed records put in order";
    }
    boolean isCompressed = BatchView.codec(batch, 0) != 0;
    if (mine instanceof InvalidRecordException && isCompressed && !isReadable(sent)) {
      // Kafka's leader skips keys and values, and so stores what every consumer then fails on.
      return "lies that consumers fail on";
    }
    if (mine == null && theirs == null && !isCompressed && hasWrongOffsets(ByteBuffer.wrap(sent))) {
      // Kafka stores it as it is: consumers see offsets twice or never.
      assertThat(hasWrongOffsets(requireNonNull(ours.stored()))).isFalse();
      return "offset deltas put in order";
    }
    return null;
  }

  private static boolean isClientError(@Nullable Throwable refusal) {
    return refusal instanceof InvalidRecordException
        || refusal instanceof UnsupportedCompressionTypeException
        || refusal instanceof RecordTooLargeException;
  }

  private static boolean isReadable(byte[] sent) {
    int count = 0;
    try {
      for (Record record : first(ByteBuffer.wrap(sent))) count += record.sizeInBytes() > 0 ? 1 : 0;
    } catch (RuntimeException | OutOfMemoryError _) {
      return false;
    }
    return count > 0;
  }

  private static boolean hasWrongOffsets(ByteBuffer stored) {
    MutableRecordBatch batch = first(stored);
    long expected = batch.baseOffset();
    for (Record record : batch) {
      if (record.offset() != expected++) return true;
    }
    return expected != batch.nextOffset();
  }

  private static MutableRecordBatch first(ByteBuffer bytes) {
    return MemoryRecords.readableRecords(bytes.duplicate()).batches().iterator().next();
  }

  private Verdict ours(byte[] sent, LogConfig config, AppendOrigin origin, Random random) {
    int before = random.nextInt(3) * 5;
    int after = random.nextInt(2) * 9;
    int room = before + sent.length + after;
    ByteBuffer buffer =
        random.nextBoolean() ? ByteBuffer.allocateDirect(room) : ByteBuffer.allocate(room);
    buffer.put(before, sent).position(before).limit(before + sent.length);
    try {
      ValidBatch valid = validator.validate(buffer, config, origin, NOW_MS);
      valid.stamp(BASE_OFFSET, LEADER_EPOCH);
      byte[] stored = new byte[valid.sizeBytes()];
      valid.bytes().get(0, stored);
      assertThat(buffer.position()).isEqualTo(before);
      return new Verdict(ByteBuffer.wrap(stored), valid.maxTimestampMs(), null);
    } catch (RuntimeException e) {
      return new Verdict(null, -1, e);
    }
  }

  /** Marks what Kafka's log takes without appending anything. */
  private static final class NoBatch extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Marks Kafka's bare KafkaException, which it throws when a payload doesn't decompress. */
  private static final class Undecodable extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** What Kafka's UnifiedLog does before and after its LogValidator. */
  private static Verdict kafka(byte[] sent, LogConfig config, AppendOrigin origin) {
    try {
      MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(sent.clone()));
      int validBytes = 0;
      CompressionType source = CompressionType.NONE;
      for (MutableRecordBatch batch : records.batches()) {
        if (batch.magic() == 2 && origin == AppendOrigin.CLIENT && batch.baseOffset() != 0) {
          throw new InvalidRecordException("base offset");
        }
        assertThat(batch.lastOffset()).isNotEqualTo(Long.MIN_VALUE); // reads it, as Kafka does
        if (batch.sizeInBytes() > config.batchBytesMax()) throw new RecordTooLargeException("");
        if (!batch.isValid()) throw new CorruptRecordException("");
        validBytes += batch.sizeInBytes();
        if (batch.compressionType() != CompressionType.NONE) source = batch.compressionType();
      }
      if (validBytes == 0) throw new NoBatch();
      ByteBuffer trimmed = records.buffer();
      trimmed.limit(validBytes);
      var recompression = config.recompression();
      var result =
          new LogValidator(
                  MemoryRecords.readableRecords(trimmed),
                  PARTITION,
                  new ManualTime(NOW_MS),
                  source,
                  recompression != null ? recompression : Compression.of(source).build(),
                  config.isCompacted(),
                  (byte) 2,
                  config.timestampType(),
                  config.timestampBeforeMsMax(),
                  config.timestampAfterMsMax(),
                  LEADER_EPOCH,
                  origin)
              .validateMessagesAndAssignOffsets(
                  PrimitiveRef.ofLong(BASE_OFFSET), new NoMetrics(), BufferSupplier.NO_CACHING);
      for (MutableRecordBatch batch : result.validatedRecords().batches()) {
        if (batch.sizeInBytes() > config.batchBytesMax()) throw new RecordTooLargeException("");
      }
      ByteBuffer stored = result.validatedRecords().buffer();
      byte[] bytes = new byte[stored.remaining()];
      stored.get(bytes);
      return new Verdict(ByteBuffer.wrap(bytes), result.maxTimestampMs(), null);
    } catch (OutOfMemoryError e) {
      return new Verdict(null, -1, e);
    } catch (RuntimeException e) {
      boolean isBare = e.getClass().getName().equals("org.apache.kafka.common.KafkaException");
      return new Verdict(null, -1, isBare ? new Undecodable() : e);
    }
  }

  private static LogConfig config(Random random) {
    var settings = new TreeMap<String, String>();
    if (random.nextInt(4) == 0) settings.put("message.timestamp.type", "LogAppendTime");
    if (random.nextInt(4) == 0) settings.put("cleanup.policy", "compact");
    if (random.nextInt(4) == 0) settings.put("max.message.bytes", "2000");
    if (random.nextInt(3) == 0) {
      settings.put("message.timestamp.before.max.ms", "5000");
      settings.put("message.timestamp.after.max.ms", "5000");
    }
    if (random.nextInt(3) == 0) {
      String[] codecs = {"uncompressed", "gzip", "snappy", "lz4", "zstd"};
      settings.put("compression.type", codecs[random.nextInt(codecs.length)]);
    }
    return LogConfig.of(settings);
  }

  private static byte[] batch(Random random) {
    CompressionType codec = CompressionType.forId(random.nextInt(5));
    var builder = BatchBuilder.at(NOW_MS - random.nextInt(4000)).codec(codec);
    if (random.nextInt(3) == 0) {
      builder.producer(random.nextInt(100), random.nextInt(5), random.nextInt(1000));
      if (random.nextBoolean()) builder.transactional();
    }
    int count = random.nextInt(40) == 0 ? 3000 : 1 + random.nextInt(12);
    boolean keyless = random.nextInt(4) == 0;
    int spread = random.nextInt(6) == 0 ? 20_000 : 3_000;
    for (int i = 0; i < count; i++) {
      byte[] key = keyless && random.nextInt(3) > 0 ? null : bytes(random, 20);
      byte[] value = random.nextInt(10) == 0 ? null : bytes(random, count > 100 ? 150 : 400);
      long timestampMs =
          random.nextInt(30) == 0 ? -1 : builder.baseTimestampMs + random.nextInt(spread);
      builder.add(timestampMs, key, value);
    }
    if (random.nextInt(3) == 0) addHeaders(random, builder.records);

    int damage = random.nextInt(16);
    if (damage == 0) damageRecords(random, builder.records);
    if (damage == 1) builder.recordCount = random.nextInt(3) - 1 + count;
    if (damage == 2) {
      builder.recordCount = oddInt(random);
      builder.lastOffsetDelta = random.nextBoolean() ? oddInt(random) : builder.recordCount - 1;
    }
    if (damage == 3) builder.maxTimestampMs = random.nextLong();
    if (damage == 4) builder.attributes ^= 1 << random.nextInt(8);
    if (damage == 5) builder.baseOffset = random.nextInt(3);
    if (damage == 6) builder.lastOffsetDelta = oddInt(random);

    byte[] payload = BatchBuilder.compress(codec, raw(builder.records));
    if (damage == 7 && codec != CompressionType.NONE) {
      payload[random.nextInt(payload.length)] ^= (byte) (1 << random.nextInt(8));
    }
    if (damage == 8 && codec != CompressionType.NONE) {
      payload = Arrays.copyOf(payload, random.nextInt(payload.length + 4));
    }
    if (damage == 9) {
      byte[] raw = raw(builder.records);
      payload =
          BatchBuilder.compress(codec, Arrays.copyOf(raw, raw.length + 1 + random.nextInt(4)));
    }
    byte[] sent = builder.build(payload).array();
    if (damage == 10) { // any header field, with a checksum that fits
      int at = 12 + random.nextInt(49);
      sent[at] ^= (byte) (1 << random.nextInt(8));
      if (at < 17 || at >= 21) BatchBuilder.fixCrc(ByteBuffer.wrap(sent));
    }
    if (damage == 11) sent[random.nextInt(sent.length)] ^= (byte) (1 << random.nextInt(8));
    if (damage == 12) sent = Arrays.copyOf(sent, random.nextInt(sent.length));
    if (damage == 13) { // a second batch, whole or not
      byte[] twice = Arrays.copyOf(sent, sent.length * 2);
      System.arraycopy(sent, 0, twice, sent.length, sent.length);
      sent = Arrays.copyOf(twice, sent.length + (random.nextBoolean() ? 0 : 1) + 20);
      if (random.nextBoolean()) sent = twice;
    }
    return sent;
  }

  private static int oddInt(Random random) {
    int[] odd = {0, -1, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, random.nextInt()};
    return odd[random.nextInt(odd.length)];
  }

  private static byte[] bytes(Random random, int max) {
    byte[] bytes = new byte[random.nextInt(max)];
    // Half compressible.
    for (int i = 0; i < bytes.length; i += 2) bytes[i] = (byte) random.nextInt();
    return bytes;
  }

  private static byte[] raw(List<byte[]> records) {
    var raw = new ByteArrayOutputStream();
    records.forEach(raw::writeBytes);
    return raw.toByteArray();
  }

  /** Gives records headers, right or with a lying count, by changing their encoded form. */
  private static void addHeaders(Random random, List<byte[]> records) {
    int index = random.nextInt(records.size());
    byte[] record = records.get(index);
    int lengthBytes = record.length - bodyBytes(record);
    if (record.length - lengthBytes > 8000) return;
    var headers = new ByteArrayOutputStream();
    int count = random.nextInt(3);
    headers.write((count + (random.nextInt(10) == 0 ? 1 : 0)) << 1);
    for (int i = 0; i < count; i++) {
      headers.write(2 << 1);
      headers.write('h');
      headers.write('0' + i);
      headers.write(random.nextBoolean() ? 1 : 0); // null or empty
    }
    int body = record.length - lengthBytes - 1 + headers.size();
    var changed = new ByteArrayOutputStream();
    int zigzag = body << 1;
    while (zigzag > 0x7f) {
      changed.write((zigzag & 0x7f) | 0x80);
      zigzag >>>= 7;
    }
    changed.write(zigzag);
    changed.write(record, lengthBytes, record.length - lengthBytes - 1);
    changed.writeBytes(headers.toByteArray());
    records.set(index, changed.toByteArray());
  }

  private static int bodyBytes(byte[] record) {
    int value = 0;
    for (int i = 0; ; i++) {
      value |= (record[i] & 0x7f) << (7 * i);
      if (record[i] >= 0) return value >>> 1;
    }
  }

  private static void damageRecords(Random random, List<byte[]> records) {
    int index = random.nextInt(records.size());
    byte[] record = records.get(index).clone();
    switch (random.nextInt(5)) {
      case 0 ->
          record[random.nextInt(Math.min(record.length, 8))] ^= (byte) (1 << random.nextInt(8));
      case 1 -> record[random.nextInt(record.length)] ^= (byte) (1 << random.nextInt(8));
      case 2 -> {
        record = new byte[1 + random.nextInt(30)];
        random.nextBytes(record);
      }
      case 3 -> records.add(record);
      default -> {
        var deltas = new ArrayList<byte[]>();
        for (int i = 0; i < records.size(); i++) {
          deltas.add(BatchBuilder.record(random.nextInt(100) - 20, 0, new byte[] {1}, null));
        }
        records.clear();
        records.addAll(deltas);
        return;
      }
    }
    records.set(index, record);
  }

  static final class NoMetrics implements LogValidator.MetricsRecorder {
    @Override
    public void recordInvalidMagic() {}

    @Override
    public void recordInvalidOffset() {}

    @Override
    public void recordInvalidSequence() {}

    @Override
    public void recordInvalidChecksums() {}

    @Override
    public void recordNoKeyCompactedTopic() {}
  }
}

package oxbow.log.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ProduceResponse.RecordError;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.RecordValidationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import oxbow.log.LogConfig;

class RecordCheckTest {
  private static final long NOW_MS = 1_750_000_000_000L;
  private static final String KEY_HEADER = "the key's own";
  private static final String VALUE_HEADER = "another value now";
  private static final List<String> NAMES =
      List.of(KEY_HEADER, VALUE_HEADER, "another value new", "Another value now", "other", "");

  private final BatchValidator validator = new BatchValidator(1);

  @AfterEach
  void close() {
    validator.close();
  }

  /** Short, long, empty and no fields, headers or none, across the windows of decompression. */
  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void everyRecordIsShownAsItWasSent(CompressionType codec) {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    var sent = new ArrayList<SimpleRecord>();
    for (int i = 0; i < 3_000; i++) {
      List<Header> headers = new ArrayList<>();
      while (random.nextInt(3) == 0) {
        String name = NAMES.get(random.nextInt(NAMES.size()));
        headers.add(new RecordHeader(name, bytes(random, 40)));
      }
      sent.add(
          new SimpleRecord(
              NOW_MS + random.nextInt(5_000),
              bytes(random, random.nextInt(10) == 0 ? 9_000 : 90),
              bytes(random, random.nextInt(10) == 0 ? 20_000 : 500),
              headers.toArray(new Header[0])));
    }
    var check = new Seen();
    var config = LogConfig.of(Map.of("max.message.bytes", "100000000"));

    validator.validate(batch(codec, sent), config, AppendOrigin.CLIENT, NOW_MS, check);

    assertThat(check.seen)
        .as("seed %d", seed)
        .isEqualTo(sent.stream().map(RecordCheckTest::shown).toList());
  }

  @Test
  void aRefusedRecordRefusesItsBatchAndIsNamed() {
    var check = new Seen();
    check.refused = "bad";
    List<SimpleRecord> sent = List.of(record("good"), record("bad"), record("good"), record("bad"));

    var refusal =
        catchThrowableOfType(
            RecordValidationException.class,
            () -> validate(batch(CompressionType.NONE, sent), check));

    assertThat(refusal.recordErrors())
        .extracting((RecordError error) -> error.batchIndex + " " + error.message)
        .containsExactly("1 not bad, please", "3 not bad, please");
    assertThat(validator.counters().badRecords.sum()).isEqualTo(1);
  }

  @Test
  void aCheckThatCannotTellRefusesBeforeItSeesARecord() {
    var check = new Seen();
    check.isUnable = true;

    assertThatThrownBy(() -> validate(batch(CompressionType.NONE, List.of(record("a"))), check))
        .isInstanceOf(NotEnoughReplicasException.class);
    assertThat(check.seen).isEmpty();
  }

  private void validate(ByteBuffer batch, RecordCheck check) {
    validator.validate(batch, LogConfig.DEFAULT, AppendOrigin.CLIENT, NOW_MS, check);
  }

  private static SimpleRecord record(String value) {
    return new SimpleRecord(NOW_MS, null, value.getBytes(UTF_8));
  }

  private static ByteBuffer batch(CompressionType codec, List<SimpleRecord> records) {
    return MemoryRecords.withRecords(
            Compression.of(codec).build(), records.toArray(new SimpleRecord[0]))
        .buffer();
  }

  private static byte @Nullable [] bytes(Random random, int bytesMax) {
    if (random.nextInt(5) == 0) return null;
    byte[] bytes = new byte[random.nextInt(bytesMax)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static List<String> shown(SimpleRecord record) {
    return List.of(
        shown(array(record.key())),
        shown(array(record.value())),
        shown(last(record, KEY_HEADER)),
        shown(last(record, VALUE_HEADER)));
  }

  private static byte @Nullable [] last(SimpleRecord record, String name) {
    byte[] last = null;
    for (Header header : record.headers()) if (header.key().equals(name)) last = header.value();
    return last;
  }

  private static byte @Nullable [] array(@Nullable ByteBuffer bytes) {
    if (bytes == null) return null;
    byte[] array = new byte[bytes.remaining()];
    bytes.get(bytes.position(), array);
    return array;
  }

  private static String shown(byte @Nullable [] bytes) {
    if (bytes == null) return "null";
    int shown = Math.min(bytes.length, RecordCheck.SHOWN_BYTES_MAX);
    return bytes.length + " " + Arrays.toString(Arrays.copyOf(bytes, shown));
  }

  /** Notes what it is shown. */
  private static final class Seen implements RecordCheck {
    private final List<List<String>> seen = new ArrayList<>();
    private String refused = "";
    private boolean isUnable;

    @Override
    public byte[] keyHeader() {
      return KEY_HEADER.getBytes(UTF_8);
    }

    @Override
    public byte[] valueHeader() {
      return VALUE_HEADER.getBytes(UTF_8);
    }

    @Override
    public void begin() {
      if (isUnable) throw new NotEnoughReplicasException("later");
    }

    @Override
    public boolean accepts(RecordStart record) {
      seen.add(
          List.of(
              shown(record.key()),
              shown(record.value()),
              shown(record.keyHeader()),
              shown(record.valueHeader())));
      return refused.isEmpty() || !shown(record.value()).equals(shownText(refused));
    }

    @Override
    public String reason(RecordStart record) {
      return "not " + refused + ", please";
    }

    private static String shownText(String text) {
      return RecordCheckTest.shown(text.getBytes(UTF_8));
    }

    private static String shown(RecordStart.Field field) {
      if (field.bytes() < 0) return "null";
      byte[] start = new byte[Math.min(field.bytes(), SHOWN_BYTES_MAX)];
      field.memory().get(field.at(), start);
      return field.bytes() + " " + Arrays.toString(start);
    }
  }
}

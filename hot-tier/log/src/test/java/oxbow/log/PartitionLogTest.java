package oxbow.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.io.LocalLogFiles;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.ManualClock;

class PartitionLogTest {
  private static final TopicIdPartition ORDERS_0 =
      new TopicIdPartition(Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ"), 0, "orders");
  private static final LogConfig SMALL =
      LogConfig.of(Map.of("segment.bytes", "1048576", "index.interval.bytes", "512"));

  @TempDir Path directory;
  private final ManualClock clock = new ManualClock(1_000_000);
  private Logs logs;

  @BeforeEach
  void open() {
    logs =
        Logs.open(
            LogsConfig.of(directory), new LocalLogFiles(), clock, clock, new LogThreadPool(2));
  }

  @AfterEach
  void close() {
    logs.close();
  }

  @Test
  void recordsAreReadBackAfterACleanStop() throws Exception {
    // Given
    PartitionLog log = logs.open(ORDERS_0, SMALL);
    for (int i = 0; i < 2_000; i++) append(log, "record " + i);
    log.advanceHighWatermark(log.offsets().logEnd());
    // When
    logs.close();
    open();
    log = logs.open(ORDERS_0, SMALL);
    // Then
    assertThat(log.offsets()).isEqualTo(new LogOffsets(0, 0, 0, 2_000, 2_000));
    assertThat(values(log, 0)).hasSize(2_000).first().isEqualTo("record 0");
    assertThat(values(log, 1_500)).hasSize(500).first().isEqualTo("record 1500");
    assertThat(logs.stats().recoveredPartitions()).isZero();
  }

  @Test
  void readerSeesNothingAboveTheWatermark() {
    // Given
    PartitionLog log = logs.open(ORDERS_0, SMALL);
    append(log, "one");
    append(log, "two");
    log.advanceHighWatermark(1);
    // When
    LogRead read = log.read(0, 1 << 20, ReadLimit.HIGH_WATERMARK, true);
    // Then
    assertThat(read.slice()).isNotNull();
    assertThat(values(read)).containsExactly("one");
    assertThat(log.read(1, 1 << 20, ReadLimit.HIGH_WATERMARK, true).slice()).isNull();
    assertThatThrownBy(() -> log.read(3, 1 << 20, ReadLimit.HIGH_WATERMARK, true))
        .isInstanceOf(OffsetOutOfRangeException.class);
  }

  private AppendResult append(PartitionLog log, String value) {
    ByteBuffer batch = BatchBuilder.at(clock.millis()).add(clock.millis(), "key", value).build();
    return log.append(batch, 3, AppendOrigin.CLIENT);
  }

  private static List<String> values(PartitionLog log, long from) {
    List<String> values = new ArrayList<>();
    long offset = from;
    while (true) {
      LogRead read = log.read(offset, 10_000, ReadLimit.LOG_END, true);
      if (read.slice() == null) return values;
      List<String> some = values(read);
      offset += some.size();
      values.addAll(some);
    }
  }

  private static List<String> values(LogRead read) {
    FileSlice slice = read.slice();
    if (slice == null) return List.of();
    try {
      ByteBuffer bytes = ByteBuffer.allocate(slice.sizeBytes());
      slice.channel().read(bytes, slice.position());
      List<String> values = new ArrayList<>();
      for (Record record : MemoryRecords.readableRecords(bytes.flip()).records()) {
        byte[] value = new byte[record.valueSize()];
        record.value().get(value);
        values.add(new String(value, java.nio.charset.StandardCharsets.UTF_8));
      }
      return values;
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    } finally {
      slice.release();
    }
  }
}

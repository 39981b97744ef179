package oxbow.log.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.batch.BatchView;
import oxbow.log.io.LocalLogFiles;
import oxbow.log.testing.BatchBuilder;
import oxbow.log.testing.ManualTime;

class IndexFormatTest {
  private static final long BASE = 1_000_000;
  private static final int INTERVAL_BYTES = 512;

  @TempDir Path directory;
  private Path ours;
  private Path kafkas;

  @BeforeEach
  void makeDirectories() throws IOException {
    ours = Files.createDirectory(directory.resolve("ours"));
    kafkas = Files.createDirectory(directory.resolve("kafkas"));
  }

  @Test
  void filesAreThoseThatKafkaWrites() throws IOException {
    // Given
    long seed = 42;
    var random = new Random(seed);
    var time = new ManualTime(5);
    Segment segment = Segment.create(new LocalLogFiles(), ours, BASE, 5);
    LogSegment kafkaSegment =
        LogSegment.open(
            kafkas.toFile(),
            BASE,
            new LogConfig(Map.of("index.interval.bytes", "" + INTERVAL_BYTES)),
            time,
            1 << 20,
            false);
    // When
    long next = BASE;
    for (int i = 0; i < 2_000; i++) {
      ByteBuffer batch = batch(random, next);
      segment.append(batch.duplicate(), INTERVAL_BYTES);
      next = BatchView.lastOffset(batch, 0) + 1;
      kafkaSegment.append(next - 1, MemoryRecords.readableRecords(batch));
    }
    segment.seal();
    Segment.Unstored unstored = segment.unstored();
    segment.store(unstored, false);
    kafkaSegment.close();
    // Then
    for (String kind : new String[] {".log", ".index", ".timeindex"}) {
      String name = "00000000000001000000" + kind;
      assertThat(ours.resolve(name))
          .as("seed " + seed)
          .hasSameBinaryContentAs(kafkas.resolve(name));
    }
    assertThat(Files.size(ours.resolve("00000000000001000000.index"))).isGreaterThan(1_000);
    segment.close();
  }

  @Test
  void entryIsAnOffsetAndAPosition() throws IOException {
    // Given
    var offsets = new OffsetIndex(new LocalLogFiles(), ours.resolve("1.index"), BASE, 0);
    var times = new TimeIndex(new LocalLogFiles(), ours.resolve("1.timeindex"), BASE, 0);
    // When
    offsets.add(BASE + 0x1234, 0x00ABCDEF);
    times.add(0x0102030405060708L, BASE + 0x1234);
    offsets.store(offsets.unstored(), true);
    times.store(times.unstored(), true);
    // Then
    HexFormat hex = HexFormat.of();
    assertThat(hex.formatHex(Files.readAllBytes(ours.resolve("1.index"))))
        .isEqualTo("0000123400abcdef");
    assertThat(hex.formatHex(Files.readAllBytes(ours.resolve("1.timeindex"))))
        .isEqualTo("010203040506070800001234");
  }

  @Test
  void entriesInFileAndMemoryAreFoundAlike() throws IOException {
    // Given
    int entries = 3_000;
    var index = new OffsetIndex(new LocalLogFiles(), ours.resolve("1.index"), BASE, 0);
    for (int i = 0; i < entries; i++) {
      index.add(BASE + 10L * i + 5, 100 * i);
      if (i == 1_700 || i == 2_900) {
        OffsetIndex.Unstored unstored = index.unstored();
        index.store(unstored, false);
        index.stored(unstored);
      }
    }
    for (int offset = 0; offset < 10 * entries + 20; offset += 3) {
      // When
      long entry = index.floor(BASE + offset);
      // Then
      int expected = Math.min(entries - 1, Math.floorDiv(offset - 5, 10));
      if (expected < 0) assertThat(entry).isEqualTo(-1);
      else assertThat(OffsetIndex.position(entry)).as("%d", offset).isEqualTo(100 * expected);
    }
    assertThat(index.lastOffset(index.floorPosition(150_050))).isEqualTo(BASE + 15_005);
    assertThat(index.count()).isEqualTo(entries);
  }

  @Test
  void truncatedIndexHasTheEntriesBefore() throws IOException {
    for (int kept : new int[] {0, 1, 400, 599, 600, 601, 999, 1_000}) {
      // Given
      var index = new OffsetIndex(new LocalLogFiles(), ours.resolve(kept + ".index"), BASE, 0);
      var times = new TimeIndex(new LocalLogFiles(), ours.resolve(kept + ".timeindex"), BASE, 0);
      for (int i = 0; i < 1_000; i++) {
        index.add(BASE + i, i);
        times.add(i, BASE + i);
        if (i == 599) {
          OffsetIndex.Unstored offsets = index.unstored();
          index.store(offsets, false);
          index.stored(offsets);
          TimeIndex.Unstored timestamps = times.unstored();
          times.store(timestamps, false);
          times.stored(timestamps);
        }
      }
      // When
      index.truncateTo(BASE + kept);
      times.truncateTo(BASE + kept);
      // Then
      assertThat(index.count()).isEqualTo(kept);
      assertThat(times.count()).isEqualTo(kept);
      assertThat(times.last().timestampMs()).isEqualTo(kept - 1);
      index.add(BASE + kept + 7, kept + 7);
      assertThat(OffsetIndex.position(index.last())).isEqualTo(kept + 7);
    }
  }

  private static ByteBuffer batch(Random random, long base) {
    BatchBuilder builder = BatchBuilder.at(1_000);
    builder.baseOffset = base;
    int records = 1 + random.nextInt(5);
    for (int i = 0; i < records; i++) {
      builder.add(1_000 + random.nextInt(1_000_000), "key", "x".repeat(random.nextInt(200)));
    }
    return builder.build();
  }
}

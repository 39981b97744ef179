package oxbow.cold.file.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import oxbow.cold.shred.ByteAccess;

class RunLengthsTest {
  private static final int ROUNDS = 2_000;

  @Test
  void levelsComeBackAndTheHighestAreCounted() {
    for (int seed = 0; seed < ROUNDS; seed++) {
      var random = new Random(seed);
      int highest = 1 + random.nextInt(20);
      int width = BitPacking.width(highest);
      var levels = new byte[random.nextInt(400)];
      int[] values = withRuns(random, levels.length, highest + 1);
      for (int i = 0; i < levels.length; i++) levels[i] = (byte) values[i];

      var out = new ByteSink(16);
      RunLengths.encodeLevels(out, levels, levels.length, width);
      byte[] page = Arrays.copyOf(out.bytes, out.size + ByteAccess.SLACK_BYTES);
      var back = new byte[levels.length + ByteAccess.SLACK_BYTES];
      int highs = RunLengths.decodeLevels(page, 0, out.size, width, back, levels.length, highest);

      assertThat(Arrays.copyOf(back, levels.length)).as("seed %d", seed).isEqualTo(levels);
      assertThat(highs)
          .as("seed %d", seed)
          .isEqualTo((int) Arrays.stream(values).filter(value -> value == highest).count());
    }
  }

  @Test
  void numbersComeBack() {
    for (int seed = 0; seed < ROUNDS; seed++) {
      var random = new Random(seed);
      int bound = 1 + random.nextInt(1 << random.nextInt(16));
      int width = BitPacking.width(bound - 1);
      int[] values = withRuns(random, random.nextInt(400), bound);

      var out = new ByteSink(16);
      RunLengths.encode(out, values, values.length, width);
      byte[] page = Arrays.copyOf(out.bytes, out.size + ByteAccess.SLACK_BYTES);
      var back = new int[values.length];
      int end = RunLengths.decode(page, 0, out.size, width, back, values.length);

      assertThat(back).as("seed %d", seed).isEqualTo(values);
      assertThat(end).as("seed %d", seed).isEqualTo(out.size);
    }
  }

  private static int[] withRuns(Random random, int count, int bound) {
    var values = new int[count];
    for (int at = 0; at < count; ) {
      int value = random.nextInt(bound);
      int end = Math.min(count, at + 1 + (random.nextInt(4) == 0 ? random.nextInt(60) : 0));
      Arrays.fill(values, at, end, value);
      at = end;
    }
    return values;
  }
}

package oxbow.cold.shred.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ShortDecimalsTest {
  private static final int ROUNDS = 200_000;
  private static final long SEED = 7;

  @Test
  void whatIsWrittenIsWhatJavaWrites() {
    var random = new Random(SEED);
    int written = 0;
    for (int i = 0; i < ROUNDS; i++) {
      double value = value(random);
      var into = new byte[64];
      int end = ShortDecimals.write(into, 3, value);
      if (end == 3) continue;
      written++;
      assertThat(new String(into, 3, end - 3, ISO_8859_1)).isEqualTo(Double.toString(value));
    }
    assertThat(written).isGreaterThan(ROUNDS / 4);
  }

  @Test
  void whatIsReadIsWhatJavaReadsAndWritesTheSameWay() {
    var random = new Random(SEED);
    int read = 0;
    for (int i = 0; i < ROUNDS; i++) {
      String text = text(random);
      double value = ShortDecimals.read(text.getBytes(ISO_8859_1), 0, text.length());
      if (Double.isNaN(value)) continue;
      read++;
      assertThat(value).as(text).isEqualTo(Double.parseDouble(text));
      assertThat(Double.toString(value)).isEqualTo(text);
    }
    assertThat(read).isGreaterThan(ROUNDS / 10);
  }

  /** Few digits, many, and any. */
  private static double value(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(100_000_000) / 100.0;
      case 1 -> -random.nextInt(10_000_000) / 1e6;
      case 2 -> random.nextDouble() * 1e6;
      default -> Double.longBitsToDouble(random.nextLong());
    };
  }

  /** What a number may look like, and what only almost does. */
  private static String text(Random random) {
    String whole = Integer.toString(random.nextInt(1 << (1 + random.nextInt(30))));
    String fraction = Integer.toString(random.nextInt(1 << (1 + random.nextInt(30))));
    return switch (random.nextInt(8)) {
      case 0 -> whole;
      case 1 -> "-" + whole + "." + fraction;
      case 2 -> whole + "." + fraction + "0";
      case 3 -> "0" + whole + "." + fraction;
      case 4 -> whole + ".e" + fraction;
      case 5 -> "0.000" + fraction;
      default -> whole + "." + fraction;
    };
  }
}

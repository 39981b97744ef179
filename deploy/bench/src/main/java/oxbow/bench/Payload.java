package oxbow.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Random;

/** Records as services write them: JSON with repeating names and varied values, cut to one size. */
final class Payload {
  private static final int DISTINCT = 4096; // enough that a codec can't remember them all
  private static final String[] WORDS = {
    "created",
    "paid",
    "shipped",
    "returned",
    "cancelled",
    "berlin",
    "lagos",
    "osaka",
    "lima",
    "standard",
    "express",
    "gold",
    "silver",
    "mobile",
    "web",
    "store"
  };

  private final byte[][] values;

  Payload(int bytes, long seed) {
    var random = new Random(seed);
    values = new byte[DISTINCT][];
    for (int i = 0; i < DISTINCT; i++) values[i] = value(random, bytes);
  }

  private Payload(byte[][] values) {
    this.values = values;
  }

  /** The same size, with these bytes at the beginning. */
  Payload after(byte[] mark) {
    byte[][] marked = new byte[values.length][];
    for (int i = 0; i < values.length; i++) {
      marked[i] = values[i].clone();
      System.arraycopy(mark, 0, marked[i], 0, mark.length);
    }
    return new Payload(marked);
  }

  byte[] value(long n) {
    return values[(int) (n % DISTINCT)];
  }

  private static byte[] value(Random random, int bytes) {
    var json = new StringBuilder("{");
    for (int field = 0; json.length() < bytes; field++) {
      json.append("\"f").append(field % 24).append("\":");
      switch (random.nextInt(3)) {
        case 0 -> json.append(random.nextInt(1_000_000));
        case 1 -> json.append('"').append(Long.toHexString(random.nextLong())).append('"');
        default -> json.append('"').append(WORDS[random.nextInt(WORDS.length)]).append('"');
      }
      json.append(',');
    }
    return Arrays.copyOf(json.toString().getBytes(UTF_8), bytes);
  }
}

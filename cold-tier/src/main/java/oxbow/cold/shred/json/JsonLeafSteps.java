package oxbow.cold.shred.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.UUID;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** Steps of values without parts. Hot path. */
final class JsonLeafSteps {
  private static final int NUMBER_BYTES_MAX = 32;

  private JsonLeafSteps() {}

  static final class StringStep extends ValueStep {
    private final int leaf;

    StringStep(int leaf) {
      this.leaf = leaf;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      JsonText.putString(in, in.vectors[leaf], repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      return JsonText.writeString(out, at, out.pages[leaf]);
    }

    @Override
    public int fixedBytes() {
      return 2;
    }
  }

  static final class LongStep extends ValueStep {
    private final int leaf;

    LongStep(int leaf) {
      this.leaf = leaf;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int from = JsonText.takeNumber(in);
      byte[] bytes = in.bytes;
      int at = from;
      boolean isNegative = bytes[at] == '-';
      if (isNegative) at++;
      int digits = in.at - at;
      boolean hasLeadingZero = digits > 1 && bytes[at] == '0';
      if (digits == 0 || digits > 19 || hasLeadingZero) throw ShredInput.malformed();
      long value = 0; // kept negative, since there is one more negative number
      for (; at < in.at; at++) {
        int digit = bytes[at] - '0';
        if (digit < 0 || digit > 9) throw ShredInput.malformed();
        value = value * 10 - digit;
        if (value > 0) throw ShredInput.malformed();
      }
      if (!isNegative) {
        if (value == Long.MIN_VALUE) throw ShredInput.malformed();
        value = -value;
      } else if (value == 0) {
        in.note(ShredInput.UNUSUAL);
      }
      in.vectors[leaf].putLong(value, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      long value = out.pages[leaf].takeLong();
      if (value < 0) return JsonText.write(out, at, Long.toString(value).getBytes(ISO_8859_1));
      return ShortDecimals.writeWhole(out.bytes, at, value);
    }

    @Override
    public int fixedBytes() {
      return NUMBER_BYTES_MAX;
    }
  }

  /** As Java writes doubles; numbers written otherwise keep their text beside. */
  static final class DoubleStep extends ValueStep {
    private final int leaf;

    DoubleStep(int leaf) {
      this.leaf = leaf;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int from = JsonText.takeNumber(in);
      double value = ShortDecimals.read(in.bytes, from, in.at);
      if (Double.isNaN(value)) value = readAny(in, from);
      in.vectors[leaf].putLong(Double.doubleToRawLongBits(value), repetition);
    }

    private static double readAny(ShredInput in, int from) {
      String text = new String(in.bytes, from, in.at - from, ISO_8859_1);
      double value;
      try {
        value = Double.parseDouble(text);
      } catch (NumberFormatException _) {
        throw ShredInput.malformed();
      }
      if (!Double.isFinite(value)) throw ShredInput.malformed();
      if (!JsonText.isText(in, from, in.at, Double.toString(value))) in.note(ShredInput.UNUSUAL);
      return value;
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      double value = Double.longBitsToDouble(out.pages[leaf].takeLong());
      int end = ShortDecimals.write(out.bytes, at, value);
      if (end > at) return end;
      return JsonText.write(out, at, Double.toString(value).getBytes(ISO_8859_1));
    }

    @Override
    public int fixedBytes() {
      return NUMBER_BYTES_MAX;
    }
  }

  static final class BooleanStep extends ValueStep {
    private static final byte[] TRUE = "true".getBytes(ISO_8859_1);
    private static final byte[] FALSE = "false".getBytes(ISO_8859_1);

    private final int leaf;

    BooleanStep(int leaf) {
      this.leaf = leaf;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      boolean isTrue = JsonText.peek(in) == 't';
      JsonText.literal(in, isTrue ? "true" : "false");
      in.vectors[leaf].putLong(isTrue ? 1 : 0, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      return JsonText.write(out, at, out.pages[leaf].takeLong() != 0 ? TRUE : FALSE);
    }

    @Override
    public int fixedBytes() {
      return NUMBER_BYTES_MAX;
    }
  }

  /** A day as {@code 2026-11-20}. */
  static final class DateStep extends ValueStep {
    private static final int TEXT_BYTES = 10;

    private final int leaf;

    DateStep(int leaf) {
      this.leaf = leaf;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      JsonText.expect(in, '"');
      int from = in.take(TEXT_BYTES);
      JsonText.expect(in, '"');
      String text = new String(in.bytes, from, TEXT_BYTES, ISO_8859_1);
      LocalDate date;
      try {
        date = LocalDate.parse(text);
      } catch (DateTimeParseException _) {
        throw ShredInput.malformed();
      }
      if (!date.toString().equals(text)) throw ShredInput.malformed();
      in.vectors[leaf].putLong(date.toEpochDay(), repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      String text = '"' + LocalDate.ofEpochDay(out.pages[leaf].takeLong()).toString() + '"';
      return JsonText.write(out, at, text.getBytes(ISO_8859_1));
    }

    @Override
    public int fixedBytes() {
      return NUMBER_BYTES_MAX;
    }
  }

  static final class UuidStep extends ValueStep {
    private static final int TEXT_BYTES = 36;

    private final int leaf;

    UuidStep(int leaf) {
      this.leaf = leaf;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      JsonText.expect(in, '"');
      int from = in.take(TEXT_BYTES);
      JsonText.expect(in, '"');
      String text = new String(in.bytes, from, TEXT_BYTES, ISO_8859_1);
      UUID uuid;
      try {
        uuid = UUID.fromString(text);
      } catch (IllegalArgumentException _) {
        throw ShredInput.malformed();
      }
      String usual = uuid.toString();
      if (!usual.equals(text.toLowerCase(Locale.ROOT))) throw ShredInput.malformed();
      if (!usual.equals(text)) in.note(ShredInput.UNUSUAL);
      ColumnVector vector = in.vectors[leaf];
      int at = vector.putFixedInPlace(repetition);
      ByteAccess.longBe(vector.bytes, at, uuid.getMostSignificantBits());
      ByteAccess.longBe(vector.bytes, at + Long.BYTES, uuid.getLeastSignificantBits());
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      LeafPage page = out.pages[leaf];
      int from = page.starts[page.takeBytes()];
      var uuid =
          new UUID(
              ByteAccess.longBe(page.bytes, from),
              ByteAccess.longBe(page.bytes, from + Long.BYTES));
      return JsonText.write(out, at, ('"' + uuid.toString() + '"').getBytes(ISO_8859_1));
    }

    @Override
    public int fixedBytes() {
      return TEXT_BYTES + 2;
    }
  }

  /** A part that is kept as its text. */
  static final class OpaqueStep extends ValueStep {
    private final int leaf;

    OpaqueStep(int leaf) {
      this.leaf = leaf;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int from = in.at;
      JsonText.skipValue(in);
      in.vectors[leaf].putBytes(in.bytes, from, in.at - from, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      LeafPage page = out.pages[leaf];
      int index = page.takeBytes();
      return out.putBytes(at, page.bytes, page.starts[index], page.lengths[index]);
    }

    @Override
    public int fixedBytes() {
      return NUMBER_BYTES_MAX;
    }
  }
}

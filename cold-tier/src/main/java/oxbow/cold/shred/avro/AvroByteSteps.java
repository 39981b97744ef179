package oxbow.cold.shred.avro;

import java.math.BigInteger;
import java.util.Arrays;
import org.apache.avro.Schema;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.LeafType;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.Utf8;
import oxbow.cold.shred.ValueStep;

/** Steps of texts and bytes, and of what is encoded as such. Hot path. */
final class AvroByteSteps {
  private static final int LENGTH_BYTES_MAX = 10;

  private AvroByteSteps() {}

  /** A length and so many bytes. */
  abstract static class WithLength extends ValueStep {
    final int leaf;

    WithLength(int leaf) {
      this.leaf = leaf;
    }

    @Override
    public final int assemble(AssembleOutput out, int at) {
      return out.putValue(at, out.pages[leaf]);
    }

    @Override
    public final void assembleRows(AssembleOutput out, int rows) {
      out.putValues(out.pages[leaf], rows);
    }

    @Override
    public final long bytesMax(LeafPage[] pages) {
      return Math.min(LENGTH_BYTES_MAX + (long) pages[leaf].lengthMax, BYTES_UNKNOWN);
    }

    @Override
    public final int fixedBytes() {
      return LENGTH_BYTES_MAX;
    }
  }

  static final class StringStep extends WithLength {
    StringStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int length = in.length();
      int from = in.at;
      in.at = from + length;
      if (!Utf8.put(in.vectors[leaf], in.bytes, from, length, repetition)) {
        in.note(ShredInput.UNUSUAL);
      }
    }
  }

  static final class BytesStep extends WithLength {
    BytesStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int length = in.length();
      in.vectors[leaf].putBytes(in.bytes, in.at, length, repetition);
      in.at += length;
    }
  }

  static final class FixedStep extends ValueStep {
    private final int leaf;
    private final int length;

    FixedStep(int leaf, int length) {
      this.leaf = leaf;
      this.length = length;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      in.vectors[leaf].putFixed(in.bytes, in.take(length), repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      LeafPage page = out.pages[leaf];
      return out.putBytes(at, page.bytes, page.starts[page.takeBytes()], length);
    }

    @Override
    public long bytesMax(LeafPage[] pages) {
      return length;
    }

    @Override
    public int fixedBytes() {
      return 0;
    }
  }

  /** A UUID as text; in the column sixteen bytes. */
  static final class UuidStep extends ValueStep {
    private static final int TEXT_BYTES = 36;
    private static final int[] DIGITS_AT = {
      0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34
    };
    private static final byte[] HEX = {
      '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
    };

    /** Value of a digit; 16 more if it is a capital; -1: none. */
    private static final byte[] DIGITS = digits();

    private static final int CAPITAL = 16;

    private final int leaf;

    UuidStep(int leaf) {
      this.leaf = leaf;
    }

    private static byte[] digits() {
      var digits = new byte[256];
      Arrays.fill(digits, (byte) -1);
      for (int i = 0; i < HEX.length; i++) {
        digits[HEX[i]] = (byte) i;
        if (i >= 10) digits['A' + i - 10] = (byte) (i | CAPITAL);
      }
      return digits;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      if (in.length() != TEXT_BYTES) throw ShredInput.malformed();
      byte[] source = in.bytes;
      int from = in.take(TEXT_BYTES);
      boolean hasDashes =
          source[from + 8] == '-'
              && source[from + 13] == '-'
              && source[from + 18] == '-'
              && source[from + 23] == '-';
      if (!hasDashes) throw ShredInput.malformed();
      ColumnVector vector = in.vectors[leaf];
      int at = vector.putFixedInPlace(repetition);
      byte[] into = vector.bytes;
      int seen = 0;
      for (int i = 0; i < DIGITS_AT.length; i++) {
        int high = DIGITS[source[from + DIGITS_AT[i]] & 0xff];
        int low = DIGITS[source[from + DIGITS_AT[i] + 1] & 0xff];
        seen |= high | low;
        into[at + i] = (byte) (high << 4 | (low & 15));
      }
      if (seen < 0) throw ShredInput.malformed();
      if ((seen & CAPITAL) != 0) in.note(ShredInput.UNUSUAL);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      LeafPage page = out.pages[leaf];
      int from = page.starts[page.takeBytes()];
      byte[] source = page.bytes;
      byte[] into = out.bytes;
      into[at++] = TEXT_BYTES << 1;
      for (int i = 0; i < DIGITS_AT.length; i++) {
        int value = source[from + i];
        into[at + DIGITS_AT[i]] = HEX[(value >> 4) & 15];
        into[at + DIGITS_AT[i] + 1] = HEX[value & 15];
      }
      into[at + 8] = '-';
      into[at + 13] = '-';
      into[at + 18] = '-';
      into[at + 23] = '-';
      return at + TEXT_BYTES;
    }

    @Override
    public long bytesMax(LeafPage[] pages) {
      return 1 + TEXT_BYTES;
    }

    @Override
    public int fixedBytes() {
      return 1 + TEXT_BYTES;
    }
  }

  /** An enum's symbol by its number; in the column the symbol. */
  static final class EnumStep extends ValueStep {
    private final int leaf;
    private final byte[][] symbols;

    /** Open addressing by a symbol's bytes: its number plus one, or zero. */
    private final int[] slots;

    EnumStep(int leaf, byte[][] symbols) {
      this.leaf = leaf;
      this.symbols = symbols.clone();
      this.slots = new int[Integer.highestOneBit(symbols.length * 4) * 2];
      for (int i = 0; i < symbols.length; i++) {
        int slot = slot(symbols[i], 0, symbols[i].length);
        while (slots[slot] != 0) slot = (slot + 1) & (slots.length - 1);
        slots[slot] = i + 1;
      }
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int number = in.zigzagInt();
      if (number < 0 || number >= symbols.length) throw ShredInput.malformed();
      byte[] symbol = symbols[number];
      in.vectors[leaf].putBytes(symbol, 0, symbol.length, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      LeafPage page = out.pages[leaf];
      int index = page.takeBytes();
      if (!page.isNumbered) return out.putZigzag(at, numberAt(page, index));
      int[] known = page.meanings(this);
      int next = known[index]; // the one behind, since zero is taken
      if (next == 0) {
        next = numberAt(page, index) + 1;
        known[index] = next;
      }
      return out.putZigzag(at, next - 1);
    }

    private int numberAt(LeafPage page, int index) {
      return number(page.bytes, page.starts[index], page.lengths[index]);
    }

    private int number(byte[] bytes, int from, int length) {
      int slot = slot(bytes, from, length);
      int entry;
      while ((entry = slots[slot]) != 0) {
        byte[] symbol = symbols[entry - 1];
        if (Arrays.equals(symbol, 0, symbol.length, bytes, from, from + length)) return entry - 1;
        slot = (slot + 1) & (slots.length - 1);
      }
      throw new IndexOutOfBoundsException("a symbol that its schema doesn't have");
    }

    private int slot(byte[] bytes, int from, int length) {
      int hash = length;
      for (int i = 0; i < Math.min(length, 12); i++) hash = hash * 31 + bytes[from + i];
      return (hash ^ (hash >>> 8)) & (slots.length - 1);
    }

    @Override
    public long bytesMax(LeafPage[] pages) {
      return LENGTH_BYTES_MAX;
    }

    @Override
    public int fixedBytes() {
      return LENGTH_BYTES_MAX;
    }
  }

  /** A decimal: big-endian bytes in the value, in the column what its precision needs. */
  static final class DecimalStep extends ValueStep {
    private final Leaf leaf;

    /** Bytes of a fixed; -1: as many as the number needs. */
    private final int length;

    private final BigInteger limit;

    DecimalStep(Leaf leaf, int length, int precision) {
      this.leaf = leaf;
      this.length = length;
      this.limit = BigInteger.TEN.pow(precision);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int length = this.length < 0 ? in.length() : this.length;
      int from = in.take(length);
      if (length == 0) throw ShredInput.malformed();
      var number = new BigInteger(in.bytes, from, length);
      if (number.abs().compareTo(limit) >= 0) throw ShredInput.malformed();
      if (this.length < 0 && length != number.bitLength() / Byte.SIZE + 1) {
        in.note(ShredInput.UNUSUAL);
      }
      ColumnVector vector = in.vectors[leaf.index()];
      if (leaf.type() != LeafType.FIXED) {
        vector.putLong(number.longValue(), repetition);
        return;
      }
      int at = vector.putFixedInPlace(repetition);
      putSigned(vector.bytes, at, leaf.fixedBytes(), number);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      LeafPage page = out.pages[leaf.index()];
      BigInteger number;
      if (leaf.type() == LeafType.FIXED) {
        number = new BigInteger(page.bytes, page.starts[page.takeBytes()], leaf.fixedBytes());
      } else {
        number = BigInteger.valueOf(page.takeLong());
      }
      int bytes = length < 0 ? number.bitLength() / Byte.SIZE + 1 : length;
      int from = length < 0 ? out.putZigzag(at, bytes) : at;
      out.ensure(from, bytes + out.reserve);
      putSigned(out.bytes, from, bytes, number);
      return from + bytes;
    }

    private static void putSigned(byte[] into, int at, int length, BigInteger number) {
      byte[] bytes = number.toByteArray();
      int padding = length - bytes.length;
      Arrays.fill(into, at, at + padding, (byte) (number.signum() < 0 ? -1 : 0));
      System.arraycopy(bytes, 0, into, at + padding, bytes.length);
    }

    @Override
    public int fixedBytes() {
      return LENGTH_BYTES_MAX;
    }
  }

  /** A part that is kept as it is encoded, and so needs no proof. */
  static final class OpaqueStep extends ValueStep {
    private final int leaf;
    private final Schema schema;

    OpaqueStep(int leaf, Schema schema) {
      this.leaf = leaf;
      this.schema = schema;
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int from = in.at;
      int notes = in.notes;
      AvroSkipper.skip(in, schema);
      if (in.at > in.end) throw ShredInput.malformed();
      in.notes = notes;
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
      return ByteAccess.SLACK_BYTES;
    }
  }
}

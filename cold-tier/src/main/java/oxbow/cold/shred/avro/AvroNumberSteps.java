package oxbow.cold.shred.avro;

import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** Steps of numbers, times and booleans. Hot path. */
final class AvroNumberSteps {
  private static final int LONG_BYTES_MAX = 10;

  /** Milliseconds beyond these overflow as microseconds. */
  private static final long MILLIS_MAX = 9_000_000_000_000_000L;

  private static final int DAY_MILLIS = 86_400_000;
  private static final long DAY_MICROS = 86_400_000_000L;

  private AvroNumberSteps() {}

  /** A number in as few bytes as it needs. */
  abstract static class NumberStep extends ValueStep {
    final int leaf;

    NumberStep(int leaf) {
      this.leaf = leaf;
    }

    @Override
    public final int fixedBytes() {
      return LONG_BYTES_MAX;
    }

    @Override
    public final long bytesMax(LeafPage[] pages) {
      return LONG_BYTES_MAX;
    }
  }

  static final class LongStep extends NumberStep {
    LongStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      in.vectors[leaf].putLong(in.zigzag(), repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      return out.putZigzag(at, out.pages[leaf].takeLong());
    }

    @Override
    public void assembleRows(AssembleOutput out, int rows) {
      out.putNumbers(out.pages[leaf], rows);
    }
  }

  /** Also into columns of longs, if another version of the schema has one. */
  static final class IntStep extends NumberStep {
    IntStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      in.vectors[leaf].putLong(in.zigzagInt(), repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      return out.putZigzag(at, out.pages[leaf].takeLong());
    }

    @Override
    public void assembleRows(AssembleOutput out, int rows) {
      out.putNumbers(out.pages[leaf], rows);
    }
  }

  /** A point in time: milliseconds in the value, microseconds in the column. */
  static final class MillisStep extends NumberStep {
    MillisStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      long millis = in.zigzag();
      if (millis > MILLIS_MAX || millis < -MILLIS_MAX) throw ShredInput.malformed();
      in.vectors[leaf].putLong(millis * 1000, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      return out.putZigzag(at, out.pages[leaf].takeLong() / 1000);
    }

    @Override
    public void assembleRows(AssembleOutput out, int rows) {
      LeafPage page = out.pages[leaf];
      byte[] into = out.bytes;
      int[] ends = out.ends;
      long[] longs = page.longs;
      int from = page.value;
      for (int i = 0; i < rows; i++) {
        ends[i] = ByteAccess.putZigzag(into, ends[i], longs[from + i] / 1000);
      }
      page.value = from + rows;
    }
  }

  /** A time of day, in milliseconds likewise. */
  static final class TimeMillisStep extends NumberStep {
    TimeMillisStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int millis = in.zigzagInt();
      if (millis < 0 || millis >= DAY_MILLIS) throw ShredInput.malformed();
      in.vectors[leaf].putLong(millis * 1000L, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      return out.putZigzag(at, out.pages[leaf].takeLong() / 1000);
    }
  }

  static final class TimeMicrosStep extends NumberStep {
    TimeMicrosStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      long micros = in.zigzag();
      if (micros < 0 || micros >= DAY_MICROS) throw ShredInput.malformed();
      in.vectors[leaf].putLong(micros, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      return out.putZigzag(at, out.pages[leaf].takeLong());
    }
  }

  static final class BooleanStep extends NumberStep {
    BooleanStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int value = in.bytes[in.take(1)];
      if ((value & ~1) != 0) throw ShredInput.malformed();
      in.vectors[leaf].putLong(value, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      return out.putByte(at, (int) out.pages[leaf].takeLong());
    }
  }

  /** By its bits, so that every NaN stays the one it is; unusual ones are kept beside as well. */
  static final class DoubleStep extends NumberStep {
    DoubleStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      long bits = ByteAccess.longLe(in.bytes, in.take(Long.BYTES));
      in.noteDouble(bits);
      in.vectors[leaf].putLong(bits, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      ByteAccess.longLe(out.bytes, at, out.pages[leaf].takeLong());
      return at + Long.BYTES;
    }

    @Override
    public void assembleRows(AssembleOutput out, int rows) {
      LeafPage page = out.pages[leaf];
      byte[] into = out.bytes;
      int[] ends = out.ends;
      long[] longs = page.longs;
      int from = page.value;
      for (int i = 0; i < rows; i++) {
        ByteAccess.longLe(into, ends[i], longs[from + i]);
        ends[i] += Long.BYTES;
      }
      page.value = from + rows;
    }
  }

  static final class FloatStep extends NumberStep {
    FloatStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      int bits = ByteAccess.intLe(in.bytes, in.take(Integer.BYTES));
      in.noteFloat(bits);
      in.vectors[leaf].putLong(bits, repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      ByteAccess.intLe(out.bytes, at, (int) out.pages[leaf].takeLong());
      return at + Integer.BYTES;
    }
  }

  /** A float in a column of doubles, which another version of the schema has. */
  static final class FloatAsDoubleStep extends NumberStep {
    FloatAsDoubleStep(int leaf) {
      super(leaf);
    }

    @Override
    public void shred(ShredInput in, int repetition) {
      float value = Float.intBitsToFloat(ByteAccess.intLe(in.bytes, in.take(Integer.BYTES)));
      // Which NaN it was may not survive the way through a double.
      if (Float.isNaN(value)) in.note(ShredInput.UNUSUAL);
      in.vectors[leaf].putLong(Double.doubleToRawLongBits(value), repetition);
    }

    @Override
    public int assemble(AssembleOutput out, int at) {
      float value = (float) Double.longBitsToDouble(out.pages[leaf].takeLong());
      ByteAccess.intLe(out.bytes, at, Float.floatToRawIntBits(value));
      return at + Integer.BYTES;
    }
  }
}

package oxbow.cold.shred.protobuf;

import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;

/** Messages that are one value in the table. */
final class ProtobufWellKnown {
  private static final int MESSAGE_BYTES_MAX = 64;

  private ProtobufWellKnown() {}

  /** A message of one field, which a table shows in its place. */
  static final class Wrapper extends ProtobufField {
    private static final int TAG_NUMBER = 1 << 3;

    private final ProtobufField value;

    Wrapper(ProtobufField value) {
      this.value = value;
    }

    @Override
    int wireType() {
      return BYTES;
    }

    @Override
    void shred(ShredInput in, int repetition) {
      int length = length(in);
      int outerEnd = in.end;
      in.end = in.at + length;
      if (length == 0) {
        value.shredDefault(in, repetition);
      } else {
        if (in.varint() != (TAG_NUMBER | value.wireType())) throw ShredInput.malformed();
        int from = in.at;
        value.shred(in, repetition);
        if (in.at != in.end) throw ShredInput.malformed();
        if (isZero(in, from)) in.note(ShredInput.UNUSUAL);
      }
      in.end = outerEnd;
    }

    private static boolean isZero(ShredInput in, int from) {
      for (int i = from; i < in.at; i++) {
        if (in.bytes[i] != 0) return false;
      }
      return true;
    }

    @Override
    int assemble(AssembleOutput out, int at) {
      if (value.isDefault(out)) {
        value.skip(out);
        return out.putByte(at, 0);
      }
      int end = value.assemble(out, out.putByte(at + 1, TAG_NUMBER | value.wireType()));
      end = ProtobufMessage.putLength(out, at, end - at - 1);
      out.ensure(end, out.reserve);
      return end;
    }

    @Override
    void shredDefault(ShredInput in, int repetition) {
      value.shredDefault(in, repetition);
    }

    @Override
    boolean isDefault(AssembleOutput out) {
      return false;
    }

    @Override
    void skip(AssembleOutput out) {
      value.skip(out);
    }

    @Override
    int fixedBytes() {
      return 2 * ByteAccess.SLACK_BYTES + value.fixedBytes();
    }
  }

  /** A message of a few numbers that make one. */
  abstract static class Combined extends ProtobufField {
    private final int leaf;
    private final int fields;

    Combined(int leaf, int fields) {
      this.leaf = leaf;
      this.fields = fields;
    }

    /**
     * One number of the fields', by their number less one.
     *
     * @throws ShredInput.MalformedException the column can't hold it
     */
    abstract long combined(long[] values);

    abstract void taken(long combined, long[] values);

    @Override
    final int wireType() {
      return BYTES;
    }

    @Override
    final void shred(ShredInput in, int repetition) {
      int length = length(in);
      int end = in.at + length;
      var values = new long[fields];
      int last = 0;
      while (in.at < end) {
        long tag = in.varint();
        int number = (int) (tag >>> 3);
        if ((tag & 7) != VARINT || number < 1 || number > fields) throw ShredInput.malformed();
        if (number <= last) throw ShredInput.malformed();
        last = number;
        long value = in.varint();
        if (value == 0) in.note(ShredInput.UNUSUAL);
        values[number - 1] = value;
      }
      if (in.at != end) throw ShredInput.malformed();
      in.vectors[leaf].putLong(combined(values), repetition);
    }

    @Override
    final int assemble(AssembleOutput out, int at) {
      var values = new long[fields];
      taken(out.pages[leaf].takeLong(), values);
      int end = at + 1;
      for (int i = 0; i < fields; i++) {
        if (values[i] == 0) continue;
        end = out.putVarint(out.putVarint(end, (i + 1L) << 3), values[i]);
      }
      out.putByte(at, end - at - 1);
      return end;
    }

    @Override
    final void shredDefault(ShredInput in, int repetition) {
      in.vectors[leaf].putLong(0, repetition);
    }

    @Override
    final boolean isDefault(AssembleOutput out) {
      return false;
    }

    @Override
    final void skip(AssembleOutput out) {
      LeafPage page = out.pages[leaf];
      page.takeLong();
    }

    @Override
    final int fixedBytes() {
      return MESSAGE_BYTES_MAX;
    }
  }

  /** {@code google.protobuf.Timestamp} as nanoseconds. */
  static final class Timestamp extends Combined {
    private static final long NANOS = 1_000_000_000;

    Timestamp(int leaf) {
      super(leaf, 2);
    }

    @Override
    long combined(long[] values) {
      boolean isInRange = Math.abs(values[0]) < Long.MAX_VALUE / NANOS - 1;
      if (!isInRange || values[1] < 0 || values[1] >= NANOS) throw ShredInput.malformed();
      return values[0] * NANOS + values[1];
    }

    @Override
    void taken(long combined, long[] values) {
      values[0] = Math.floorDiv(combined, NANOS);
      values[1] = Math.floorMod(combined, NANOS);
    }
  }

  /** {@code google.type.Date} as a day's number, if it is a whole date. */
  static final class Date extends Combined {
    Date(int leaf) {
      super(leaf, 3);
    }

    @Override
    long combined(long[] values) {
      boolean isDate =
          values[0] >= 1
              && values[0] <= 9999
              && values[1] >= 1
              && values[1] <= 12
              && values[2] >= 1
              && values[2] <= 31;
      if (!isDate) throw ShredInput.malformed();
      var month = java.time.YearMonth.of((int) values[0], (int) values[1]);
      if (!month.isValidDay((int) values[2])) throw ShredInput.malformed();
      return month.atDay((int) values[2]).toEpochDay();
    }

    @Override
    void taken(long combined, long[] values) {
      var date = java.time.LocalDate.ofEpochDay(combined);
      values[0] = date.getYear();
      values[1] = date.getMonthValue();
      values[2] = date.getDayOfMonth();
    }
  }

  /** {@code google.type.TimeOfDay} as microseconds, if it has no finer part. */
  static final class TimeOfDay extends Combined {
    private static final long SECOND_MICROS = 1_000_000;

    TimeOfDay(int leaf) {
      super(leaf, 4);
    }

    @Override
    long combined(long[] values) {
      boolean isTime =
          isBelow(values[0], 24)
              && isBelow(values[1], 60)
              && isBelow(values[2], 60)
              && isBelow(values[3], 1_000_000_000)
              && values[3] % 1000 == 0;
      if (!isTime) throw ShredInput.malformed();
      long seconds = (values[0] * 60 + values[1]) * 60 + values[2];
      return seconds * SECOND_MICROS + values[3] / 1000;
    }

    private static boolean isBelow(long value, long limit) {
      return value >= 0 && value < limit;
    }

    @Override
    void taken(long combined, long[] values) {
      long seconds = combined / SECOND_MICROS;
      values[0] = seconds / 3600;
      values[1] = seconds / 60 % 60;
      values[2] = seconds % 60;
      values[3] = combined % SECOND_MICROS * 1000;
    }
  }
}

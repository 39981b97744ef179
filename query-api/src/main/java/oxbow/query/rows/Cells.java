package oxbow.query.rows;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.Decimal256Vector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.DurationVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.IntervalDayVector;
import org.apache.arrow.vector.IntervalMonthDayNanoVector;
import org.apache.arrow.vector.IntervalYearVector;
import org.apache.arrow.vector.LargeVarBinaryVector;
import org.apache.arrow.vector.LargeVarCharVector;
import org.apache.arrow.vector.NullVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeNanoVector;
import org.apache.arrow.vector.TimeSecVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.DenseUnionVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.complex.UnionVector;
import org.apache.arrow.vector.types.pojo.ArrowType;

/**
 * How each type of Arrow is shown in JSON: numbers as they are, numbers that JSON lacks as texts,
 * bytes in base64, dates and times in ISO 8601, structs and maps by text as objects.
 */
final class Cells {
  /** Up to there a double holds every whole number. */
  private static final long EXACT_MAX = 1L << 53;

  private final ZoneId zone;
  private final boolean isLongAsText;

  /**
   * @param zone that points in time are shown in
   * @param isLongAsText whole numbers that a double can't hold come as texts
   */
  Cells(ZoneId zone, boolean isLongAsText) {
    this.zone = zone;
    this.isLongAsText = isLongAsText;
  }

  /** Of one batch's vector. */
  Cell of(ValueVector vector) {
    Cell plain = plain(vector);
    return (row, out) -> {
      if (vector.isNull(row)) out.add("null");
      else plain.write(row, out);
    };
  }

  private Cell plain(ValueVector vector) {
    return switch (vector) {
      case NullVector _ -> (_, out) -> out.add("null");
      case BitVector bits -> (row, out) -> out.add(bits.get(row) == 0 ? "false" : "true");
      case TinyIntVector ints -> (row, out) -> out.add(ints.get(row));
      case SmallIntVector ints -> (row, out) -> out.add(ints.get(row));
      case IntVector ints -> (row, out) -> out.add(ints.get(row));
      case BigIntVector longs -> (row, out) -> whole(longs.get(row), out);
      case UInt1Vector ints -> (row, out) -> out.add(ints.get(row) & 0xff);
      case UInt2Vector ints -> (row, out) -> out.add((long) ints.get(row));
      case UInt4Vector ints -> (row, out) -> out.add(ints.get(row) & 0xffff_ffffL);
      case UInt8Vector longs -> (row, out) -> unsigned(longs.get(row), out);
      case Float4Vector floats -> (row, out) -> floating(floats.get(row), out);
      case Float8Vector doubles -> (row, out) -> floating(doubles.get(row), out);
      case DecimalVector decimals -> (row, out) -> decimal(decimals.getObject(row), out);
      case Decimal256Vector decimals -> (row, out) -> decimal(decimals.getObject(row), out);
      case VarCharVector texts -> text(texts);
      case LargeVarCharVector texts ->
          (row, out) -> {
            byte[] bytes = texts.get(row);
            out.quoted(bytes, bytes.length);
          };
      case VarBinaryVector blobs -> (row, out) -> base64(blobs.get(row), out);
      case LargeVarBinaryVector blobs -> (row, out) -> base64(blobs.get(row), out);
      case FixedSizeBinaryVector blobs -> (row, out) -> base64(blobs.get(row), out);
      case DateDayVector days -> (row, out) -> date(days.get(row), out);
      case DateMilliVector days ->
          (row, out) -> date(Math.floorDiv(days.get(row), TimeUnit.DAYS.toMillis(1)), out);
      case TimeSecVector times -> (row, out) -> time(times.get(row), TimeUnit.SECONDS, out);
      case TimeMilliVector times -> (row, out) -> time(times.get(row), TimeUnit.MILLISECONDS, out);
      case TimeMicroVector times -> (row, out) -> time(times.get(row), TimeUnit.MICROSECONDS, out);
      case TimeNanoVector times -> (row, out) -> time(times.get(row), TimeUnit.NANOSECONDS, out);
      case TimeStampVector times -> timestamp(times);
      case IntervalMonthDayNanoVector spans ->
          (row, out) -> {
            ArrowBuf data = spans.getDataBuffer();
            interval(
                IntervalMonthDayNanoVector.getMonths(data, row),
                IntervalMonthDayNanoVector.getDays(data, row),
                IntervalMonthDayNanoVector.getNanoseconds(data, row),
                out);
          };
      case IntervalYearVector spans -> (row, out) -> interval(spans.get(row), 0, 0, out);
      case IntervalDayVector spans ->
          (row, out) -> {
            ArrowBuf data = spans.getDataBuffer();
            interval(
                0,
                IntervalDayVector.getDays(data, row),
                TimeUnit.MILLISECONDS.toNanos(IntervalDayVector.getMilliseconds(data, row)),
                out);
          };
      case DurationVector spans -> (row, out) -> ascii(String.valueOf(spans.getObject(row)), out);
      case MapVector map -> map(map);
      case ListVector list -> {
        Cell element = of(list.getDataVector());
        yield (row, out) ->
            list(element, list.getElementStartIndex(row), list.getElementEndIndex(row), out);
      }
      case LargeListVector list -> {
        Cell element = of(list.getDataVector());
        yield (row, out) ->
            list(
                element,
                Math.toIntExact(list.getElementStartIndex(row)),
                Math.toIntExact(list.getElementEndIndex(row)),
                out);
      }
      case FixedSizeListVector list -> {
        Cell element = of(list.getDataVector());
        int count = list.getListSize();
        yield (row, out) -> list(element, row * count, (row + 1) * count, out);
      }
      case StructVector struct -> struct(struct);
      case UnionVector union ->
          (row, out) -> {
            ValueVector member = union.getVector(row);
            if (member == null) out.add("null");
            else of(member).write(row, out);
          };
      case DenseUnionVector union ->
          (row, out) -> {
            ValueVector member = union.getVectorByType(union.getTypeId(row));
            if (member == null) out.add("null");
            else of(member).write(union.getOffset(row), out);
          };
      default -> (row, out) -> out.quoted(String.valueOf(vector.getObject(row)));
    };
  }

  private static Cell text(VarCharVector texts) {
    ArrowBuf data = texts.getDataBuffer();
    return new Cell() {
      private byte[] copy = new byte[256];

      @Override
      public void write(int row, Utf8 out) {
        int start = texts.getStartOffset(row);
        int length = texts.getEndOffset(row) - start;
        if (length > copy.length) copy = new byte[Math.max(length, 2 * copy.length)];
        data.getBytes(start, copy, 0, length);
        out.quoted(copy, length);
      }
    };
  }

  private void whole(long number, Utf8 out) {
    if (isLongAsText && (number > EXACT_MAX || number < -EXACT_MAX)) {
      out.add('"').add(number).add('"');
    } else {
      out.add(number);
    }
  }

  private void unsigned(long bits, Utf8 out) {
    if (bits >= 0) {
      whole(bits, out);
    } else if (isLongAsText) {
      ascii(Long.toUnsignedString(bits), out);
    } else {
      out.add(Long.toUnsignedString(bits));
    }
  }

  private static void floating(float number, Utf8 out) {
    if (Float.isFinite(number)) out.add(Float.toString(number));
    else ascii(Float.toString(number), out);
  }

  private static void floating(double number, Utf8 out) {
    if (Double.isFinite(number)) out.add(Double.toString(number));
    else ascii(Double.toString(number), out);
  }

  private void decimal(BigDecimal number, Utf8 out) {
    boolean isText = isLongAsText && number.scale() <= 0 && number.toBigInteger().bitLength() > 53;
    if (isText) ascii(number.toPlainString(), out);
    else out.add(number.toPlainString());
  }

  private static void base64(byte[] bytes, Utf8 out) {
    byte[] encoded = Base64.getEncoder().encode(bytes);
    out.add('"').add(encoded, 0, encoded.length).add('"');
  }

  private static void date(long day, Utf8 out) {
    // As the engine has what lies before and after all days.
    if (day == Integer.MAX_VALUE) ascii("infinity", out);
    else if (day == -Integer.MAX_VALUE) ascii("-infinity", out);
    else ascii(DateTimeFormatter.ISO_LOCAL_DATE.format(LocalDate.ofEpochDay(day)), out);
  }

  private static void time(long value, TimeUnit unit, Utf8 out) {
    long nanos = unit.toNanos(value);
    if (nanos == TimeUnit.DAYS.toNanos(1)) ascii("24:00:00", out);
    else ascii(DateTimeFormatter.ISO_LOCAL_TIME.format(LocalTime.ofNanoOfDay(nanos)), out);
  }

  private Cell timestamp(TimeStampVector times) {
    var type = (ArrowType.Timestamp) times.getField().getType();
    long perSecond =
        switch (type.getUnit()) {
          case SECOND -> 1L;
          case MILLISECOND -> 1_000L;
          case MICROSECOND -> 1_000_000L;
          case NANOSECOND -> 1_000_000_000L;
        };
    boolean isPoint = type.getTimezone() != null && !type.getTimezone().isEmpty();
    return (row, out) -> {
      long value = times.get(row);
      if (value == Long.MAX_VALUE) {
        ascii("infinity", out);
        return;
      }
      if (value == -Long.MAX_VALUE) {
        ascii("-infinity", out);
        return;
      }
      long seconds = Math.floorDiv(value, perSecond);
      int nanos = (int) (Math.floorMod(value, perSecond) * (1_000_000_000L / perSecond));
      if (isPoint) {
        Instant point = Instant.ofEpochSecond(seconds, nanos);
        ascii(DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(point.atZone(zone)), out);
      } else {
        LocalDateTime local = LocalDateTime.ofEpochSecond(seconds, nanos, ZoneOffset.UTC);
        ascii(DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(local), out);
      }
    };
  }

  private static void interval(int months, int days, long nanos, Utf8 out) {
    var text = new StringBuilder("P");
    if (months / 12 != 0) text.append(months / 12).append('Y');
    if (months % 12 != 0) text.append(months % 12).append('M');
    if (days != 0) text.append(days).append('D');
    if (nanos != 0 || text.length() == 1) {
      text.append(
          Duration.ofNanos(nanos).toString(), 1, Duration.ofNanos(nanos).toString().length());
    }
    ascii(text.toString(), out);
  }

  private static void list(Cell element, int start, int end, Utf8 out) {
    out.add('[');
    for (int i = start; i < end; i++) {
      if (i > start) out.add(',');
      element.write(i, out);
    }
    out.add(']');
  }

  private Cell struct(StructVector struct) {
    List<FieldVector> members = struct.getChildrenFromFields();
    List<Cell> cells = new ArrayList<>();
    List<byte[]> names = new ArrayList<>();
    for (FieldVector member : members) {
      cells.add(of(member));
      names.add(new Utf8().quoted(member.getName()).add(':').take());
    }
    return (row, out) -> {
      out.add('{');
      for (int i = 0; i < cells.size(); i++) {
        if (i > 0) out.add(',');
        byte[] name = names.get(i);
        out.add(name, 0, name.length);
        cells.get(i).write(row, out);
      }
      out.add('}');
    };
  }

  /** By text as an object, by anything else as a list of keys and values. */
  private Cell map(MapVector map) {
    var entries = (StructVector) map.getDataVector();
    FieldVector keys = entries.getChildrenFromFields().get(0);
    Cell key = of(keys);
    Cell value = of(entries.getChildrenFromFields().get(1));
    boolean isByText = keys instanceof VarCharVector;
    return (row, out) -> {
      int start = map.getElementStartIndex(row);
      int end = map.getElementEndIndex(row);
      out.add(isByText ? '{' : '[');
      for (int i = start; i < end; i++) {
        if (i > start) out.add(',');
        if (!isByText) out.add("{\"key\":");
        key.write(i, out);
        out.add(isByText ? ":" : ",\"value\":");
        value.write(i, out);
        if (!isByText) out.add('}');
      }
      out.add(isByText ? '}' : ']');
    };
  }

  private static void ascii(String text, Utf8 out) {
    out.add('"').add(text).add('"');
  }
}

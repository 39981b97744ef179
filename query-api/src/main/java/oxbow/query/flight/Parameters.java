package oxbow.query.flight;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DateMilliVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.util.Text;
import org.jspecify.annotations.Nullable;

/** Values that a driver binds to a prepared statement. */
final class Parameters {
  private Parameters() {}

  /** The values of the one row that a driver sends; none, if it sends no row. */
  static List<@Nullable Object> read(FlightStream stream) {
    List<@Nullable Object> values = new ArrayList<>();
    long rows = 0;
    while (stream.next()) {
      VectorSchemaRoot root = stream.getRoot();
      rows += root.getRowCount();
      if (rows > 1) {
        throw CallStatus.UNIMPLEMENTED
            .withDescription("a prepared statement takes one row of values at a time")
            .toRuntimeException();
      }
      if (root.getRowCount() == 0) continue;
      for (FieldVector vector : root.getFieldVectors()) values.add(value(vector));
    }
    return values;
  }

  private static @Nullable Object value(FieldVector vector) {
    if (vector.isNull(0)) return null;
    return switch (vector) {
      case TimeStampVector time -> time(time);
      case DateDayVector day -> LocalDate.ofEpochDay(day.get(0));
      case DateMilliVector day ->
          LocalDate.ofEpochDay(Math.floorDiv(day.get(0), TimeUnit.DAYS.toMillis(1)));
      default -> plain(vector);
    };
  }

  private static @Nullable Object plain(FieldVector vector) {
    Object value = vector.getObject(0);
    return switch (value) {
      case null -> null;
      case Text text -> text.toString();
      case Byte number -> number.intValue();
      case Short number -> number.intValue();
      case Character number -> (int) number;
      case Integer number when vector.getField().getType() instanceof ArrowType.Time time ->
          time(number, time);
      case Long number when vector.getField().getType() instanceof ArrowType.Time time ->
          time(number, time);
      case LocalDateTime time when vector.getField().getType() instanceof ArrowType.Time ->
          time.toLocalTime();
      case Float number -> number.doubleValue();
      case Integer number -> number;
      case Long number -> number;
      case Double number -> number;
      case Boolean bool -> bool;
      case BigDecimal number -> number;
      case byte[] bytes -> bytes;
      case Duration duration -> duration.toString();
      default ->
          throw CallStatus.INVALID_ARGUMENT
              .withDescription(
                  "a parameter can't be a " + vector.getField().getType() + "; bind a text")
              .toRuntimeException();
    };
  }

  private static LocalTime time(long value, ArrowType.Time type) {
    return LocalTime.ofNanoOfDay(
        switch (type.getUnit()) {
          case SECOND -> TimeUnit.SECONDS.toNanos(value);
          case MILLISECOND -> TimeUnit.MILLISECONDS.toNanos(value);
          case MICROSECOND -> TimeUnit.MICROSECONDS.toNanos(value);
          case NANOSECOND -> value;
        });
  }

  private static Object time(TimeStampVector vector) {
    var type = (ArrowType.Timestamp) vector.getField().getType();
    long value = vector.get(0);
    Instant point =
        switch (type.getUnit()) {
          case SECOND -> Instant.ofEpochSecond(value);
          case MILLISECOND -> Instant.ofEpochMilli(value);
          case MICROSECOND ->
              Instant.ofEpochSecond(
                  Math.floorDiv(value, 1_000_000L), Math.floorMod(value, 1_000_000L) * 1_000);
          case NANOSECOND ->
              Instant.ofEpochSecond(
                  Math.floorDiv(value, 1_000_000_000L), Math.floorMod(value, 1_000_000_000L));
        };
    return type.getTimezone() == null
        ? LocalDateTime.ofInstant(point, ZoneOffset.UTC)
        : point.atOffset(ZoneOffset.UTC);
  }
}

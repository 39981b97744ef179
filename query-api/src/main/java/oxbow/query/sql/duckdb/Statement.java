package oxbow.query.sql.duckdb;

import static oxbow.query.sql.duckdb.Calls.slot;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** A prepared statement. Used by one thread at a time, and closed before its database. */
public final class Statement implements AutoCloseable {
  private static final int DECIMAL_DIGITS_MAX = 38;

  private final Database database;
  private final MemorySegment statement;

  private Statement(Database database, MemorySegment statement) {
    this.database = database;
    this.statement = statement;
  }

  static Statement prepare(Database database, String sql) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment slot = slot(arena);
      int state = Calls.integer(Calls.PREPARE, database.connection(), Calls.text(arena, sql), slot);
      if (state == 0) return new Statement(database, Database.value(slot));
      String message = Calls.text(Calls.pointer(Calls.PREPARE_ERROR, Database.value(slot)));
      Calls.run(Calls.DESTROY_PREPARE, slot);
      throw new DuckDbException(message);
    }
  }

  /** How many values it wants. */
  public int parameters() {
    return (int) Calls.number(Calls.NPARAMS, statement);
  }

  /** What each of them is taken for, as far as that can be told. */
  public List<SqlType> parameterTypes() {
    List<SqlType> types = new ArrayList<>();
    for (long i = 1; i <= parameters(); i++) {
      types.add(SqlType.take(Calls.pointer(Calls.PARAM_TYPE, statement, i)));
    }
    return types;
  }

  /** A column of what it gives. */
  public record Column(String name, SqlType type) {}

  /**
   * The columns of what it gives; empty: they depend on the types of parameters, and are known once
   * it is executed.
   */
  public List<Column> columns() {
    List<Column> columns = declaredColumns();
    boolean isUnknown =
        columns.size() == 1
            && parameters() > 0
            && columns.getFirst().name().equals("unknown")
            && columns.getFirst().type().kind() == SqlType.Kind.OTHER;
    return isUnknown ? List.of() : columns;
  }

  private List<Column> declaredColumns() {
    long count = Calls.number(Calls.COLUMNS, statement);
    List<Column> columns = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      String name = Calls.takeText(Calls.pointer(Calls.COLUMN_NAME, statement, i));
      columns.add(new Column(name, SqlType.take(Calls.pointer(Calls.COLUMN_TYPE, statement, i))));
    }
    return columns;
  }

  /**
   * Gives a parameter its value.
   *
   * @param index from 1
   * @throws DuckDbException there is no such parameter, or no such value
   */
  public void bind(int index, @Nullable Object value) {
    int state =
        switch (value) {
          case null -> Calls.integer(Calls.BIND_NULL, statement, index);
          case Boolean flag -> bindBoolean(index, flag);
          case Byte number -> bindLong(index, number);
          case Short number -> bindLong(index, number);
          case Integer number -> bindLong(index, number);
          case Long number -> bindLong(index, number);
          case Float number -> bindDouble(index, number);
          case Double number -> bindDouble(index, number);
          case BigDecimal number -> bindDecimal(index, number);
          case String text -> bindText(index, text);
          case UUID id -> bindText(index, id.toString());
          case byte[] bytes -> bindBytes(index, bytes);
          case LocalDate date -> bindDate(index, (int) date.toEpochDay());
          case LocalTime time -> bindTime(Calls.BIND_TIME, index, time.toNanoOfDay() / 1000);
          case LocalDateTime time ->
              bindTime(Calls.BIND_TIMESTAMP, index, micros(time.toInstant(ZoneOffset.UTC)));
          case OffsetDateTime time ->
              bindTime(Calls.BIND_TIMESTAMP_TZ, index, micros(time.toInstant()));
          default ->
              throw new DuckDbException(
                  "Invalid Input Error: a parameter can't be a "
                      + value.getClass().getSimpleName());
        };
    if (state != 0) {
      throw new DuckDbException("Invalid Input Error: the statement has no parameter " + index);
    }
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  private int bindBoolean(int index, boolean value) {
    try {
      return (int) Calls.BIND_BOOLEAN.invokeExact(statement, (long) index, value);
    } catch (Throwable e) {
      throw Calls.impossible(e);
    }
  }

  private int bindLong(int index, long value) {
    try {
      return (int) Calls.BIND_LONG.invokeExact(statement, (long) index, value);
    } catch (Throwable e) {
      throw Calls.impossible(e);
    }
  }

  private int bindDouble(int index, double value) {
    try {
      return (int) Calls.BIND_DOUBLE.invokeExact(statement, (long) index, value);
    } catch (Throwable e) {
      throw Calls.impossible(e);
    }
  }

  private int bindDate(int index, int days) {
    try {
      return (int) Calls.BIND_DATE.invokeExact(statement, (long) index, days);
    } catch (Throwable e) {
      throw Calls.impossible(e);
    }
  }

  private int bindTime(MethodHandle call, int index, long micros) {
    try {
      return (int) call.invokeExact(statement, (long) index, micros);
    } catch (Throwable e) {
      throw Calls.impossible(e);
    }
  }

  private int bindText(int index, String value) {
    return with(arena -> {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      return bindBytes(Calls.BIND_TEXT, index, arena, bytes);
    });
  }

  private int bindBytes(int index, byte[] value) {
    return with(arena -> bindBytes(Calls.BIND_BYTES, index, arena, value));
  }

  private int bindBytes(MethodHandle call, int index, Arena arena, byte[] value) {
    MemorySegment bytes = arena.allocate(Math.max(1, value.length));
    MemorySegment.copy(value, 0, bytes, ValueLayout.JAVA_BYTE, 0, value.length);
    try {
      return (int) call.invokeExact(statement, (long) index, bytes, (long) value.length);
    } catch (Throwable e) {
      throw Calls.impossible(e);
    }
  }

  private int bindDecimal(int index, BigDecimal value) {
    BigDecimal number = value.scale() < 0 ? value.setScale(0) : value;
    int width = Math.max(number.precision(), number.scale());
    if (width > DECIMAL_DIGITS_MAX) {
      throw new DuckDbException("Out of Range Error: no number has " + width + " digits");
    }
    BigInteger unscaled = number.unscaledValue();
    return with(arena -> {
      MemorySegment decimal = arena.allocate(Calls.DECIMAL);
      decimal.set(ValueLayout.JAVA_BYTE, 0, (byte) width);
      decimal.set(ValueLayout.JAVA_BYTE, 1, (byte) number.scale());
      decimal.set(ValueLayout.JAVA_LONG, 8, unscaled.longValue());
      decimal.set(ValueLayout.JAVA_LONG, 16, unscaled.shiftRight(Long.SIZE).longValue());
      try {
        return (int) Calls.BIND_DECIMAL.invokeExact(statement, (long) index, decimal);
      } catch (Throwable e) {
        throw Calls.impossible(e);
      }
    });
  }

  private static int with(ToIntFunction<Arena> call) {
    try (Arena arena = Arena.ofConfined()) {
      return call.applyAsInt(arena);
    }
  }

  /**
   * Runs it, up to where its first rows are known. Rows come as they are fetched.
   *
   * @throws DuckDbException it failed
   */
  public Rows execute() {
    return Rows.of(database, statement);
  }

  /** Runs it with values, to rows of texts. */
  public List<List<@Nullable String>> texts(List<? extends @Nullable Object> parameters) {
    for (int i = 0; i < parameters.size(); i++) bind(i + 1, parameters.get(i));
    try (Rows rows = execute()) {
      List<List<@Nullable String>> texts = new ArrayList<>();
      while (rows.next()) rows.addTexts(texts);
      return texts;
    }
  }

  @Override
  public void close() {
    try (Arena arena = Arena.ofConfined()) {
      Calls.run(Calls.DESTROY_PREPARE, slot(arena, statement));
    }
  }
}

package oxbow.query.sql.duckdb;

import static oxbow.query.sql.duckdb.Calls.slot;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A database of its own in memory, with one connection. Used by one thread at a time; any may
 * {@link #interrupt} and ask for {@link #percent}.
 */
public final class Database implements AutoCloseable {
  private static final AtomicInteger OPEN = new AtomicInteger();

  private final MemorySegment database;
  private final MemorySegment connection;

  /** Guards the connection against being asked while it is closed. */
  private final Object lock = new Object();

  private boolean isClosed;
  private final List<Long> functions = new ArrayList<>();

  private Database(MemorySegment database, MemorySegment connection) {
    this.database = database;
    this.connection = connection;
    OPEN.incrementAndGet();
  }

  /** How many are open in this process: tests count them. */
  static int openCount() {
    return OPEN.get();
  }

  /**
   * Opens one.
   *
   * @param settings as DuckDB names them
   */
  public static Database open(Map<String, String> settings) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment config = slot(arena);
      check(Calls.integer(Calls.CREATE_CONFIG, config), "no settings");
      try {
        for (Map.Entry<String, String> setting : settings.entrySet()) {
          int state =
              Calls.integer(
                  Calls.SET_CONFIG,
                  value(config),
                  Calls.text(arena, setting.getKey()),
                  Calls.text(arena, setting.getValue()));
          check(state, "Invalid Input Error: no setting " + setting);
        }
        MemorySegment database = slot(arena);
        MemorySegment error = slot(arena);
        int state =
            Calls.integer(
                Calls.OPEN, Calls.text(arena, ":memory:"), database, value(config), error);
        if (state != 0) throw new DuckDbException(Calls.takeText(value(error)));
        MemorySegment connection = slot(arena);
        if (Calls.integer(Calls.CONNECT, value(database), connection) != 0) {
          Calls.run(Calls.CLOSE, database);
          throw new DuckDbException("no connection");
        }
        return new Database(value(database), value(connection));
      } finally {
        Calls.run(Calls.DESTROY_CONFIG, config);
      }
    }
  }

  private static void check(int state, String message) {
    if (state != 0) throw new DuckDbException(message);
  }

  static MemorySegment value(MemorySegment slot) {
    return slot.get(ValueLayout.ADDRESS, 0);
  }

  MemorySegment connection() {
    return connection;
  }

  /** Runs a statement of ours. */
  public void execute(String sql) {
    try (Arena temporary = Arena.ofConfined()) {
      MemorySegment result = temporary.allocate(Calls.RESULT);
      int state = Calls.integer(Calls.QUERY, connection, Calls.text(temporary, sql), result);
      try {
        if (state != 0) throw failure(result);
      } finally {
        Calls.run(Calls.DESTROY_RESULT, result);
      }
    }
  }

  static DuckDbException failure(MemorySegment result) {
    return new DuckDbException(Calls.text(Calls.pointer(Calls.RESULT_ERROR, result)));
  }

  /**
   * Prepares one statement.
   *
   * @throws DuckDbException it doesn't hold
   */
  public Statement prepare(String sql) {
    return Statement.prepare(this, sql);
  }

  /** Gives statements of this database a function that returns rows. */
  public void register(TableFunction function) {
    functions.add(function.register(connection));
  }

  /** Stops what runs, soon. Any thread. */
  public void interrupt() {
    synchronized (lock) {
      if (!isClosed) Calls.run(Calls.INTERRUPT, connection);
    }
  }

  /**
   * How far the running statement is, from 0 to 100; below zero: that can't be told. Any thread.
   */
  public double percent() {
    synchronized (lock) {
      if (isClosed) return -1;
      try (Arena temporary = Arena.ofConfined()) {
        return Calls.progress(temporary, connection).get(ValueLayout.JAVA_DOUBLE, 0);
      }
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      if (isClosed) return;
      isClosed = true;
    }
    try (Arena temporary = Arena.ofConfined()) {
      Calls.run(Calls.DISCONNECT, slot(temporary, connection));
      Calls.run(Calls.CLOSE, slot(temporary, database));
    }
    functions.forEach(Handles::release);
    OPEN.decrementAndGet();
  }

  /** What {@link #execute} would do with rows of texts: for statements of ours that are small. */
  public List<List<@Nullable String>> texts(String sql, Object... parameters) {
    try (Statement statement = prepare(sql)) {
      return statement.texts(Arrays.asList(parameters));
    }
  }
}

package oxbow.query.sql.duckdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/** The rows of a statement that runs, some at a time. Used by one thread at a time. */
public final class Rows implements AutoCloseable {
  /** Of the two 16 bytes in which a text or its place lies. */
  private static final int INLINED_BYTES_MAX = 12;

  private static final int TEXT_BYTES = 16;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment result;
  private final MemorySegment options;

  /** Null: none are there. */
  private @Nullable MemorySegment chunk;

  private Rows(Database database) {
    result = arena.allocate(Calls.RESULT);
    options = Calls.slot(arena);
    Calls.run(Calls.ARROW_OPTIONS, database.connection(), options);
  }

  static Rows of(Database database, MemorySegment statement) {
    var rows = new Rows(database);
    if (Calls.integer(Calls.EXECUTE_STREAMING, statement, rows.result) == 0) return rows;
    DuckDbException failure = Database.failure(rows.result);
    rows.close();
    throw failure;
  }

  /** Their columns. */
  public List<Statement.Column> columns() {
    List<Statement.Column> columns = new ArrayList<>();
    for (long i = 0; i < columnCount(); i++) {
      String name = Calls.text(Calls.pointer(Calls.RESULT_NAME, result, i));
      SqlType type = SqlType.take(Calls.pointer(Calls.RESULT_TYPE, result, i));
      columns.add(new Statement.Column(name, type));
    }
    return columns;
  }

  private long columnCount() {
    return Calls.number(Calls.RESULT_COLUMNS, result);
  }

  /**
   * Fetches the next rows.
   *
   * @return false: there are no more
   * @throws DuckDbException it failed
   */
  public boolean next() {
    while (true) {
      release();
      MemorySegment fetched = Calls.fetch(result);
      if (fetched.equals(MemorySegment.NULL)) {
        String error = Calls.text(Calls.pointer(Calls.RESULT_ERROR, result));
        if (!error.isEmpty()) throw new DuckDbException(error);
        return false;
      }
      chunk = fetched;
      if (count() > 0) return true;
    }
  }

  private MemorySegment chunk() {
    MemorySegment fetched = chunk;
    if (fetched == null) throw new IllegalStateException("no rows were fetched");
    return fetched;
  }

  /** Number of rows that were fetched. */
  public int count() {
    return (int) Calls.number(Calls.CHUNK_SIZE, chunk());
  }

  /** The rows that were fetched, as vectors of the caller's own. */
  public VectorSchemaRoot take(Schema schema, BufferAllocator allocator) {
    try (Arena temporary = Arena.ofConfined()) {
      MemorySegment array = temporary.allocate(ArrowArray.LAYOUT);
      MemorySegment error = Calls.pointer(Calls.TO_ARROW, Database.value(options), chunk(), array);
      try {
        if (!error.equals(MemorySegment.NULL) && Calls.isTrue(Calls.HAS_ERROR, error)) {
          throw new DuckDbException(Calls.text(Calls.pointer(Calls.ERROR_MESSAGE, error)));
        }
      } finally {
        Calls.run(Calls.DESTROY_ERROR, Calls.slot(temporary, error));
      }
      try {
        return ArrowArray.copy(array, schema, allocator);
      } finally {
        ArrowArray.release(array);
      }
    }
  }

  /** Adds the rows that were fetched; all their columns are texts. */
  void addTexts(List<List<@Nullable String>> texts) {
    int rows = count();
    int first = texts.size();
    for (int row = 0; row < rows; row++) texts.add(new ArrayList<>());
    for (long column = 0; column < columnCount(); column++) {
      MemorySegment vector = Calls.pointer(Calls.CHUNK_VECTOR, chunk(), column);
      MemorySegment data =
          Calls.sized(Calls.pointer(Calls.VECTOR_DATA, vector), (long) rows * TEXT_BYTES);
      MemorySegment validity = Calls.pointer(Calls.VECTOR_VALIDITY, vector);
      for (int row = 0; row < rows; row++) {
        texts.get(first + row).add(isNull(validity, row) ? null : text(data, row));
      }
    }
  }

  private static boolean isNull(MemorySegment validity, int row) {
    if (validity.equals(MemorySegment.NULL)) return false;
    MemorySegment words = Calls.sized(validity, (row / Long.SIZE + 1L) * Long.BYTES);
    return (words.getAtIndex(ValueLayout.JAVA_LONG, row / Long.SIZE) >>> (row % Long.SIZE) & 1)
        == 0;
  }

  private static String text(MemorySegment data, int row) {
    MemorySegment text = data.asSlice((long) row * TEXT_BYTES, TEXT_BYTES);
    int length = text.get(ValueLayout.JAVA_INT, 0);
    MemorySegment bytes =
        length <= INLINED_BYTES_MAX
            ? text.asSlice(Integer.BYTES, length)
            : Calls.sized(text.get(ValueLayout.ADDRESS, 2 * Integer.BYTES), length);
    return new String(bytes.toArray(ValueLayout.JAVA_BYTE), UTF_8);
  }

  private void release() {
    MemorySegment fetched = chunk;
    chunk = null;
    if (fetched == null) return;
    try (Arena temporary = Arena.ofConfined()) {
      Calls.run(Calls.DESTROY_CHUNK, Calls.slot(temporary, fetched));
    }
  }

  @Override
  public void close() {
    release();
    Calls.run(Calls.DESTROY_ARROW_OPTIONS, options);
    Calls.run(Calls.DESTROY_RESULT, result);
    arena.close();
  }
}

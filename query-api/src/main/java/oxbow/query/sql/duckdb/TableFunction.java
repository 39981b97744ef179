package oxbow.query.sql.duckdb;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static oxbow.query.sql.duckdb.Calls.slot;
import static oxbow.query.sql.duckdb.Calls.text;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import oxbow.schema.layout.Column;

/**
 * A function by which statements read rows of this process: {@code name()}. DuckDB calls it on
 * threads of its own, in a few steps, and nothing that goes wrong in them may get back into its
 * code.
 */
@SuppressWarnings("UnusedMethod") // C code calls them
public final class TableFunction {
  private static final MemorySegment BIND = upcall("bind", 1);
  private static final MemorySegment INIT = upcall("init", 1);
  private static final MemorySegment LOCAL_INIT = upcall("localInit", 1);
  private static final MemorySegment BODY = upcall("body", 2);
  private static final MemorySegment RELEASE = upcall("release", 1);

  private final String name;
  private final RowSource source;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  public TableFunction(String name, RowSource source) {
    this.name = name;
    this.source = source;
  }

  /** What went wrong first while rows were read; null: nothing did. */
  public @Nullable Throwable failure() {
    return failure.get();
  }

  /** Returns the handle to be released once the database is closed. */
  long register(MemorySegment connection) {
    long self = Handles.add(this);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment function = Calls.pointer(Calls.CREATE_FUNCTION);
      Calls.run(Calls.FUNCTION_NAME, function, text(arena, name));
      Calls.run(Calls.FUNCTION_EXTRA, function, MemorySegment.ofAddress(self), MemorySegment.NULL);
      Calls.run(Calls.FUNCTION_BIND, function, BIND);
      Calls.run(Calls.FUNCTION_INIT, function, INIT);
      Calls.run(Calls.FUNCTION_LOCAL_INIT, function, LOCAL_INIT);
      Calls.run(Calls.FUNCTION_BODY, function, BODY);
      Calls.run(Calls.FUNCTION_PROJECTS, function, true);
      int state = Calls.integer(Calls.REGISTER_FUNCTION, connection, function);
      Calls.run(Calls.DESTROY_FUNCTION, slot(arena, function));
      if (state != 0) throw new DuckDbException("no function " + name + " can be made");
    }
    return self;
  }

  /** What was bound, scanned or worked on, and the function that it belongs to. */
  private record Held<T>(TableFunction function, T held) {}

  @SuppressWarnings("restricted") // what C code calls
  private static MemorySegment upcall(String method, int arguments) {
    MethodType type =
        MethodType.methodType(void.class, Collections.nCopies(arguments, MemorySegment.class));
    try {
      MethodHandle handle = MethodHandles.lookup().findStatic(TableFunction.class, method, type);
      FunctionDescriptor descriptor =
          arguments == 1
              ? FunctionDescriptor.ofVoid(ADDRESS)
              : FunctionDescriptor.ofVoid(ADDRESS, ADDRESS);
      return Linker.nativeLinker().upcallStub(handle, descriptor, Arena.global());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void bind(MemorySegment info) {
    try {
      var function = Handles.get(TableFunction.class, Calls.pointer(Calls.BIND_EXTRA, info));
      RowSource source = function.source;
      try (Arena arena = Arena.ofConfined()) {
        for (Column column : source.columns()) {
          MemorySegment type = ColumnTypes.create(column.type());
          Calls.run(Calls.BIND_COLUMN, info, text(arena, column.name()), type);
          Calls.run(Calls.DESTROY_TYPE, slot(arena, type));
        }
      }
      Calls.run(Calls.BIND_CARDINALITY, info, source.rows(), false);
      hold(Calls.BIND_DATA, info, new Held<>(function, source));
    } catch (Throwable e) {
      fail(Calls.BIND_ERROR, info, e);
    }
  }

  private static void init(MemorySegment info) {
    Held<?> bound = Handles.get(Held.class, Calls.pointer(Calls.INIT_BIND_DATA, info));
    try {
      int[] columns = new int[(int) Calls.number(Calls.INIT_COLUMNS, info)];
      for (int i = 0; i < columns.length; i++) {
        columns[i] = (int) Calls.number(Calls.INIT_COLUMN, info, i);
      }
      RowSource.Scan scan = ((RowSource) bound.held).scan(columns);
      Calls.run(Calls.INIT_THREADS, info, (long) Math.max(1, scan.threadsMax()));
      hold(Calls.INIT_DATA, info, new Held<>(bound.function, scan));
    } catch (Throwable e) {
      bound.function.failure.compareAndSet(null, e);
      fail(Calls.INIT_ERROR, info, e);
    }
  }

  private static void localInit(MemorySegment info) {
    // The interface of a thread's beginning doesn't tell what the scan is: the body makes it.
    hold(Calls.INIT_DATA, info, new AtomicReference<RowSource.@Nullable Worker>());
  }

  private static void body(MemorySegment info, MemorySegment chunk) {
    Held<?> scan = Handles.get(Held.class, Calls.pointer(Calls.BODY_INIT_DATA, info));
    try {
      AtomicReference<RowSource.Worker> local = worker(Calls.pointer(Calls.BODY_LOCAL_DATA, info));
      RowSource.Worker worker = local.get();
      if (worker == null) {
        worker = ((RowSource.Scan) scan.held).worker();
        local.set(worker);
      }
      Calls.run(Calls.SET_CHUNK_SIZE, chunk, (long) worker.fill(chunk));
    } catch (Throwable e) {
      scan.function.failure.compareAndSet(null, e);
      fail(Calls.BODY_ERROR, info, e);
    }
  }

  @SuppressWarnings("unchecked") // nothing else is held for a thread
  private static AtomicReference<RowSource.Worker> worker(MemorySegment handle) {
    return Handles.get(AtomicReference.class, handle);
  }

  private static void hold(MethodHandle setter, MemorySegment info, Object object) {
    Calls.run(setter, info, MemorySegment.ofAddress(Handles.add(object)), RELEASE);
  }

  private static void fail(MethodHandle setter, MemorySegment info, Throwable e) {
    try (Arena arena = Arena.ofConfined()) {
      Calls.run(setter, info, text(arena, String.valueOf(e.getMessage())));
    }
  }

  private static void release(MemorySegment handle) {
    Object object = Handles.release(handle.address());
    Object inner =
        switch (object) {
          case Held<?> held -> held.held;
          case AtomicReference<?> local -> local.get();
          default -> object;
        };
    try {
      if (inner instanceof AutoCloseable closeable) closeable.close();
    } catch (Exception e) {
      if (object instanceof Held<?> held) held.function.failure.compareAndSet(null, e);
    }
  }
}

package oxbow.query.sql.duckdb;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * DuckDB's C functions, each as its header declares it. The library is one for the whole process,
 * and constants are what the compiler makes direct calls of: so they are static, and set up when
 * {@link DuckDb} has loaded the library.
 */
final class Calls {
  private static final Linker LINKER = Linker.nativeLinker();

  /** {@code duckdb_result}: passed by value in places. */
  static final StructLayout RESULT =
      MemoryLayout.structLayout(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS);

  /** Percentage, rows processed, rows to process. */
  static final StructLayout PROGRESS = MemoryLayout.structLayout(JAVA_DOUBLE, JAVA_LONG, JAVA_LONG);

  /** Width, scale, and a value of 16 bytes. */
  static final StructLayout DECIMAL =
      MemoryLayout.structLayout(
          JAVA_BYTE, JAVA_BYTE, MemoryLayout.paddingLayout(6), JAVA_LONG, JAVA_LONG);

  // ---- databases
  static final MethodHandle CREATE_CONFIG = integer("create_config", ADDRESS);
  static final MethodHandle SET_CONFIG = integer("set_config", ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle DESTROY_CONFIG = nothing("destroy_config", ADDRESS);
  static final MethodHandle OPEN = integer("open_ext", ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle CLOSE = nothing("close", ADDRESS);
  static final MethodHandle CONNECT = integer("connect", ADDRESS, ADDRESS);
  static final MethodHandle DISCONNECT = nothing("disconnect", ADDRESS);
  static final MethodHandle INTERRUPT = nothing("interrupt", ADDRESS);
  static final MethodHandle QUERY_PROGRESS = handle("query_progress", PROGRESS, ADDRESS);
  static final MethodHandle FREE = nothing("free", ADDRESS);

  // ---- statements and results
  static final MethodHandle QUERY = integer("query", ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle DESTROY_RESULT = nothing("destroy_result", ADDRESS);
  static final MethodHandle RESULT_ERROR = pointer("result_error", ADDRESS);
  static final MethodHandle PREPARE = integer("prepare", ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle DESTROY_PREPARE = nothing("destroy_prepare", ADDRESS);
  static final MethodHandle PREPARE_ERROR = pointer("prepare_error", ADDRESS);
  static final MethodHandle NPARAMS = number("nparams", ADDRESS);
  static final MethodHandle PARAM_TYPE = pointer("param_logical_type", ADDRESS, JAVA_LONG);
  static final MethodHandle COLUMNS = number("prepared_statement_column_count", ADDRESS);
  static final MethodHandle COLUMN_NAME =
      pointer("prepared_statement_column_name", ADDRESS, JAVA_LONG);
  static final MethodHandle COLUMN_TYPE =
      pointer("prepared_statement_column_logical_type", ADDRESS, JAVA_LONG);
  static final MethodHandle RESULT_COLUMNS = number("column_count", ADDRESS);
  static final MethodHandle RESULT_NAME = pointer("column_name", ADDRESS, JAVA_LONG);
  static final MethodHandle RESULT_TYPE = pointer("column_logical_type", ADDRESS, JAVA_LONG);
  static final MethodHandle EXECUTE_STREAMING =
      integer("execute_prepared_streaming", ADDRESS, ADDRESS);
  static final MethodHandle FETCH = handle("fetch_chunk", ADDRESS, RESULT);
  static final MethodHandle CHUNK_SIZE = number("data_chunk_get_size", ADDRESS);
  static final MethodHandle CHUNK_VECTOR = pointer("data_chunk_get_vector", ADDRESS, JAVA_LONG);
  static final MethodHandle SET_CHUNK_SIZE = nothing("data_chunk_set_size", ADDRESS, JAVA_LONG);
  static final MethodHandle DESTROY_CHUNK = nothing("destroy_data_chunk", ADDRESS);

  // ---- parameters
  static final MethodHandle BIND_NULL = integer("bind_null", ADDRESS, JAVA_LONG);
  static final MethodHandle BIND_BOOLEAN =
      integer("bind_boolean", ADDRESS, JAVA_LONG, JAVA_BOOLEAN);
  static final MethodHandle BIND_LONG = integer("bind_int64", ADDRESS, JAVA_LONG, JAVA_LONG);
  static final MethodHandle BIND_DOUBLE = integer("bind_double", ADDRESS, JAVA_LONG, JAVA_DOUBLE);
  static final MethodHandle BIND_TEXT =
      integer("bind_varchar_length", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  static final MethodHandle BIND_BYTES =
      integer("bind_blob", ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
  static final MethodHandle BIND_DECIMAL = integer("bind_decimal", ADDRESS, JAVA_LONG, DECIMAL);
  static final MethodHandle BIND_DATE = integer("bind_date", ADDRESS, JAVA_LONG, JAVA_INT);
  static final MethodHandle BIND_TIME = integer("bind_time", ADDRESS, JAVA_LONG, JAVA_LONG);
  static final MethodHandle BIND_TIMESTAMP =
      integer("bind_timestamp", ADDRESS, JAVA_LONG, JAVA_LONG);
  static final MethodHandle BIND_TIMESTAMP_TZ =
      integer("bind_timestamp_tz", ADDRESS, JAVA_LONG, JAVA_LONG);

  // ---- types
  static final MethodHandle CREATE_TYPE = handle("create_logical_type", ADDRESS, JAVA_INT);
  static final MethodHandle CREATE_DECIMAL =
      handle("create_decimal_type", ADDRESS, JAVA_BYTE, JAVA_BYTE);
  static final MethodHandle CREATE_LIST = pointer("create_list_type", ADDRESS);
  static final MethodHandle CREATE_MAP = pointer("create_map_type", ADDRESS, ADDRESS);
  static final MethodHandle CREATE_STRUCT =
      pointer("create_struct_type", ADDRESS, ADDRESS, JAVA_LONG);
  static final MethodHandle DESTROY_TYPE = nothing("destroy_logical_type", ADDRESS);
  static final MethodHandle TYPE_ID = integer("get_type_id", ADDRESS);
  static final MethodHandle TYPE_ALIAS = pointer("logical_type_get_alias", ADDRESS);
  static final MethodHandle DECIMAL_WIDTH = handle("decimal_width", JAVA_BYTE, ADDRESS);
  static final MethodHandle DECIMAL_SCALE = handle("decimal_scale", JAVA_BYTE, ADDRESS);
  static final MethodHandle LIST_CHILD = pointer("list_type_child_type", ADDRESS);
  static final MethodHandle ARRAY_CHILD = pointer("array_type_child_type", ADDRESS);
  static final MethodHandle ARRAY_SIZE = number("array_type_array_size", ADDRESS);
  static final MethodHandle MAP_KEY = pointer("map_type_key_type", ADDRESS);
  static final MethodHandle MAP_VALUE = pointer("map_type_value_type", ADDRESS);
  static final MethodHandle STRUCT_COUNT = number("struct_type_child_count", ADDRESS);
  static final MethodHandle STRUCT_NAME = pointer("struct_type_child_name", ADDRESS, JAVA_LONG);
  static final MethodHandle STRUCT_CHILD = pointer("struct_type_child_type", ADDRESS, JAVA_LONG);

  // ---- vectors
  static final MethodHandle VECTOR_DATA = pointer("vector_get_data", ADDRESS);
  static final MethodHandle VECTOR_VALIDITY = pointer("vector_get_validity", ADDRESS);
  static final MethodHandle MAKE_VALIDITY = nothing("vector_ensure_validity_writable", ADDRESS);
  static final MethodHandle ASSIGN_TEXT = assignText();
  static final MethodHandle LIST_VECTOR_CHILD = pointer("list_vector_get_child", ADDRESS);
  static final MethodHandle LIST_RESERVE = integer("list_vector_reserve", ADDRESS, JAVA_LONG);
  static final MethodHandle LIST_SIZE = integer("list_vector_set_size", ADDRESS, JAVA_LONG);
  static final MethodHandle STRUCT_VECTOR_CHILD =
      pointer("struct_vector_get_child", ADDRESS, JAVA_LONG);

  // ---- Arrow
  static final MethodHandle ARROW_OPTIONS =
      nothing("connection_get_arrow_options", ADDRESS, ADDRESS);
  static final MethodHandle DESTROY_ARROW_OPTIONS = nothing("destroy_arrow_options", ADDRESS);
  static final MethodHandle TO_ARROW = pointer("data_chunk_to_arrow", ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle ERROR_MESSAGE = pointer("error_data_message", ADDRESS);
  static final MethodHandle HAS_ERROR = handle("error_data_has_error", JAVA_BOOLEAN, ADDRESS);
  static final MethodHandle DESTROY_ERROR = nothing("destroy_error_data", ADDRESS);

  // ---- table functions
  static final MethodHandle CREATE_FUNCTION = pointer("create_table_function");
  static final MethodHandle DESTROY_FUNCTION = nothing("destroy_table_function", ADDRESS);
  static final MethodHandle FUNCTION_NAME = nothing("table_function_set_name", ADDRESS, ADDRESS);
  static final MethodHandle FUNCTION_EXTRA =
      nothing("table_function_set_extra_info", ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle FUNCTION_BIND = nothing("table_function_set_bind", ADDRESS, ADDRESS);
  static final MethodHandle FUNCTION_INIT = nothing("table_function_set_init", ADDRESS, ADDRESS);
  static final MethodHandle FUNCTION_LOCAL_INIT =
      nothing("table_function_set_local_init", ADDRESS, ADDRESS);
  static final MethodHandle FUNCTION_BODY =
      nothing("table_function_set_function", ADDRESS, ADDRESS);
  static final MethodHandle FUNCTION_PROJECTS =
      nothing("table_function_supports_projection_pushdown", ADDRESS, JAVA_BOOLEAN);
  static final MethodHandle REGISTER_FUNCTION =
      integer("register_table_function", ADDRESS, ADDRESS);
  static final MethodHandle BIND_EXTRA = pointer("bind_get_extra_info", ADDRESS);
  static final MethodHandle BIND_COLUMN =
      nothing("bind_add_result_column", ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle BIND_DATA = nothing("bind_set_bind_data", ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle BIND_CARDINALITY =
      nothing("bind_set_cardinality", ADDRESS, JAVA_LONG, JAVA_BOOLEAN);
  static final MethodHandle BIND_ERROR = nothing("bind_set_error", ADDRESS, ADDRESS);
  static final MethodHandle INIT_BIND_DATA = pointer("init_get_bind_data", ADDRESS);
  static final MethodHandle INIT_DATA = nothing("init_set_init_data", ADDRESS, ADDRESS, ADDRESS);
  static final MethodHandle INIT_COLUMNS = number("init_get_column_count", ADDRESS);
  static final MethodHandle INIT_COLUMN =
      handle("init_get_column_index", JAVA_LONG, ADDRESS, JAVA_LONG);
  static final MethodHandle INIT_THREADS = nothing("init_set_max_threads", ADDRESS, JAVA_LONG);
  static final MethodHandle INIT_ERROR = nothing("init_set_error", ADDRESS, ADDRESS);
  static final MethodHandle BODY_INIT_DATA = pointer("function_get_init_data", ADDRESS);
  static final MethodHandle BODY_LOCAL_DATA = pointer("function_get_local_init_data", ADDRESS);
  static final MethodHandle BODY_ERROR = nothing("function_set_error", ADDRESS, ADDRESS);

  private Calls() {}

  @SuppressWarnings("restricted") // it is what this class is for
  private static MethodHandle handle(
      String name, @Nullable MemoryLayout result, MemoryLayout... arguments) {
    FunctionDescriptor descriptor =
        result == null
            ? FunctionDescriptor.ofVoid(arguments)
            : FunctionDescriptor.of(result, arguments);
    return LINKER.downcallHandle(DuckDb.symbol("duckdb_" + name), descriptor);
  }

  private static MethodHandle nothing(String name, MemoryLayout... arguments) {
    return handle(name, null, arguments);
  }

  private static MethodHandle integer(String name, MemoryLayout... arguments) {
    return handle(name, JAVA_INT, arguments);
  }

  private static MethodHandle number(String name, MemoryLayout... arguments) {
    return handle(name, JAVA_LONG, arguments);
  }

  private static MethodHandle pointer(String name, MemoryLayout... arguments) {
    return handle(name, ADDRESS, arguments);
  }

  /** Short, and never calls back: it may read the heap in place. */
  @SuppressWarnings("restricted") // as the others
  private static MethodHandle assignText() {
    return LINKER.downcallHandle(
        DuckDb.symbol("duckdb_unsafe_vector_assign_string_element_len"),
        FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG),
        Linker.Option.critical(true));
  }

  // ---- calling by shape

  static void run(MethodHandle call, MemorySegment a) {
    try {
      call.invokeExact(a);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static void run(MethodHandle call, MemorySegment a, MemorySegment b) {
    try {
      call.invokeExact(a, b);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static void run(MethodHandle call, MemorySegment a, MemorySegment b, MemorySegment c) {
    try {
      call.invokeExact(a, b, c);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static void run(MethodHandle call, MemorySegment a, long b) {
    try {
      call.invokeExact(a, b);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static void run(MethodHandle call, MemorySegment a, long b, boolean c) {
    try {
      call.invokeExact(a, b, c);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static void run(MethodHandle call, MemorySegment a, boolean b) {
    try {
      call.invokeExact(a, b);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static MemorySegment pointer(MethodHandle call) {
    try {
      return (MemorySegment) call.invokeExact();
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static MemorySegment pointer(MethodHandle call, MemorySegment a) {
    try {
      return (MemorySegment) call.invokeExact(a);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static MemorySegment pointer(MethodHandle call, MemorySegment a, long b) {
    try {
      return (MemorySegment) call.invokeExact(a, b);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static MemorySegment pointer(MethodHandle call, MemorySegment a, MemorySegment b) {
    try {
      return (MemorySegment) call.invokeExact(a, b);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static MemorySegment pointer(
      MethodHandle call, MemorySegment a, MemorySegment b, MemorySegment c) {
    try {
      return (MemorySegment) call.invokeExact(a, b, c);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static MemorySegment pointer(MethodHandle call, MemorySegment a, MemorySegment b, long c) {
    try {
      return (MemorySegment) call.invokeExact(a, b, c);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int integer(MethodHandle call, MemorySegment a) {
    try {
      return (int) call.invokeExact(a);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int integer(MethodHandle call, MemorySegment a, MemorySegment b) {
    try {
      return (int) call.invokeExact(a, b);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int integer(MethodHandle call, MemorySegment a, MemorySegment b, MemorySegment c) {
    try {
      return (int) call.invokeExact(a, b, c);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int integer(
      MethodHandle call, MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d) {
    try {
      return (int) call.invokeExact(a, b, c, d);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int integer(MethodHandle call, MemorySegment a, long b) {
    try {
      return (int) call.invokeExact(a, b);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long number(MethodHandle call, MemorySegment a) {
    try {
      return (long) call.invokeExact(a);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long number(MethodHandle call, MemorySegment a, long b) {
    try {
      return (long) call.invokeExact(a, b);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int small(MethodHandle call, MemorySegment a) {
    try {
      return (byte) call.invokeExact(a) & 0xff;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static boolean isTrue(MethodHandle call, MemorySegment a) {
    try {
      return (boolean) call.invokeExact(a);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static MemorySegment type(int id) {
    try {
      return (MemorySegment) CREATE_TYPE.invokeExact(id);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static MemorySegment decimalType(int width, int scale) {
    try {
      return (MemorySegment) CREATE_DECIMAL.invokeExact((byte) width, (byte) scale);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** The next rows of a result; {@link MemorySegment#NULL}: there are none, or it failed. */
  static MemorySegment fetch(MemorySegment result) {
    try {
      return (MemorySegment) FETCH.invokeExact(result);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static MemorySegment progress(SegmentAllocator allocator, MemorySegment connection) {
    try {
      return (MemorySegment) QUERY_PROGRESS.invokeExact(allocator, connection);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static void assignText(MemorySegment vector, long row, MemorySegment bytes, long length) {
    try {
      ASSIGN_TEXT.invokeExact(vector, row, bytes, length);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static AssertionError impossible(Throwable e) {
    return new AssertionError("a native call threw", e);
  }

  // ---- texts

  static MemorySegment text(Arena arena, String text) {
    return arena.allocateFrom(text, UTF_8);
  }

  /** A text that the library keeps. */
  static String text(MemorySegment pointer) {
    return pointer.equals(MemorySegment.NULL)
        ? ""
        : sized(pointer, Long.MAX_VALUE).getString(0, UTF_8);
  }

  /** A text that the library gave away. */
  static String takeText(MemorySegment pointer) {
    if (pointer.equals(MemorySegment.NULL)) return "";
    String text = text(pointer);
    run(FREE, pointer);
    return text;
  }

  /** What a pointer points to. */
  @SuppressWarnings("restricted") // a C interface tells no sizes
  static MemorySegment sized(MemorySegment pointer, long bytes) {
    return pointer.reinterpret(bytes);
  }

  /** A place for a pointer. */
  static MemorySegment slot(Arena arena) {
    return arena.allocate(ADDRESS);
  }

  static MemorySegment slot(Arena arena, MemorySegment pointer) {
    return arena.allocateFrom(ADDRESS, pointer);
  }
}

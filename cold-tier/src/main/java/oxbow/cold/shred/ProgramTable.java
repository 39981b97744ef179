package oxbow.cold.shred;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.RawCounts;

/**
 * The programs of one file by schema id, each compiled when its id first comes. Hot path. One
 * thread.
 */
public final class ProgramTable {
  /** What became of a schema: a program, or why there is none. */
  public sealed interface Entry {
    record Compiled(ValueProgram program) implements Entry {}

    record Absent(RawCounts.Reason reason) implements Entry {}
  }

  private final IntFunction<Entry> compiler;
  private final Map<Integer, Entry> entries = new HashMap<>();
  private int lastId;
  private @Nullable Entry last;

  public ProgramTable(IntFunction<Entry> compiler) {
    this.compiler = compiler;
  }

  /** No schema is known. */
  public static ProgramTable empty() {
    return new ProgramTable(_ -> new Entry.Absent(RawCounts.Reason.UNKNOWN_SCHEMA));
  }

  Entry find(int schemaId) {
    Entry last = this.last;
    if (last != null && schemaId == lastId) return last;
    last = entries.get(schemaId);
    if (last == null) {
      last = compiler.apply(schemaId);
      // Bytes that only look like an id must not fill the memory.
      if (entries.size() < ENTRIES_MAX || last instanceof Entry.Compiled) {
        entries.put(schemaId, last);
      }
    }
    lastId = schemaId;
    this.last = last;
    return last;
  }

  private static final int ENTRIES_MAX = 10_000;
}

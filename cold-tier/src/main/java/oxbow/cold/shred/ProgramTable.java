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

  /** Bytes that only look like an id must not fill the memory. */
  private static final int ABSENT_MAX = 10_000;

  private final IntFunction<Entry> compiler;
  private final Map<Integer, Entry> entries = new HashMap<>();
  private int lastId;
  private @Nullable ValueProgram last;

  public ProgramTable(IntFunction<Entry> compiler) {
    this.compiler = compiler;
  }

  /** No schema is known. */
  public static ProgramTable empty() {
    return new ProgramTable(_ -> new Entry.Absent(RawCounts.Reason.UNKNOWN_SCHEMA));
  }

  /** The program of a schema, or null. */
  @Nullable ValueProgram find(int schemaId) {
    ValueProgram last = this.last;
    if (last != null && schemaId == lastId) return last;
    if (!(entry(schemaId) instanceof Entry.Compiled(ValueProgram program))) return null;
    lastId = schemaId;
    this.last = program;
    return program;
  }

  /** Why there is no program. */
  RawCounts.Reason whyAbsent(int schemaId) {
    return entry(schemaId) instanceof Entry.Absent(RawCounts.Reason reason)
        ? reason
        : RawCounts.Reason.UNDECODABLE;
  }

  private Entry entry(int schemaId) {
    Entry known = entries.get(schemaId);
    if (known != null) return known;
    Entry entry = compiler.apply(schemaId);
    if (entries.size() < ABSENT_MAX || entry instanceof Entry.Compiled) {
      entries.put(schemaId, entry);
    }
    return entry;
  }
}

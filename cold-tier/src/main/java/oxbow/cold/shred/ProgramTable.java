package oxbow.cold.shred;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.RawCounts;

/**
 * The programs of one file, each compiled when its schema first comes: by the id that stands before
 * a value, and by the mark in a header, where the value has nothing before it. Hot path. One
 * thread.
 */
public final class ProgramTable {
  /** What became of a schema: a program, or why there is none. */
  public sealed interface Entry {
    record Compiled(ValueProgram program) implements Entry {}

    record Absent(RawCounts.Reason reason) implements Entry {}
  }

  private static final Entry UNKNOWN = new Entry.Absent(RawCounts.Reason.UNKNOWN_SCHEMA);

  /** Bytes that only look like an id must not fill the memory. */
  private static final int ABSENT_MAX = 10_000;

  /** So many of them are told of. */
  private static final int ABSENT_TOLD_MAX = 100;

  /** Before the digits of a mark. */
  public static final String MARK = "#";

  /** Stands for those of which there were too many. */
  public static final String MORE_ABSENT = "more";

  private final IntFunction<Entry> framed;
  private final IntFunction<Entry> bare;
  private final Function<ByteBuffer, Entry> marked;
  private final Map<Integer, Entry> framedEntries = new HashMap<>();
  private final Map<Integer, Entry> bareEntries = new HashMap<>();
  private final Map<ByteBuffer, Entry> markedEntries = new HashMap<>();
  private final Set<String> absent = new LinkedHashSet<>();
  private int lastId;
  private @Nullable ValueProgram last;
  private byte[] lastMark = new byte[0];
  private @Nullable Entry lastMarked;

  /**
   * @param framed of values behind an id
   * @param bare the same for reading values that have none before them
   * @param marked for writing such values: by what a header says of them
   */
  public ProgramTable(
      IntFunction<Entry> framed, IntFunction<Entry> bare, Function<ByteBuffer, Entry> marked) {
    this.framed = framed;
    this.bare = bare;
    this.marked = marked;
  }

  /** No schema is known. */
  public static ProgramTable empty() {
    return new ProgramTable(_ -> UNKNOWN, _ -> UNKNOWN, _ -> UNKNOWN);
  }

  /** The program of a schema whose id stands before a value, or null. */
  @Nullable ValueProgram find(int schemaId) {
    ValueProgram last = this.last;
    if (last != null && schemaId == lastId) return last;
    if (!(entry(framedEntries, schemaId, framed) instanceof Entry.Compiled(var program))) {
      return null;
    }
    lastId = schemaId;
    this.last = program;
    return program;
  }

  /** The program that brings values back that have nothing before them, or null. */
  @Nullable ValueProgram findBare(int schemaId) {
    return entry(bareEntries, schemaId, bare) instanceof Entry.Compiled(var program)
        ? program
        : null;
  }

  /** The program of a value that a header with this content belongs to, or null. */
  @Nullable ValueProgram findMarked(byte[] bytes, int from, int length) {
    Entry entry = lastMarked;
    if (entry == null || !Arrays.equals(lastMark, 0, lastMark.length, bytes, from, from + length)) {
      byte[] mark = Arrays.copyOfRange(bytes, from, from + length);
      ByteBuffer key = ByteBuffer.wrap(mark);
      entry = cached(markedEntries, key, one -> marked.apply(one.duplicate()));
      lastMark = mark;
      lastMarked = entry;
    }
    return entry instanceof Entry.Compiled(var program) ? program : null;
  }

  /** Why there is no program. */
  RawCounts.Reason whyAbsent(int schemaId) {
    return entry(framedEntries, schemaId, framed) instanceof Entry.Absent(var reason)
        ? reason
        : RawCounts.Reason.UNDECODABLE;
  }

  /** Why there is none for what {@link #findMarked} was asked last. */
  RawCounts.Reason whyUnmarked() {
    return lastMarked instanceof Entry.Absent(var reason) ? reason : RawCounts.Reason.UNDECODABLE;
  }

  /**
   * Schemas that were named and had no program: ids, and marks as hexadecimal digits behind a hash.
   */
  public Set<String> absent() {
    return absent;
  }

  /** Something that this schema describes has no columns. */
  public void addAbsent(String schema) {
    if (absent.size() < ABSENT_TOLD_MAX) absent.add(schema);
    else absent.add(MORE_ABSENT);
  }

  private Entry entry(Map<Integer, Entry> entries, int id, IntFunction<Entry> compiler) {
    return cached(entries, id, compiler::apply);
  }

  private static String told(Object key) {
    if (!(key instanceof ByteBuffer mark)) return key.toString();
    byte[] bytes = new byte[mark.remaining()];
    mark.get(mark.position(), bytes);
    return MARK + HexFormat.of().formatHex(bytes);
  }

  private <K> Entry cached(Map<K, Entry> entries, K key, Function<K, Entry> compiler) {
    Entry known = entries.get(key);
    if (known != null) return known;
    Entry entry = compiler.apply(key);
    if (entry instanceof Entry.Absent) addAbsent(told(key));
    if (entries.size() < ABSENT_MAX || entry instanceof Entry.Compiled) entries.put(key, entry);
    return entry;
  }
}

package oxbow.query.sql.duckdb;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.Leaf;
import oxbow.schema.layout.Type;
import oxbow.schema.layout.Type.Plain;

/**
 * Fills one vector of DuckDB's, and those within it, from the leaves of a column: the levels of the
 * next entry tell what is there. Hot path; one thread.
 */
abstract class VectorWriter {
  private static final int TEXT_BYTES = 16;
  private static final int INLINED_BYTES_MAX = 12;
  private static final int INT16_PRECISION_MAX = 4;
  private static final int INT32_PRECISION_MAX = 9;
  private static final int INT64_PRECISION_MAX = 18;

  private MemorySegment validity = MemorySegment.NULL;
  private MemorySegment vector = MemorySegment.NULL;
  private int capacity;

  /**
   * @param cursors one for each leaf
   */
  static VectorWriter of(ColumnNode node, Cursor[] cursors) {
    if (node.leaf != null) return leaf(node, node.leaf, cursors);
    return switch (node.column.type()) {
      case Type.Struct _ -> new StructWriter(node, cursors);
      case Type.ListOf _ -> new ListWriter(node, cursors, of(node.parts.getFirst(), cursors));
      case Type.MapOf _ -> new ListWriter(node, cursors, new EntryWriter(node, cursors));
      default -> throw new IllegalArgumentException("no vector of " + node.column.type());
    };
  }

  private static VectorWriter leaf(ColumnNode node, Leaf leaf, Cursor[] cursors) {
    return switch (node.column.type()) {
      case Type.Decimal(int precision, int _) -> {
        if (precision > INT64_PRECISION_MAX) yield new WideDecimalWriter(leaf, cursors);
        int width =
            precision <= INT16_PRECISION_MAX
                ? Short.BYTES
                : precision <= INT32_PRECISION_MAX ? Integer.BYTES : Long.BYTES;
        yield new NumberWriter(leaf, cursors, width);
      }
      case Type.Fixed _ -> new BytesWriter(leaf, cursors);
      case Plain plain ->
          switch (plain) {
            case BOOLEAN -> new NumberWriter(leaf, cursors, Byte.BYTES);
            case INT, DATE, FLOAT -> new NumberWriter(leaf, cursors, Integer.BYTES);
            case LONG,
                DOUBLE,
                TIME,
                TIMESTAMP_UTC,
                TIMESTAMP_LOCAL,
                TIMESTAMP_NANOS_UTC,
                TIMESTAMP_NANOS_LOCAL ->
                new NumberWriter(leaf, cursors, Long.BYTES);
            case STRING, BINARY, OPAQUE -> new BytesWriter(leaf, cursors);
            case UUID -> new UuidWriter(leaf, cursors);
          };
      default -> throw new IllegalArgumentException("no leaf: " + node.column.type());
    };
  }

  /**
   * Begins a vector.
   *
   * @param capacity entries that it gets at most
   */
  void begin(ColumnVector[] vectors, MemorySegment vector, int capacity) {
    this.vector = vector;
    this.capacity = capacity;
    this.validity = MemorySegment.NULL;
  }

  /** Takes the next entry, and writes it at a place. */
  abstract void put(int at);

  /** Takes the next entry, of which something around it is absent, and writes that at a place. */
  abstract void skip(int at);

  /** Takes the next entry, which has no place. */
  abstract void pass();

  MemorySegment vector() {
    return vector;
  }

  MemorySegment data(int width) {
    return Calls.sized(Calls.pointer(Calls.VECTOR_DATA, vector), (long) capacity * width);
  }

  void putNull(int at) {
    if (validity.equals(MemorySegment.NULL)) {
      Calls.run(Calls.MAKE_VALIDITY, vector);
      validity =
          Calls.sized(
              Calls.pointer(Calls.VECTOR_VALIDITY, vector),
              (capacity / Long.SIZE + 1L) * Long.BYTES);
    }
    long word = (long) (at / Long.SIZE) * Long.BYTES;
    long bits = validity.get(JAVA_LONG_UNALIGNED, word);
    validity.set(JAVA_LONG_UNALIGNED, word, bits & ~(1L << (at % Long.SIZE)));
  }

  // ---- leaves

  /** The place in a leaf. */
  static final class Cursor {
    private @Nullable ColumnVector source;
    private int entry;
    private int value;

    void begin(ColumnVector vector) {
      source = vector;
      entry = 0;
      value = 0;
    }

    ColumnVector source() {
      return requireNonNull(source);
    }

    /** Definition level of the next entry. */
    int definition() {
      byte[] definitions = source().definitions;
      return definitions.length == 0 ? 0 : definitions[entry];
    }

    /** Whether the next entry goes on with a list at this level. */
    boolean isRepeated(int repetition) {
      ColumnVector vector = source();
      return entry < vector.count && vector.repetitions[entry] == repetition;
    }

    /** How many entries begin an element of a list. */
    int elements(int repetition, int definition) {
      ColumnVector vector = source();
      int count = 0;
      for (int i = 0; i < vector.count; i++) {
        if (vector.repetitions[i] <= repetition && vector.definitions[i] >= definition) count++;
      }
      return count;
    }
  }

  abstract static class LeafWriter extends VectorWriter {
    private final Cursor cursor;
    private final int index;
    private final int definitionMax;
    private final int width;
    private MemorySegment data = MemorySegment.NULL;

    LeafWriter(Leaf leaf, Cursor[] cursors, int width) {
      this.index = leaf.index();
      this.cursor = cursors[index];
      this.definitionMax = leaf.definitionMax();
      this.width = width;
    }

    @Override
    void begin(ColumnVector[] vectors, MemorySegment vector, int capacity) {
      super.begin(vectors, vector, capacity);
      cursor.begin(vectors[index]);
      data = data(width);
    }

    @Override
    void put(int at) {
      boolean isThere = cursor.definition() == definitionMax;
      cursor.entry++;
      if (isThere) putValue(cursor.source(), cursor.value++, data, at);
      else putNull(at);
    }

    @Override
    void skip(int at) {
      cursor.entry++;
      putNull(at);
    }

    @Override
    void pass() {
      cursor.entry++;
    }

    abstract void putValue(ColumnVector source, int value, MemorySegment data, int at);
  }

  private static final class NumberWriter extends LeafWriter {
    private final int width;

    NumberWriter(Leaf leaf, Cursor[] cursors, int width) {
      super(leaf, cursors, width);
      this.width = width;
    }

    @Override
    void putValue(ColumnVector source, int value, MemorySegment data, int at) {
      long number = source.longs[value];
      switch (width) {
        case Long.BYTES -> data.set(JAVA_LONG_UNALIGNED, (long) at * Long.BYTES, number);
        case Integer.BYTES -> data.set(JAVA_INT_UNALIGNED, (long) at * Integer.BYTES, (int) number);
        case Short.BYTES -> data.set(JAVA_SHORT_UNALIGNED, (long) at * Short.BYTES, (short) number);
        default -> data.set(JAVA_BYTE, at, (byte) number);
      }
    }
  }

  private static final class BytesWriter extends LeafWriter {
    BytesWriter(Leaf leaf, Cursor[] cursors) {
      super(leaf, cursors, TEXT_BYTES);
    }

    @Override
    void putValue(ColumnVector source, int value, MemorySegment data, int at) {
      int start = source.starts[value];
      int length = source.length(value);
      if (length > INLINED_BYTES_MAX) {
        Calls.assignText(
            vector(), at, MemorySegment.ofArray(source.bytes).asSlice(start, length), length);
        return;
      }
      long place = (long) at * TEXT_BYTES;
      data.set(JAVA_INT_UNALIGNED, place, length);
      // What lies behind is zero: values are compared by all their bytes.
      data.set(JAVA_LONG_UNALIGNED, place + Integer.BYTES, 0);
      data.set(JAVA_INT_UNALIGNED, place + INLINED_BYTES_MAX, 0);
      MemorySegment.copy(source.bytes, start, data, JAVA_BYTE, place + Integer.BYTES, length);
    }
  }

  private static final class UuidWriter extends LeafWriter {
    UuidWriter(Leaf leaf, Cursor[] cursors) {
      super(leaf, cursors, 2 * Long.BYTES);
    }

    @Override
    void putValue(ColumnVector source, int value, MemorySegment data, int at) {
      int start = source.starts[value];
      long place = (long) at * 2 * Long.BYTES;
      // As a number that is ordered as its text is.
      long high = ByteAccess.longBe(source.bytes, start) ^ Long.MIN_VALUE;
      data.set(JAVA_LONG_UNALIGNED, place, ByteAccess.longBe(source.bytes, start + Long.BYTES));
      data.set(JAVA_LONG_UNALIGNED, place + Long.BYTES, high);
    }
  }

  /** Of more than eighteen digits: bytes of two's complement, the highest first. */
  private static final class WideDecimalWriter extends LeafWriter {
    WideDecimalWriter(Leaf leaf, Cursor[] cursors) {
      super(leaf, cursors, 2 * Long.BYTES);
    }

    @Override
    void putValue(ColumnVector source, int value, MemorySegment data, int at) {
      int start = source.starts[value];
      int length = source.length(value);
      long high = source.bytes[start] < 0 ? -1 : 0;
      long low = high;
      for (int i = start; i < start + length; i++) {
        high = high << Byte.SIZE | low >>> (Long.SIZE - Byte.SIZE);
        low = low << Byte.SIZE | (source.bytes[i] & 0xff);
      }
      long place = (long) at * 2 * Long.BYTES;
      data.set(JAVA_LONG_UNALIGNED, place, low);
      data.set(JAVA_LONG_UNALIGNED, place + Long.BYTES, high);
    }
  }

  // ---- what has parts

  private static final class StructWriter extends VectorWriter {
    private final Cursor first;
    private final int definition;
    private final VectorWriter[] parts;

    StructWriter(ColumnNode node, Cursor[] cursors) {
      this.first = cursors[node.leafStart];
      this.definition = node.definition;
      this.parts = node.parts.stream().map(part -> of(part, cursors)).toArray(VectorWriter[]::new);
    }

    @Override
    void begin(ColumnVector[] vectors, MemorySegment vector, int capacity) {
      super.begin(vectors, vector, capacity);
      for (int i = 0; i < parts.length; i++) {
        MemorySegment part = Calls.pointer(Calls.STRUCT_VECTOR_CHILD, vector, (long) i);
        parts[i].begin(vectors, part, capacity);
      }
    }

    @Override
    void put(int at) {
      if (first.definition() < definition) {
        skip(at);
        return;
      }
      for (VectorWriter part : parts) part.put(at);
    }

    @Override
    void skip(int at) {
      putNull(at);
      for (VectorWriter part : parts) part.skip(at);
    }

    @Override
    void pass() {
      for (VectorWriter part : parts) part.pass();
    }
  }

  /** Key and value of a map. */
  private static final class EntryWriter extends VectorWriter {
    private final VectorWriter[] parts;

    EntryWriter(ColumnNode map, Cursor[] cursors) {
      this.parts = map.parts.stream().map(part -> of(part, cursors)).toArray(VectorWriter[]::new);
    }

    @Override
    void begin(ColumnVector[] vectors, MemorySegment vector, int capacity) {
      super.begin(vectors, vector, capacity);
      for (int i = 0; i < parts.length; i++) {
        MemorySegment part = Calls.pointer(Calls.STRUCT_VECTOR_CHILD, vector, (long) i);
        parts[i].begin(vectors, part, capacity);
      }
    }

    @Override
    void put(int at) {
      for (VectorWriter part : parts) part.put(at);
    }

    @Override
    void skip(int at) {
      for (VectorWriter part : parts) part.skip(at);
    }

    @Override
    void pass() {
      for (VectorWriter part : parts) part.pass();
    }
  }

  /** Lists, and maps, which are lists of entries. */
  private static final class ListWriter extends VectorWriter {
    private final Cursor first;
    private final int leaf;
    private final int definition;
    private final int repetition;
    private final VectorWriter element;
    private MemorySegment data = MemorySegment.NULL;
    private int next;

    ListWriter(ColumnNode node, Cursor[] cursors, VectorWriter element) {
      this.first = cursors[node.leafStart];
      this.leaf = node.leafStart;
      this.definition = node.definition;
      this.repetition = node.repetition + 1;
      this.element = element;
    }

    @Override
    void begin(ColumnVector[] vectors, MemorySegment vector, int capacity) {
      super.begin(vectors, vector, capacity);
      first.begin(vectors[leaf]);
      int elements = first.elements(repetition, definition + 1);
      int _ = Calls.integer(Calls.LIST_RESERVE, vector, (long) elements);
      int _ = Calls.integer(Calls.LIST_SIZE, vector, (long) elements);
      next = 0;
      data = data(2 * Long.BYTES);
      element.begin(vectors, Calls.pointer(Calls.LIST_VECTOR_CHILD, vector), elements);
    }

    @Override
    void put(int at) {
      int level = first.definition();
      if (level <= definition) {
        if (level < definition) putNull(at);
        putEntry(at, next, 0);
        element.pass();
        return;
      }
      int begin = next;
      do {
        element.put(next++);
      } while (first.isRepeated(repetition));
      putEntry(at, begin, next - begin);
    }

    private void putEntry(int at, int begin, int length) {
      long place = (long) at * 2 * Long.BYTES;
      data.set(JAVA_LONG_UNALIGNED, place, begin);
      data.set(JAVA_LONG_UNALIGNED, place + Long.BYTES, length);
    }

    @Override
    void skip(int at) {
      putNull(at);
      putEntry(at, next, 0);
      element.pass();
    }

    @Override
    void pass() {
      element.pass();
    }
  }
}

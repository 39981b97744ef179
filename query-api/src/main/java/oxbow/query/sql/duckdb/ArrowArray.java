package oxbow.query.sql.duckdb;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.NullVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Vectors as Arrow's C interface hands them over. They are copied: a few kilobytes each, and
 * nothing on either side then waits for the other to let go.
 */
final class ArrowArray {
  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
          JAVA_LONG, // length
          JAVA_LONG, // null count
          JAVA_LONG, // offset
          JAVA_LONG, // buffers
          JAVA_LONG, // children
          ADDRESS, // of buffers
          ADDRESS, // of children
          ADDRESS, // dictionary
          ADDRESS, // what releases it
          ADDRESS);

  private static final int LENGTH = 0;
  private static final int NULLS = 8;
  private static final int OFFSET = 16;
  private static final int BUFFERS = 40;
  private static final int CHILDREN = 48;
  private static final int RELEASE = 64;

  @SuppressWarnings("restricted") // a C interface
  private static final MethodHandle CALLBACK =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(ADDRESS));

  private ArrowArray() {}

  /** Copies a struct's columns. */
  static VectorSchemaRoot copy(MemorySegment array, Schema schema, BufferAllocator allocator) {
    VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
    boolean isComplete = false;
    try {
      List<FieldVector> vectors = root.getFieldVectors();
      for (int i = 0; i < vectors.size(); i++) copy(child(array, i), vectors.get(i), allocator);
      root.setRowCount((int) array.get(JAVA_LONG, LENGTH));
      isComplete = true;
      return root;
    } finally {
      if (!isComplete) root.close();
    }
  }

  private static MemorySegment child(MemorySegment array, int index) {
    MemorySegment children =
        Calls.sized(array.get(ADDRESS, CHILDREN), (index + 1L) * ADDRESS.byteSize());
    return Calls.sized(children.getAtIndex(ADDRESS, index), LAYOUT.byteSize());
  }

  private static MemorySegment buffer(MemorySegment array, int index) {
    return Calls.sized(array.get(ADDRESS, BUFFERS), (index + 1L) * ADDRESS.byteSize())
        .getAtIndex(ADDRESS, index);
  }

  private static void copy(MemorySegment array, FieldVector vector, BufferAllocator allocator) {
    if (array.get(JAVA_LONG, OFFSET) != 0) throw new DuckDbException("vectors have an offset");
    int count = (int) array.get(JAVA_LONG, LENGTH);
    int nulls = (int) array.get(JAVA_LONG, NULLS);
    if (vector instanceof NullVector) {
      vector.setValueCount(count);
      return;
    }
    var node = new ArrowFieldNode(count, nulls);
    ArrowBuf validity = validity(array, count, nulls, allocator);
    switch (vector) {
      case BitVector bits -> {
        load(bits, node, validity, copy(buffer(array, 1), bytesOfBits(count), allocator));
      }
      case BaseFixedWidthVector fixed -> {
        long bytes = (long) count * fixed.getTypeWidth();
        load(fixed, node, validity, copy(buffer(array, 1), bytes, allocator));
      }
      case BaseVariableWidthVector variable -> {
        long bytes = end(array, count);
        ArrowBuf offsets = offsets(array, count, allocator);
        load(variable, node, validity, offsets, copy(buffer(array, 2), bytes, allocator));
      }
      case ListVector list -> {
        load(list, node, validity, offsets(array, count, allocator));
        copy(child(array, 0), list.getDataVector(), allocator);
      }
      case FixedSizeListVector list -> {
        load(list, node, validity);
        copy(child(array, 0), list.getDataVector(), allocator);
      }
      case StructVector struct -> {
        load(struct, node, validity);
        for (int i = 0; i < struct.size(); i++) {
          copy(child(array, i), (FieldVector) struct.getChildByOrdinal(i), allocator);
        }
      }
      default -> throw new DuckDbException("no vector of " + vector.getField());
    }
  }

  private static void load(FieldVector vector, ArrowFieldNode node, ArrowBuf... buffers) {
    try {
      vector.loadFieldBuffers(node, List.of(buffers));
    } finally {
      for (ArrowBuf buffer : buffers) buffer.close(); // the vector holds it
    }
  }

  private static ArrowBuf validity(
      MemorySegment array, int count, int nulls, BufferAllocator allocator) {
    MemorySegment bits = buffer(array, 0);
    if (nulls != 0 && !bits.equals(MemorySegment.NULL)) {
      return copy(bits, bytesOfBits(count), allocator);
    }
    ArrowBuf all = allocator.buffer(Math.max(1, bytesOfBits(count)));
    all.setOne(0L, bytesOfBits(count));
    all.writerIndex(bytesOfBits(count));
    return all;
  }

  private static int bytesOfBits(int count) {
    return (count + Byte.SIZE - 1) / Byte.SIZE;
  }

  private static ArrowBuf offsets(MemorySegment array, int count, BufferAllocator allocator) {
    if (count > 0) return copy(buffer(array, 1), (count + 1L) * Integer.BYTES, allocator);
    ArrowBuf zero = allocator.buffer(Integer.BYTES);
    zero.writeInt(0);
    return zero;
  }

  /** Where the last of some values ends. */
  private static int end(MemorySegment array, int count) {
    if (count == 0) return 0;
    return Calls.sized(buffer(array, 1), (count + 1L) * Integer.BYTES).getAtIndex(JAVA_INT, count);
  }

  private static ArrowBuf copy(MemorySegment source, long bytes, BufferAllocator allocator) {
    ArrowBuf copy = allocator.buffer(Math.max(1, bytes));
    if (bytes > 0) {
      Calls.sized(MemorySegment.ofAddress(copy.memoryAddress()), bytes)
          .copyFrom(Calls.sized(source, bytes));
    }
    copy.writerIndex(bytes);
    return copy;
  }

  /** Tells the maker that nobody needs it any more. */
  static void release(MemorySegment array) {
    MemorySegment callback = array.get(ADDRESS, RELEASE);
    if (callback.equals(MemorySegment.NULL)) return;
    try {
      CALLBACK.invokeExact(callback, array);
    } catch (Throwable e) {
      throw Calls.impossible(e);
    }
  }
}

package oxbow.cold.file.avro;

import java.util.Arrays;
import java.util.List;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.Leaf;

/** Puts vectors together to rows in Avro's encoding. Hot path; one thread. */
final class AvroRowWriter {
  private final List<ColumnNode> top;
  private ColumnVector[] vectors = new ColumnVector[0];
  private byte[] bytes = new byte[64 << 10];
  private int size;

  /** Next entry and next value of each leaf. */
  private int[] entries = new int[0];

  private int[] values = new int[0];

  AvroRowWriter(List<ColumnNode> top) {
    this.top = top;
  }

  /** The rows of the last call, up to {@link #size}. */
  byte[] bytes() {
    return bytes;
  }

  int size() {
    return size;
  }

  void write(ColumnVector[] vectors, int rows) {
    this.vectors = vectors;
    entries = new int[vectors.length];
    values = new int[vectors.length];
    size = 0;
    for (int row = 0; row < rows; row++) {
      for (ColumnNode node : top) write(node);
    }
  }

  private int firstDefinition(ColumnNode node) {
    ColumnVector first = vectors[node.leafStart];
    return first.leaf.definitionMax() == 0 ? 0 : first.definitions[entries[node.leafStart]];
  }

  private void write(ColumnNode node) {
    if (node.column.isOptional()) {
      boolean isThere = firstDefinition(node) >= node.definition;
      number(isThere ? 1 : 0);
      if (!isThere) {
        skip(node);
        return;
      }
    }
    if (node.leaf != null) {
      writeLeaf(node.leaf);
    } else if (node.column.type() instanceof oxbow.schema.layout.Type.ListOf) {
      writeList(node);
    } else {
      for (ColumnNode part : node.parts) write(part);
    }
  }

  private void skip(ColumnNode node) {
    for (int leaf = node.leafStart; leaf < node.leafEnd; leaf++) entries[leaf]++;
  }

  private void writeList(ColumnNode node) {
    if (firstDefinition(node) == node.definition) {
      skip(node);
      number(0);
      return;
    }
    ColumnVector first = vectors[node.leafStart];
    int elementRepetition = node.repetition + 1;
    int count = 1;
    for (int i = entries[node.leafStart] + 1; i < first.count; i++) {
      if (first.repetitions[i] < elementRepetition) break;
      if (first.repetitions[i] == elementRepetition) count++;
    }
    number(count);
    for (int i = 0; i < count; i++) write(node.parts.getFirst());
    number(0);
  }

  private void writeLeaf(Leaf leaf) {
    int index = leaf.index();
    ColumnVector vector = vectors[index];
    entries[index]++;
    int value = values[index]++;
    if (leaf.type().isNumber()) {
      number(vector.longs[value]);
      return;
    }
    int length = vector.length(value);
    number(length);
    ensure(length);
    System.arraycopy(vector.bytes, vector.starts[value], bytes, size, length);
    size += length;
  }

  private void number(long value) {
    ensure(10);
    size = ByteAccess.putZigzag(bytes, size, value);
  }

  private void ensure(int more) {
    long needed = (long) size + more + ByteAccess.SLACK_BYTES;
    if (needed <= bytes.length) return;
    bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(bytes.length * 2L, needed), 0x7fffffc0));
  }
}

package oxbow.cold.file.avro;

import java.util.Arrays;
import java.util.List;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.LeafPage;

/**
 * Takes rows in Avro's encoding apart into one page per leaf; contents of binary values stay where
 * they are. Bytes that are no rows show as {@link IndexOutOfBoundsException}. Hot path; one thread.
 */
final class AvroRowReader {
  private final List<ColumnNode> top;
  private final LeafPage[] pages;
  private byte[] bytes = new byte[0];
  private int at;
  private int end;

  AvroRowReader(List<ColumnNode> top, LeafPage[] pages) {
    this.top = top;
    this.pages = pages;
  }

  void read(byte[] bytes, int end, int rows) {
    this.bytes = bytes;
    this.at = 0;
    this.end = end;
    for (LeafPage page : pages) {
      page.count = 0;
      page.values = 0;
      page.isNumbered = false;
      page.bytes = bytes;
      page.begin();
    }
    for (int row = 0; row < rows; row++) {
      for (ColumnNode node : top) read(node, 0);
    }
    if (at != end) throw new IndexOutOfBoundsException("rows end at " + at + " of " + end);
  }

  private void read(ColumnNode node, int repetition) {
    if (node.column.isOptional()) {
      long branch = number();
      if (branch == 0) {
        putNulls(node, repetition, node.definition - 1);
        return;
      }
      if (branch != 1) throw new IndexOutOfBoundsException("a union's branch is " + branch);
    }
    if (node.leaf != null) {
      readLeaf(node.leaf, repetition);
    } else if (node.column.type() instanceof oxbow.schema.layout.Type.ListOf) {
      readList(node, repetition);
    } else {
      for (ColumnNode part : node.parts) read(part, repetition);
    }
  }

  private void readList(ColumnNode node, int repetition) {
    long count = number();
    if (count == 0) {
      putNulls(node, repetition, node.definition);
      return;
    }
    if (count < 0 || count > end - at) throw new IndexOutOfBoundsException("a list of " + count);
    int next = repetition;
    for (long i = 0; i < count; i++) {
      read(node.parts.getFirst(), next);
      next = node.repetition + 1;
    }
    if (number() != 0) throw new IndexOutOfBoundsException("a list goes on");
  }

  private void readLeaf(Leaf leaf, int repetition) {
    LeafPage page = pages[leaf.index()];
    putLevels(page, repetition, leaf.definitionMax());
    int value = page.values++;
    if (leaf.type().isNumber()) {
      if (value == page.longs.length) page.longs = Arrays.copyOf(page.longs, grown(value));
      page.longs[value] = number();
      return;
    }
    long length = number();
    if (length < 0 || length > end - at) throw new IndexOutOfBoundsException("bytes: " + length);
    if (value == page.starts.length) {
      page.starts = Arrays.copyOf(page.starts, grown(value));
      page.lengths = Arrays.copyOf(page.lengths, grown(value));
    }
    page.starts[value] = at;
    page.lengths[value] = (int) length;
    at += (int) length;
  }

  private void putNulls(ColumnNode node, int repetition, int definition) {
    for (int leaf = node.leafStart; leaf < node.leafEnd; leaf++) {
      putLevels(pages[leaf], repetition, definition);
    }
  }

  private static void putLevels(LeafPage page, int repetition, int definition) {
    int entry = page.count++;
    if (page.definitionMax > 0) {
      if (entry == page.definitions.length) {
        page.definitions = Arrays.copyOf(page.definitions, grown(entry));
      }
      page.definitions[entry] = (byte) definition;
    }
    if (!page.isFlat) {
      if (entry == page.repetitions.length) {
        page.repetitions = Arrays.copyOf(page.repetitions, grown(entry));
      }
      page.repetitions[entry] = (byte) repetition;
    }
  }

  private static int grown(int length) {
    return Math.max(256, length * 2);
  }

  private long number() {
    long value = 0;
    for (int shift = 0; shift <= 63; shift += 7) {
      if (at >= end) throw new IndexOutOfBoundsException("rows end early");
      long next = bytes[at++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) return ByteAccess.unzigzag(value);
    }
    throw new IndexOutOfBoundsException("a number is longer than ten bytes");
  }
}

package oxbow.cold.shred.avro;

import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ConstantSteps;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/**
 * An array, or a map as an array of keys and values. Hot path.
 *
 * <p>Avro leaves it to encoders how they cut a list into blocks. Two ways are told apart and come
 * back: all in one block, as most write it; and blocks of a hundred with their sizes before them,
 * as Go's usual library does. All others are noted as unusual.
 */
final class AvroListStep extends ValueStep {
  private static final int BLOCK = 100;
  private static final int HEADER_BYTES_MAX = 20;

  private final ColumnNode node;

  /** The element's, or the key's. */
  private final ValueStep part;

  /** Of a map. */
  private final @Nullable ValueStep value;

  private final int elementRepetition;
  private final int fixedBytes;

  /** Called by its class's copies, too. */
  AvroListStep(ColumnNode node, ValueStep part, @Nullable ValueStep value) {
    this.node = node;
    this.part = part;
    this.value = value;
    this.elementRepetition = node.repetition + 1;
    this.fixedBytes =
        2 * HEADER_BYTES_MAX + part.fixedBytes() + (value == null ? 0 : value.fixedBytes());
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    long count = in.zigzag();
    if (count == 0) {
      in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition);
      return;
    }
    boolean isMap = value != null;
    int keysBefore = isMap ? in.vectors[node.leafStart].values : 0;
    int next = repetition;
    boolean isFirst = true;
    boolean wasFull = true;
    do {
      if (count > 0) {
        in.note(isFirst ? ShredInput.UNBLOCKED : ShredInput.UNUSUAL);
        shredElements(in, count, next);
      } else {
        in.note(ShredInput.BLOCKED);
        if (!wasFull || count < -BLOCK) in.note(ShredInput.UNUSUAL);
        wasFull = count == -BLOCK;
        long bytes = in.zigzag();
        int from = in.at;
        shredElements(in, -count, next);
        if (in.at - from != bytes) in.note(ShredInput.UNUSUAL);
      }
      isFirst = false;
      next = elementRepetition;
      count = in.zigzag();
    } while (count != 0);
    if (isMap) in.noteTwins(node.leafStart, keysBefore);
  }

  private void shredElements(ShredInput in, long count, int first) {
    if (!AvroSkipper.mayFollow(in, count)) throw ShredInput.malformed();
    int repetition = first;
    for (long i = 0; i < count; i++) {
      part.shred(in, repetition);
      if (value != null) value.shred(in, repetition);
      repetition = elementRepetition;
      if (in.at > in.end) throw ShredInput.malformed();
    }
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    LeafPage page = out.pages[node.leafStart];
    if (page.definitions[page.entry] <= node.definition) {
      out.skipNulls(node.leafStart, node.leafEnd);
      return out.putByte(at, 0);
    }
    int end = out.isBlocked ? assembleBlocks(out, at, count(page)) : assembleBlock(out, at, page);
    out.ensure(end, out.reserve);
    return out.putByte(end, 0);
  }

  private int count(LeafPage page) {
    int count = 1;
    byte[] repetitions = page.repetitions;
    for (int i = page.entry + 1; i < page.count && repetitions[i] >= elementRepetition; i++) {
      if (repetitions[i] == elementRepetition) count++;
    }
    return count;
  }

  /**
   * All elements, and their number before them. It is known behind them only: how many there are is
   * a branch that no processor foresees, and to count them first would be another one.
   */
  private int assembleBlock(AssembleOutput out, int at, LeafPage page) {
    int from = at + 1;
    int end = from;
    int count = 0;
    do {
      out.ensure(end, out.reserve);
      end = part.assemble(out, end);
      if (value != null) end = value.assemble(out, end);
      count++;
    } while (page.entry < page.count && page.repetitions[page.entry] >= elementRepetition);
    int headerBytes = ByteAccess.varintBytes(ByteAccess.zigzag(count));
    if (headerBytes > 1) {
      out.ensure(end, headerBytes);
      System.arraycopy(out.bytes, from, out.bytes, at + headerBytes, end - from);
      end += headerBytes - 1;
      ByteAccess.putLength(out.bytes, at, count, headerBytes);
      return end;
    }
    out.bytes[at] = (byte) (count << 1);
    return end;
  }

  private int assembleElements(AssembleOutput out, int at, int count) {
    int end = at;
    for (int i = 0; i < count; i++) {
      out.ensure(end, out.reserve);
      end = part.assemble(out, end);
      if (value != null) end = value.assemble(out, end);
    }
    return end;
  }

  private int assembleBlocks(AssembleOutput out, int at, int count) {
    int end = at;
    for (int done = 0; done < count; ) {
      int some = Math.min(BLOCK, count - done);
      out.ensure(end, out.reserve);
      // The elements first, since their size stands before them.
      int from = end + HEADER_BYTES_MAX;
      int bytes = assembleElements(out, from, some) - from;
      int to = out.putZigzag(out.putZigzag(end, -some), bytes);
      System.arraycopy(out.bytes, from, out.bytes, to, bytes);
      end = to + bytes;
      done += some;
    }
    return end;
  }

  /** As for all steps; written here as well, so that a copy of this class has code of its own. */
  @Override
  public void assembleRows(AssembleOutput out, int rows) {
    int first = out.row;
    for (int i = 0; i < rows; i++) {
      out.row = first + i;
      out.ends[i] = assemble(out, out.ends[i]);
    }
    out.row = first;
  }

  @Override
  public long bytesMax(LeafPage[] pages) {
    long elementBytes = part.bytesMax(pages) + (value == null ? 0 : value.bytesMax(pages));
    if (elementBytes >= BYTES_UNKNOWN) return BYTES_UNKNOWN;
    long bytes = 2 * HEADER_BYTES_MAX + pages[node.leafStart].rowEntriesMax() * elementBytes;
    return Math.min(bytes, BYTES_UNKNOWN);
  }

  @Override
  public int fixedBytes() {
    return fixedBytes;
  }

  @Override
  public ValueStep copied(ConstantSteps steps) {
    ValueStep copiedValue = value == null ? null : value.copied(steps);
    return steps.copy(MethodHandles.lookup(), node, part.copied(steps), copiedValue);
  }
}

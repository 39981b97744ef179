package oxbow.cold.shred.avro;

import java.lang.invoke.MethodHandles;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ConstantSteps;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** A union of one type, and of null in whatever place. Hot path. */
final class AvroOptionStep extends ValueStep {
  private final ColumnNode node;

  /** Place of null in the union; -1: it has none. */
  private final int nullBranch;

  private final int valueBranch;
  private final ValueStep value;

  /** Called by its class's copies, too. */
  AvroOptionStep(ColumnNode node, int nullBranch, int valueBranch, ValueStep value) {
    this.node = node;
    this.nullBranch = nullBranch;
    this.valueBranch = valueBranch;
    this.value = value;
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    long branch = in.zigzag();
    if (branch == valueBranch) {
      value.shred(in, repetition);
    } else if (branch == nullBranch && nullBranch >= 0) {
      in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition - 1);
    } else {
      throw ShredInput.malformed();
    }
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    if (nullBranch >= 0 && out.pages[node.leafStart].definition(out.row) < node.definition) {
      out.skipNulls(node.leafStart, node.leafEnd);
      return out.putByte(at, nullBranch << 1);
    }
    return value.assemble(out, out.putByte(at, valueBranch << 1));
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
    return Math.min(1 + value.bytesMax(pages), BYTES_UNKNOWN);
  }

  @Override
  public int fixedBytes() {
    return 1 + value.fixedBytes();
  }

  @Override
  public ValueStep copied(ConstantSteps steps) {
    return steps.copy(MethodHandles.lookup(), node, nullBranch, valueBranch, value.copied(steps));
  }
}

package oxbow.cold.shred.avro;

import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ConstantSteps;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** A union of several types: a struct with a column for each, of which one is there. */
final class AvroUnionStep extends ValueStep {
  private static final int BRANCH_BYTES_MAX = 10;

  private final ColumnNode node;

  /** Place of null in the union; -1: it has none. */
  private final int nullBranch;

  /** By branch; null's place is not used. */
  private final ColumnNode[] nodes;

  private final ValueStep[] values;
  private final int fixedBytes;

  AvroUnionStep(ColumnNode node, int nullBranch, ColumnNode[] nodes, ValueStep[] values) {
    this.node = node;
    this.nullBranch = nullBranch;
    this.nodes = nodes.clone();
    this.values = values.clone();
    int most = 0;
    for (int i = 0; i < values.length; i++) {
      if (i != nullBranch) most = Math.max(most, values[i].fixedBytes());
    }
    this.fixedBytes = BRANCH_BYTES_MAX + most;
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    int branch = in.zigzagInt();
    if (branch < 0 || branch >= values.length) throw ShredInput.malformed();
    if (branch == nullBranch) {
      in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition - 1);
      return;
    }
    ColumnNode chosen = nodes[branch];
    for (ColumnNode part : node.parts) {
      if (part == chosen) continue;
      in.putNulls(part.leafStart, part.leafEnd, repetition, part.definition - 1);
    }
    values[branch].shred(in, repetition);
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    int branch = branch(out);
    int end = out.putZigzag(at, branch);
    if (branch == nullBranch) {
      out.skipNulls(node.leafStart, node.leafEnd);
      return end;
    }
    ColumnNode chosen = nodes[branch];
    for (ColumnNode part : node.parts) {
      if (part != chosen) out.skipNulls(part.leafStart, part.leafEnd);
    }
    return values[branch].assemble(out, end);
  }

  private int branch(AssembleOutput out) {
    for (int i = 0; i < nodes.length; i++) {
      if (i == nullBranch) continue;
      ColumnNode part = nodes[i];
      if (out.pages[part.leafStart].definition(out.row) >= part.definition) return i;
    }
    if (nullBranch < 0) throw new IndexOutOfBoundsException("no branch of a union is there");
    return nullBranch;
  }

  @Override
  public int fixedBytes() {
    return fixedBytes;
  }

  @Override
  public ValueStep copied(ConstantSteps steps) {
    ValueStep[] copied = values.clone();
    for (int i = 0; i < copied.length; i++) {
      if (i != nullBranch) copied[i] = values[i].copied(steps);
    }
    return new AvroUnionStep(node, nullBranch, nodes, copied);
  }
}

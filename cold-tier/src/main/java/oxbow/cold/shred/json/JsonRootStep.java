package oxbow.cold.shred.json;

import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** A whole text that is one column; it may be null. */
final class JsonRootStep extends ValueStep {
  private final ColumnNode node;
  private final ValueStep value;

  JsonRootStep(ColumnNode node, ValueStep value) {
    this.node = node;
    this.value = value;
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    if (JsonText.isNull(in)) {
      in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition - 1);
    } else {
      value.shred(in, repetition);
    }
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    if (out.pages[node.leafStart].definition(out.row) < node.definition) {
      out.skipNulls(node.leafStart, node.leafEnd);
      return JsonText.write(out, at, JsonListStep.NULL);
    }
    return value.assemble(out, at);
  }

  @Override
  public int fixedBytes() {
    return JsonListStep.NULL.length + value.fixedBytes();
  }
}

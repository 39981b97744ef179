package oxbow.cold.shred.avro;

import java.lang.invoke.MethodHandles;
import java.util.List;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ConstantSteps;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** A record that lacks columns which other versions have. Hot path. */
final class AvroRecordStep extends ValueStep {
  private final ValueStep fields;

  /** Columns that only other versions have. */
  private final ColumnNode[] absent;

  /** Called by its class's copies, too. */
  AvroRecordStep(ValueStep fields, ColumnNode[] absent) {
    this.fields = fields;
    this.absent = absent;
  }

  static ValueStep of(List<ValueStep> fields, List<ColumnNode> absent) {
    ValueStep step = AvroFieldsStep.of(fields);
    return absent.isEmpty() ? step : new AvroRecordStep(step, absent.toArray(ColumnNode[]::new));
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    fields.shred(in, repetition);
    for (ColumnNode part : absent) {
      in.putNulls(part.leafStart, part.leafEnd, repetition, part.definition - 1);
    }
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    int end = fields.assemble(out, at);
    for (ColumnNode part : absent) out.skipNulls(part.leafStart, part.leafEnd);
    return end;
  }

  @Override
  public void assembleRows(AssembleOutput out, int rows) {
    fields.assembleRows(out, rows);
    for (ColumnNode part : absent) out.skipNulls(part.leafStart, part.leafEnd, rows);
  }

  @Override
  public long bytesMax(LeafPage[] pages) {
    return fields.bytesMax(pages);
  }

  @Override
  public int fixedBytes() {
    return fields.fixedBytes();
  }

  @Override
  public ValueStep copied(ConstantSteps steps) {
    return steps.copy(MethodHandles.lookup(), fields.copied(steps), absent);
  }
}

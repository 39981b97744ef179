package oxbow.cold.shred.avro;

import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** A record: its fields one after the other. Hot path. */
final class AvroRecordStep extends ValueStep {
  private final ValueStep[] fields;

  /** Columns that only other versions have. */
  private final ColumnNode[] absent;

  private final int fixedBytes;

  AvroRecordStep(ValueStep[] fields, ColumnNode[] absent) {
    this.fields = fields.clone();
    this.absent = absent.clone();
    int bytes = 0;
    for (ValueStep field : fields) bytes += field.fixedBytes();
    this.fixedBytes = bytes;
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    for (ValueStep field : fields) field.shred(in, repetition);
    for (ColumnNode part : absent) {
      in.putNulls(part.leafStart, part.leafEnd, repetition, part.definition - 1);
    }
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    int end = at;
    for (ValueStep field : fields) end = field.assemble(out, end);
    for (ColumnNode part : absent) out.skipNulls(part.leafStart, part.leafEnd);
    return end;
  }

  @Override
  public int fixedBytes() {
    return fixedBytes;
  }
}

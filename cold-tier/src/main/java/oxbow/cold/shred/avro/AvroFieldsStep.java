package oxbow.cold.shred.avro;

import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ConstantSteps;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/**
 * Parts of a record that follow each other: up to eight, which may be such steps again. Each has a
 * field of its own and no place in an array, since the compiler takes nothing of an array for
 * constant; eight are about what it makes one piece of code of. Hot path.
 */
final class AvroFieldsStep extends ValueStep {
  private static final int PARTS_MAX = 8;

  // Those that aren't there are null; all behind one that isn't are not, either.
  private final @Nullable ValueStep first;
  private final @Nullable ValueStep second;
  private final @Nullable ValueStep third;
  private final @Nullable ValueStep fourth;
  private final @Nullable ValueStep fifth;
  private final @Nullable ValueStep sixth;
  private final @Nullable ValueStep seventh;
  private final @Nullable ValueStep eighth;

  /** All of them, for what is not done for each record. */
  private final ValueStep[] parts;

  private final int fixedBytes;

  /** Called by its class's copies, too. */
  AvroFieldsStep(ValueStep[] parts) {
    this.parts = parts.clone();
    first = part(parts, 0);
    second = part(parts, 1);
    third = part(parts, 2);
    fourth = part(parts, 3);
    fifth = part(parts, 4);
    sixth = part(parts, 5);
    seventh = part(parts, 6);
    eighth = part(parts, 7);
    int bytes = 0;
    for (ValueStep part : parts) bytes += part.fixedBytes();
    this.fixedBytes = bytes;
  }

  private static @Nullable ValueStep part(ValueStep[] parts, int i) {
    return i < parts.length ? parts[i] : null;
  }

  /** One step for as many parts as there are. */
  static ValueStep of(List<ValueStep> parts) {
    List<ValueStep> steps = parts;
    while (steps.size() > PARTS_MAX) {
      List<ValueStep> longer = new ArrayList<>();
      for (int from = 0; from < steps.size(); from += PARTS_MAX) {
        List<ValueStep> some = steps.subList(from, Math.min(from + PARTS_MAX, steps.size()));
        longer.add(new AvroFieldsStep(some.toArray(ValueStep[]::new)));
      }
      steps = longer;
    }
    return new AvroFieldsStep(steps.toArray(ValueStep[]::new));
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    if (first == null) return;
    first.shred(in, repetition);
    if (second == null) return;
    second.shred(in, repetition);
    if (third == null) return;
    third.shred(in, repetition);
    if (fourth == null) return;
    fourth.shred(in, repetition);
    if (fifth == null) return;
    fifth.shred(in, repetition);
    if (sixth == null) return;
    sixth.shred(in, repetition);
    if (seventh == null) return;
    seventh.shred(in, repetition);
    if (eighth == null) return;
    eighth.shred(in, repetition);
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    int end = at;
    if (first == null) return end;
    end = first.assemble(out, end);
    if (second == null) return end;
    end = second.assemble(out, end);
    if (third == null) return end;
    end = third.assemble(out, end);
    if (fourth == null) return end;
    end = fourth.assemble(out, end);
    if (fifth == null) return end;
    end = fifth.assemble(out, end);
    if (sixth == null) return end;
    end = sixth.assemble(out, end);
    if (seventh == null) return end;
    end = seventh.assemble(out, end);
    if (eighth == null) return end;
    return eighth.assemble(out, end);
  }

  @Override
  public void assembleRows(AssembleOutput out, int rows) {
    for (ValueStep part : parts) part.assembleRows(out, rows);
  }

  @Override
  public long bytesMax(LeafPage[] pages) {
    long bytes = 0;
    for (ValueStep part : parts) bytes += part.bytesMax(pages);
    return Math.min(bytes, BYTES_UNKNOWN);
  }

  @Override
  public int fixedBytes() {
    return fixedBytes;
  }

  @Override
  public ValueStep copied(ConstantSteps steps) {
    ValueStep[] copies = parts.clone();
    for (int i = 0; i < copies.length; i++) copies[i] = copies[i].copied(steps);
    return steps.copy(MethodHandles.lookup(), (Object) copies);
  }
}

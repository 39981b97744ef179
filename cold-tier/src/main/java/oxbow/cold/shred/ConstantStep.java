package oxbow.cold.shred;

import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandles;

/** A constant of its class, of which {@link ConstantSteps} makes a copy for each. */
final class ConstantStep extends ValueStep {
  private static final ValueStep STEP = step();

  private static ValueStep step() {
    try {
      return MethodHandles.classData(
          MethodHandles.lookup(), ConstantDescs.DEFAULT_NAME, ValueStep.class);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("a class may not read its own constant", e);
    }
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    STEP.shred(in, repetition);
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    return STEP.assemble(out, at);
  }

  @Override
  public void assembleRows(AssembleOutput out, int rows) {
    STEP.assembleRows(out, rows);
  }

  @Override
  public long bytesMax(LeafPage[] pages) {
    return STEP.bytesMax(pages);
  }

  @Override
  public int fixedBytes() {
    return STEP.fixedBytes();
  }
}

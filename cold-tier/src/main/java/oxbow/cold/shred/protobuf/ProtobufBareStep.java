package oxbow.cold.shred.protobuf;

import java.util.List;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** A whole value that is a message and nothing else: a header says which. */
final class ProtobufBareStep extends ValueStep {
  private final ProtobufTop[] messages;
  private final ProtobufTop written;
  private final int fixedBytes;

  /**
   * @param messages of the schema's file that have columns, the one at the top first
   * @param written the one that values are, as they are decoded
   */
  ProtobufBareStep(List<ProtobufTop> messages, ProtobufTop written) {
    this.messages = messages.toArray(ProtobufTop[]::new);
    this.written = written;
    this.fixedBytes = ProtobufTop.fixedBytes(this.messages);
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    written.shred(in, repetition);
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    return ProtobufTop.present(messages, out).assemble(out, at);
  }

  @Override
  public int fixedBytes() {
    return fixedBytes;
  }
}

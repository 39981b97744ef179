package oxbow.cold.shred.protobuf;

import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** A whole value: which message of the schema's file it is, then the message. */
final class ProtobufRootStep extends ValueStep {
  private final ProtobufMessage message;

  ProtobufRootStep(ProtobufMessage message) {
    this.message = message;
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    // A zero stands for the path to the first message; others have no columns.
    if (in.at >= in.end || in.bytes[in.at++] != 0) throw ShredInput.malformed();
    message.shredFields(in, repetition);
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    return message.assembleFields(out, out.putByte(at, 0));
  }

  @Override
  public int fixedBytes() {
    return 1 + message.fixedBytes();
  }
}

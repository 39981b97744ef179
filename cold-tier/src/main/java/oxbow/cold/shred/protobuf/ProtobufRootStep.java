package oxbow.cold.shred.protobuf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ProgramCompiler.MessagesMet;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** A whole value: which message of the schema's file it is, then the message. */
final class ProtobufRootStep extends ValueStep {
  /** Messages nested deeper than this are no file that anybody has. */
  private static final int PATH_LENGTH_MAX = 100;

  private final ProtobufTop[] messages;
  private final int schemaId;
  private final MessagesMet met;
  private final int fixedBytes;

  /**
   * @param messages that have columns, the one at the top first
   * @param met told the others
   */
  ProtobufRootStep(List<ProtobufTop> messages, int schemaId, MessagesMet met) {
    this.messages = messages.toArray(ProtobufTop[]::new);
    this.schemaId = schemaId;
    this.met = met;
    this.fixedBytes = ProtobufTop.fixedBytes(this.messages);
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    for (ProtobufTop message : messages) {
      int pathEnd = in.at + message.pathBytes.length;
      if (pathEnd <= in.end
          && Arrays.equals(
              message.pathBytes, 0, message.pathBytes.length, in.bytes, in.at, pathEnd)) {
        in.at = pathEnd;
        message.shred(in, repetition);
        return;
      }
    }
    other(in).shred(in, repetition);
  }

  /** A message without columns, or one whose path is written as it need not be. */
  private ProtobufTop other(ShredInput in) {
    List<Integer> path = new ArrayList<>();
    int length = step(in);
    if (length == 0) path.add(0);
    if (length > PATH_LENGTH_MAX) throw ShredInput.malformed();
    for (int i = 0; i < length; i++) path.add(step(in));
    for (ProtobufTop message : messages) {
      if (!message.path().equals(path)) continue;
      in.note(ShredInput.UNUSUAL);
      return message;
    }
    met.met(schemaId, path);
    throw ShredInput.malformed();
  }

  private static int step(ShredInput in) {
    if (in.at >= in.end) throw ShredInput.malformed();
    int step = in.zigzagInt();
    if (step < 0 || in.at > in.end) throw ShredInput.malformed();
    return step;
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    ProtobufTop message = ProtobufTop.present(messages, out);
    byte[] path = message.pathBytes;
    System.arraycopy(path, 0, out.bytes, at, path.length);
    return message.assemble(out, at + path.length);
  }

  @Override
  public int fixedBytes() {
    return fixedBytes;
  }
}

package oxbow.cold.shred.protobuf;

import java.util.List;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ShredInput;
import oxbow.schema.Framing;

/**
 * A message of a file that values may be. Hot path. Immutable.
 *
 * <p>Which of a file's messages a row is, its columns tell: one that is a column of its own is
 * there or null, and else it is the one whose fields are at the top.
 */
final class ProtobufTop {
  private final List<Integer> path;

  /** The path as it is written before the message. */
  final byte[] pathBytes;

  final ProtobufMessage message;

  /** Its column; null: its fields are columns at the top. */
  private final @Nullable ColumnNode whole;

  /** Leaves of the file's other messages. */
  private final int[] others;

  ProtobufTop(
      List<Integer> path, ProtobufMessage message, @Nullable ColumnNode whole, int[] others) {
    this.path = path;
    this.pathBytes = Framing.writeMessagePath(path.stream().mapToInt(Integer::intValue).toArray());
    this.message = message;
    this.whole = whole;
    this.others = others.clone();
  }

  List<Integer> path() {
    return path;
  }

  /** Decodes up to the input's end. */
  void shred(ShredInput in, int repetition) {
    message.shredFields(in, repetition);
    for (int leaf : others) in.vectors[leaf].putNull(repetition, 0);
  }

  boolean isPresent(AssembleOutput out) {
    ColumnNode node = whole;
    return node == null || out.pages[node.leafStart].definition(out.row) >= node.definition;
  }

  int assemble(AssembleOutput out, int at) {
    int end = message.assembleFields(out, at);
    for (int leaf : others) out.skipNulls(leaf, leaf + 1);
    return end;
  }

  /** The one that the row in work is, of those of a file. */
  static ProtobufTop present(ProtobufTop[] messages, AssembleOutput out) {
    // The one at the top comes first, and is there if no other is.
    for (int i = messages.length - 1; i >= 0; i--) {
      if (messages[i].isPresent(out)) return messages[i];
    }
    throw new IndexOutOfBoundsException("a row is none of its schema's messages");
  }

  static int fixedBytes(ProtobufTop[] messages) {
    int bytes = 0;
    for (ProtobufTop each : messages) {
      bytes = Math.max(bytes, each.pathBytes.length + each.message.fixedBytes());
    }
    return bytes;
  }
}

package oxbow.cold.shred.json;

import java.util.Arrays;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/**
 * An object with known members. Hot path.
 *
 * <p>Usual is: the members in the order of the columns, and of those that are null either none is
 * written or all.
 */
final class JsonObjectStep extends ValueStep {
  private static final int PUNCTUATION_BYTES = 8;

  private final byte[][] names;

  /** Names as they are written, with quotes and escapes. */
  private final byte[][] quoted;

  private final ColumnNode[] nodes;
  private final ValueStep[] values;

  /** Columns that only other versions have. */
  private final ColumnNode[] absent;

  private final int fixedBytes;

  JsonObjectStep(
      byte[][] names,
      byte[][] quoted,
      ColumnNode[] nodes,
      ValueStep[] values,
      ColumnNode[] absent) {
    this.names = names.clone();
    this.quoted = quoted.clone();
    this.nodes = nodes.clone();
    this.values = values.clone();
    this.absent = absent.clone();
    int bytes = PUNCTUATION_BYTES;
    for (int i = 0; i < values.length; i++) {
      bytes += PUNCTUATION_BYTES + quoted[i].length + values[i].fixedBytes();
    }
    this.fixedBytes = bytes;
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    JsonText.expect(in, '{');
    JsonText.skipSpace(in);
    var seen = new boolean[names.length];
    int expected = 0;
    if (JsonText.peek(in) == '}') {
      in.at++;
    } else {
      do {
        int member = readName(in, expected);
        if (member < 0) {
          in.note(ShredInput.UNUSUAL); // no column has it
          JsonText.skipValue(in);
        } else {
          if (seen[member]) throw ShredInput.malformed();
          seen[member] = true;
          if (member < expected) in.note(ShredInput.UNUSUAL);
          readValue(in, member, repetition);
          expected = member + 1;
        }
        JsonText.skipSpace(in);
      } while (isMore(in));
    }
    for (int i = 0; i < seen.length; i++) {
      if (seen[i]) continue;
      in.note(ShredInput.UNBLOCKED);
      putNull(in, nodes[i], repetition);
    }
    for (ColumnNode node : absent) putNull(in, node, repetition);
  }

  private static boolean isMore(ShredInput in) {
    int c = JsonText.peek(in);
    in.at++;
    if (c == '}') return false;
    if (c != ',') throw ShredInput.malformed();
    JsonText.skipSeparatorSpace(in);
    return true;
  }

  /** Reads name and colon; returns which member it is, or -1. */
  private int readName(ShredInput in, int expected) {
    if (expected < quoted.length && JsonText.isNext(in, quoted[expected])) {
      in.at += quoted[expected].length;
      JsonText.skipSpace(in);
      JsonText.expect(in, ':');
      JsonText.skipSeparatorSpace(in);
      return expected;
    }
    return readAnyName(in, expected);
  }

  private int readAnyName(ShredInput in, int expected) {
    JsonText.expect(in, '"');
    int from = in.at;
    boolean hasEscapes = JsonText.findQuote(in);
    int member = -1;
    if (hasEscapes) {
      // Written as nobody needs to: whichever it is, the text is kept.
      in.note(ShredInput.UNUSUAL);
      int length = JsonText.unescape(in, from, in.at);
      for (int i = 0; i < names.length && member < 0; i++) {
        if (Arrays.equals(names[i], 0, names[i].length, in.scratch, 0, length)) member = i;
      }
    } else {
      for (int i = 0; i < names.length && member < 0; i++) {
        int candidate = expected + i < names.length ? expected + i : expected + i - names.length;
        if (JsonText.isName(in, from, in.at, names[candidate])) member = candidate;
      }
    }
    in.at++;
    JsonText.skipSpace(in);
    JsonText.expect(in, ':');
    JsonText.skipSeparatorSpace(in);
    return member;
  }

  private void readValue(ShredInput in, int member, int repetition) {
    if (JsonText.isNull(in)) {
      in.note(ShredInput.BLOCKED);
      putNull(in, nodes[member], repetition);
    } else {
      values[member].shred(in, repetition);
    }
  }

  private static void putNull(ShredInput in, ColumnNode node, int repetition) {
    in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition - 1);
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    int end = out.putByte(at, '{');
    boolean isFirst = true;
    for (int i = 0; i < values.length; i++) {
      ColumnNode node = nodes[i];
      boolean isNull = out.pages[node.leafStart].definition(out.row) < node.definition;
      if (isNull) out.skipNulls(node.leafStart, node.leafEnd);
      if (isNull && !out.isBlocked) continue;
      if (!isFirst) end = separator(out, end, ',');
      isFirst = false;
      end = JsonText.write(out, end, quoted[i]);
      end = separator(out, end, ':');
      end = isNull ? JsonText.write(out, end, JsonListStep.NULL) : values[i].assemble(out, end);
    }
    for (ColumnNode node : absent) out.skipNulls(node.leafStart, node.leafEnd);
    return out.putByte(end, '}');
  }

  static int separator(AssembleOutput out, int at, int c) {
    int end = out.putByte(at, c);
    return out.isSpaced ? out.putByte(end, ' ') : end;
  }

  @Override
  public int fixedBytes() {
    return fixedBytes;
  }
}

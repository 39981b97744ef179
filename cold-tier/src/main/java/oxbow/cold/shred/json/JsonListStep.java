package oxbow.cold.shred.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.ValueStep;

/** An array; or an object whose members all have one schema, as a map. Hot path. */
final class JsonListStep extends ValueStep {
  static final byte[] NULL = "null".getBytes(ISO_8859_1);

  private static final int PUNCTUATION_BYTES = 16;

  private final ColumnNode node;

  /** Null: an array. */
  private final @Nullable ColumnNode key;

  private final ColumnNode valueNode;
  private final ValueStep value;
  private final int elementRepetition;

  JsonListStep(ColumnNode node, @Nullable ColumnNode key, ColumnNode valueNode, ValueStep value) {
    this.node = node;
    this.key = key;
    this.valueNode = valueNode;
    this.value = value;
    this.elementRepetition = node.repetition + 1;
  }

  @Override
  public void shred(ShredInput in, int repetition) {
    JsonText.expect(in, key == null ? '[' : '{');
    int close = key == null ? ']' : '}';
    JsonText.skipSpace(in);
    if (JsonText.peek(in) == close) {
      in.at++;
      in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition);
      return;
    }
    int next = repetition;
    int keysBefore = key == null ? 0 : in.vectors[key.leafStart].values;
    while (true) {
      if (key != null) {
        JsonText.putString(in, in.vectors[key.leafStart], next);
        JsonText.skipSpace(in);
        JsonText.expect(in, ':');
        JsonText.skipSeparatorSpace(in);
      }
      readValue(in, next);
      next = elementRepetition;
      JsonText.skipSpace(in);
      int c = JsonText.peek(in);
      in.at++;
      if (c == close) break;
      if (c != ',') throw ShredInput.malformed();
      JsonText.skipSeparatorSpace(in);
    }
    if (key != null) in.noteTwins(key.leafStart, keysBefore);
  }

  private void readValue(ShredInput in, int repetition) {
    if (!JsonText.isNull(in)) {
      value.shred(in, repetition);
    } else if (valueNode.column.isOptional()) {
      in.putNulls(valueNode.leafStart, valueNode.leafEnd, repetition, valueNode.definition - 1);
    } else {
      throw ShredInput.malformed();
    }
  }

  @Override
  public int assemble(AssembleOutput out, int at) {
    LeafPage page = out.pages[node.leafStart];
    int end = out.putByte(at, key == null ? '[' : '{');
    int close = key == null ? ']' : '}';
    if (page.definitions[page.entry] <= node.definition) {
      out.skipNulls(node.leafStart, node.leafEnd);
      return out.putByte(end, close);
    }
    int count = 1;
    for (int i = page.entry + 1; i < page.count; i++) {
      if (page.repetitions[i] < elementRepetition) break;
      if (page.repetitions[i] == elementRepetition) count++;
    }
    for (int i = 0; i < count; i++) {
      out.ensure(end, out.reserve);
      if (i > 0) end = JsonObjectStep.separator(out, end, ',');
      if (key != null) {
        end = JsonText.writeString(out, end, out.pages[key.leafStart]);
        end = JsonObjectStep.separator(out, end, ':');
      }
      boolean isNull =
          valueNode.column.isOptional()
              && out.pages[valueNode.leafStart].definition(out.row) < valueNode.definition;
      if (isNull) {
        out.skipNulls(valueNode.leafStart, valueNode.leafEnd);
        end = JsonText.write(out, end, NULL);
      } else {
        end = value.assemble(out, end);
      }
    }
    out.ensure(end, out.reserve);
    return out.putByte(end, close);
  }

  @Override
  public int fixedBytes() {
    return PUNCTUATION_BYTES + value.fixedBytes();
  }
}

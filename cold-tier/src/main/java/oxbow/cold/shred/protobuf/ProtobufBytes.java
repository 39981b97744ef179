package oxbow.cold.shred.protobuf;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.cold.shred.Utf8;

/** Fields of texts and bytes, of enums, and of messages that are kept as they are. Hot path. */
final class ProtobufBytes {
  private static final int LENGTH_BYTES_MAX = 10;
  private static final byte[] NONE = {};

  private ProtobufBytes() {}

  /** A length and so many bytes. */
  abstract static class Delimited extends ProtobufField {
    final int leaf;

    Delimited(int leaf) {
      this.leaf = leaf;
    }

    @Override
    final int wireType() {
      return BYTES;
    }

    @Override
    final void shredDefault(ShredInput in, int repetition) {
      in.vectors[leaf].putBytes(NONE, 0, 0, repetition);
    }

    @Override
    final boolean isDefault(AssembleOutput out) {
      LeafPage page = out.pages[leaf];
      return page.lengths[page.isNumbered ? page.numbers[page.value] : page.value] == 0;
    }

    @Override
    final void skip(AssembleOutput out) {
      out.pages[leaf].takeBytes();
    }

    @Override
    final int assemble(AssembleOutput out, int at) {
      LeafPage page = out.pages[leaf];
      int index = page.takeBytes();
      int length = page.lengths[index];
      return out.putBytes(out.putVarint(at, length), page.bytes, page.starts[index], length);
    }

    @Override
    final int fixedBytes() {
      return LENGTH_BYTES_MAX;
    }
  }

  static final class Text extends Delimited {
    Text(int leaf) {
      super(leaf);
    }

    @Override
    void shred(ShredInput in, int repetition) {
      int length = length(in);
      int from = in.take(length);
      if (!Utf8.put(in.vectors[leaf], in.bytes, from, length, repetition)) {
        in.note(ShredInput.UNUSUAL);
      }
    }
  }

  /** Bytes, or a message as it is encoded. */
  static final class Plain extends Delimited {
    Plain(int leaf) {
      super(leaf);
    }

    @Override
    void shred(ShredInput in, int repetition) {
      int length = length(in);
      in.vectors[leaf].putBytes(in.bytes, in.take(length), length, repetition);
    }
  }

  /** An enum by its number; in the column the constant's name. */
  static final class EnumValue extends ProtobufField {
    private final int leaf;
    private final Map<Integer, byte[]> names;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final int defaultNumber;

    EnumValue(int leaf, Map<Integer, byte[]> names, int defaultNumber) {
      this.leaf = leaf;
      this.names = Map.copyOf(names);
      this.defaultNumber = defaultNumber;
      names.forEach((number, name) -> numbers.put(text(name, 0, name.length), number));
    }

    private static String text(byte[] bytes, int from, int length) {
      return new String(bytes, from, length, StandardCharsets.UTF_8);
    }

    @Override
    int wireType() {
      return VARINT;
    }

    @Override
    void shred(ShredInput in, int repetition) {
      long number = in.varint();
      if ((int) number != number) throw ShredInput.malformed();
      put(in, (int) number, repetition);
    }

    private void put(ShredInput in, int number, int repetition) {
      byte[] name = names.get(number);
      if (name == null) { // a constant that came with a later version
        in.note(ShredInput.UNUSUAL);
        name = Integer.toString(number).getBytes(StandardCharsets.UTF_8);
      }
      in.vectors[leaf].putBytes(name, 0, name.length, repetition);
    }

    @Override
    void shredDefault(ShredInput in, int repetition) {
      put(in, defaultNumber, repetition);
    }

    @Override
    boolean isDefault(AssembleOutput out) {
      LeafPage page = out.pages[leaf];
      return number(page, page.isNumbered ? page.numbers[page.value] : page.value) == defaultNumber;
    }

    private int number(LeafPage page, int index) {
      Integer number = numbers.get(text(page.bytes, page.starts[index], page.lengths[index]));
      // A constant that has no name: its record is taken from elsewhere.
      return number == null ? -1 : number;
    }

    @Override
    void skip(AssembleOutput out) {
      out.pages[leaf].takeBytes();
    }

    @Override
    int assemble(AssembleOutput out, int at) {
      LeafPage page = out.pages[leaf];
      return out.putVarint(at, number(page, page.takeBytes()));
    }

    @Override
    int fixedBytes() {
      return LENGTH_BYTES_MAX;
    }
  }
}

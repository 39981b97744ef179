package oxbow.cold.shred.protobuf;

import java.util.Arrays;
import oxbow.cold.shred.AssembleOutput;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ShredInput;
import oxbow.schema.layout.Type;

/** A message: its fields by number, each with its tag. Hot path. */
final class ProtobufMessage extends ProtobufField {
  private static final int TAG_BYTES_MAX = 5;

  /** How often a field is there, and what its absence means. */
  enum Presence {
    /** Null. */
    EXPLICIT,
    /** The default, which is not written. */
    IMPLICIT,
    REQUIRED,
    /** An empty list. */
    REPEATED,
    /** Likewise; all values of numbers behind one tag. */
    PACKED
  }

  /**
   * A field.
   *
   * @param node its column
   * @param value of each of its elements, if it has several
   */
  record Member(int number, Presence presence, ColumnNode node, ProtobufField value) {
    boolean isList() {
      return presence == Presence.REPEATED || presence == Presence.PACKED;
    }

    long tag() {
      return (long) number << 3 | (presence == Presence.PACKED ? BYTES : value.wireType());
    }
  }

  /** By number. */
  private final Member[] members;

  /** Columns that only other versions have. */
  private final ColumnNode[] absent;

  /** Leaves of the keys of those that are maps. */
  private final int[] mapKeys;

  private final int fixedBytes;

  ProtobufMessage(Member[] members, ColumnNode[] absent) {
    this.members = members.clone();
    this.absent = absent.clone();
    this.mapKeys =
        Arrays.stream(members)
            .filter(member -> member.node.column.type() instanceof Type.MapOf)
            .mapToInt(member -> member.node.leafStart)
            .toArray();
    int bytes = 2 * ByteAccess.SLACK_BYTES;
    for (Member member : members) {
      bytes += 2 * TAG_BYTES_MAX + ByteAccess.SLACK_BYTES + member.value.fixedBytes();
    }
    fixedBytes = bytes;
  }

  @Override
  int wireType() {
    return BYTES;
  }

  @Override
  void shred(ShredInput in, int repetition) {
    int length = length(in);
    int outerEnd = in.end;
    in.end = in.at + length;
    shredFields(in, repetition);
    in.end = outerEnd;
  }

  /** Decodes up to the input's end. */
  void shredFields(ShredInput in, int repetition) {
    var counts = new int[members.length];
    int[] keysBefore = mapKeys.length == 0 ? mapKeys : new int[mapKeys.length];
    for (int i = 0; i < mapKeys.length; i++) keysBefore[i] = in.vectors[mapKeys[i]].values;
    int last = 0;
    while (in.at < in.end) {
      long tag = in.varint();
      int number = (int) (tag >>> 3);
      int wireType = (int) tag & 7;
      if (number <= 0 || tag >>> 32 != 0) throw ShredInput.malformed();
      if (number < last) in.note(ShredInput.UNUSUAL);
      last = number;
      int index = find(number);
      if (index < 0) {
        in.note(ShredInput.UNUSUAL); // no column has it
        skipWire(in, wireType);
      } else {
        shredMember(in, members[index], wireType, counts, index, repetition);
      }
      if (in.at > in.end) throw ShredInput.malformed();
    }
    for (int i = 0; i < mapKeys.length; i++) in.noteTwins(mapKeys[i], keysBefore[i]);
    for (int i = 0; i < members.length; i++) {
      if (counts[i] == 0) shredAbsent(in, members[i], repetition);
    }
    for (ColumnNode node : absent) {
      in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition - 1);
    }
  }

  private int find(int number) {
    int low = 0;
    int high = members.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int found = members[middle].number;
      if (found == number) return middle;
      if (found < number) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  private static void shredMember(
      ShredInput in, Member member, int wireType, int[] counts, int index, int repetition) {
    ProtobufField value = member.value;
    if (!member.isList()) {
      // Of several the last would count: that is for the text beside to say.
      if (counts[index]++ > 0 || wireType != value.wireType()) throw ShredInput.malformed();
      if (member.presence == Presence.IMPLICIT && isWrittenDefault(in, value)) {
        in.note(ShredInput.UNUSUAL);
      }
      value.shred(in, repetition);
      return;
    }
    int elementRepetition = member.node.repetition + 1;
    if (wireType == BYTES && value.wireType() != BYTES) {
      int end = length(in) + in.at;
      boolean isUsual = member.presence == Presence.PACKED && counts[index] == 0 && end > in.at;
      if (!isUsual) in.note(ShredInput.UNUSUAL);
      while (in.at < end) {
        value.shred(in, counts[index]++ == 0 ? repetition : elementRepetition);
      }
      if (in.at != end) throw ShredInput.malformed();
      return;
    }
    if (wireType != value.wireType()) throw ShredInput.malformed();
    if (member.presence == Presence.PACKED) in.note(ShredInput.UNUSUAL);
    value.shred(in, counts[index]++ == 0 ? repetition : elementRepetition);
  }

  /** Whether a value is there that its absence would mean as well. */
  private static boolean isWrittenDefault(ShredInput in, ProtobufField value) {
    return switch (value.wireType()) {
      case VARINT, BYTES -> in.bytes[in.at] == 0;
      case FIXED32 -> ByteAccess.intLe(in.bytes, in.at) == 0;
      default -> ByteAccess.longLe(in.bytes, in.at) == 0;
    };
  }

  private static void shredAbsent(ShredInput in, Member member, int repetition) {
    ColumnNode node = member.node;
    switch (member.presence) {
      case EXPLICIT -> in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition - 1);
      case IMPLICIT -> member.value.shredDefault(in, repetition);
      case REQUIRED -> throw ShredInput.malformed();
      case REPEATED, PACKED ->
          in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition);
    }
  }

  @Override
  int assemble(AssembleOutput out, int at) {
    // Most messages are short: their length is taken for one byte, and moved if it isn't.
    int from = at + 1;
    int end = assembleFields(out, from);
    return putLength(out, at, end - from);
  }

  /** Puts the length before what lies a byte further; returns the end. */
  static int putLength(AssembleOutput out, int at, int length) {
    int lengthBytes = ByteAccess.varintBytes(length);
    if (lengthBytes == 1) {
      out.putByte(at, length);
    } else {
      out.ensure(at + length, lengthBytes + out.reserve);
      System.arraycopy(out.bytes, at + 1, out.bytes, at + lengthBytes, length);
      long bits = length;
      for (int i = 0; i < lengthBytes; i++) {
        out.bytes[at + i] = (byte) (i < lengthBytes - 1 ? bits | 0x80 : bits);
        bits >>>= 7;
      }
    }
    return at + lengthBytes + length;
  }

  int assembleFields(AssembleOutput out, int at) {
    int end = at;
    for (Member member : members) {
      ColumnNode node = member.node;
      ProtobufField value = member.value;
      switch (member.presence) {
        case REPEATED -> end = assembleRepeated(out, end, member);
        case PACKED -> end = assemblePacked(out, end, member);
        case IMPLICIT -> {
          if (value.isDefault(out)) {
            value.skip(out);
          } else {
            end = value.assemble(out, out.putVarint(end, member.tag()));
          }
        }
        case EXPLICIT -> {
          if (out.pages[node.leafStart].definition(out.row) < node.definition) {
            out.skipNulls(node.leafStart, node.leafEnd);
          } else {
            end = value.assemble(out, out.putVarint(end, member.tag()));
          }
        }
        case REQUIRED -> end = value.assemble(out, out.putVarint(end, member.tag()));
      }
    }
    for (ColumnNode node : absent) out.skipNulls(node.leafStart, node.leafEnd);
    return end;
  }

  private static int count(AssembleOutput out, ColumnNode node) {
    LeafPage page = out.pages[node.leafStart];
    if (page.definitions[page.entry] <= node.definition) {
      out.skipNulls(node.leafStart, node.leafEnd);
      return 0;
    }
    int count = 1;
    int elementRepetition = node.repetition + 1;
    for (int i = page.entry + 1; i < page.count; i++) {
      if (page.repetitions[i] < elementRepetition) break;
      if (page.repetitions[i] == elementRepetition) count++;
    }
    return count;
  }

  private static int assembleRepeated(AssembleOutput out, int at, Member member) {
    int end = at;
    for (int left = count(out, member.node); left > 0; left--) {
      out.ensure(end, out.reserve);
      end = member.value.assemble(out, out.putVarint(end, member.tag()));
    }
    out.ensure(end, out.reserve);
    return end;
  }

  private static int assemblePacked(AssembleOutput out, int at, Member member) {
    int left = count(out, member.node);
    if (left == 0) return at;
    int lengthAt = out.putVarint(at, member.tag());
    int end = lengthAt + 1;
    for (; left > 0; left--) {
      out.ensure(end, out.reserve);
      end = member.value.assemble(out, end);
    }
    end = putLength(out, lengthAt, end - lengthAt - 1);
    out.ensure(end, out.reserve);
    return end;
  }

  // A message has presence: what its absence means is told by nulls.

  @Override
  void shredDefault(ShredInput in, int repetition) {
    for (Member member : members) shredAbsent(in, member, repetition);
    for (ColumnNode node : absent) {
      in.putNulls(node.leafStart, node.leafEnd, repetition, node.definition - 1);
    }
  }

  @Override
  boolean isDefault(AssembleOutput out) {
    return false;
  }

  @Override
  void skip(AssembleOutput out) {
    throw new IllegalStateException("a message is never left out as a default");
  }

  @Override
  int fixedBytes() {
    return fixedBytes;
  }
}

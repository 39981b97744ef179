package oxbow.cold.shred;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.RawCounts;
import oxbow.cold.file.SystemColumns;
import oxbow.schema.Framing;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Type;

/**
 * Puts records into one vector per leaf, a row each. A record whose value can't be put into typed
 * columns, or would not come out of them as it went in, is kept as it came as well. Hot path; owned
 * by one thread.
 */
public final class RecordShredder implements AutoCloseable {
  /** Magic byte and schema id before a value. */
  static final int FRAME_BYTES = 5;

  /** Beyond this, microseconds overflow; such times are kept in the residue. */
  static final long TIMESTAMP_MS_MAX = 9_000_000_000_000_000L;

  static final int HEADERS_EMPTY_DEFINITION = 0;

  private static final byte[] VALUE_MARK = Framing.VALUE_HEADER.getBytes(UTF_8);
  private static final byte[] KEY_MARK = Framing.KEY_HEADER.getBytes(UTF_8);

  private final int partition;
  private final ColumnVector[] vectors;
  private final ShredInput in;
  private final ProgramTable valuePrograms;
  private final ProgramTable keyPrograms;
  private final boolean isFramed;

  private final ColumnVector partitions;
  private final ColumnVector offsets;
  private final ColumnVector timestamps;
  private final ColumnVector timestampTypes;
  private final ColumnVector headerKeys;
  private final ColumnVector headerValues;
  private final ColumnVector schemaIds;
  private final ColumnVector keySchemaIds;
  private final ColumnVector forms;
  private final ColumnVector raws;

  /** Null if keys have no typed columns. */
  private final @Nullable ColumnNode typedKey;

  private final ColumnVector plainKey;
  private final boolean isKeyText;
  private final @Nullable ColumnVector plainValue;
  private final boolean isValueText;
  private final int valueLeafStart;
  private final ColumnVector[] repeated;

  private final Map<RawCounts.Reason, Long> rawByReason = new EnumMap<>(RawCounts.Reason.class);
  private byte[] residue = new byte[1024];

  private int headersAt;

  // Where the last record's headers say which schemas it has; length -1: they don't.
  private int valueMarkAt;
  private int valueMarkLength;
  private int keyMarkAt;
  private int keyMarkLength;

  // The last key or value has nothing before it, and its schema is named by a header.
  private boolean isKeyBare;
  private boolean isValueBare;

  private int rows;
  private long inputBytes;

  /**
   * @param isFramed values and keys may begin with a magic byte and a schema id
   */
  public RecordShredder(
      ColumnTree tree,
      int partition,
      boolean isFramed,
      ProgramTable valuePrograms,
      ProgramTable keyPrograms) {
    this.partition = partition;
    this.isFramed = isFramed;
    this.valuePrograms = valuePrograms;
    this.keyPrograms = keyPrograms;
    this.vectors = tree.leaves().stream().map(ColumnVector::new).toArray(ColumnVector[]::new);
    this.in = new ShredInput(vectors);
    partitions = vector(tree, SystemColumns.PARTITION.id());
    offsets = vector(tree, SystemColumns.OFFSET.id());
    timestamps = vector(tree, SystemColumns.TIMESTAMP.id());
    timestampTypes = vector(tree, SystemColumns.TIMESTAMP_TYPE.id());
    headerKeys = vector(tree, SystemColumns.HEADER_KEY.id());
    headerValues = vector(tree, SystemColumns.HEADER_VALUE.id());
    schemaIds = vector(tree, SystemColumns.SCHEMA_ID.id());
    keySchemaIds = vector(tree, SystemColumns.KEY_SCHEMA_ID.id());
    forms = vector(tree, SystemColumns.FORM.id());
    raws = vector(tree, SystemColumns.RAW.id());
    typedKey = tree.typedKey();
    plainKey = vector(tree, SystemColumns.BINARY_KEY.id());
    isKeyText = tree.columns().key().type() == Type.Plain.STRING;
    plainValue = tree.columns().plainValue().map(column -> vector(tree, column.id())).orElse(null);
    isValueText =
        tree.columns().plainValue().map(Column::type).orElse(Type.Plain.BINARY)
            == Type.Plain.STRING;
    valueLeafStart = raws.leaf.index() + 1;
    List<ColumnVector> notFlat = new ArrayList<>();
    for (ColumnVector vector : vectors) if (!vector.leaf.isFlat()) notFlat.add(vector);
    repeated = notFlat.toArray(ColumnVector[]::new);
  }

  private ColumnVector vector(ColumnTree tree, int id) {
    return vectors[tree.leaf(id).index()];
  }

  /** What is to be written; {@link #clear} begins the next block. */
  public ColumnVector[] vectors() {
    for (ColumnVector vector : vectors) vector.complete();
    return vectors;
  }

  /** Gives the vectors' memory back; it isn't used any more. */
  @Override
  public void close() {
    for (ColumnVector vector : vectors) vector.close();
  }

  public int rows() {
    return rows;
  }

  /** Bytes of keys, values and headers in the vectors. */
  public long inputBytes() {
    return inputBytes;
  }

  public void clear() {
    for (ColumnVector vector : vectors) vector.clear();
    rows = 0;
    inputBytes = 0;
  }

  public RawCounts raw() {
    return new RawCounts(rawByReason);
  }

  /**
   * Adds a row for a record of a batch.
   *
   * @param timestampMs as consumers see it
   * @param isAppendTime it is the broker's
   */
  public void shred(
      BatchRecords records, int i, long offset, long timestampMs, boolean isAppendTime) {
    for (ColumnVector vector : repeated) vector.beginRow();
    byte[] bytes = records.bytes;
    partitions.putLong(partition, 0);
    offsets.putLong(offset, 0);
    timestampTypes.putLong(isAppendTime ? 1 : 0, 0);
    int parts = 0;
    if (timestampMs > TIMESTAMP_MS_MAX || timestampMs < -TIMESTAMP_MS_MAX) {
      timestamps.putNull(0, 0);
      parts |= Residue.TIMESTAMP;
    } else {
      timestamps.putLong(timestampMs * 1000, 0);
    }
    valueMarkLength = -1;
    keyMarkLength = -1;
    int headers = records.headerCounts[i];
    if (headers == 0) {
      headerKeys.putNull(0, HEADERS_EMPTY_DEFINITION);
      headerValues.putNull(0, HEADERS_EMPTY_DEFINITION);
    } else if (!putHeaders(bytes, records.headersStarts[i], headers)) {
      parts |= Residue.HEADERS;
    }

    int keyLength = records.keyLengths[i];
    int keyForm = putKey(bytes, records.keyStarts[i], keyLength);
    if (keyForm == Form.TYPED_AND_RAW) parts |= Residue.KEY;
    int valueLength = records.valueLengths[i];
    int form = putValue(bytes, records.valueStarts[i], valueLength);
    if (form == Form.RAW || form == Form.TYPED_AND_RAW) parts |= Residue.VALUE;
    if (isValueBare) form |= Form.VALUE_BARE;
    if (keyForm != Form.EXACT || isKeyBare) form |= keyBits(keyForm);
    forms.putLong(form, 0);

    if (parts == 0) {
      raws.putNull(0, 0);
    } else {
      putResidue(parts, records, i, timestampMs);
    }
    rows++;
    inputBytes +=
        Math.max(keyLength, 0)
            + Math.max(valueLength, 0)
            + (records.headersEnds[i] - records.headersStarts[i]);
  }

  /** What is added to a value's form for a typed key's. */
  private int keyBits(int keyForm) {
    int bits = isKeyBare ? Form.KEY_BARE : 0;
    return switch (keyForm) {
      case Form.EXACT_BLOCKED -> bits | Form.KEY_BLOCKED;
      case Form.EXACT_SPACED -> bits | Form.KEY_SPACED;
      case Form.EXACT_BLOCKED_SPACED -> bits | Form.KEY_BLOCKED | Form.KEY_SPACED;
      default -> bits;
    };
  }

  private void countRaw(RawCounts.Reason reason) {
    rawByReason.merge(reason, 1L, Long::sum);
  }

  /** Adds a row for a record of which only its place is known. */
  public void shredWithoutContent(long offset, long timestampMs, boolean isAppendTime) {
    for (ColumnVector vector : repeated) vector.beginRow();
    partitions.putLong(partition, 0);
    offsets.putLong(offset, 0);
    timestampTypes.putLong(isAppendTime ? 1 : 0, 0);
    if (timestampMs > TIMESTAMP_MS_MAX || timestampMs < -TIMESTAMP_MS_MAX) {
      timestamps.putNull(0, 0);
    } else {
      timestamps.putLong(timestampMs * 1000, 0);
    }
    headerKeys.putNull(0, HEADERS_EMPTY_DEFINITION);
    headerValues.putNull(0, HEADERS_EMPTY_DEFINITION);
    putNoTypedKey();
    plainKey.putNull(0, 0);
    schemaIds.putNull(0, 0);
    in.putNulls(valueLeafStart, vectors.length, 0, 0);
    forms.putLong(Form.RAW, 0);
    raws.putNull(0, 0);
    countRaw(RawCounts.Reason.UNUSUAL_ENCODING);
    rows++;
  }

  /** Form of the key; what is in no column, or only seems so, belongs into the residue. */
  private int putKey(byte[] bytes, int from, int length) {
    isKeyBare = false;
    int form = length < 0 ? Form.RAW : putTypedKey(bytes, from, length);
    ColumnVector plain = plainKey;
    if (form != Form.RAW) {
      plain.putNull(0, 0);
      return form;
    }
    putNoTypedKey();
    if (length < 0) {
      plain.putNull(0, 0);
    } else if (!isKeyText) {
      plain.putBytes(bytes, from, length, 0);
    } else if (!Utf8.put(plain, bytes, from, length, 0)) {
      return Form.TYPED_AND_RAW;
    }
    return Form.EXACT;
  }

  private void putNoTypedKey() {
    ColumnNode typed = typedKey;
    if (typed != null) in.putNulls(typed.leafStart, typed.leafEnd, 0, 0);
    keySchemaIds.putNull(0, 0);
  }

  /** {@link Form#RAW}: the key has no schema, or isn't what it says. */
  private int putTypedKey(byte[] bytes, int from, int length) {
    ColumnNode typed = typedKey;
    boolean isFramed = length >= FRAME_BYTES && bytes[from] == 0;
    if (typed == null) {
      // Whoever knows the schemas hears of this one, and may have a column for it the next time.
      if (isFramed) keyPrograms.find(ByteAccess.intBe(bytes, from + 1));
      return Form.RAW;
    }
    int end = from + length;
    if (keyMarkLength >= 0) {
      ValueProgram program = keyPrograms.findMarked(bytes, keyMarkAt, keyMarkLength);
      if (program != null) {
        int form = run(program, bytes, from, end, typed.leafStart, typed.leafEnd);
        isKeyBare = form != Form.RAW;
        if (isKeyBare) keySchemaIds.putLong(program.schemaId, 0);
        if (isKeyBare) return form;
      }
    }
    if (!isFramed) return Form.RAW;
    ValueProgram program = keyPrograms.find(ByteAccess.intBe(bytes, from + 1));
    if (program == null) return Form.RAW;
    int form = run(program, bytes, from + FRAME_BYTES, end, typed.leafStart, typed.leafEnd);
    if (form != Form.RAW) keySchemaIds.putLong(program.schemaId, 0);
    return form;
  }

  private int putValue(byte[] bytes, int from, int length) {
    isValueBare = false;
    if (length < 0) {
      schemaIds.putNull(0, 0);
      in.putNulls(valueLeafStart, vectors.length, 0, 0);
      return Form.NULL;
    }
    if (!isFramed) return putUnframed(bytes, from, length, RawCounts.Reason.NO_SCHEMA);
    RawCounts.Reason reason = RawCounts.Reason.NO_SCHEMA;
    if (valueMarkLength >= 0) {
      ValueProgram program = valuePrograms.findMarked(bytes, valueMarkAt, valueMarkLength);
      reason = program == null ? valuePrograms.whyUnmarked() : RawCounts.Reason.UNDECODABLE;
      int form = program == null ? Form.RAW : runValue(program, bytes, from, from + length);
      isValueBare = form != Form.RAW;
      if (isValueBare) return form;
    }
    if (length < FRAME_BYTES || bytes[from] != 0) return putUnframed(bytes, from, length, reason);
    int schemaId = ByteAccess.intBe(bytes, from + 1);
    ValueProgram program = valuePrograms.find(schemaId);
    if (program == null) {
      return putUnframed(bytes, from, length, valuePrograms.whyAbsent(schemaId));
    }
    int form = runValue(program, bytes, from + FRAME_BYTES, from + length);
    return form == Form.RAW ? putRaw(RawCounts.Reason.UNDECODABLE) : form;
  }

  private int runValue(ValueProgram program, byte[] bytes, int from, int end) {
    int form = run(program, bytes, from, end, valueLeafStart, vectors.length);
    if (form == Form.RAW) return form;
    schemaIds.putLong(program.schemaId, 0);
    if (form == Form.TYPED_AND_RAW) countRaw(RawCounts.Reason.UNUSUAL_ENCODING);
    return form;
  }

  /** To the column of values without schema, if there is one. */
  private int putUnframed(byte[] bytes, int from, int length, RawCounts.Reason reason) {
    ColumnVector plain = plainValue;
    if (plain == null) return putRaw(reason);
    schemaIds.putNull(0, 0);
    in.putNulls(valueLeafStart + 1, vectors.length, 0, 0);
    if (!isValueText) {
      plain.putBytes(bytes, from, length, 0);
      return Form.PLAIN;
    }
    if (Utf8.put(plain, bytes, from, length, 0)) return Form.PLAIN;
    countRaw(RawCounts.Reason.UNUSUAL_ENCODING);
    return Form.TYPED_AND_RAW;
  }

  private int putRaw(RawCounts.Reason reason) {
    schemaIds.putNull(0, 0);
    in.putNulls(valueLeafStart, vectors.length, 0, 0);
    countRaw(reason);
    return Form.RAW;
  }

  /** Runs a program over a value. {@link Form#RAW}: it failed, and left nothing behind. */
  private int run(
      ValueProgram program, byte[] bytes, int from, int end, int leafStart, int leafEnd) {
    in.begin(bytes, from, end);
    try {
      program.step().shred(in, 0);
      if (in.at > in.end) throw ShredInput.malformed();
    } catch (ShredInput.MalformedException | IndexOutOfBoundsException _) {
      for (int i = leafStart; i < leafEnd; i++) vectors[i].dropRow(rows);
      return Form.RAW;
    }
    for (int leaf : program.absentLeaves) vectors[leaf].putNull(0, 0);
    if (in.at < in.end) return Form.TYPED_AND_RAW; // bytes follow that no schema explains
    int notes = in.notes;
    int bothBlocks = ShredInput.BLOCKED | ShredInput.UNBLOCKED;
    int bothSpaces = ShredInput.SPACED | ShredInput.COMPACT;
    if ((notes & ShredInput.UNUSUAL) != 0
        || (notes & bothBlocks) == bothBlocks
        || (notes & bothSpaces) == bothSpaces) {
      return Form.TYPED_AND_RAW;
    }
    boolean isBlocked = (notes & ShredInput.BLOCKED) != 0;
    if ((notes & ShredInput.SPACED) == 0) return isBlocked ? Form.EXACT_BLOCKED : Form.EXACT;
    return isBlocked ? Form.EXACT_BLOCKED_SPACED : Form.EXACT_SPACED;
  }

  /** False: a name is no UTF-8, and the whole headers belong into the residue. */
  private boolean putHeaders(byte[] bytes, int from, int count) {
    boolean areNamesText = true;
    headersAt = from;
    int repetition = 0;
    for (int i = 0; i < count; i++) {
      int nameLength = headerNumber(bytes);
      int nameAt = headersAt;
      areNamesText &= Utf8.put(headerKeys, bytes, nameAt, nameLength, repetition);
      headersAt += nameLength;
      int valueLength = headerNumber(bytes);
      if (isName(VALUE_MARK, bytes, nameAt, nameLength)) {
        valueMarkAt = headersAt;
        valueMarkLength = valueLength;
      } else if (isName(KEY_MARK, bytes, nameAt, nameLength)) {
        keyMarkAt = headersAt;
        keyMarkLength = valueLength;
      }
      if (valueLength < 0) {
        headerValues.putNull(repetition, headerValues.leaf.definitionMax() - 1);
      } else {
        headerValues.putBytes(bytes, headersAt, valueLength, repetition);
        headersAt += valueLength;
      }
      repetition = 1;
    }
    return areNamesText;
  }

  private static boolean isName(byte[] name, byte[] bytes, int from, int length) {
    return length == name.length && Arrays.equals(name, 0, length, bytes, from, from + length);
  }

  /** A length; it may be written in more bytes than it needs. */
  private int headerNumber(byte[] bytes) {
    int value = 0;
    for (int shift = 0; ; shift += 7) {
      int next = bytes[headersAt++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) return (value >>> 1) ^ -(value & 1);
    }
  }

  private void putResidue(int parts, BatchRecords records, int i, long timestampMs) {
    int headersLength = records.headersEnds[i] - records.headersStarts[i];
    int keyLength = Math.max(records.keyLengths[i], 0);
    int valueLength = Math.max(records.valueLengths[i], 0);
    int bytesMax = 64 + headersLength + keyLength + valueLength;
    if (residue.length < bytesMax) residue = new byte[bytesMax + bytesMax / 2];
    byte[] bytes = residue;
    int at = 0;
    bytes[at++] = (byte) parts;
    if ((parts & Residue.TIMESTAMP) != 0) {
      ByteAccess.longBe(bytes, at, timestampMs);
      at += Long.BYTES;
    }
    if ((parts & Residue.HEADERS) != 0) {
      int start = at + Integer.BYTES;
      int end = ByteAccess.putZigzag(bytes, start, records.headerCounts[i]);
      System.arraycopy(records.bytes, records.headersStarts[i], bytes, end, headersLength);
      end += headersLength;
      ByteAccess.intBe(bytes, at, end - start);
      at = end;
    }
    if ((parts & Residue.KEY) != 0) {
      ByteAccess.intBe(bytes, at, keyLength);
      at += Integer.BYTES;
      System.arraycopy(records.bytes, records.keyStarts[i], bytes, at, keyLength);
      at += keyLength;
    }
    if ((parts & Residue.VALUE) != 0) {
      System.arraycopy(records.bytes, records.valueStarts[i], bytes, at, valueLength);
      at += valueLength;
    }
    raws.putBytes(bytes, 0, at, 0);
  }
}

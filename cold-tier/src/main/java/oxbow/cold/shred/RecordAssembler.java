package oxbow.cold.shred;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.SystemColumns;

/**
 * Makes records of decoded pages, in the bytes they had. Hot path; owned by one thread. The pages
 * of a block are filled by somebody else, {@link #beginBlock} says that they were.
 */
public final class RecordAssembler implements AutoCloseable {
  /** Most bytes of a record besides key, value and headers, with room for wrong guesses. */
  private static final int RECORD_OVERHEAD_BYTES = 64;

  /** So many rows at most are put together column by column. */
  private static final int ROWS_MAX = 128;

  /** For fewer it isn't worth it. */
  private static final int ROWS_MIN = 8;

  /** And so much memory: most of it stays in the processor's nearest meanwhile. */
  private static final int ROWS_BYTES_MAX = 128 << 10;

  /** Rows that may take more are put together one after the other. */
  private static final int ROW_BYTES_MAX = 4 << 10;

  /** Attributes, two numbers, and the lengths of key and value. */
  private static final int ROW_OVERHEAD_BYTES = 1 + 4 * 10;

  private final LeafPage[] pages;
  private final AssembleOutput out;

  /** Rows side by side, each with as much room as the largest of them needs. */
  private final AssembleOutput rowsOut;

  /** Where their values begin, with the lengths. */
  private final int[] valueStarts = new int[ROWS_MAX];

  private final ProgramTable valuePrograms;
  private final ProgramTable keyPrograms;

  private final LeafPage offsets;
  private final LeafPage timestamps;
  private final LeafPage headerKeys;
  private final LeafPage headerValues;
  private final LeafPage schemaIds;
  private final LeafPage keySchemaIds;
  private final LeafPage forms;
  private final LeafPage raws;
  private final @Nullable ColumnNode typedKey;
  private final LeafPage plainKey;
  private final @Nullable LeafPage plainValue;
  private final int[] repeatedValueLeaves;

  private final Residue residue = new Residue();

  /** Bytes of the length before the last record and value: the next one is likely the same. */
  private int recordLengthBytes = 1;

  private int valueLengthBytes = 1;
  private int keyLengthBytes = 1;

  public RecordAssembler(ColumnTree tree, ProgramTable valuePrograms, ProgramTable keyPrograms) {
    this.pages = tree.leaves().stream().map(LeafPage::new).toArray(LeafPage[]::new);
    this.out = new AssembleOutput(pages);
    this.rowsOut = new AssembleOutput(pages);
    rowsOut.ends = new int[ROWS_MAX];
    this.valuePrograms = valuePrograms;
    this.keyPrograms = keyPrograms;
    offsets = page(tree, SystemColumns.OFFSET.id());
    timestamps = page(tree, SystemColumns.TIMESTAMP.id());
    headerKeys = page(tree, SystemColumns.HEADER_KEY.id());
    headerValues = page(tree, SystemColumns.HEADER_VALUE.id());
    schemaIds = page(tree, SystemColumns.SCHEMA_ID.id());
    keySchemaIds = page(tree, SystemColumns.KEY_SCHEMA_ID.id());
    forms = page(tree, SystemColumns.FORM.id());
    raws = page(tree, SystemColumns.RAW.id());
    typedKey = tree.typedKey();
    plainKey = page(tree, SystemColumns.BINARY_KEY.id());
    plainValue = tree.columns().plainValue().map(column -> page(tree, column.id())).orElse(null);
    List<Integer> repeated = new ArrayList<>();
    for (Leaf leaf : tree.leaves()) {
      if (leaf.index() > raws.leaf.index() && !leaf.isFlat()) repeated.add(leaf.index());
    }
    repeatedValueLeaves = repeated.stream().mapToInt(Integer::intValue).toArray();
  }

  private LeafPage page(ColumnTree tree, int id) {
    return pages[tree.leaf(id).index()];
  }

  /** To be filled with the pages of a block. */
  public LeafPage[] pages() {
    return pages;
  }

  /** The array that records are written to; a later call may replace it by a larger one. */
  public byte[] bytes() {
    return out.bytes;
  }

  /** Gives its memory back; it isn't used any more. */
  @Override
  public void close() {
    out.close();
    rowsOut.close();
  }

  /** Makes room for bytes that the caller writes itself. */
  public void ensure(int at, int more) {
    out.ensure(at, more);
  }

  /** Begins with the first row of newly filled pages. */
  public void beginBlock() {
    for (LeafPage page : pages) page.begin();
    out.row = 0;
  }

  /**
   * Writes the record of the next row at a position, and returns the position behind it.
   *
   * @param isTimeKnown its timestamp's difference is given, else it follows from the columns
   */
  public int assemble(
      int at, long baseOffset, long baseTimestampMs, boolean isTimeKnown, long givenDelta) {
    int row = out.row;
    out.ensure(at, RECORD_OVERHEAD_BYTES);
    int parts = 0;
    if (raws.definitions[row] != 0) {
      int raw = raws.takeBytes();
      residue.read(raws.bytes, raws.starts[raw], raws.lengths[raw]);
      parts = residue.parts;
    }
    long timestampDelta = givenDelta;
    boolean isTimestamp = timestamps.definitions[row] != 0;
    long timestampMs = isTimestamp ? timestamps.longs[timestamps.value++] / 1000 : 0;
    if ((parts & Residue.TIMESTAMP) != 0) timestampMs = residue.timestampMs;
    if (!isTimeKnown) timestampDelta = timestampMs - baseTimestampMs;

    int bodyAt = at + recordLengthBytes;
    int p = bodyAt;
    out.bytes[p++] = 0; // attributes
    p = out.putZigzag(p, timestampDelta);
    p = out.putZigzag(p, offsets.longs[row] - baseOffset);
    int form = (int) forms.longs[row];
    p = assembleKey(p, row, form, (parts & Residue.KEY) != 0);
    p = assembleValue(p, row, form & Form.VALUE_FORM_BITS, (form & Form.VALUE_BARE) != 0);
    p = assembleHeaders(p, row, (parts & Residue.HEADERS) != 0);
    out.row = row + 1;
    return putRecordLength(at, p);
  }

  /** Writes a record's length before its body, which was written where this is likely to end. */
  private int putRecordLength(int at, int end) {
    int bodyAt = at + recordLengthBytes;
    int bodyBytes = end - bodyAt;
    int lengthBytes = ByteAccess.varintBytes(ByteAccess.zigzag(bodyBytes));
    if (lengthBytes != recordLengthBytes) {
      out.ensure(end, lengthBytes);
      System.arraycopy(out.bytes, bodyAt, out.bytes, at + lengthBytes, bodyBytes);
      recordLengthBytes = lengthBytes;
    }
    ByteAccess.putLength(out.bytes, at, bodyBytes, lengthBytes);
    return at + lengthBytes + bodyBytes;
  }

  /**
   * Writes the records of the next rows; their timestamps follow from the columns. Where all of
   * them are alike this is done column by column: each column's arrays, kind and encoding are
   * looked at once for many rows, and its memory is read in one stream. All of a replay takes 13 %
   * less of the processor by this.
   */
  public int assembleRows(int at, int rows, long baseOffset, long baseTimestampMs) {
    int end = at;
    for (int left = rows; left > 0; ) {
      int alike = rowsAlike(Math.min(left, ROWS_MAX));
      if (alike < ROWS_MIN) {
        int some = Math.min(left, alike + 1); // the next one is not
        for (int i = 0; i < some; i++) end = assemble(end, baseOffset, baseTimestampMs, false, 0);
        left -= some;
        continue;
      }
      ValueProgram program = program(valuePrograms, (int) schemaIds.longs[schemaIds.value], false);
      ValueStep step = program.step(alike);
      long rowBytes = rowBytes(step);
      if (rowBytes > ROW_BYTES_MAX) {
        for (int i = 0; i < alike; i++) end = assemble(end, baseOffset, baseTimestampMs, false, 0);
        left -= alike;
        continue;
      }
      int some = Math.min(alike, ROWS_BYTES_MAX / (int) rowBytes);
      putHeads(some, (int) rowBytes, baseOffset, baseTimestampMs);
      putKeys(some);
      putValues(some, program, step);
      end = putRecords(end, some, (int) rowBytes);
      left -= some;
    }
    return end;
  }

  /** How many of the next rows have values of the same schema and nothing unusual. */
  private int rowsAlike(int rowsMax) {
    if (typedKey != null) return 0;
    int row = out.row;
    int id = schemaIds.value;
    for (int i = 0; i < rowsMax; i++) {
      boolean isUsual =
          forms.longs[row + i] == Form.EXACT
              && raws.definitions[row + i] == 0
              && timestamps.definitions[row + i] != 0
              && schemaIds.longs[id + i] == schemaIds.longs[id];
      if (!isUsual) return i;
    }
    return rowsMax;
  }

  private long rowBytes(ValueStep step) {
    long bytes = ROW_OVERHEAD_BYTES + RecordShredder.FRAME_BYTES + step.bytesMax(pages);
    return bytes + plainKey.lengthMax + 2 * ByteAccess.SLACK_BYTES;
  }

  /** Attributes and differences of timestamp and offset. */
  private void putHeads(int rows, int rowBytes, long baseOffset, long baseTimestampMs) {
    int needed = rows * rowBytes + 2 * ByteAccess.SLACK_BYTES;
    if (rowsOut.bytes.length < needed) rowsOut.bytes = SpareArrays.grown(rowsOut.bytes, 0, needed);
    rowsOut.row = out.row;
    byte[] bytes = rowsOut.bytes;
    int[] ends = rowsOut.ends;
    long[] micros = timestamps.longs;
    int time = timestamps.value;
    long[] offs = offsets.longs;
    int row = out.row;
    for (int i = 0; i < rows; i++) {
      int at = i * rowBytes;
      bytes[at] = 0;
      at = ByteAccess.putZigzag(bytes, at + 1, micros[time + i] / 1000 - baseTimestampMs);
      ends[i] = ByteAccess.putZigzag(bytes, at, offs[row + i] - baseOffset);
    }
    timestamps.value = time + rows;
  }

  private void putKeys(int rows) {
    if (plainKey.values == plainKey.count) {
      rowsOut.putValues(plainKey, rows);
      return;
    }
    int[] ends = rowsOut.ends;
    for (int i = 0; i < rows; i++) {
      ends[i] =
          plainKey.definitions[out.row + i] == 0
              ? rowsOut.putZigzag(ends[i], -1)
              : rowsOut.putValue(ends[i], plainKey);
    }
  }

  private void putValues(int rows, ValueProgram program, ValueStep step) {
    byte[] bytes = rowsOut.bytes;
    int[] ends = rowsOut.ends;
    for (int i = 0; i < rows; i++) {
      valueStarts[i] = ends[i];
      int at = ends[i] + valueLengthBytes;
      bytes[at] = 0;
      ByteAccess.intBe(bytes, at + 1, program.schemaId);
      ends[i] = at + RecordShredder.FRAME_BYTES;
    }
    step.assembleRows(rowsOut, rows);
    for (int leaf : program.absentLeaves) pages[leaf].skipNulls(rows);
    schemaIds.value += rows;
  }

  /** Puts the rows' records one behind the other, with their lengths and headers. */
  private int putRecords(int at, int rows, int rowBytes) {
    byte[] bytes = rowsOut.bytes;
    int guessed = valueLengthBytes;
    int end = at;
    for (int i = 0; i < rows; i++) {
      int valueAt = valueStarts[i];
      int from = valueAt + guessed;
      int length = rowsOut.ends[i] - from;
      int lengthBytes = ByteAccess.varintBytes(ByteAccess.zigzag(length));
      if (lengthBytes != guessed) {
        System.arraycopy(bytes, from, bytes, valueAt + lengthBytes, length);
        valueLengthBytes = lengthBytes;
      }
      ByteAccess.putLength(bytes, valueAt, length, lengthBytes);
      int start = i * rowBytes;
      int bodyBytes = valueAt + lengthBytes + length - start;
      out.ensure(end, RECORD_OVERHEAD_BYTES + bodyBytes);
      int bodyAt = end + recordLengthBytes;
      System.arraycopy(bytes, start, out.bytes, bodyAt, bodyBytes);
      int bodyEnd = assembleHeaders(bodyAt + bodyBytes, out.row, false);
      out.row++;
      end = putRecordLength(end, bodyEnd);
    }
    return end;
  }

  /** Steps over rows. */
  public void skip(int rows) {
    for (LeafPage page : pages) page.skipRows(out.row, out.row + rows);
    out.row += rows;
  }

  private int assembleKey(int at, int row, int form, boolean isRaw) {
    ColumnNode typed = typedKey;
    if (typed != null) {
      if (keySchemaIds.definitions[row] != 0) {
        int schemaId = (int) keySchemaIds.takeLong();
        boolean isBare = (form & Form.KEY_BARE) != 0;
        out.isSpaced = (form & Form.KEY_SPACED) != 0;
        int end =
            putTyped(
                at,
                keyLengthBytes,
                program(keyPrograms, schemaId, isBare),
                isBare,
                (form & Form.KEY_BLOCKED) != 0);
        keyLengthBytes = lastLengthBytes;
        return isRaw ? putResidue(at, residue.keyAt, residue.keyEnd) : end;
      }
      out.skipNulls(typed.leafStart, typed.leafEnd);
    }
    LeafPage plain = plainKey;
    if (plain.definitions[row] == 0) return out.putZigzag(at, -1);
    int index = plain.takeBytes();
    return isRaw
        ? putResidue(at, residue.keyAt, residue.keyEnd)
        : putWithLength(at, plain.bytes, plain.starts[index], plain.lengths[index]);
  }

  private int assembleValue(int at, int row, int form, boolean isBare) {
    return switch (form) {
      case Form.EXACT, Form.EXACT_BLOCKED, Form.EXACT_SPACED, Form.EXACT_BLOCKED_SPACED -> {
        int schemaId = (int) schemaIds.takeLong();
        out.isSpaced = form == Form.EXACT_SPACED || form == Form.EXACT_BLOCKED_SPACED;
        int end =
            putTyped(
                at,
                valueLengthBytes,
                program(valuePrograms, schemaId, isBare),
                isBare,
                form == Form.EXACT_BLOCKED || form == Form.EXACT_BLOCKED_SPACED);
        valueLengthBytes = lastLengthBytes;
        yield end;
      }
      case Form.TYPED_AND_RAW -> {
        skipTyped(at, row, isBare);
        yield putResidue(at, residue.valueAt, residue.valueEnd);
      }
      case Form.PLAIN -> {
        skipValueLeaves();
        LeafPage plain = Objects.requireNonNull(plainValue);
        int index = plain.takeBytes();
        yield putWithLength(at, plain.bytes, plain.starts[index], plain.lengths[index]);
      }
      case Form.RAW -> {
        skipValueLeaves();
        yield putResidue(at, residue.valueAt, residue.valueEnd);
      }
      case Form.NULL -> {
        skipValueLeaves();
        yield out.putZigzag(at, -1);
      }
      default -> throw new IndexOutOfBoundsException("kafka_form is " + form);
    };
  }

  /** Moves the columns on by a value that is taken from the residue. */
  private void skipTyped(int at, int row, boolean isBare) {
    if (schemaIds.definitions[row] == 0) { // a text that is none
      skipValueLeaves();
      Objects.requireNonNull(plainValue).takeBytes();
      return;
    }
    int schemaId = (int) schemaIds.takeLong();
    putTyped(at, valueLengthBytes, program(valuePrograms, schemaId, isBare), isBare, false);
  }

  private void skipValueLeaves() {
    for (int leaf : repeatedValueLeaves) pages[leaf].skipNull();
  }

  private int lastLengthBytes;

  /** Length, magic byte and schema id, if these belong there, and what the program makes. */
  private int putTyped(
      int at, int lengthBytesGuess, ValueProgram program, boolean isBare, boolean isBlocked) {
    ValueStep step = program.step();
    out.reserve = RECORD_OVERHEAD_BYTES + step.fixedBytes();
    out.ensure(at, out.reserve);
    int from = at + lengthBytesGuess;
    int valueAt = from;
    if (!isBare) {
      out.bytes[from] = 0;
      ByteAccess.intBe(out.bytes, from + 1, program.schemaId);
      valueAt += RecordShredder.FRAME_BYTES;
    }
    out.isBlocked = isBlocked;
    int end = step.assemble(out, valueAt);
    for (int leaf : program.absentLeaves) pages[leaf].skipNull();
    int length = end - from;
    int lengthBytes = ByteAccess.varintBytes(ByteAccess.zigzag(length));
    if (lengthBytes != lengthBytesGuess) {
      out.ensure(end, lengthBytes);
      System.arraycopy(out.bytes, from, out.bytes, at + lengthBytes, length);
    }
    lastLengthBytes = lengthBytes;
    ByteAccess.putLength(out.bytes, at, length, lengthBytes);
    out.ensure(at + lengthBytes + length, RECORD_OVERHEAD_BYTES);
    return at + lengthBytes + length;
  }

  private int putWithLength(int at, byte[] source, int from, int length) {
    out.ensure(at, RECORD_OVERHEAD_BYTES + length);
    int end = out.putZigzag(at, length);
    ByteAccess.copy(source, from, out.bytes, end, length);
    return end + length;
  }

  private int putResidue(int at, int from, int end) {
    return putWithLength(at, residue.bytes, from, end - from);
  }

  private int assembleHeaders(int at, int row, boolean isRaw) {
    LeafPage keys = headerKeys;
    if (keys.definitions[keys.entry] == RecordShredder.HEADERS_EMPTY_DEFINITION) {
      keys.entry++;
      headerValues.entry++;
      return out.putByte(at, 0);
    }
    int count = 1;
    for (int i = keys.entry + 1; i < keys.count && keys.repetitions[i] != 0; i++) count++;
    int end = out.putZigzag(at, count);
    for (int i = 0; i < count; i++) {
      int name = keys.takeBytes();
      end = putWithLength(end, keys.bytes, keys.starts[name], keys.lengths[name]);
      if (headerValues.definition(row) < headerValues.definitionMax) {
        headerValues.skipNull();
        end = out.putZigzag(end, -1);
      } else {
        int value = headerValues.takeBytes();
        end =
            putWithLength(
                end, headerValues.bytes, headerValues.starts[value], headerValues.lengths[value]);
      }
    }
    return isRaw
        ? out.putBytes(at, residue.bytes, residue.headersAt, residue.headersEnd - residue.headersAt)
        : end;
  }

  private static ValueProgram program(ProgramTable table, int schemaId, boolean isBare) {
    ValueProgram program = isBare ? table.findBare(schemaId) : table.find(schemaId);
    if (program != null) return program;
    throw new IndexOutOfBoundsException("the file has no schema " + schemaId);
  }
}

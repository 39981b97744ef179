package oxbow.cold.file.parquet;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;
import org.xerial.snappy.Snappy;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.LeafType;

/**
 * One column chunk that another engine wrote, read from its start in pieces: whatever its pages
 * are, so many rows of it as are asked for come out, in the levels and the type that the table's
 * column has. Owned by one thread.
 */
final class ForeignColumn {
  private static final int PAGE_BYTES_MAX = 1 << 30;
  private static final int HEADER_BYTES = 16 << 10;

  private final Leaf leaf;
  private final ForeignFooter.Column column;
  private final ForeignFooter.Chunk chunk;
  private final RangeSource source;
  private final LeafPage out;
  private final ZstdDecompressCtx zstd;
  private final int bufferBytes;

  /** Level of the table's column for each of the file's. */
  private final byte[] levels;

  private final int definitionMax;

  // A piece of the chunk.
  private byte[] buffer = new byte[0];
  private long bufferStart;
  private int bufferLength;

  /** Where the next page begins. */
  private long next;

  // The page in work.
  private int count;
  private int entry;
  private int value;
  private byte[] definitions = new byte[0];
  private byte[] repetitions = new byte[0];
  private byte[] content = new byte[0];
  private long[] longs = new long[0];
  private int[] starts = new int[0];
  private int[] lengths = new int[0];
  private int[] numbers = new int[0];
  private boolean isNumbered;

  private final Values dictionary = new Values();
  private int dictionarySize;

  /** Bytes of values that were put out. */
  private int outBytes;

  /** Plain values. */
  private static final class Values {
    byte[] content = new byte[0];
    long[] longs = new long[0];
    int[] starts = new int[0];
    int[] lengths = new int[0];
  }

  /**
   * @param treeSteps for each level from the top whether its absence shows, in the table's column
   * @param out filled with what is taken
   * @param bufferBytes how much is read at a time
   */
  ForeignColumn(
      ForeignFooter.Column column,
      ForeignFooter.Chunk chunk,
      RangeSource source,
      List<Boolean> treeSteps,
      LeafPage out,
      ZstdDecompressCtx zstd,
      int bufferBytes)
      throws IOException {
    this.leaf = out.leaf;
    this.column = column;
    this.chunk = chunk;
    this.source = source;
    this.out = out;
    this.zstd = zstd;
    this.bufferBytes = bufferBytes;
    this.definitionMax = column.definitionMax();
    if (treeSteps.size() != column.steps().size()
        || column.repetitionMax() != leaf.repetitionMax()) {
      throw new IOException("column " + leaf.path() + " is nested otherwise than in the table");
    }
    levels = new byte[definitionMax + 1];
    for (int level = 0; level <= definitionMax; level++) {
      int shown = 0;
      for (int i = 0; i < treeSteps.size(); i++) {
        if (column.steps().get(i) && shown++ == level) break;
        if (treeSteps.get(i)) levels[level]++;
      }
    }
    restart();
  }

  /** Goes back to the first row. */
  void restart() {
    next = chunk.start();
    count = 0;
    entry = 0;
    value = 0;
    dictionarySize = 0;
  }

  /** Puts out the next rows, in the place of those before. */
  void take(int rows) throws IOException {
    out.count = 0;
    out.values = 0;
    out.isNumbered = false;
    outBytes = 0;
    advance(rows, true);
  }

  void skip(int rows) throws IOException {
    advance(rows, false);
  }

  private void advance(int rows, boolean isWanted) throws IOException {
    int begun = 0;
    while (true) {
      if (entry == count) {
        if (next >= chunk.start() + chunk.length()) {
          if (begun == rows) return;
          throw new IOException("column " + leaf.path() + " ends before its row group does");
        }
        readPage();
        continue;
      }
      if (leaf.isFlat() || repetitions[entry] == 0) {
        if (begun == rows) return;
        begun++;
      }
      boolean isPresent = definitionMax == 0 || definitions[entry] == definitionMax;
      if (isWanted) put(isPresent);
      if (isPresent) value++;
      entry++;
    }
  }

  private void put(boolean isPresent) throws IOException {
    int at = out.count++;
    if (!leaf.isFlat()) {
      if (out.repetitions.length <= at) out.repetitions = grown(out.repetitions, at);
      out.repetitions[at] = repetitions[entry];
    }
    byte level = levels[definitionMax == 0 ? 0 : definitions[entry]];
    if (leaf.definitionMax() > 0) {
      if (out.definitions.length <= at) out.definitions = grown(out.definitions, at);
      out.definitions[at] = level;
    } else if (!isPresent) {
      throw new IOException("column " + leaf.path() + " has a null");
    }
    if (isPresent) putValue();
  }

  private static byte[] grown(byte[] bytes, int at) {
    return Arrays.copyOf(bytes, Math.max(1024, at * 2));
  }

  private void putValue() {
    int at = out.values++;
    if (leaf.type().isNumber()) {
      if (out.longs.length <= at) out.longs = Arrays.copyOf(out.longs, Math.max(1024, at * 2));
      out.longs[at] = number();
      return;
    }
    if (out.starts.length <= at) {
      out.starts = Arrays.copyOf(out.starts, Math.max(1024, at * 2));
      out.lengths = Arrays.copyOf(out.lengths, out.starts.length);
    }
    int length = isNumber() ? leaf.fixedBytes() : length();
    if (leaf.type() == LeafType.FIXED) length = leaf.fixedBytes();
    int needed = outBytes + length + ByteAccess.SLACK_BYTES;
    if (out.bytes.length < needed) out.bytes = Arrays.copyOf(out.bytes, needed * 2);
    out.starts[at] = outBytes;
    out.lengths[at] = length;
    putBytes(length);
    outBytes += length;
  }

  private boolean isNumber() {
    return column.type() != Type.BYTE_ARRAY && column.type() != Type.FIXED_LEN_BYTE_ARRAY;
  }

  /** The value as a number: also a decimal that lies in bytes here. */
  private long number() {
    if (!isNumber()) {
      byte[] bytes = isNumbered ? dictionary.content : content;
      int start = start();
      return new BigInteger(bytes, start, length()).longValue();
    }
    long number = longs[value];
    boolean isWidened = column.type() == Type.FLOAT && leaf.type() == LeafType.DOUBLE;
    return isWidened ? Double.doubleToRawLongBits(Float.intBitsToFloat((int) number)) : number;
  }

  /** The value as so many bytes: a decimal of more digits than it had has more of them. */
  private void putBytes(int length) {
    if (isNumber()) {
      long number = longs[value];
      for (int i = length - 1; i >= 0; i--) {
        out.bytes[outBytes + i] = (byte) number;
        number >>= Byte.SIZE;
      }
      return;
    }
    byte[] bytes = isNumbered ? dictionary.content : content;
    int missing = length - length();
    if (missing > 0) {
      byte sign = (byte) (bytes[start()] < 0 ? -1 : 0);
      Arrays.fill(out.bytes, outBytes, outBytes + missing, sign);
    }
    System.arraycopy(bytes, start(), out.bytes, outBytes + missing, length - missing);
  }

  private int start() {
    return isNumbered ? dictionary.starts[numbers[value]] : starts[value];
  }

  private int length() {
    return isNumbered ? dictionary.lengths[numbers[value]] : lengths[value];
  }

  // ---- pages

  private void readPage() throws IOException {
    int headerAt = buffered(next, HEADER_BYTES);
    var in = new ByteArrayInputStream(buffer, headerAt, bufferLength - headerAt);
    PageHeader header = Util.readPageHeader(in);
    int headerBytes = bufferLength - headerAt - in.available();
    int packed = header.getCompressed_page_size();
    int size = header.getUncompressed_page_size();
    if (packed < 0 || packed > PAGE_BYTES_MAX || size < 0 || size > PAGE_BYTES_MAX) {
      throw new IOException("a page of " + packed + " bytes, " + size + " unpacked");
    }
    long bodyStart = next + headerBytes;
    int at = buffered(bodyStart, packed);
    if (bufferLength - at < packed) throw new IOException("a page goes beyond its column");
    next = bodyStart + packed;
    switch (Required.part(header.getType(), "page type")) {
      case DICTIONARY_PAGE -> readDictionary(header, at, packed, size);
      case DATA_PAGE -> readData(header, at, packed, size);
      case DATA_PAGE_V2 -> readDataV2(header, at, packed, size);
      case INDEX_PAGE -> {}
    }
  }

  /** Makes sure that the bytes from a position on are there, as far as the chunk has them. */
  private int buffered(long position, int length) throws IOException {
    long chunkEnd = chunk.start() + chunk.length();
    long wantedEnd = Math.min(position + length, chunkEnd);
    if (position >= bufferStart && wantedEnd <= bufferStart + bufferLength) {
      return (int) (position - bufferStart);
    }
    int some = (int) Math.min(chunkEnd - position, Math.max(bufferBytes, length));
    if (some <= 0) throw new IOException("a column's pages go beyond it");
    ByteBuffer got = source.read(position, some);
    if (got.remaining() != some) {
      throw new IOException("asked for " + some + " bytes and got " + got.remaining());
    }
    if (buffer.length < some + ByteAccess.SLACK_BYTES) {
      buffer = new byte[some + ByteAccess.SLACK_BYTES];
    }
    got.get(got.position(), buffer, 0, some);
    bufferStart = position;
    bufferLength = some;
    return 0;
  }

  private void readDictionary(PageHeader header, int at, int packed, int size) throws IOException {
    dictionarySize =
        Required.part(header.getDictionary_page_header(), "dictionary header").getNum_values();
    if (dictionarySize < 0) throw new IOException("a dictionary of " + dictionarySize);
    dictionary.content = room(dictionary.content, size);
    unpack(at, packed, dictionary.content, 0, size);
    plain(dictionary, dictionary.content, 0, size, dictionarySize);
  }

  private static byte[] room(byte[] bytes, int size) {
    int needed = size + ByteAccess.SLACK_BYTES;
    return bytes.length >= needed ? bytes : new byte[needed + size / 4];
  }

  private void unpack(int from, int packed, byte[] into, int at, int size) throws IOException {
    int got =
        switch (chunk.codec()) {
          case UNCOMPRESSED -> {
            if (packed != size) throw new IOException("a page of two sizes");
            System.arraycopy(buffer, from, into, at, packed);
            yield size;
          }
          case ZSTD -> zstd.decompressByteArray(into, at, size, buffer, from, packed);
          case SNAPPY -> {
            if (Snappy.uncompressedLength(buffer, from, packed) != size) yield -1;
            yield Snappy.uncompress(buffer, from, packed, into, at);
          }
          case GZIP -> {
            try (var in = new GZIPInputStream(new ByteArrayInputStream(buffer, from, packed))) {
              yield in.readNBytes(into, at, size);
            }
          }
          case LZO, BROTLI, LZ4, LZ4_RAW -> throw unknown(chunk.codec());
        };
    if (got != size) throw new IOException("a page of " + got + " bytes, not " + size);
  }

  private static IOException unknown(CompressionCodec codec) {
    return new IOException("no reader for pages that are packed with " + codec);
  }

  private void readData(PageHeader header, int at, int packed, int size) throws IOException {
    DataPageHeader data = Required.part(header.getData_page_header(), "page header");
    content = room(content, size);
    unpack(at, packed, content, 0, size);
    begin(data.getNum_values());
    int from = 0;
    if (!leaf.isFlat()) {
      from = levels(from, size, column.repetitionMax(), repetitions);
    }
    if (definitionMax > 0) from = levels(from, size, definitionMax, definitions);
    readValues(Required.part(data.getEncoding(), "encoding"), from, size);
  }

  private int levels(int at, int size, int max, byte[] into) throws IOException {
    int length = ByteAccess.intLe(content, at);
    int from = at + Integer.BYTES;
    if (length < 0 || length > size - from) throw new IOException("levels of " + length + " bytes");
    decodeLevels(from, from + length, max, into);
    return from + length;
  }

  private void decodeLevels(int from, int end, int max, byte[] into) {
    int width = BitPacking.width(max);
    int _ = RunLengths.decodeLevels(content, from, end, width, into, count, max);
  }

  /** Levels lie before the values and are not packed. */
  private void readDataV2(PageHeader header, int at, int packed, int size) throws IOException {
    DataPageHeaderV2 data = Required.part(header.getData_page_header_v2(), "page header");
    int repetitionBytes = data.getRepetition_levels_byte_length();
    int definitionBytes = data.getDefinition_levels_byte_length();
    int levelBytes = repetitionBytes + definitionBytes;
    if (repetitionBytes < 0 || definitionBytes < 0 || levelBytes > Math.min(packed, size)) {
      throw new IOException("levels of " + levelBytes + " bytes");
    }
    content = room(content, size);
    System.arraycopy(buffer, at, content, 0, levelBytes);
    boolean isPacked = !data.isSetIs_compressed() || data.isIs_compressed();
    int valueBytes = size - levelBytes;
    if (!isPacked) {
      if (packed != size) throw new IOException("a page of two sizes");
      System.arraycopy(buffer, at + levelBytes, content, levelBytes, valueBytes);
    } else if (valueBytes > 0) {
      unpack(at + levelBytes, packed - levelBytes, content, levelBytes, valueBytes);
    }
    begin(data.getNum_values());
    if (!leaf.isFlat()) {
      decodeLevels(0, repetitionBytes, column.repetitionMax(), repetitions);
    }
    if (definitionMax > 0) decodeLevels(repetitionBytes, levelBytes, definitionMax, definitions);
    readValues(Required.part(data.getEncoding(), "encoding"), levelBytes, size);
  }

  private void begin(int entries) throws IOException {
    if (entries < 0) throw new IOException("a page of " + entries + " values");
    count = entries;
    entry = 0;
    value = 0;
    int needed = count + ByteAccess.SLACK_BYTES;
    if (definitions.length < needed) definitions = new byte[needed];
    if (!leaf.isFlat() && repetitions.length < needed) repetitions = new byte[needed];
  }

  private int present() {
    if (definitionMax == 0) return count;
    int present = 0;
    for (int i = 0; i < count; i++) if (definitions[i] == definitionMax) present++;
    return present;
  }

  private void readValues(Encoding encoding, int at, int size) throws IOException {
    int values = present();
    isNumbered = false;
    if (values == 0) return;
    if (isNumber() && longs.length < values) longs = new long[values];
    if (!isNumber() && starts.length < values) {
      starts = new int[values];
      lengths = new int[values];
    }
    switch (encoding) {
      case PLAIN -> {
        var plain = new Values();
        plain.longs = longs;
        plain.starts = starts;
        plain.lengths = lengths;
        plain(plain, content, at, size, values);
      }
      case PLAIN_DICTIONARY, RLE_DICTIONARY -> numbered(at, size, values);
      case DELTA_BINARY_PACKED ->
          Deltas.decode(content, at, longs, values, column.type() == Type.INT32);
      case DELTA_LENGTH_BYTE_ARRAY -> deltaLengths(at, size, values);
      case DELTA_BYTE_ARRAY -> deltaBytes(at, size, values);
      case RLE -> bits(at, size, values);
      case BYTE_STREAM_SPLIT -> split(at, size, values);
      default -> throw new IOException("no reader for values in " + encoding);
    }
  }

  private void plain(Values into, byte[] bytes, int at, int end, int values) throws IOException {
    switch (column.type()) {
      case BOOLEAN -> {
        if ((values + 7) / Byte.SIZE > end - at) throw cut();
        into.longs = room(into.longs, values);
        for (int i = 0; i < values; i++) into.longs[i] = (bytes[at + (i >>> 3)] >>> (i & 7)) & 1L;
      }
      case INT32, FLOAT -> {
        if ((long) values * Integer.BYTES > end - at) throw cut();
        into.longs = room(into.longs, values);
        for (int i = 0; i < values; i++) into.longs[i] = ByteAccess.intLe(bytes, at + i * 4);
      }
      case INT64, DOUBLE -> {
        if ((long) values * Long.BYTES > end - at) throw cut();
        into.longs = room(into.longs, values);
        for (int i = 0; i < values; i++) into.longs[i] = ByteAccess.longLe(bytes, at + i * 8);
      }
      case FIXED_LEN_BYTE_ARRAY -> {
        int length = column.fixedBytes();
        if ((long) values * length > end - at) throw cut();
        ensure(into, values);
        for (int i = 0; i < values; i++) into.starts[i] = at + i * length;
        Arrays.fill(into.lengths, 0, values, length);
      }
      case BYTE_ARRAY -> {
        ensure(into, values);
        int start = at;
        for (int i = 0; i < values; i++) {
          if (end - start < Integer.BYTES) throw cut();
          int length = ByteAccess.intLe(bytes, start);
          start += Integer.BYTES;
          if (length < 0 || length > end - start) throw cut();
          into.starts[i] = start;
          into.lengths[i] = length;
          start += length;
        }
      }
      case INT96 -> throw new IOException("no reader for times of 96 bits");
    }
  }

  private static long[] room(long[] longs, int values) {
    return longs.length >= values ? longs : new long[values];
  }

  private static void ensure(Values into, int values) {
    if (into.starts.length >= values) return;
    into.starts = new int[values];
    into.lengths = new int[values];
  }

  private static IOException cut() {
    return new IOException("a page's values end early");
  }

  private void numbered(int at, int size, int values) throws IOException {
    if (numbers.length < values) numbers = new int[values];
    RunLengths.decode(content, at + 1, size, content[at], numbers, values);
    for (int i = 0; i < values; i++) {
      if (numbers[i] < 0 || numbers[i] >= dictionarySize) {
        throw new IOException("value " + numbers[i] + " of a dictionary of " + dictionarySize);
      }
    }
    if (isNumber()) {
      for (int i = 0; i < values; i++) longs[i] = dictionary.longs[numbers[i]];
    } else {
      isNumbered = true;
    }
  }

  private int deltaLengths(int at, int size, int values) throws IOException {
    var some = new long[values];
    int start = Deltas.decode(content, at, some, values, true);
    for (int i = 0; i < values; i++) {
      int length = (int) some[i];
      if (length < 0 || length > size - start) throw cut();
      starts[i] = start;
      lengths[i] = length;
      start += length;
    }
    return start;
  }

  /** Each value begins as the one before it does, so far as is said. */
  private void deltaBytes(int at, int size, int values) throws IOException {
    var prefixes = new long[values];
    int suffixesAt = Deltas.decode(content, at, prefixes, values, true);
    int _ = deltaLengths(suffixesAt, size, values);
    long total = 0;
    for (int i = 0; i < values; i++) total += prefixes[i] + lengths[i];
    if (total > PAGE_BYTES_MAX) throw new IOException("a page of " + total + " bytes of values");
    byte[] whole = new byte[(int) total + ByteAccess.SLACK_BYTES];
    int end = 0;
    int before = 0;
    for (int i = 0; i < values; i++) {
      int prefix = (int) prefixes[i];
      if (prefix < 0 || prefix > end - before) throw cut();
      System.arraycopy(whole, before, whole, end, prefix);
      System.arraycopy(content, starts[i], whole, end + prefix, lengths[i]);
      starts[i] = end;
      lengths[i] += prefix;
      before = end;
      end += lengths[i];
    }
    content = whole;
  }

  private void bits(int at, int size, int values) throws IOException {
    if (column.type() != Type.BOOLEAN) throw new IOException("runs of " + column.type());
    if (numbers.length < values) numbers = new int[values];
    int length = ByteAccess.intLe(content, at);
    int from = at + Integer.BYTES;
    if (length < 0 || length > size - from) throw cut();
    RunLengths.decode(content, from, from + length, 1, numbers, values);
    for (int i = 0; i < values; i++) longs[i] = numbers[i];
  }

  /** First bytes of all values, then second ones, and so on. */
  private void split(int at, int size, int values) throws IOException {
    int width =
        switch (column.type()) {
          case INT32, FLOAT -> Integer.BYTES;
          case INT64, DOUBLE -> Long.BYTES;
          case FIXED_LEN_BYTE_ARRAY -> column.fixedBytes();
          default -> throw new IOException("split " + column.type());
        };
    if ((long) width * values > size - at) throw cut();
    byte[] joined = new byte[width * values + ByteAccess.SLACK_BYTES];
    for (int i = 0; i < values; i++) {
      for (int b = 0; b < width; b++) joined[i * width + b] = content[at + b * values + i];
    }
    content = joined;
    var plain = new Values();
    plain.longs = longs;
    plain.starts = starts;
    plain.lengths = lengths;
    plain(plain, content, 0, width * values, values);
  }
}

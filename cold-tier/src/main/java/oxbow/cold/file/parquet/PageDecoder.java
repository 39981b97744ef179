package oxbow.cold.file.parquet;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.LeafType;

/**
 * Decodes the pages of one column chunk after the other into a {@link LeafPage}. Hot path. One
 * thread. Bytes that are no page show as {@link IOException} or {@link IndexOutOfBoundsException}.
 */
final class PageDecoder {
  /** A page is some MiB; more is a lie of a header. */
  private static final int PAGE_BYTES_MAX = 1 << 30;

  private final Leaf leaf;
  private final LeafPage page;
  private final ZstdDecompressCtx zstd;

  // The dictionary of the chunk.
  private byte[] dictionaryBytes = new byte[0];
  private long[] dictionaryLongs = new long[0];
  private int[] dictionaryStarts = new int[0];
  private int[] dictionaryLengths = new int[0];
  private int dictionarySize;
  private int dictionaryLengthMax;

  /** The page's own bytes; values of plain pages stay in it. */
  private byte[] plain = new byte[0];

  // Two sets of arrays, since numbered values and plain ones may follow each other.
  private int[] starts = new int[0];
  private int[] lengths = new int[0];
  private long[] deltaLengths = new long[0];

  PageDecoder(LeafPage page, ZstdDecompressCtx zstd) {
    this.leaf = page.leaf;
    this.page = page;
    this.zstd = zstd;
  }

  /** Reads the dictionary that lies at a position. */
  void readDictionary(byte[] source, int at, int end) throws IOException {
    var in = new ByteArrayInputStream(source, at, end - at);
    PageHeader header = Util.readPageHeader(in);
    if (header.getType() != PageType.DICTIONARY_PAGE) {
      throw new IOException("a page of type " + header.getType() + " where a dictionary belongs");
    }
    int headerBytes = end - at - in.available();
    int size = header.getUncompressed_page_size();
    dictionaryBytes = room(dictionaryBytes, size);
    decompress(source, at + headerBytes, end, header, dictionaryBytes);
    dictionarySize =
        Required.part(header.getDictionary_page_header(), "dictionary header").getNum_values();
    // Of values without bytes there is one.
    if (dictionarySize < 0 || dictionarySize > Math.max(size, 1)) {
      throw new IOException("a dictionary of " + dictionarySize + " in " + size + " bytes");
    }
    page.changeDictionary(dictionarySize);
    if (leaf.type().isNumber()) {
      if (dictionaryLongs.length < dictionarySize) dictionaryLongs = new long[dictionarySize];
      plainNumbers(dictionaryBytes, 0, size, dictionaryLongs, dictionarySize);
    } else {
      if (dictionaryStarts.length < dictionarySize) {
        dictionaryStarts = new int[dictionarySize];
        dictionaryLengths = new int[dictionarySize];
      }
      dictionaryLengthMax =
          plainBytes(dictionaryBytes, 0, size, dictionaryStarts, dictionaryLengths, dictionarySize);
    }
  }

  /** Reads a page; its chunk's dictionary, if it has one, was read before. */
  void readPage(byte[] source, int at, int end) throws IOException {
    var in = new ByteArrayInputStream(source, at, end - at);
    PageHeader header = Util.readPageHeader(in);
    if (header.getType() != PageType.DATA_PAGE) {
      throw new IOException("a page of type " + header.getType() + " where data belongs");
    }
    int headerBytes = end - at - in.available();
    int size = header.getUncompressed_page_size();
    plain = room(plain, size);
    decompress(source, at + headerBytes, end, header, plain);
    DataPageHeader data = Required.part(header.getData_page_header(), "page header");
    int count = data.getNum_values();
    if (count < 0) throw new IOException("a page of " + count + " values");
    page.count = count;
    int valuesAt = readLevels(count, size);
    readValues(Required.part(data.getEncoding(), "encoding"), valuesAt, size);
    page.begin();
  }

  private void decompress(byte[] source, int from, int end, PageHeader header, byte[] into)
      throws IOException {
    int compressed = header.getCompressed_page_size();
    int size = header.getUncompressed_page_size();
    if (compressed < 0 || compressed > end - from) {
      throw new IOException("a page of " + compressed + " bytes, " + (end - from) + " are there");
    }
    int got = zstd.decompressByteArray(into, 0, size, source, from, compressed);
    if (got != size) throw new IOException("a page of " + got + " bytes, not " + size);
  }

  private static byte[] room(byte[] bytes, int size) throws IOException {
    if (size < 0 || size > PAGE_BYTES_MAX) throw new IOException("a page of " + size + " bytes");
    int needed = size + ByteAccess.SLACK_BYTES;
    return bytes.length >= needed ? bytes : new byte[needed + size / 4];
  }

  private int readLevels(int count, int size) throws IOException {
    int at = 0;
    if (!leaf.isFlat()) {
      page.repetitions = levelRoom(page.repetitions, count);
      int end = levelsEnd(at, size);
      decodeLevels(at, end, leaf.repetitionMax(), page.repetitions, count);
      at = end;
    }
    if (leaf.definitionMax() == 0) {
      page.values = count;
      return at;
    }
    page.definitions = levelRoom(page.definitions, count);
    int end = levelsEnd(at, size);
    page.values = decodeLevels(at, end, leaf.definitionMax(), page.definitions, count);
    return end;
  }

  private static byte[] levelRoom(byte[] levels, int count) {
    int needed = count + ByteAccess.SLACK_BYTES;
    return levels.length >= needed ? levels : new byte[needed];
  }

  private int levelsEnd(int at, int size) throws IOException {
    int length = ByteAccess.intLe(plain, at);
    int from = at + Integer.BYTES;
    if (length < 0 || length > size - from) throw new IOException("levels of " + length + " bytes");
    return from + length;
  }

  private int decodeLevels(int at, int end, int max, byte[] into, int count) {
    int width = BitPacking.width(max);
    return RunLengths.decodeLevels(plain, at + Integer.BYTES, end, width, into, count, max);
  }

  private void readValues(Encoding encoding, int at, int size) throws IOException {
    int values = page.values;
    boolean isNumber = leaf.type().isNumber();
    if (isNumber && page.longs.length < values) page.longs = new long[values];
    page.isNumbered = false;
    switch (encoding) {
      case RLE_DICTIONARY, PLAIN_DICTIONARY -> readNumbered(at, size);
      case PLAIN -> {
        if (isNumber) {
          plainNumbers(plain, at, size, page.longs, values);
        } else {
          ensureStarts(values);
          int lengthMax = plainBytes(plain, at, size, starts, lengths, values);
          present(plain, starts, lengths, lengthMax);
        }
      }
      case DELTA_BINARY_PACKED ->
          Deltas.decode(plain, at, page.longs, values, leaf.type() == LeafType.INT32);
      case DELTA_LENGTH_BYTE_ARRAY -> readDeltaLengths(at, size);
      default -> throw new IOException("no reader for " + encoding);
    }
  }

  private void present(byte[] bytes, int[] starts, int[] lengths, int lengthMax) {
    page.bytes = bytes;
    page.starts = starts;
    page.lengths = lengths;
    page.lengthMax = lengthMax;
  }

  private void readNumbered(int at, int size) throws IOException {
    int values = page.values;
    if (page.numbers.length < values) page.numbers = new int[values];
    int[] numbers = page.numbers;
    if (values > 0) {
      int width = plain[at];
      RunLengths.decode(plain, at + 1, size, width, numbers, values);
    }
    int least = 0;
    int most = 0;
    for (int i = 0; i < values; i++) {
      least = Math.min(least, numbers[i]);
      most = Math.max(most, numbers[i]);
    }
    if (values > 0 && (least < 0 || most >= dictionarySize)) {
      throw new IOException(
          "values " + least + " to " + most + " of a dictionary that has " + dictionarySize);
    }
    if (leaf.type().isNumber()) {
      long[] longs = page.longs;
      long[] dictionary = dictionaryLongs;
      for (int i = 0; i < values; i++) longs[i] = dictionary[numbers[i]];
    } else {
      page.isNumbered = true;
      present(dictionaryBytes, dictionaryStarts, dictionaryLengths, dictionaryLengthMax);
    }
  }

  private void readDeltaLengths(int at, int size) throws IOException {
    int values = page.values;
    ensureStarts(values);
    if (deltaLengths.length < values) deltaLengths = new long[values];
    int start = Deltas.decode(plain, at, deltaLengths, values, true);
    int lengthMax = 0;
    for (int i = 0; i < values; i++) {
      int length = (int) deltaLengths[i];
      if (length < 0 || length > size - start) throw new IOException("a value of " + length);
      starts[i] = start;
      lengths[i] = length;
      start += length;
      lengthMax = Math.max(lengthMax, length);
    }
    present(plain, starts, lengths, lengthMax);
  }

  private void ensureStarts(int values) {
    if (starts.length >= values) return;
    starts = new int[values];
    lengths = new int[values];
  }

  private void plainNumbers(byte[] bytes, int at, int end, long[] into, int count)
      throws IOException {
    int width =
        switch (leaf.type()) {
          case INT32, FLOAT -> Integer.BYTES;
          case INT64, DOUBLE -> Long.BYTES;
          case BOOLEAN, BYTES, FIXED -> 0;
        };
    if ((long) count * width > end - at) throw new IOException("a page of numbers ends early");
    switch (width) {
      case Integer.BYTES -> {
        for (int i = 0; i < count; i++) into[i] = ByteAccess.intLe(bytes, at + i * Integer.BYTES);
      }
      case Long.BYTES -> {
        for (int i = 0; i < count; i++) into[i] = ByteAccess.longLe(bytes, at + i * Long.BYTES);
      }
      default -> {
        if ((count + 7) / Byte.SIZE > end - at) throw new IOException("a page of bits ends early");
        for (int i = 0; i < count; i++) into[i] = (bytes[at + (i >>> 3)] >>> (i & 7)) & 1L;
      }
    }
  }

  /** Finds binary values; returns the longest one's length. */
  private int plainBytes(byte[] bytes, int at, int end, int[] starts, int[] lengths, int count)
      throws IOException {
    if (leaf.type() == LeafType.FIXED) {
      int length = leaf.fixedBytes();
      if ((long) count * length > end - at) throw new IOException("fixed values end early");
      for (int i = 0; i < count; i++) starts[i] = at + i * length;
      Arrays.fill(lengths, 0, count, length);
      return length;
    }
    int start = at;
    int lengthMax = 0;
    for (int i = 0; i < count; i++) {
      int length = ByteAccess.intLe(bytes, start);
      start += Integer.BYTES;
      if (length < 0 || length > end - start) throw new IOException("a value of " + length);
      starts[i] = start;
      lengths[i] = length;
      start += length;
      lengthMax = Math.max(lengthMax, length);
    }
    return lengthMax;
  }
}

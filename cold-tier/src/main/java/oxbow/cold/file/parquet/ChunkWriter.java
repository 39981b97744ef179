package oxbow.cold.file.parquet;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.parquet.format.BoundaryOrder;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnIndex;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DictionaryPageHeader;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.OffsetIndex;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageLocation;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Statistics;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColumnMetrics;
import oxbow.cold.file.PositionedOutput;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnVector;
import oxbow.cold.shred.Leaf;
import oxbow.cold.shred.LeafType;
import oxbow.cold.shred.SpareArrays;

/**
 * The pages of one column in one row group, until the group is complete. Used again for the next
 * one. Hot path.
 *
 * <p>Values are numbered by a dictionary where that is estimated to be smaller: the first values of
 * a row group decide, and what overflows the dictionary goes to plain pages behind.
 */
final class ChunkWriter implements AutoCloseable {
  /**
   * So many values of a row group's first page tell whether a dictionary is worth trying at all.
   * They lie apart, so that a column that only ever grows doesn't look like one that repeats.
   */
  private static final int PROBE_VALUES = 1024;

  /** About how many values a row group has. */
  private static final int GROUP_VALUES = 1 << 16;

  /** Larger ones leave the processor's caches; zstd finds repeated values as well. */
  private static final int DICTIONARY_VALUES_WORTH = 1 << 13;

  private static final int DICTIONARY_VALUES_MAX = 1 << 16;
  private static final int DICTIONARY_BYTES_MAX = 1 << 20;

  /** Both ways of compressing are tried on a page now and then: data changes slowly. */
  private static final int PAGES_PER_TRIAL = 64;

  /** A shorter page says little of those that follow. */
  private static final int TRIAL_BYTES_MIN = 4 << 10;

  private enum Choice {
    OPEN,
    DICTIONARY,
    PLAIN
  }

  private final Leaf leaf;
  private final boolean isDelta;
  private final ChunkBounds bounds;
  private final Scratch scratch;
  private final @Nullable ValueDictionary dictionary;

  private final ByteSink pages = new ByteSink(16 << 10);
  private final List<PageLocation> locations = new ArrayList<>();
  private final List<ChunkBounds.@Nullable Bounds> pageBounds = new ArrayList<>();
  private final List<Long> pageNulls = new ArrayList<>();
  private final List<Boolean> pageEmpties = new ArrayList<>();
  private Choice choice = Choice.OPEN;

  // Of the row group so far.
  private long entries;
  private long nulls;
  private long uncompressedBytes;
  private boolean hasDictionaryPages;
  private @Nullable Encoding otherEncoding;

  // Of the whole file.
  private boolean isSkimmed;
  private int pagesUntilTrial;
  private long fileEntries;
  private long fileNulls;
  private long fileBytes;

  /** Buffers that all columns of a writer share. */
  static final class Scratch implements AutoCloseable {
    /** The least and the most that zstd allows. */
    private static final int HASH_LOG_MIN = 6;

    private static final int MATCH_BYTES_MAX = 7;

    final ZstdCompressCtx zstd;

    /**
     * Hardly looks for repeated bytes, and leaves it to the code of each byte: what random ids,
     * digits and names gain by repeats isn't worth the search, and often less than it costs. Null
     * where time is meant to be spent on size.
     */
    final @Nullable ZstdCompressCtx skimming;

    final ByteSink page = new ByteSink(1 << 20);
    final Deltas deltas = new Deltas();
    byte[] compressed = SpareArrays.bytes(1 << 20);
    int[] numbers = SpareArrays.ints(1 << 13);
    long[] lengths = new long[0];

    Scratch(int zstdLevel) {
      zstd = new ZstdCompressCtx();
      zstd.setLevel(zstdLevel);
      skimming = zstdLevel == 1 ? new ZstdCompressCtx() : null;
      if (skimming == null) return;
      skimming.setLevel(zstdLevel);
      skimming.setHashLog(HASH_LOG_MIN);
      skimming.setMinMatch(MATCH_BYTES_MAX);
    }

    int compress(ZstdCompressCtx zstd, ByteSink page) {
      int bound = (int) Zstd.compressBound(page.size);
      if (compressed.length < bound) compressed = SpareArrays.grown(compressed, 0, bound);
      return zstd.compressByteArray(compressed, 0, compressed.length, page.bytes, 0, page.size);
    }

    void ensure(int entries) {
      if (numbers.length < entries) numbers = SpareArrays.grown(numbers, 0, entries * 2);
    }

    @Override
    public void close() {
      zstd.close();
      if (skimming != null) skimming.close();
      page.close();
      SpareArrays.giveBack(compressed);
      SpareArrays.giveBack(numbers);
      SpareArrays.giveBack(lengths);
      compressed = new byte[0];
      numbers = new int[0];
      lengths = new long[0];
    }
  }

  ChunkWriter(Leaf leaf, boolean isDelta, Scratch scratch) {
    this.leaf = leaf;
    this.isDelta = isDelta;
    this.scratch = scratch;
    this.bounds = new ChunkBounds(leaf);
    this.dictionary =
        leaf.type() == LeafType.BOOLEAN
            ? null
            : new ValueDictionary(leaf.type(), leaf.fixedBytes());
  }

  /** Compressed bytes so far. */
  int bytes() {
    return pages.size + (dictionary == null ? 0 : dictionary.bytesEnd());
  }

  /** Adds a page of all that the vector holds. */
  void addPage(ColumnVector vector, long firstRow) throws IOException {
    scratch.ensure(vector.count);
    ByteSink page = scratch.page;
    page.clear();
    putLevels(page, vector);
    Encoding encoding = putValues(page, vector);
    if (encoding == Encoding.RLE_DICTIONARY) {
      bounds.addPage(vector, scratch.numbers, Objects.requireNonNull(dictionary));
    } else {
      bounds.addPage(vector);
    }
    pageBounds.add(bounds.page());
    pageNulls.add((long) vector.nulls());
    pageEmpties.add(vector.values == 0);

    var header = new PageHeader(PageType.DATA_PAGE, page.size, 0);
    header.setData_page_header(
        new DataPageHeader(vector.count, encoding, Encoding.RLE, Encoding.RLE));
    int start = pages.size;
    int pageBytes = putPage(header, page);
    locations.add(new PageLocation(start, pageBytes, firstRow));
    entries += vector.count;
    nulls += vector.nulls();
    fileEntries += vector.count;
    fileNulls += vector.nulls();
  }

  /** Writes the chunk at a position of the file and begins the next row group's. */
  ColumnChunk finish(PositionedOutput out) throws IOException {
    long start = out.position();
    int dictionaryBytes = hasDictionaryPages ? writeDictionary(out) : 0;
    long dataStart = start + dictionaryBytes;
    out.write(pages.bytes, 0, pages.size);
    for (PageLocation location : locations) location.setOffset(dataStart + location.getOffset());

    var meta =
        new ColumnMetaData(
            ParquetSchema.type(leaf),
            List.copyOf(encodings()),
            leaf.path(),
            CompressionCodec.ZSTD,
            entries,
            uncompressedBytes,
            out.position() - start,
            dataStart);
    if (hasDictionaryPages) meta.setDictionary_page_offset(start);
    if (bounds.isKept()) meta.setStatistics(statistics());
    fileBytes += out.position() - start;
    var chunk = new ColumnChunk(0);
    chunk.setMeta_data(meta);
    return chunk;
  }

  /** The locations of the pages that {@link #finish} has written. */
  OffsetIndex offsetIndex() {
    return new OffsetIndex(new ArrayList<>(locations));
  }

  /** Null if a page with values has no bounds. */
  @Nullable ColumnIndex columnIndex() {
    if (!bounds.isKept()) return null;
    var mins = new ArrayList<ByteBuffer>();
    var maxs = new ArrayList<ByteBuffer>();
    boolean isAscending = true;
    ChunkBounds.@Nullable Bounds last = null;
    for (int i = 0; i < pageBounds.size(); i++) {
      ChunkBounds.Bounds now = pageBounds.get(i);
      if (now == null) {
        if (!pageEmpties.get(i)) return null;
        mins.add(ByteBuffer.allocate(0));
        maxs.add(ByteBuffer.allocate(0));
        continue;
      }
      if (last != null
          && (bounds.compare(last.min, now.min) > 0 || bounds.compare(last.max, now.max) > 0)) {
        isAscending = false;
      }
      mins.add(ByteBuffer.wrap(now.min));
      maxs.add(ByteBuffer.wrap(now.max));
      last = now;
    }
    var index =
        new ColumnIndex(
            new ArrayList<>(pageEmpties),
            mins,
            maxs,
            isAscending ? BoundaryOrder.ASCENDING : BoundaryOrder.UNORDERED);
    index.setNull_counts(new ArrayList<>(pageNulls));
    return index;
  }

  /** What the table notes of the column. */
  ColumnMetrics metrics() {
    boolean isFloating = leaf.type() == LeafType.FLOAT || leaf.type() == LeafType.DOUBLE;
    ChunkBounds.Bounds file = bounds.file();
    return new ColumnMetrics(
        leaf.column().id(),
        fileBytes,
        fileEntries,
        fileNulls,
        isFloating && leaf.isFlat() ? bounds.nans() : ColumnMetrics.NO_NANS,
        file == null ? null : bounds.single(file.min),
        file == null ? null : bounds.single(file.max));
  }

  /** Begins the next row group. */
  void beginChunk() {
    pages.clear();
    locations.clear();
    pageBounds.clear();
    pageNulls.clear();
    pageEmpties.clear();
    choice = Choice.OPEN;
    if (dictionary != null) dictionary.clear();
    bounds.beginChunk();
    entries = 0;
    nulls = 0;
    uncompressedBytes = 0;
    hasDictionaryPages = false;
    otherEncoding = null;
  }

  /** Gives its memory back; it isn't used any more. */
  @Override
  public void close() {
    pages.close();
    if (dictionary != null) dictionary.close();
  }

  private void putLevels(ByteSink page, ColumnVector vector) {
    if (!leaf.isFlat()) {
      putLevels(page, vector.repetitions, vector.count, leaf.repetitionMax());
    }
    int definitionMax = leaf.definitionMax();
    if (definitionMax == 0) return;
    if (vector.nulls() == 0) {
      int lengthAt = page.size;
      page.putIntLe(0);
      RunLengths.encodeConstant(page, definitionMax, vector.count, BitPacking.width(definitionMax));
      setLength(page, lengthAt);
    } else {
      putLevels(page, vector.definitions, vector.count, definitionMax);
    }
  }

  private static void putLevels(ByteSink page, byte[] levels, int count, int max) {
    int lengthAt = page.size;
    page.putIntLe(0);
    RunLengths.encodeLevels(page, levels, count, BitPacking.width(max));
    setLength(page, lengthAt);
  }

  private static void setLength(ByteSink page, int lengthAt) {
    ByteAccess.intLe(page.bytes, lengthAt, page.size - lengthAt - Integer.BYTES);
  }

  private Encoding putValues(ByteSink page, ColumnVector vector) {
    ValueDictionary dictionary = this.dictionary;
    if (dictionary != null && choice != Choice.PLAIN && isNumbered(dictionary, vector)) {
      hasDictionaryPages = true;
      int width = BitPacking.width(Math.max(0, dictionary.size() - 1));
      page.write(width);
      RunLengths.encode(page, scratch.numbers, vector.values, width);
      return Encoding.RLE_DICTIONARY;
    }
    Encoding encoding = isDelta ? putDeltas(page, vector) : putPlain(page, vector);
    otherEncoding = encoding;
    return encoding;
  }

  /** Numbers the vector's values, unless a dictionary doesn't pay. */
  private boolean isNumbered(ValueDictionary dictionary, ColumnVector vector) {
    boolean isFirst = dictionary.size() == 0; // else small pages before have numbers from it
    if (choice == Choice.OPEN && isFirst && vector.values >= PROBE_VALUES) {
      int distinct = dictionary.countAmong(vector, PROBE_VALUES);
      choice = isWorthIt(distinct, vector) ? Choice.DICTIONARY : Choice.PLAIN;
      if (choice == Choice.PLAIN) return false;
    }
    dictionary.number(vector, scratch.numbers);
    boolean isFull =
        dictionary.size() > DICTIONARY_VALUES_MAX || dictionary.bytesEnd() > DICTIONARY_BYTES_MAX;
    if (isFull) choice = Choice.PLAIN;
    return !isFull;
  }

  /**
   * Whether numbers and the values they stand for will take less than the values as they are, as
   * far as the ones that were probed tell.
   */
  private boolean isWorthIt(int distinctProbed, ColumnVector vector) {
    double distinct = distinctInGroup(distinctProbed);
    if (distinct > DICTIONARY_VALUES_WORTH) return false;
    double numberBits = BitPacking.width((int) distinct);
    double entriesPerValue = distinct / GROUP_VALUES;
    if (!leaf.type().isNumber()) {
      double valueBits = 8.0 * vector.bytesEnd / vector.values;
      return numberBits + entriesPerValue * valueBits < valueBits * 3 / 4;
    }
    double valueBits = leaf.type() == LeafType.INT32 || leaf.type() == LeafType.FLOAT ? 32 : 64;
    double otherBits = valueBits;
    if (isDelta && (leaf.type() == LeafType.INT32 || leaf.type() == LeafType.INT64)) {
      otherBits = Math.min(otherBits, (double) deltaBits(vector) / vector.values);
    }
    return numberBits + entriesPerValue * valueBits < otherBits;
  }

  /**
   * How many different values a whole row group will have, if so many were among the probed ones
   * and all are equally frequent.
   */
  private static double distinctInGroup(int distinctProbed) {
    if (distinctProbed >= PROBE_VALUES) return GROUP_VALUES;
    // The population that gives this many different ones: more of it gives more of them.
    double low = distinctProbed;
    double high = 1 << 24;
    for (int i = 0; i < 40; i++) {
      double middle = (low + high) / 2;
      if (distinctAmong(middle, PROBE_VALUES) < distinctProbed) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return distinctAmong(low, GROUP_VALUES);
  }

  private static double distinctAmong(double population, int drawn) {
    return population * -Math.expm1(-drawn / population);
  }

  /** What differences of this vector's values would take, judged by every 32 of them. */
  private static long deltaBits(ColumnVector vector) {
    long bits = 0;
    int quarter = 32;
    for (int from = 1; from < vector.values; from += quarter) {
      int to = Math.min(from + quarter, vector.values);
      long min = Long.MAX_VALUE;
      long max = Long.MIN_VALUE;
      for (int i = from; i < to; i++) {
        long difference = vector.longs[i] - vector.longs[i - 1];
        min = Math.min(min, difference);
        max = Math.max(max, difference);
      }
      bits += (long) (to - from) * (Long.SIZE - Long.numberOfLeadingZeros(max - min)) + Long.SIZE;
    }
    return bits;
  }

  private Encoding putPlain(ByteSink page, ColumnVector vector) {
    switch (leaf.type()) {
      case BOOLEAN -> putBooleans(page, vector);
      case INT32, FLOAT -> putInts(page, vector);
      case INT64, DOUBLE -> putLongs(page, vector);
      case BYTES, FIXED -> page.write(vector.bytes, 0, vector.bytesEnd);
    }
    return Encoding.PLAIN;
  }

  private static void putInts(ByteSink page, ColumnVector vector) {
    page.ensure(vector.values * Integer.BYTES);
    byte[] into = page.bytes;
    int at = page.size;
    for (int i = 0; i < vector.values; i++, at += Integer.BYTES) {
      ByteAccess.intLe(into, at, (int) vector.longs[i]);
    }
    page.size = at;
  }

  private static void putLongs(ByteSink page, ColumnVector vector) {
    page.ensure(vector.values * Long.BYTES);
    byte[] into = page.bytes;
    int at = page.size;
    for (int i = 0; i < vector.values; i++, at += Long.BYTES) {
      ByteAccess.longLe(into, at, vector.longs[i]);
    }
    page.size = at;
  }

  private Encoding putDeltas(ByteSink page, ColumnVector vector) {
    return switch (leaf.type()) {
      case INT32, INT64 -> {
        scratch.deltas.encode(page, vector.longs, vector.values, leaf.type() == LeafType.INT32);
        yield Encoding.DELTA_BINARY_PACKED;
      }
      case BYTES -> {
        long[] lengths = lengths(vector);
        scratch.deltas.encode(page, lengths, vector.values, true);
        for (int i = 0; i < vector.values; i++) {
          page.write(vector.bytes, vector.starts[i], (int) lengths[i]);
        }
        yield Encoding.DELTA_LENGTH_BYTE_ARRAY;
      }
      case BOOLEAN, FLOAT, DOUBLE, FIXED -> putPlain(page, vector);
    };
  }

  private long[] lengths(ColumnVector vector) {
    long[] lengths = scratch.lengths;
    if (lengths.length < vector.values) {
      lengths = SpareArrays.grown(lengths, 0, vector.values * 2);
      scratch.lengths = lengths;
    }
    for (int i = 0; i < vector.values; i++) lengths[i] = vector.length(i);
    return lengths;
  }

  private void putBooleans(ByteSink page, ColumnVector vector) {
    int bytes = (vector.values + 7) >>> 3;
    page.ensure(bytes);
    for (int from = 0; from < vector.values; from += Byte.SIZE) {
      int packed = 0;
      int to = Math.min(from + Byte.SIZE, vector.values);
      for (int i = from; i < to; i++) packed |= (int) vector.longs[i] << (i - from);
      page.bytes[page.size++] = (byte) packed;
    }
  }

  private int writeDictionary(PositionedOutput out) throws IOException {
    var dictionary = Objects.requireNonNull(this.dictionary);
    ByteSink page = scratch.page;
    page.clear();
    if (leaf.type().isNumber()) {
      boolean isShort = leaf.type() == LeafType.INT32 || leaf.type() == LeafType.FLOAT;
      for (int i = 0; i < dictionary.size(); i++) {
        if (isShort) {
          page.putIntLe((int) dictionary.longAt(i));
        } else {
          page.putLongLe(dictionary.longAt(i));
        }
      }
    } else {
      page.write(dictionary.bytes(), 0, dictionary.bytesEnd());
    }
    var header = new PageHeader(PageType.DICTIONARY_PAGE, page.size, 0);
    header.setDictionary_page_header(new DictionaryPageHeader(dictionary.size(), Encoding.PLAIN));
    int compressedBytes = scratch.compress(scratch.zstd, page);
    header.setCompressed_page_size(compressedBytes);
    try (var sink = new ByteSink(compressedBytes + 64)) {
      Util.writePageHeader(header, sink);
      uncompressedBytes += sink.size + page.size;
      sink.write(scratch.compressed, 0, compressedBytes);
      out.write(sink.bytes, 0, sink.size);
      return sink.size;
    }
  }

  /** Appends header and compressed page; returns the bytes of both. */
  private int putPage(PageHeader header, ByteSink page) throws IOException {
    int start = pages.size;
    int compressedBytes = compress(page);
    header.setCompressed_page_size(compressedBytes);
    Util.writePageHeader(header, pages);
    uncompressedBytes += pages.size - start + page.size;
    pages.write(scratch.compressed, 0, compressedBytes);
    return pages.size - start;
  }

  /** Compresses a page of data into {@link Scratch#compressed}. */
  private int compress(ByteSink page) {
    ZstdCompressCtx skimming = scratch.skimming;
    if (skimming == null) return scratch.compress(scratch.zstd, page);
    if (pagesUntilTrial-- > 0 || page.size < TRIAL_BYTES_MIN) {
      return scratch.compress(isSkimmed ? skimming : scratch.zstd, page);
    }
    pagesUntilTrial = PAGES_PER_TRIAL;
    int bytes = scratch.compress(scratch.zstd, page);
    int skimmedBytes = scratch.compress(skimming, page);
    isSkimmed = skimmedBytes <= bytes + bytes / 32; // three hundredths more is worth the time
    return isSkimmed ? skimmedBytes : scratch.compress(scratch.zstd, page);
  }

  private Set<Encoding> encodings() {
    var encodings = new LinkedHashSet<Encoding>();
    encodings.add(Encoding.RLE);
    if (hasDictionaryPages) {
      encodings.add(Encoding.PLAIN); // the dictionary's own page
      encodings.add(Encoding.RLE_DICTIONARY);
    }
    if (otherEncoding != null) encodings.add(otherEncoding);
    return encodings;
  }

  private Statistics statistics() {
    var statistics = new Statistics();
    statistics.setNull_count(nulls);
    ChunkBounds.Bounds chunk = bounds.chunk();
    if (chunk != null) {
      statistics.setMin_value(chunk.min);
      statistics.setMax_value(chunk.max);
      statistics.setIs_min_value_exact(chunk.isMinExact);
      statistics.setIs_max_value_exact(chunk.isMaxExact);
    }
    return statistics;
  }
}

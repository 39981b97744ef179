package oxbow.cold.file.parquet;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.KeyValue;
import org.apache.parquet.format.OffsetIndex;
import org.apache.parquet.format.PageLocation;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;
import oxbow.cold.file.BatchIndex;
import oxbow.cold.file.BatchIndexCodec;
import oxbow.cold.file.FileFacts;
import oxbow.cold.shred.ColumnTree;

/**
 * All that a file's end says: where each page lies, what the batches were, which schemas there are.
 * Immutable.
 */
final class ParquetIndex {
  /** Length of the footer and the magic behind it. */
  private static final int TAIL_BYTES = 8;

  /** The footer's structures take far more memory than bytes. */
  private static final int FOOTER_BYTES_MAX = 64 << 20;

  final FileFacts facts;
  final ColumnTree tree;
  final BatchIndex batches;
  final Group[] groups;

  /** Where each group's first row stands among the file's. */
  final long[] groupRowStarts;

  /** A row group. */
  static final class Group {
    /** Where its bytes begin, with the whole batches kept before it. */
    final long start;

    final long end;
    final int rows;
    final Chunk[] chunks;

    /** First row of each page, then the number of all rows. */
    final int[] pageRows;

    Group(long start, long end, int rows, Chunk[] chunks, int[] pageRows) {
      this.start = start;
      this.end = end;
      this.rows = rows;
      this.chunks = chunks;
      this.pageRows = pageRows;
    }

    /** The page that holds a row of the group. */
    int pageOf(int row) {
      int found = Arrays.binarySearch(pageRows, row);
      return found >= 0 ? found : -found - 2;
    }
  }

  /** A column chunk. */
  static final class Chunk {
    /** Where its dictionary lies; -1: it has none. */
    final long dictionary;

    /** Where each page begins, then where the last ends. */
    final long[] pages;

    Chunk(long dictionary, long[] pages) {
      this.dictionary = dictionary;
      this.pages = pages;
    }

    long start() {
      return dictionary < 0 ? pages[0] : dictionary;
    }

    long end() {
      return pages[pages.length - 1];
    }
  }

  private ParquetIndex(FileFacts facts, BatchIndex batches, Group[] groups) {
    this.facts = facts;
    this.tree = new ColumnTree(facts.columns());
    this.batches = batches;
    this.groups = groups;
    this.groupRowStarts = new long[groups.length + 1];
    for (int i = 0; i < groups.length; i++) {
      groupRowStarts[i + 1] = groupRowStarts[i] + groups[i].rows;
    }
  }

  /** The group that holds a row. */
  int groupOf(long row) {
    int found = Arrays.binarySearch(groupRowStarts, row);
    int group = found >= 0 ? found : -found - 2;
    return Math.min(group, groups.length - 1);
  }

  /**
   * Reads the end of a file.
   *
   * @param end its last bytes
   * @param endStart where they begin
   * @throws IOException also: these aren't the bytes of a file of ours
   */
  static ParquetIndex read(byte[] end, long endStart) throws IOException {
    if (end.length < TAIL_BYTES) throw new IOException("the end has " + end.length + " bytes");
    var tail = ByteBuffer.wrap(end).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    int magicAt = end.length - PageWriter.MAGIC.length;
    if (!Arrays.equals(Arrays.copyOfRange(end, magicAt, end.length), PageWriter.MAGIC)) {
      throw new IOException("the file does not end as Parquet does");
    }
    int footerBytes = tail.getInt(magicAt - Integer.BYTES);
    int footerAt = end.length - TAIL_BYTES - footerBytes;
    if (footerBytes < 0 || footerAt < 0 || footerBytes > FOOTER_BYTES_MAX) {
      throw new IOException("the footer claims to have " + footerBytes + " bytes");
    }
    FileMetaData meta = Util.readFileMetaData(new ByteArrayInputStream(end, footerAt, footerBytes));
    Map<String, String> texts = new HashMap<>();
    for (KeyValue fact : Required.part(meta.getKey_value_metadata(), "facts")) {
      texts.put(fact.getKey(), Required.part(fact.getValue(), "value of " + fact.getKey()));
    }
    if (!FileFacts.areIn(texts)) throw new IOException("the footer is not of this format");
    FileFacts facts = FileFacts.of(texts);
    BatchIndex batches = batches(facts.batches(), end, endStart);
    Group[] groups = groups(meta, end, endStart);
    var index = new ParquetIndex(facts, batches, groups);
    if (batches.totalRows() != meta.getNum_rows()
        || index.groupRowStarts[groups.length] != meta.getNum_rows()) {
      throw new IOException(
          "the file has " + meta.getNum_rows() + " rows, its batches have " + batches.totalRows());
    }
    return index;
  }

  private static BatchIndex batches(FileFacts.BlobPlace place, byte[] end, long endStart)
      throws IOException {
    long from = place.position() - endStart;
    if (from < 0 || place.length() < 0 || from + place.length() > end.length) {
      throw new IOException("the batch index lies at " + place.position() + ", outside the end");
    }
    var crc = new CRC32C();
    crc.update(end, (int) from, place.length());
    if ((int) crc.getValue() != place.crc()) {
      throw new IOException(
          "the batch index has checksum "
              + Long.toHexString(crc.getValue())
              + ", the footer says "
              + Integer.toHexString(place.crc()));
    }
    return BatchIndexCodec.decode(ByteBuffer.wrap(end, (int) from, place.length()).slice());
  }

  private static Group[] groups(FileMetaData meta, byte[] end, long endStart) throws IOException {
    var groups = new ArrayList<Group>();
    long start = PageWriter.MAGIC.length;
    for (RowGroup group : Required.part(meta.getRow_groups(), "row groups")) {
      List<ColumnChunk> columns = Required.part(group.getColumns(), "columns");
      var chunks = new Chunk[columns.size()];
      int[] pageRows = new int[0];
      long groupEnd = start;
      for (int i = 0; i < chunks.length; i++) {
        ColumnChunk column = columns.get(i);
        ColumnMetaData chunk = Required.part(column.getMeta_data(), "chunk");
        long at = column.getOffset_index_offset() - endStart;
        int length = column.getOffset_index_length();
        if (at < 0 || length < 0 || at + length > end.length) {
          throw new IOException("an offset index lies outside the end");
        }
        OffsetIndex offsets = Util.readOffsetIndex(new ByteArrayInputStream(end, (int) at, length));
        List<PageLocation> locations = Required.part(offsets.getPage_locations(), "pages");
        var pages = new long[locations.size() + 1];
        for (int page = 0; page < locations.size(); page++) {
          pages[page] = locations.get(page).getOffset();
        }
        long chunkStart =
            chunk.isSetDictionary_page_offset() ? chunk.getDictionary_page_offset() : pages[0];
        long chunkEnd = chunkStart + chunk.getTotal_compressed_size();
        pages[locations.size()] = chunkEnd;
        chunks[i] = new Chunk(chunk.isSetDictionary_page_offset() ? chunkStart : -1, pages);
        groupEnd = Math.max(groupEnd, chunkEnd);
        int[] rows = new int[locations.size() + 1];
        for (int page = 0; page < locations.size(); page++) {
          rows[page] = (int) locations.get(page).getFirst_row_index();
        }
        rows[locations.size()] = (int) group.getNum_rows();
        if (i > 0 && !Arrays.equals(rows, pageRows)) {
          throw new IOException("pages of a row group are not cut at the same rows");
        }
        pageRows = rows;
      }
      groups.add(new Group(start, groupEnd, (int) group.getNum_rows(), chunks, pageRows));
      start = groupEnd;
    }
    return groups.toArray(Group[]::new);
  }
}

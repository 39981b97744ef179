package oxbow.cold.file.parquet;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Statistics;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFileReader.RangeSource;
import oxbow.cold.shred.ByteAccess;

/** What the end of a Parquet file says that another engine wrote. Immutable. */
final class ForeignFooter {
  private static final int TAIL_BYTES = 8;

  /** Footers of files as engines write them are in here; longer ones take one more read. */
  private static final int GUESSED_BYTES = 256 << 10;

  private static final int FOOTER_BYTES_MAX = 64 << 20;

  final List<Column> columns;
  final List<Group> groups;

  /** Ids of all columns and their parts. */
  final Set<Integer> ids;

  /**
   * A column that holds values.
   *
   * @param id of the table's column that it is
   * @param steps for each level from the top whether its absence shows in definition levels
   * @param fixedBytes of each value, if it is of one length
   */
  record Column(int id, List<Boolean> steps, int repetitionMax, Type type, int fixedBytes) {
    int definitionMax() {
      return (int) steps.stream().filter(step -> step).count();
    }
  }

  /** A row group. */
  record Group(int rows, long bytes, List<Chunk> chunks) {}

  /**
   * A column chunk.
   *
   * @param min the smallest number in it, if the file tells
   */
  record Chunk(
      long start, long length, CompressionCodec codec, @Nullable Long min, @Nullable Long max) {}

  private ForeignFooter(List<Column> columns, List<Group> groups, Set<Integer> ids) {
    this.columns = columns;
    this.groups = groups;
    this.ids = ids;
  }

  /** Reads the end of a file of so many bytes. */
  static ForeignFooter read(RangeSource source, long bytes) throws IOException {
    int guessed = (int) Math.min(bytes, GUESSED_BYTES);
    byte[] end = bytes(source, bytes - guessed, guessed);
    int magicAt = end.length - PageWriter.MAGIC.length;
    if (magicAt < Integer.BYTES
        || !Arrays.equals(Arrays.copyOfRange(end, magicAt, end.length), PageWriter.MAGIC)) {
      throw new IOException("the file does not end as Parquet does");
    }
    int footerBytes =
        ByteBuffer.wrap(end).order(ByteOrder.LITTLE_ENDIAN).getInt(magicAt - Integer.BYTES);
    if (footerBytes < 0 || footerBytes > Math.min(bytes - TAIL_BYTES, FOOTER_BYTES_MAX)) {
      throw new IOException("the footer claims to have " + footerBytes + " bytes");
    }
    int footerAt = end.length - TAIL_BYTES - footerBytes;
    if (footerAt < 0) {
      end = bytes(source, bytes - TAIL_BYTES - footerBytes, footerBytes);
      footerAt = 0;
    }
    return of(Util.readFileMetaData(new ByteArrayInputStream(end, footerAt, footerBytes)));
  }

  private static byte[] bytes(RangeSource source, long position, int length) throws IOException {
    ByteBuffer got = source.read(position, length);
    if (got.remaining() != length) {
      throw new IOException("asked for " + length + " bytes and got " + got.remaining());
    }
    byte[] bytes = new byte[length];
    got.get(got.position(), bytes);
    return bytes;
  }

  private static ForeignFooter of(FileMetaData meta) throws IOException {
    List<SchemaElement> elements = Required.part(meta.getSchema(), "schema");
    List<Column> columns = new ArrayList<>();
    Set<Integer> ids = new HashSet<>();
    if (elements.isEmpty()) throw new IOException("the file has an empty schema");
    int at = 1;
    for (int i = 0; i < elements.getFirst().getNum_children(); i++) {
      at = collect(elements, at, List.of(), 0, columns, ids);
    }
    List<Group> groups = new ArrayList<>();
    for (RowGroup group : Required.part(meta.getRow_groups(), "row groups")) {
      groups.add(group(group, columns.size()));
    }
    return new ForeignFooter(List.copyOf(columns), List.copyOf(groups), Set.copyOf(ids));
  }

  /** Takes an element and those in it; returns the place of the next. */
  private static int collect(
      List<SchemaElement> elements,
      int at,
      List<Boolean> above,
      int repetitionAbove,
      List<Column> columns,
      Set<Integer> ids)
      throws IOException {
    if (at >= elements.size()) throw new IOException("the file's schema ends early");
    SchemaElement element = elements.get(at);
    FieldRepetitionType repetition = element.getRepetition_type();
    List<Boolean> steps = new ArrayList<>(above);
    steps.add(repetition != FieldRepetitionType.REQUIRED);
    int repetitionMax = repetitionAbove + (repetition == FieldRepetitionType.REPEATED ? 1 : 0);
    if (element.isSetField_id()) ids.add(element.getField_id());
    Type type = element.getType();
    if (type == null) {
      int next = at + 1;
      for (int i = 0; i < element.getNum_children(); i++) {
        next = collect(elements, next, steps, repetitionMax, columns, ids);
      }
      return next;
    }
    columns.add(
        new Column(
            element.isSetField_id() ? element.getField_id() : -1,
            List.copyOf(steps),
            repetitionMax,
            type,
            element.isSetType_length() ? element.getType_length() : 0));
    return at + 1;
  }

  private static Group group(RowGroup group, int columnCount) throws IOException {
    List<ColumnChunk> chunks = Required.part(group.getColumns(), "columns");
    if (chunks.size() != columnCount || group.getNum_rows() > Integer.MAX_VALUE) {
      throw new IOException("a row group is not as the schema says");
    }
    List<Chunk> all = new ArrayList<>();
    for (int i = 0; i < columnCount; i++) {
      ColumnMetaData meta = Required.part(chunks.get(i).getMeta_data(), "chunk");
      long start = meta.getData_page_offset();
      if (meta.isSetDictionary_page_offset() && meta.getDictionary_page_offset() > 0) {
        start = Math.min(start, meta.getDictionary_page_offset());
      }
      Statistics statistics = meta.getStatistics();
      all.add(
          new Chunk(
              start,
              meta.getTotal_compressed_size(),
              Required.part(meta.getCodec(), "codec"),
              statistics == null ? null : number(statistics.getMin_value()),
              statistics == null ? null : number(statistics.getMax_value())));
    }
    return new Group(
        (int) group.getNum_rows(), group.getTotal_byte_size(), Collections.unmodifiableList(all));
  }

  /** A number with its least byte first, as statistics have it. */
  private static @Nullable Long number(byte @Nullable [] bytes) {
    if (bytes == null) return null;
    return switch (bytes.length) {
      case Integer.BYTES -> (long) ByteAccess.intLe(bytes, 0);
      case Long.BYTES -> ByteAccess.longLe(bytes, 0);
      default -> null;
    };
  }
}

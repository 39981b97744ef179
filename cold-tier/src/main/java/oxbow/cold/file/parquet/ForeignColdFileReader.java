package oxbow.cold.file.parquet;

import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.BatchHeader;
import oxbow.cold.file.BatchIndex;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ForeignObjects;
import oxbow.cold.file.Programs;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.TableColumns;
import oxbow.cold.file.WriterSchemas;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.LeafPage;
import oxbow.cold.shred.ProgramTable;
import oxbow.cold.store.StoreException;
import oxbow.log.EpochEnd;
import oxbow.log.TimestampedOffset;
import oxbow.log.batch.BatchView;

/**
 * Reads the records of a range back that another engine wrote into files of its own, in whatever
 * order: their rows are found by their offsets, and become records with the bytes they had, in
 * batches of ours. What the log's own batches were is lost with their index. Thread-safe.
 */
public final class ForeignColdFileReader implements ColdFileReader {
  private static final short APPEND_TIME_BIT = 8;

  /** Nobody remembers it; consumers don't look for a truncated log then. */
  private static final int NO_EPOCH = -1;

  private static final int BATCH_BYTES = 1 << 20;
  private static final int WINDOW_ROWS_MAX = 4096;

  /** Row groups that one reader has open: more than one only where rows are in no order. */
  private static final int OPEN_GROUPS_MAX = 3;

  /** Files with their rows in no order at all take this many runs at most. */
  private static final long RUNS_MAX = 4_000_000;

  private final ColdFile file;
  private final ColumnTree tree;
  private final WriterSchemas schemas;
  private final ForeignFile[] files;

  /** By the smallest offset. */
  private final Group[] groups;

  private long runCount;

  /** A row group with rows of the partition. */
  private static final class Group {
    final int file;
    final int index;
    final long offsetMin;
    final long offsetMax;
    @Nullable ForeignRuns runs;

    Group(int file, int index, long offsetMin, long offsetMax) {
      this.file = file;
      this.index = index;
      this.offsetMin = offsetMin;
      this.offsetMax = offsetMax;
    }
  }

  private ForeignColdFileReader(
      ColdFile file, ColumnTree tree, WriterSchemas schemas, ForeignFile[] files)
      throws IOException {
    this.file = file;
    this.tree = tree;
    this.schemas = schemas;
    this.files = files;
    this.groups = groups();
  }

  /**
   * Reads the files' ends.
   *
   * @param columns that the table has now
   * @param schemas of its records
   */
  public static ForeignColdFileReader open(
      ColdFile file, RangeSource source, TableColumns columns, WriterSchemas schemas) {
    var tree = new ColumnTree(columns);
    List<ForeignObjects.Part> parts = ForeignObjects.of(file.name()).parts();
    var files = new ForeignFile[parts.size()];
    try {
      for (int i = 0; i < files.length; i++) {
        int part = i;
        files[i] =
            ForeignFile.open(
                (position, length) -> source.read(ForeignObjects.position(part, position), length),
                parts.get(i).bytes(),
                tree);
      }
      return new ForeignColdFileReader(file, tree, schemas, files);
    } catch (IOException | RuntimeException e) {
      throw corrupt(file, e);
    }
  }

  private static StoreException corrupt(ColdFile file, Exception cause) {
    if (cause instanceof StoreException known) return known;
    return new StoreException(
        StoreException.Kind.CORRUPT,
        "files that another engine wrote of offsets "
            + file.baseOffset()
            + " to "
            + file.endOffset()
            + " of partition "
            + file.partition()
            + " can't be read: "
            + cause.getMessage(),
        cause);
  }

  private Group[] groups() throws IOException {
    List<Group> found = new ArrayList<>();
    int offsets = tree.leafIndex(SystemColumns.OFFSET.id());
    int partitions = tree.leafIndex(SystemColumns.PARTITION.id());
    for (int i = 0; i < files.length; i++) {
      if (!files[i].has(offsets) || !files[i].has(partitions)) {
        throw new IOException("a file has no offsets");
      }
      for (int index = 0; index < files[i].footer.groups.size(); index++) {
        ForeignFooter.Chunk offset = files[i].chunk(index, offsets);
        ForeignFooter.Chunk partition = files[i].chunk(index, partitions);
        long min = number(offset.min(), Long.MIN_VALUE);
        long max = number(offset.max(), Long.MAX_VALUE);
        boolean isWanted =
            number(partition.min(), file.partition()) <= file.partition()
                && number(partition.max(), file.partition()) >= file.partition()
                && min < file.endOffset()
                && max >= file.baseOffset();
        if (isWanted) found.add(new Group(i, index, min, max));
      }
    }
    found.sort(Comparator.comparingLong(group -> group.offsetMin));
    return found.toArray(Group[]::new);
  }

  private static long number(@Nullable Long told, long otherwise) {
    return told == null ? otherwise : told;
  }

  /** Where a row group's rows are; read when they are first wanted. */
  private synchronized ForeignRuns runs(Group group) throws IOException {
    ForeignRuns known = group.runs;
    if (known != null) return known;
    var runs = new ForeignRuns();
    visit(group, (offset, row, _) -> runs.add(offset, row));
    runCount += runs.size;
    if (runCount > RUNS_MAX) {
      throw new IOException("rows are in no order of offsets: write the files sorted by them");
    }
    ForeignRuns sorted = runs.sorted();
    group.runs = sorted;
    return sorted;
  }

  private interface RowVisitor {
    /**
     * @param timestampMicros {@link Long#MIN_VALUE}: the column can't say it
     */
    void visit(long offset, int row, long timestampMicros);
  }

  /** Shows the rows of the range that a row group has, as they lie. */
  private void visit(Group group, RowVisitor visitor) throws IOException {
    ForeignFile from = files[group.file];
    @Nullable LeafPage[] pages = new LeafPage[tree.leaves().size()];
    LeafPage offsets = page(pages, SystemColumns.OFFSET.id());
    LeafPage partitions = page(pages, SystemColumns.PARTITION.id());
    LeafPage timestamps = page(pages, SystemColumns.TIMESTAMP.id());
    int rows = from.footer.groups.get(group.index).rows();
    try (var zstd = new ZstdDecompressCtx()) {
      ForeignFile.Block block = from.open(group.index, pages, zstd);
      for (int row = 0; row < rows; ) {
        int some = Math.min(WINDOW_ROWS_MAX, rows - row);
        block.take(some);
        int time = 0;
        for (int i = 0; i < some; i++) {
          boolean isTime = timestamps.definitions[i] != 0;
          long micros = isTime ? timestamps.longs[time++] : Long.MIN_VALUE;
          long offset = offsets.longs[i];
          boolean isMine =
              partitions.longs[i] == file.partition()
                  && offset >= file.baseOffset()
                  && offset < file.endOffset();
          if (isMine) visitor.visit(offset, row + i, micros);
        }
        row += some;
      }
    }
  }

  private LeafPage page(@Nullable LeafPage[] pages, int id) {
    int leaf = tree.leafIndex(id);
    var page = new LeafPage(tree.leaves().get(leaf));
    pages[leaf] = page;
    return page;
  }

  @Override
  public ColdFile file() {
    return file;
  }

  @Override
  public ByteBuffer read(long offset, int bytesMax) {
    try (Cursor cursor = open(offset)) {
      return cursor.next(bytesMax);
    }
  }

  @Override
  public Cursor open(long offset) {
    return new ForeignCursor(Math.max(offset, file.baseOffset()));
  }

  /** Nothing is fetched ahead: columns lie apart, and are read piece by piece. */
  @Override
  public List<Span> spans() {
    return List.of();
  }

  @Override
  public Optional<EpochEnd> endOf(int leaderEpoch) {
    if (file.leaderEpoch() > leaderEpoch) return Optional.empty();
    return Optional.of(new EpochEnd(file.leaderEpoch(), file.endOffset()));
  }

  @Override
  public Optional<TimestampedOffset> find(long timestampMs, long from, long to) {
    var search = new Search(from, to, false);
    search.wantedMs = timestampMs;
    return search.found();
  }

  @Override
  public Optional<TimestampedOffset> findMaxTimestamp(long from, long to) {
    return new Search(from, to, true).found();
  }

  /** Looks for one record by its time. */
  private final class Search {
    private final long from;
    private final long to;
    private final boolean isLargest;
    long wantedMs = Long.MIN_VALUE;
    private boolean isFound;
    private boolean isUntold;
    private long offset = Long.MAX_VALUE;
    private long timestampMs = Long.MIN_VALUE;

    Search(long from, long to, boolean isLargest) {
      this.from = from;
      this.to = to;
      this.isLargest = isLargest;
    }

    Optional<TimestampedOffset> found() {
      try {
        for (Group group : groups) {
          if (group.offsetMax < from || group.offsetMin >= to) continue;
          if (!isLargest && isFound && group.offsetMin > offset) break;
          visit(
              group,
              (at, _, micros) -> {
                if (micros == Long.MIN_VALUE) isUntold = true;
                else look(at, Math.floorDiv(micros, 1000L));
              });
        }
        if (isUntold) lookAtRecords();
      } catch (IOException | RuntimeException e) {
        throw corrupt(file, e);
      }
      return isFound
          ? Optional.of(new TimestampedOffset(timestampMs, offset, NO_EPOCH))
          : Optional.empty();
    }

    private void look(long at, long ms) {
      if (at < from || at >= to || ms < wantedMs) return;
      boolean isBetter =
          isLargest
              ? !isFound || ms > timestampMs || (ms == timestampMs && at < offset)
              : at < offset;
      if (!isBetter) return;
      isFound = true;
      offset = at;
      timestampMs = ms;
    }

    /** Times that no column can say are told by the records alone. */
    private void lookAtRecords() throws IOException {
      try (var cursor = new ForeignCursor(Math.max(from, file.baseOffset()))) {
        while (cursor.loadWindow()) {
          for (int i = 0; i < cursor.window.size; i++) {
            look(cursor.window.offsets[i], cursor.window.timestamps[i]);
          }
          if (cursor.nextOffset >= to) return;
        }
      }
    }
  }

  /** Records in offset order, taken apart as far as batches need it. */
  private static final class Window {
    int size;
    long[] offsets = new long[64];
    long[] timestamps = new long[64];
    boolean[] areAppendTimes = new boolean[64];

    /** What follows the differences in time and offset, of each. */
    int[] starts = new int[64];

    int[] ends = new int[64];
    byte[] bytes = new byte[BATCH_BYTES];
    int bytesEnd;

    void begin(int records) {
      size = records;
      bytesEnd = 0;
      if (offsets.length >= records) return;
      offsets = new long[records];
      timestamps = new long[records];
      areAppendTimes = new boolean[records];
      starts = new int[records];
      ends = new int[records];
    }

    /** Takes a record that begins an array, as {@link ForeignRows#assemble} writes it. */
    void put(int slot, byte[] record, int end) {
      int at = 0;
      while (record[at++] < 0) {
        // its length
      }
      at++; // attributes
      long bits = 0;
      for (int shift = 0; ; shift += 7) {
        long next = record[at++];
        bits |= (next & 0x7f) << shift;
        if (next >= 0) break;
      }
      timestamps[slot] = ByteAccess.unzigzag(bits);
      at++; // no difference in offset
      int length = end - at;
      if (bytes.length < bytesEnd + length) {
        long wanted = Math.max((long) bytesEnd + length, bytes.length * 2L);
        if (wanted > Integer.MAX_VALUE - 64) throw new IllegalStateException("records of 2 GiB");
        bytes = Arrays.copyOf(bytes, (int) wanted);
      }
      System.arraycopy(record, at, bytes, bytesEnd, length);
      starts[slot] = bytesEnd;
      bytesEnd += length;
      ends[slot] = bytesEnd;
    }
  }

  /** A run of rows that a window takes. */
  private record Piece(Group group, int row, int count, long offset) {}

  private final class ForeignCursor implements Cursor {
    private final ProgramTable values;
    private final ProgramTable keys;
    private final Map<Group, ForeignRows> open = new LinkedHashMap<>(8, 0.75f, true);
    private final Window window = new Window();
    private long nextOffset;

    /** The next record of the window. */
    private int at;

    private byte[] out = new byte[64 << 10];

    ForeignCursor(long offset) {
      nextOffset = offset;
      var programs = new Programs(tree);
      values = programs.values(schemas);
      keys = programs.keys(schemas);
    }

    @Override
    public ByteBuffer next(int bytesMax) {
      int end = 0;
      try {
        while (end < bytesMax) {
          if (at == window.size && !loadWindow()) break;
          int left = Math.min(BATCH_BYTES, Math.max(1, bytesMax - end));
          int records = batchRecords(left, end == 0);
          if (records == 0) break;
          end = putBatch(end, records);
        }
      } catch (IOException | RuntimeException e) {
        throw corrupt(file, e);
      }
      return ByteBuffer.wrap(Arrays.copyOf(out, end));
    }

    /** How many records make the next batch: of one kind of time, and not too many bytes. */
    private int batchRecords(int bytesMax, boolean isFirst) {
      int count = 0;
      long bytes = BatchView.HEADER_BYTES;
      boolean isAppendTime = window.areAppendTimes[at];
      for (int i = at; i < window.size; i++) {
        bytes += window.ends[i] - window.starts[i] + 20;
        boolean isAlike =
            window.areAppendTimes[i] == isAppendTime
                && (!isAppendTime || window.timestamps[i] == window.timestamps[at])
                && window.offsets[i] - window.offsets[at] <= Integer.MAX_VALUE;
        if (!isAlike) break;
        if (bytes > bytesMax && (count > 0 || !isFirst)) break;
        count++;
      }
      return count;
    }

    private int putBatch(int from, int records) {
      long baseOffset = window.offsets[at];
      long baseTimestampMs = window.timestamps[at];
      long maxTimestampMs = baseTimestampMs;
      int end = from + BatchView.HEADER_BYTES;
      for (int i = at; i < at + records; i++) {
        int rest = window.ends[i] - window.starts[i];
        ensure(end, rest + 64);
        long timeDelta = window.timestamps[i] - baseTimestampMs;
        long offsetDelta = window.offsets[i] - baseOffset;
        int bodyBytes =
            1
                + ByteAccess.varintBytes(ByteAccess.zigzag(timeDelta))
                + ByteAccess.varintBytes(ByteAccess.zigzag(offsetDelta))
                + rest;
        end = ByteAccess.putZigzag(out, end, bodyBytes);
        out[end++] = 0;
        end = ByteAccess.putZigzag(out, end, timeDelta);
        end = ByteAccess.putZigzag(out, end, offsetDelta);
        System.arraycopy(window.bytes, window.starts[i], out, end, rest);
        end += rest;
        maxTimestampMs = Math.max(maxTimestampMs, window.timestamps[i]);
      }
      var index = new BatchIndex();
      int lastDelta = (int) (window.offsets[at + records - 1] - baseOffset);
      index.add(
          new BatchIndex.Entry(
              baseOffset,
              records,
              records,
              lastDelta,
              window.areAppendTimes[at] ? APPEND_TIME_BIT : 0,
              NO_EPOCH,
              -1,
              (short) -1,
              -1,
              baseTimestampMs,
              maxTimestampMs,
              0),
          null,
          null);
      BatchHeader.put(out, from, end, index, 0);
      at += records;
      return end;
    }

    private void ensure(int end, int more) {
      long needed = (long) end + more + ByteAccess.SLACK_BYTES;
      if (needed <= out.length) return;
      if (needed > Integer.MAX_VALUE - 64) throw new IllegalStateException("batches of 2 GiB");
      out = Arrays.copyOf(out, (int) Math.min(needed * 2, Integer.MAX_VALUE - 64));
    }

    /** Brings the next records; false: there are none. */
    boolean loadWindow() throws IOException {
      List<Piece> pieces = pieces();
      int records = pieces.stream().mapToInt(Piece::count).sum();
      window.begin(records);
      at = 0;
      if (records == 0) return false;
      int slot = 0;
      List<Placed> placed = new ArrayList<>();
      for (Piece piece : pieces) {
        placed.add(new Placed(piece, slot));
        slot += piece.count;
      }
      // As they lie, so that each row group is gone through once.
      placed.sort(
          Comparator.<Placed>comparingInt(one -> one.piece.group.file)
              .thenComparingInt(one -> one.piece.group.index)
              .thenComparingInt(one -> one.piece.row));
      for (Placed one : placed) take(one);
      Piece last = pieces.getLast();
      nextOffset = last.offset + last.count;
      return true;
    }

    private record Placed(Piece piece, int slot) {}

    private void take(Placed one) throws IOException {
      Piece piece = one.piece;
      ForeignRows rows = rows(piece.group);
      rows.seek(piece.row);
      for (int i = 0; i < piece.count; i++) {
        int slot = one.slot + i;
        window.offsets[slot] = piece.offset + i;
        window.areAppendTimes[slot] = rows.isAppendTime();
        int end = rows.assemble(piece.offset + i);
        window.put(slot, rows.bytes(), end);
      }
    }

    private ForeignRows rows(Group group) throws IOException {
      ForeignRows known = open.get(group);
      if (known != null) return known;
      if (open.size() == OPEN_GROUPS_MAX) {
        var eldest = open.entrySet().iterator();
        eldest.next().getValue().close();
        eldest.remove();
      }
      var opened = new ForeignRows(files[group.file], group.index, values, keys);
      open.put(group, opened);
      return opened;
    }

    /** The rows of the next offsets, in their order. */
    private List<Piece> pieces() throws IOException {
      List<Piece> found = new ArrayList<>();
      long end = Long.MAX_VALUE;
      int rowsMax = WINDOW_ROWS_MAX;
      for (Group group : groups) {
        if (group.offsetMin >= end) break;
        if (group.offsetMax < nextOffset) continue;
        if (found.isEmpty()) rowsMax = windowRows(group);
        ForeignRuns runs = runs(group);
        int taken = 0;
        for (int i = runs.from(nextOffset); i < runs.size && taken < rowsMax; i++) {
          int passed = (int) Math.max(0, nextOffset - runs.offsets[i]);
          int count = Math.min(runs.counts[i] - passed, rowsMax - taken);
          found.add(new Piece(group, runs.rows[i] + passed, count, runs.offsets[i] + passed));
          taken += count;
        }
        end = cut(found, rowsMax);
      }
      return found;
    }

    /** Leaves so many rows; returns the offset behind them, if there are so many. */
    private long cut(List<Piece> found, int rowsMax) throws IOException {
      found.sort(Comparator.comparingLong(Piece::offset));
      int rows = 0;
      long end = Long.MIN_VALUE;
      for (int i = 0; i < found.size(); i++) {
        Piece piece = found.get(i);
        if (piece.offset < end) throw new IOException("offset " + piece.offset + " comes twice");
        int left = rowsMax - rows;
        if (piece.count >= left) {
          found.set(i, new Piece(piece.group, piece.row, left, piece.offset));
          found.subList(i + 1, found.size()).clear();
          return piece.offset + left;
        }
        rows += piece.count;
        end = piece.offset + piece.count;
      }
      return Long.MAX_VALUE;
    }

    /** So many that their records are about a batch. */
    private int windowRows(Group group) {
      ForeignFooter.Group facts = files[group.file].footer.groups.get(group.index);
      long rowBytes = Math.max(1, facts.bytes() / Math.max(1, facts.rows()));
      return Math.clamp(BATCH_BYTES / rowBytes, 1, WINDOW_ROWS_MAX);
    }

    @Override
    public void close() {
      open.values().forEach(ForeignRows::close);
      open.clear();
    }
  }
}

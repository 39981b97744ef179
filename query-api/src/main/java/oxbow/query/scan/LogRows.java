package oxbow.query.scan;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import oxbow.cold.RowShape;
import oxbow.cold.file.BatchRows;
import oxbow.cold.file.ColdFileReader;
import oxbow.cold.file.ColdFileWriter.Aborted;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.SystemColumns;
import oxbow.cold.file.parquet.ColumnScan;
import oxbow.cold.file.parquet.PageRows;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.store.StoreException;
import oxbow.log.FileSlice;
import oxbow.log.SealedSegments;
import oxbow.log.batch.BatchView;
import oxbow.query.scan.ScanPlan.Bounds;
import oxbow.query.scan.ScanPlan.Piece;
import oxbow.query.sql.duckdb.ChunkWriter;
import oxbow.query.sql.duckdb.RowSource;
import oxbow.schema.layout.Column;

/**
 * Rows made while they are read: of the log's batches, of the pages of cold files that lie
 * elsewhere, and of batches of cold files whose columns aren't the table's. Of pages only those are
 * fetched that are wanted.
 */
public final class LogRows implements RowSource {
  /** About as many threads may have something to do with one file. */
  private static final int PARTS = 8;

  /** Rows of a chunk. */
  private static final int CHUNK_ROWS = 2048;

  /** After so many bytes a chunk is given though it has room. */
  private static final int CHUNK_BYTES = 8 << 20;

  private static final int READ_BYTES = 1 << 20;
  private static final Set<Integer> PLACE =
      Set.of(
          SystemColumns.PARTITION.id(),
          SystemColumns.OFFSET.id(),
          SystemColumns.TIMESTAMP.id(),
          SystemColumns.TIMESTAMP_TYPE.id());

  private final RowShape shape;
  private final List<Column> columns;
  private final List<Piece> pieces;
  private final Wanted wanted;
  private final ColdColumns coldFiles;
  private final BooleanSupplier isStopped;
  private final LongAdder piecesDone;
  private final ColumnTree tree;

  /**
   * @param columns all of them, as they are called
   * @param isStopped nobody wants to know any more
   * @param piecesDone counts
   */
  public LogRows(
      RowShape shape,
      List<Column> columns,
      List<Piece> pieces,
      Wanted wanted,
      ColdColumns coldFiles,
      BooleanSupplier isStopped,
      LongAdder piecesDone) {
    this.shape = shape;
    this.columns = List.copyOf(columns);
    this.pieces = List.copyOf(pieces);
    this.wanted = wanted;
    this.coldFiles = coldFiles;
    this.isStopped = isStopped;
    this.piecesDone = piecesDone;
    this.tree = new ColumnTree(shape.columns());
  }

  @Override
  public List<Column> columns() {
    return columns;
  }

  @Override
  public long rows() {
    long rows = 0;
    for (Piece piece : pieces) {
      rows +=
          switch (piece) {
            case Piece.Hot hot -> hot.range().endOffset() - hot.range().baseOffset();
            case Piece.Cold cold -> cold.file().records();
          };
    }
    return rows;
  }

  @Override
  public Scan scan(int[] wantedColumns) {
    return new PieceScan(wantedColumns.clone());
  }

  private final class PieceScan implements Scan {
    private final List<@Nullable ColumnNode> nodes = new ArrayList<>();
    private final boolean isPlaceOnly;
    private final Queue<Piece> left = new ConcurrentLinkedQueue<>();
    private final ColdGroups groups;

    PieceScan(int[] wantedColumns) {
      for (int column : wantedColumns) {
        // Where only the number of rows counts there is a column that nobody looks at.
        boolean isThere = column >= 0 && column < columns.size();
        nodes.add(isThere ? tree.top().get(column) : null);
      }
      isPlaceOnly =
          nodes.stream().allMatch(node -> node == null || PLACE.contains(node.column.id()));
      List<Piece.Cold> ofPages = new ArrayList<>();
      for (Piece piece : pieces) {
        boolean isOfPages =
            piece instanceof Piece.Cold cold && cold.file().format() == ColdFormat.PARQUET;
        if (isOfPages) ofPages.add((Piece.Cold) piece);
        else left.add(piece);
      }
      groups =
          new ColdGroups(
              coldFiles,
              ofPages,
              tree,
              nodes.stream().filter(Objects::nonNull).distinct().toList(),
              wanted.ranges(),
              isStopped,
              piecesDone);
    }

    @Override
    public int threadsMax() {
      return pieces.size() * PARTS;
    }

    @Override
    public Worker worker() {
      return new PieceWorker(this);
    }

    @Override
    public void close() {
      groups.close();
    }
  }

  private final class PieceWorker implements Worker {
    private final PieceScan scan;
    private final ChunkWriter writer;
    private final Map<Integer, BatchRows> rowsOfPartitions = new HashMap<>();
    private @Nullable Feed feed;
    private @Nullable BatchRows rows;
    private boolean hasMore;

    /** A row group in work, and what makes rows of such. */
    private ColdGroups.Unit.@Nullable Pages unit;

    private @Nullable PageRows pageRows;
    private ColumnScan.@Nullable Shape pagesShape;

    PieceWorker(PieceScan scan) {
      this.scan = scan;
      this.writer = new ChunkWriter(tree, scan.nodes);
    }

    @Override
    public int fill(MemorySegment chunk) {
      while (true) {
        ColdGroups.Unit.Pages pages = unit;
        if (pages != null) {
          int count = fillFromPages(pages, chunk);
          if (count > 0) return count;
          continue;
        }
        BatchRows filled = rows;
        if (filled == null || feed == null) {
          if (isStopped.getAsBoolean() || !(nextPiece() || nextUnit())) return 0;
          continue;
        }
        filled.clear();
        boolean isAtEnd = false;
        while (filled.rows() < CHUNK_ROWS && filled.inputBytes() < CHUNK_BYTES) {
          if (!hasMore && !nextBatch(filled)) {
            isAtEnd = true;
            break;
          }
          hasMore = filled.take(CHUNK_ROWS);
        }
        if (isAtEnd) endPiece();
        if (filled.rows() > 0) {
          writer.write(filled.vectors(), filled.rows(), chunk);
          return filled.rows();
        }
      }
    }

    private boolean nextUnit() {
      try {
        switch (scan.groups.next()) {
          case null -> {
            return false;
          }
          case ColdGroups.Unit.Batches(Piece.Cold piece) -> begin(piece);
          case ColdGroups.Unit.Pages pages -> begin(pages);
          case ColdGroups.Unit.End _ -> throw new IllegalStateException("an end is no unit");
        }
        return true;
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    private void begin(ColdGroups.Unit.Pages pages) {
      PageRows known = pageRows;
      if (known == null || !pages.shape().equals(pagesShape)) {
        if (known != null) known.close();
        known = new PageRows(pages.shape(), tree);
        pageRows = known;
        pagesShape = pages.shape();
      }
      unit = pages;
      Bounds bounds = pages.piece().bounds();
      try {
        known.begin(pages.group(), pages.bytes(), bounds.from(), bounds.to());
      } catch (IOException | RuntimeException e) {
        throw corrupt(pages, e);
      }
    }

    private int fillFromPages(ColdGroups.Unit.Pages pages, MemorySegment chunk) {
      PageRows from = Objects.requireNonNull(pageRows);
      int count;
      try {
        count = isStopped.getAsBoolean() ? 0 : from.take(CHUNK_ROWS);
      } catch (IOException | RuntimeException e) {
        throw corrupt(pages, e);
      }
      if (count > 0) {
        writer.write(from.vectors(), count, chunk);
        return count;
      }
      unit = null;
      scan.groups.done(pages);
      return 0;
    }

    private StoreException corrupt(ColdGroups.Unit.Pages pages, Exception cause) {
      return new StoreException(
          StoreException.Kind.CORRUPT,
          "cold file " + pages.piece().file().name() + " can't be read: " + cause.getMessage(),
          cause);
    }

    private boolean nextPiece() {
      Piece piece = scan.left.poll();
      if (piece == null) return false;
      begin(piece);
      return true;
    }

    private void begin(Piece piece) {
      rows =
          rowsOfPartitions.computeIfAbsent(
              piece.partition(),
              partition ->
                  new BatchRows(
                      tree, partition, shape.isFramed(), shape.schemas(), scan.isPlaceOnly));
      feed =
          switch (piece) {
            case Piece.Hot hot -> new HotFeed(hot.range(), hot.bounds());
            case Piece.Cold cold ->
                new ColdFeed(coldFiles.open().apply(cold.file()), cold.bounds());
          };
      hasMore = false;
    }

    private boolean nextBatch(BatchRows into) {
      Feed from = feed;
      if (from == null || isStopped.getAsBoolean()) return false;
      while (true) {
        ByteBuffer batch = from.next();
        if (batch == null) return false;
        if (BatchView.baseOffset(batch, 0) >= from.bounds.to()) return false;
        // No record is younger than its batch says.
        if (!wanted.mayHaveTimes(Long.MIN_VALUE, BatchView.maxTimestampMs(batch, 0))) continue;
        into.begin(batch, from.bounds.from(), from.bounds.to(), from.aborted);
        return true;
      }
    }

    private void endPiece() {
      Feed ended = feed;
      feed = null;
      if (ended == null) return;
      ended.close();
      piecesDone.increment();
    }

    @Override
    public void close() {
      Feed open = feed;
      feed = null;
      if (open != null) open.close();
      if (pageRows != null) pageRows.close();
      rowsOfPartitions.values().forEach(BatchRows::close);
    }
  }

  /** Batches one after the other. */
  private abstract static class Feed {
    final Bounds bounds;
    final List<Aborted> aborted;

    Feed(Bounds bounds, List<Aborted> aborted) {
      this.bounds = bounds;
      this.aborted = aborted;
    }

    /** The next batch, alone in a buffer; null: there are no more. */
    abstract @Nullable ByteBuffer next();

    void close() {}

    /** Cuts the first batch off a buffer. */
    static ByteBuffer cut(ByteBuffer batches) {
      int size = BatchView.sizeBytes(batches, batches.position());
      ByteBuffer batch = batches.slice(batches.position(), size);
      batches.position(batches.position() + size);
      return batch;
    }
  }

  /** Reads a held range of a segment. */
  private static final class HotFeed extends Feed {
    private final FileSlice slice;
    private ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES).flip();
    private long position;
    private final long end;

    HotFeed(SealedSegments.Range range, Bounds bounds) {
      super(
          bounds,
          range.aborted().stream()
              .map(one -> new Aborted(one.producerId(), one.firstOffset(), one.lastOffset()))
              .toList());
      this.slice = range.slice();
      this.position = slice.position();
      this.end = position + slice.sizeBytes();
    }

    @Override
    @Nullable ByteBuffer next() {
      if (!has(BatchView.HEADER_BYTES)) {
        if (position >= end && !buffer.hasRemaining()) return null;
        fill(BatchView.HEADER_BYTES);
      }
      int size = BatchView.sizeBytes(buffer, buffer.position());
      if (!has(size)) fill(size);
      return cut(buffer);
    }

    private boolean has(int bytes) {
      return buffer.remaining() >= bytes;
    }

    private void fill(int needed) {
      if (needed > buffer.capacity()) {
        buffer = ByteBuffer.allocate(needed + READ_BYTES).put(buffer);
      } else {
        buffer.compact();
      }
      try {
        while (buffer.position() < needed) {
          int room = (int) Math.min(buffer.remaining(), end - position);
          buffer.limit(buffer.position() + room);
          int count = room == 0 ? -1 : slice.channel().read(buffer, position);
          buffer.limit(buffer.capacity());
          if (count < 0) throw new EOFException("a segment ends within a batch");
          position += count;
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      buffer.flip();
    }
  }

  /** Reads a cold file back. */
  private static final class ColdFeed extends Feed {
    private final ColdFileReader.Cursor cursor;
    private ByteBuffer batches = ByteBuffer.allocate(0);

    ColdFeed(ColdFileReader reader, Bounds bounds) {
      super(bounds, List.of()); // records of aborted transactions never got there
      this.cursor = reader.open(Math.max(bounds.from(), reader.file().baseOffset()));
    }

    @Override
    @Nullable ByteBuffer next() {
      if (!batches.hasRemaining()) batches = cursor.next(READ_BYTES);
      return batches.hasRemaining() ? cut(batches) : null;
    }

    @Override
    void close() {
      cursor.close();
    }
  }
}

package oxbow.query.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Bounds;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlEngine;

/**
 * A range of a topic's records as rows of its table, batch by batch: one partition after the other,
 * each in the order of its offsets. Asks the engine for one window of offsets at a time, when it is
 * asked for the next batch. Belongs to one thread, which may wait in it.
 */
public final class RowReplay implements AutoCloseable {
  private static final int ROWS_MAX = 50_000;
  private static final long WINDOW_MAX = 1L << 32;
  private static final int FEW = 500;
  private static final int MICROS_PER_MS = 1000;
  private static final long PLACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PLACE_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);

  private final Topics topics;
  private final ReplayRequest request;
  private final Waiting waiting;
  private final RecordRows rows;
  private final String columns;
  private final SqlEngine.Description description;
  private final List<Part> parts = new ArrayList<>();

  private int current;
  private @Nullable RunningQuery query;
  private long windowEnd;
  private long windowRows;
  private long windowRowsMax;
  private long windowSize = ROWS_MAX;
  private long recordsGiven;
  private boolean isAtEnd;

  /** One partition's way through its range. */
  private static final class Part {
    private final Ranges.Range range;
    private long position;
    private @Nullable CompletableFuture<Void> arrival;

    Part(Ranges.Range range) {
      this.range = range;
      this.position = range.start();
    }

    boolean isDone() {
      return position >= range.end();
    }
  }

  /** What comes next. */
  public enum Step {
    /** {@link #batch} has rows. */
    BATCH,
    /** Nothing for as long as one wanted to wait. */
    QUIET,
    END
  }

  private RowReplay(
      Topics topics,
      ReplayRequest request,
      Waiting waiting,
      RecordRows rows,
      String columns,
      SqlEngine.Description description) {
    this.topics = topics;
    this.request = request;
    this.waiting = waiting;
    this.rows = rows;
    this.columns = columns;
    this.description = description;
  }

  /**
   * Finds the range and the columns; nothing is read yet.
   *
   * @param columns what SQL's SELECT would name; the record's partition, offset and time come first
   * @throws QueryException there is no such range, or no such column
   */
  public static RowReplay open(
      Topics topics,
      SqlEngine engine,
      ReplayRequest request,
      Optional<String> predicate,
      Optional<String> columns,
      Waiting waiting) {
    var all = new RecordRows(engine, request.topic().name(), predicate);
    RecordRows rows = request.key().map(key -> all.withKey(key.bytes())).orElse(all);
    String selected =
        columns
            .filter(text -> !text.strip().equals("*"))
            .map(text -> "kafka_partition, kafka_offset, kafka_timestamp, " + text)
            .orElse("*");
    List<Ranges.Range> ranges = new Ranges(topics, waiting, request.isolation()).of(request);
    var replay = new RowReplay(topics, request, waiting, rows, selected, rows.describe(selected));
    ranges.forEach(range -> replay.parts.add(new Part(range)));
    return replay;
  }

  public Schema schema() {
    return description.schema();
  }

  /** The names of the columns. */
  public List<String> columns() {
    return description.columns().stream().map(column -> column.name()).toList();
  }

  /**
   * The next rows. Waits for reads as long as they take.
   *
   * @param quietNanos how long to wait for records that don't exist yet
   */
  public Step next(long quietNanos) {
    while (true) {
      waiting.check();
      RunningQuery open = query;
      if (open != null) {
        if (RecordRows.next(open, waiting) == RunningQuery.Step.BATCH) {
          took(open.batch());
          return Step.BATCH;
        }
        endWindow();
        continue;
      }
      if (recordsGiven >= request.recordsMax()) return Step.END;
      if (beginWindow()) continue;
      if (parts.stream().allMatch(Part::isDone)) {
        isAtEnd = true;
        return Step.END;
      }
      if (!hasArrived(quietNanos)) return Step.QUIET;
    }
  }

  private void took(VectorSchemaRoot batch) {
    var offsets = (BigIntVector) batch.getVector("kafka_offset");
    int count = batch.getRowCount();
    windowRows += count;
    recordsGiven += count;
    parts.get(current).position = offsets.get(count - 1) + 1;
  }

  /** Asks for the next window of a partition that has something; false: none has. */
  private boolean beginWindow() {
    for (int i = 0; i < parts.size(); i++) {
      int index = (current + i) % parts.size();
      Part part = parts.get(index);
      CompletableFuture<Void> arrival = part.arrival;
      if (part.isDone() || (arrival != null && !arrival.isDone())) continue;
      if (arrival != null) {
        part.arrival = null;
        waiting.await(arrival); // shows a failure
      }
      long end = Math.min(part.range.end(), visibleEnd(part));
      if (part.position >= end) {
        if (request.isFollowing()) {
          part.arrival = topics.await(part.range.partition(), part.position, request.isolation());
        } else {
          part.position = part.range.end();
        }
        continue;
      }
      current = index;
      windowEnd = Math.min(end, part.position + windowSize);
      windowRows = 0;
      windowRowsMax = Math.min(ROWS_MAX, request.recordsMax() - recordsGiven);
      query = run(part);
      if (!Objects.equals(query.schema(), description.schema())) {
        throw new QueryException(
            Kind.UNAVAILABLE, "the topic's columns changed meanwhile; ask again from the cursor");
      }
      return true;
    }
    return false;
  }

  /** Whoever has rows already waits for a place again, and isn't sent away. */
  private RunningQuery run(Part part) {
    long until = System.nanoTime() + PLACE_NANOS_MAX;
    while (true) {
      try {
        return rows.run(
            columns, part.range.partition().partition(), part.position, windowEnd, windowRowsMax);
      } catch (QueryException e) {
        boolean isPatient = recordsGiven > 0 && System.nanoTime() < until;
        if (e.kind() != Kind.BUSY || !isPatient) throw e;
        waiting.pause(PLACE_NANOS);
      }
    }
  }

  /**
   * Gives the engine back what the batch holds of it, for as long as nobody takes rows. The batch
   * is gone with it; its rows that were not used come again.
   *
   * @param used how many of its rows were
   */
  public void letGo(int used) {
    recordsGiven -= batch().getRowCount() - used;
    parts.get(current).position = positionBehind(used);
    RunningQuery open = query;
    query = null;
    if (open != null) open.close();
  }

  private void endWindow() {
    RunningQuery open = query;
    query = null;
    if (open != null) open.close();
    boolean isWhole = windowRows < windowRowsMax;
    if (isWhole) parts.get(current).position = windowEnd;
    if (windowRows < FEW) windowSize = Math.min(WINDOW_MAX, windowSize * 4);
    else if (!isWhole) windowSize = Math.max(ROWS_MAX, windowSize / 4);
  }

  private long visibleEnd(Part part) {
    Bounds now =
        topics
            .bounds(part.range.partition())
            .orElseThrow(() ->
                new QueryException(
                    Kind.UNAVAILABLE,
                    "partition " + part.range.partition().partition() + " can't be read any more"));
    return now.lastStable();
  }

  private boolean hasArrived(long nanos) {
    List<CompletableFuture<Void>> arrivals =
        parts.stream().map(part -> part.arrival).filter(Objects::nonNull).toList();
    return waiting.await(arrivals, nanos);
  }

  /** The rows found by {@link #next}: borrowed until it is called again. */
  public VectorSchemaRoot batch() {
    RunningQuery open = query;
    if (open == null) throw new IllegalStateException("there is no batch");
    return open.batch();
  }

  /** Where to go on behind the rows that were given. */
  public Cursor cursor() {
    var next = new TreeMap<Integer, Long>();
    for (Part part : parts) next.put(part.range.partition().partition(), part.position);
    return new Cursor(request.topic().id(), next);
  }

  /**
   * Where to go on behind some rows of the batch.
   *
   * @param used how many of them
   */
  public Cursor cursor(int used) {
    Part part = parts.get(current);
    long behindBatch = part.position;
    part.position = positionBehind(used);
    Cursor cursor = cursor();
    part.position = behindBatch;
    return cursor;
  }

  private long positionBehind(int used) {
    var offsets = (BigIntVector) batch().getVector("kafka_offset");
    return used > 0 ? offsets.get(used - 1) + 1 : offsets.get(0);
  }

  /** When a row of the batch was written, in milliseconds. */
  public long timestampMs(int row) {
    return Math.floorDiv(
        ((TimeStampVector) batch().getVector("kafka_timestamp")).get(row), MICROS_PER_MS);
  }

  /** The range was read to its end. */
  public boolean isAtEnd() {
    return isAtEnd;
  }

  public long recordsGiven() {
    return recordsGiven;
  }

  @Override
  public void close() {
    RunningQuery open = query;
    query = null;
    if (open != null) open.close();
    for (Part part : parts) {
      CompletableFuture<Void> arrival = part.arrival;
      if (arrival != null) arrival.cancel(false);
    }
  }
}

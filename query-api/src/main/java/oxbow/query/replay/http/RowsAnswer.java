package oxbow.query.replay.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.vector.VectorSchemaRoot;
import oxbow.query.Failures;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.replay.Cursor;
import oxbow.query.replay.Pace;
import oxbow.query.replay.ReplayRequest;
import oxbow.query.replay.RowReplay;
import oxbow.query.replay.Waiting;
import oxbow.query.rows.ArrowBytes;
import oxbow.query.rows.RowText;
import oxbow.query.rows.Utf8;
import oxbow.query.sql.SqlEngine;

/**
 * One answer full of records as rows of their table. Writes a piece, and asks for more when the
 * client has taken it. Runs on a thread of its own.
 */
final class RowsAnswer implements Answer {
  private static final int PIECE_BYTES = 64 << 10;
  private static final int PAGE_BYTES_MAX = 16 << 20;

  /** A client that takes nothing for so long holds no place of the engine meanwhile. */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private final Topics topics;
  private final SqlEngine engine;
  private final ReplayRequest request;
  private final Optional<String> predicate;
  private final Optional<String> columns;
  private final Format format;
  private final Optional<Pace> pace;
  private final boolean isResumed;
  private final HttpBounds bounds;
  private final HttpResponseWriter writer;
  private final Waiting waiting;
  private final ReplayStats stats;

  private final Utf8 out = new Utf8();
  private final RowText text;
  private final ArrowBytes arrow = new ArrowBytes(PIECE_BYTES);
  private boolean hasBegun;
  private boolean hasHeaders;
  private boolean hasRows;
  private CompletableFuture<?> taken = CompletableFuture.completedFuture(true);
  private long writtenNanos = System.nanoTime();

  /**
   * @param isResumed the client had events before
   */
  RowsAnswer(
      Topics topics,
      SqlEngine engine,
      ReplayRequest request,
      Optional<String> predicate,
      Optional<String> columns,
      Format format,
      boolean isLongAsText,
      Optional<Pace> pace,
      boolean isResumed,
      HttpBounds bounds,
      HttpResponseWriter writer,
      Waiting waiting,
      ReplayStats stats) {
    this.topics = topics;
    this.engine = engine;
    this.request = request;
    this.predicate = predicate;
    this.columns = columns;
    this.format = format;
    this.pace = pace;
    this.isResumed = isResumed;
    this.bounds = bounds;
    this.writer = writer;
    this.waiting = waiting;
    this.stats = stats;
    this.text = new RowText(ZoneOffset.UTC, isLongAsText, out);
  }

  @Override
  public boolean write() {
    try (var replay = RowReplay.open(topics, engine, request, predicate, columns, waiting)) {
      try {
        stream(replay);
        return true;
      } catch (Waiting.StoppedException e) {
        throw e;
      } catch (RuntimeException e) {
        return fail(Failures.of(e), replay.cursor());
      }
    } catch (Waiting.StoppedException e) {
      // The client is gone, or the server goes.
      return !hasHeaders && refuse(new QueryException(Kind.UNAVAILABLE, "the server stops", e));
    } catch (RuntimeException e) {
      return !hasHeaders && refuse(Failures.of(e));
    }
  }

  private void stream(RowReplay replay) {
    long heartbeatNanos = bounds.heartbeat().toNanos();
    long pageUntil = System.nanoTime() + bounds.timeout().toNanos() / 2;
    boolean isEnded = false;
    while (!isEnded) {
      switch (replay.next(isEmpty() && hasHeaders ? heartbeatNanos : 0)) {
        case BATCH -> {
          begin(replay);
          batch(replay);
        }
        case QUIET -> {
          begin(replay);
          if (isEmpty() && isLongQuiet()) heartbeat(replay.cursor());
          flush();
        }
        case END -> isEnded = true;
      }
      if (format.isPage) {
        isEnded |= out.size() > PAGE_BYTES_MAX || System.nanoTime() - pageUntil > 0;
      }
    }
    if (isResumed && !hasHeaders && replay.recordsGiven() == 0) {
      writer.write(ResponseHeaders.of(HttpStatus.NO_CONTENT)); // tells browsers not to come again
      return;
    }
    begin(replay);
    end(replay);
    flush();
  }

  private boolean isLongQuiet() {
    return System.nanoTime() - writtenNanos >= bounds.heartbeat().toNanos();
  }

  private void heartbeat(Cursor cursor) {
    switch (format) {
      case NDJSON -> out.add("{\"next\":\"").add(cursor.text()).add("\"}\n");
      case EVENTS -> out.add("id: ").add(cursor.text()).add("\n: quiet\n\n");
      default -> {}
    }
  }

  private boolean isEmpty() {
    return out.isEmpty() && arrow.isEmpty();
  }

  private void begin(RowReplay replay) {
    if (hasBegun) return;
    hasBegun = true;
    switch (format) {
      case CSV -> text.csvHead(replay.columns());
      case JSON -> out.add("{\"records\":[");
      case ARROW -> arrow.begin(replay.schema());
      default -> {}
    }
  }

  private void batch(RowReplay replay) {
    VectorSchemaRoot batch = replay.batch();
    int count = batch.getRowCount();
    if (format == Format.ARROW) {
      // Rows of one message belong together: what the client doesn't take yet is kept.
      arrow.batch(
          batch,
          () -> {
            if (taken.isDone()) send();
          });
      stats.gaveRows(count);
      send();
      boolean _ = isTaken(replay, count);
      return;
    }
    text.batch(batch);
    for (int row = 0; row < count; row++) {
      if (!isDue(replay, row)) return;
      switch (format) {
        case CSV -> text.csv(row);
        case EVENTS -> {
          out.add("id: ").add(replay.cursor(row + 1).text()).add("\ndata: ");
          text.object(row);
          out.add("\n\n");
        }
        case JSON -> {
          if (hasRows) out.add(',');
          text.object(row);
        }
        default -> {
          text.object(row);
          out.add('\n');
        }
      }
      hasRows = true;
      stats.gaveRows(1);
      if (format.isPage || out.size() < PIECE_BYTES) continue;
      send();
      if (!isTaken(replay, row + 1)) return;
    }
  }

  /**
   * Waits for a row's time, with signs of life. What is long in coming has the batch let go.
   *
   * @return whether the batch is there still
   */
  private boolean isDue(RowReplay replay, int row) {
    if (pace.isEmpty()) return true;
    long delayNanos = pace.get().delayNanos(replay.timestampMs(row), System.nanoTime());
    if (delayNanos <= 0) return true;
    send();
    boolean isSoon = delayNanos <= PATIENCE_NANOS && waiting.await(taken, PATIENCE_NANOS);
    Cursor before = replay.cursor(row);
    if (!isSoon) replay.letGo(row);
    awaitTaken();
    long until = System.nanoTime() + delayNanos;
    long heartbeatNanos = bounds.heartbeat().toNanos();
    for (long left = delayNanos; left > 0; left = until - System.nanoTime()) {
      waiting.pause(Math.min(left, heartbeatNanos));
      if (isLongQuiet()) {
        heartbeat(before);
        flush();
      }
    }
    return isSoon;
  }

  /**
   * Waits until the client has taken what was sent. One that takes its time has the batch let go.
   *
   * @param used rows of the batch that were sent
   * @return whether the batch is there still
   */
  private boolean isTaken(RowReplay replay, int used) {
    boolean isSoon = waiting.await(taken, PATIENCE_NANOS);
    if (!isSoon) replay.letGo(used);
    awaitTaken();
    return isSoon;
  }

  private void end(RowReplay replay) {
    String summary =
        Json.of(
            Json.map(
                "next", replay.cursor().text(),
                "end", replay.isAtEnd(),
                "count", replay.recordsGiven()));
    switch (format) {
      case NDJSON -> out.add(summary).add('\n');
      case EVENTS ->
          out.add("event: end\nid: ")
              .add(replay.cursor().text())
              .add("\ndata: ")
              .add(summary)
              .add("\n\n");
      case JSON -> out.add("],").add(summary.substring(1)).add('\n');
      case ARROW -> arrow.end();
      default -> {}
    }
  }

  private void flush() {
    send();
    awaitTaken();
  }

  private void send() {
    if (!hasHeaders) {
      writer.write(
          ResponseHeaders.builder(HttpStatus.OK)
              .contentType(format.contentType())
              .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
              .set("x-accel-buffering", "no")
              .build());
      hasHeaders = true;
    }
    waiting.check();
    if (!isEmpty()) {
      byte[] piece = out.isEmpty() ? arrow.take() : out.take();
      stats.sent(piece.length);
      if (!writer.tryWrite(HttpData.wrap(piece))) waiting.stop();
      writtenNanos = System.nanoTime();
    }
    taken = writer.whenConsumed().handle((_, _) -> true);
  }

  private void awaitTaken() {
    var _ = waiting.await(taken);
    if (!writer.isOpen()) waiting.stop();
    waiting.check();
  }

  private boolean fail(QueryException failure, Cursor cursor) {
    if (!hasHeaders) return refuse(failure);
    boolean isCut = format != Format.NDJSON && format != Format.EVENTS;
    if (isCut) return false;
    Map<String, Object> error = Json.error(failure);
    error.put("next", cursor.text());
    if (format == Format.EVENTS) {
      out.add("event: error\ndata: ").add(Json.of(error)).add("\n\n");
    } else {
      out.add(Json.of(error)).add('\n');
    }
    return writer.tryWrite(HttpData.wrap(out.take()));
  }

  private boolean refuse(QueryException failure) {
    hasHeaders = true;
    return writer.tryWrite(
            ResponseHeaders.builder(HttpStatus.valueOf(failure.kind().status()))
                .contentType(MediaType.JSON_UTF_8)
                .build())
        && writer.tryWrite(HttpData.ofUtf8(Json.of(Json.error(failure)) + "\n"));
  }
}

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
import org.apache.arrow.vector.VectorSchemaRoot;
import oxbow.query.Failures;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.Topics;
import oxbow.query.replay.Cursor;
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
final class RowsAnswer implements Runnable {
  private static final int PIECE_BYTES = 64 << 10;
  private static final int PAGE_BYTES_MAX = 16 << 20;

  private final Topics topics;
  private final SqlEngine engine;
  private final ReplayRequest request;
  private final Optional<String> predicate;
  private final Optional<String> columns;
  private final Format format;
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
  private long writtenNanos = System.nanoTime();

  RowsAnswer(
      Topics topics,
      SqlEngine engine,
      ReplayRequest request,
      Optional<String> predicate,
      Optional<String> columns,
      Format format,
      boolean isLongAsText,
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
    this.bounds = bounds;
    this.writer = writer;
    this.waiting = waiting;
    this.stats = stats;
    this.text = new RowText(ZoneOffset.UTC, isLongAsText, out);
  }

  @Override
  public void run() {
    try (var replay = RowReplay.open(topics, engine, request, predicate, columns, waiting)) {
      try {
        stream(replay);
      } catch (Waiting.StoppedException e) {
        throw e;
      } catch (RuntimeException e) {
        fail(Failures.of(e), replay.cursor());
      }
    } catch (Waiting.StoppedException e) {
      writer.close(e); // the client is gone, or the server goes: no answer is whole
    } catch (RuntimeException e) {
      refuse(Failures.of(e));
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
          stats.gaveRows(replay.batch().getRowCount());
          batch(replay.batch());
        }
        case QUIET -> {
          begin(replay);
          boolean isLongQuiet = System.nanoTime() - writtenNanos >= heartbeatNanos;
          if (isEmpty() && isLongQuiet && format == Format.NDJSON) {
            out.add("{\"next\":\"").add(replay.cursor().text()).add("\"}\n");
          }
          flush();
        }
        case END -> isEnded = true;
      }
      if (format.isPage) {
        isEnded |= out.size() > PAGE_BYTES_MAX || System.nanoTime() - pageUntil > 0;
      }
    }
    begin(replay);
    end(replay);
    flush();
    writer.close();
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

  private void batch(VectorSchemaRoot batch) {
    if (format == Format.ARROW) {
      arrow.batch(batch, this::flush);
      return;
    }
    text.batch(batch);
    int count = batch.getRowCount();
    for (int row = 0; row < count; row++) {
      switch (format) {
        case CSV -> text.csv(row);
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
      if (!format.isPage && out.size() >= PIECE_BYTES) flush();
    }
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
      case JSON -> out.add("],").add(summary.substring(1)).add('\n');
      case ARROW -> arrow.end();
      default -> {}
    }
  }

  private void flush() {
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
    waiting.await(writer.whenConsumed().handle((_, _) -> true));
    if (!writer.isOpen()) waiting.stop();
    waiting.check();
  }

  private void fail(QueryException failure, Cursor cursor) {
    if (!hasHeaders) {
      refuse(failure);
      return;
    }
    if (format != Format.NDJSON) {
      writer.close(failure); // the client sees an answer that breaks off
      return;
    }
    Map<String, Object> error = Json.error(failure);
    error.put("next", cursor.text());
    out.add(Json.of(error)).add('\n');
    if (writer.tryWrite(HttpData.wrap(out.take()))) writer.close();
  }

  private void refuse(QueryException failure) {
    writer.write(
        ResponseHeaders.builder(HttpStatus.valueOf(failure.kind().status()))
            .contentType(MediaType.JSON_UTF_8)
            .build());
    writer.write(HttpData.ofUtf8(Json.of(Json.error(failure)) + "\n"));
    writer.close();
  }
}

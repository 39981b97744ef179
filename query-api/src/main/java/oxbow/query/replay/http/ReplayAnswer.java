package oxbow.query.replay.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import java.util.Optional;
import oxbow.query.Failures;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.replay.Cursor;
import oxbow.query.replay.Pace;
import oxbow.query.replay.Replay;
import oxbow.query.replay.Replay.Step;
import oxbow.query.replay.ReplayRequest;
import oxbow.query.replay.Waiting;

/**
 * One answer full of records. Writes a piece, and goes on reading when the client has taken it: a
 * client that is slow stops the reading, one that is gone ends it. Runs on a thread of its own.
 */
final class ReplayAnswer implements Answer {
  private static final int PIECE_CHARS = 32 << 10;
  private static final int PAGE_CHARS_MAX = 16 << 20;

  private final Topics topics;
  private final ReplayRequest request;
  private final Format format;
  private final RecordText text;
  private final Optional<Pace> pace;
  private final boolean isResumed;
  private final boolean hasTrailers;
  private final HttpBounds bounds;
  private final HttpResponseWriter writer;
  private final Waiting waiting;
  private final ReplayStats stats;

  private boolean hasHeaders;
  private long toldHot;
  private long toldCold;
  private long writtenNanos = System.nanoTime();

  /**
   * @param isResumed the client had events before
   * @param hasTrailers a stream may have headers behind it
   */
  ReplayAnswer(
      Topics topics,
      ReplayRequest request,
      Format format,
      RecordText text,
      Optional<Pace> pace,
      boolean isResumed,
      boolean hasTrailers,
      HttpBounds bounds,
      HttpResponseWriter writer,
      Waiting waiting,
      ReplayStats stats) {
    this.topics = topics;
    this.request = request;
    this.format = format;
    this.text = text;
    this.pace = pace;
    this.isResumed = isResumed;
    this.hasTrailers = hasTrailers;
    this.bounds = bounds;
    this.writer = writer;
    this.waiting = waiting;
    this.stats = stats;
  }

  @Override
  public boolean write() {
    try (Replay replay = Replay.open(topics, request, waiting)) {
      try {
        if (format.isPage) page(replay);
        else stream(replay);
        return true;
      } catch (Waiting.StoppedException e) {
        throw e;
      } catch (RuntimeException e) {
        return fail(Failures.of(e), replay.cursor());
      } finally {
        tellStats(replay);
      }
    } catch (Waiting.StoppedException e) {
      // The client is gone, or the server goes.
      return !hasHeaders && refuse(new QueryException(Kind.UNAVAILABLE, "the server stops", e));
    } catch (RuntimeException e) {
      return !hasHeaders && refuse(Failures.of(e));
    }
  }

  private void tellStats(Replay replay) {
    stats.read(replay.hot() - toldHot, replay.cold() - toldCold);
    toldHot = replay.hot();
    toldCold = replay.cold();
  }

  private void page(Replay replay) {
    long until = System.nanoTime() + bounds.timeout().toNanos() / 2;
    boolean isFull = false;
    while (!isFull) {
      isFull =
          switch (replay.next(0)) {
            case Step.Found(var record) -> {
              text.record(record, replay);
              yield text.length() > PAGE_CHARS_MAX;
            }
            case Step.Quiet _ -> false;
            case Step.Ended _ -> true;
          };
      isFull |= System.nanoTime() - until > 0; // the next page goes on from here
    }
    text.end(replay);
    ResponseHeadersBuilder headers = headers();
    tell(replay).forEach((name, value) -> headers.set(name, value));
    writer.write(headers.build());
    hasHeaders = true;
    byte[] whole = text.take();
    stats.sent(whole.length);
    writer.write(HttpData.wrap(whole));
  }

  private void stream(Replay replay) {
    long heartbeatNanos = bounds.heartbeat().toNanos();
    boolean isEnded = false;
    while (!isEnded) {
      boolean isReady = hasHeaders || !request.isFollowing();
      Cursor before = pace.isPresent() ? replay.cursor() : null;
      switch (replay.next(text.isEmpty() && isReady ? heartbeatNanos : 0)) {
        case Step.Found(var record) -> {
          if (pace.isPresent() && before != null) {
            keep(pace.get().delayNanos(record.timestampMs(), System.nanoTime()), before);
          }
          text.record(record, replay);
          if (text.length() >= PIECE_CHARS) {
            tellStats(replay);
            flush();
          }
        }
        case Step.Quiet _ -> {
          tellStats(replay);
          if (text.isEmpty() && System.nanoTime() - writtenNanos >= heartbeatNanos) {
            text.heartbeat(replay.cursor());
          }
          flush();
        }
        case Step.Ended _ -> isEnded = true;
      }
    }
    if (isResumed && !hasHeaders && replay.recordsGiven() == 0 && text.isEmpty()) {
      writer.write(ResponseHeaders.of(HttpStatus.NO_CONTENT)); // tells browsers not to come again
      return;
    }
    text.end(replay);
    flush();
    // In HTTP/1.1 some clients, Java's own among them, stumble over what follows the last chunk.
    if (hasTrailers) writer.write(tell(replay));
  }

  /** Waits for a record's time, with signs of life. */
  private void keep(long delayNanos, Cursor before) {
    if (delayNanos <= 0) return;
    flush();
    long until = System.nanoTime() + delayNanos;
    long heartbeatNanos = bounds.heartbeat().toNanos();
    for (long left = delayNanos; left > 0; left = until - System.nanoTime()) {
      waiting.pause(Math.min(left, heartbeatNanos));
      if (System.nanoTime() - writtenNanos >= heartbeatNanos) {
        text.heartbeat(before);
        flush();
      }
    }
  }

  private void flush() {
    if (!hasHeaders) {
      text.begin();
      writer.write(headers().build());
      hasHeaders = true;
    }
    waiting.check();
    if (!text.isEmpty()) {
      byte[] piece = text.take();
      stats.sent(piece.length);
      if (!writer.tryWrite(HttpData.wrap(piece))) waiting.stop();
      writtenNanos = System.nanoTime();
    }
    waiting.await(writer.whenConsumed().handle((_, _) -> true));
    if (!writer.isOpen()) waiting.stop();
    waiting.check();
  }

  private ResponseHeadersBuilder headers() {
    return ResponseHeaders.builder(HttpStatus.OK)
        .contentType(format.contentType())
        .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
        .set("x-accel-buffering", "no");
  }

  /** Where the records came from and where to go on; behind a stream, for whoever looks. */
  private static HttpHeaders tell(Replay replay) {
    return HttpHeaders.of(
        "x-records-tier",
        "hot=" + replay.hot() + ",cold=" + replay.cold(),
        "x-next-cursor",
        replay.cursor().text());
  }

  private boolean fail(QueryException failure, Cursor cursor) {
    if (!hasHeaders) return refuse(failure);
    if (text.isCutBy(failure, cursor)) return false;
    return writer.tryWrite(HttpData.wrap(text.take()));
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

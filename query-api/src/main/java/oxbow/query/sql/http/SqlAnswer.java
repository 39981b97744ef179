package oxbow.query.sql.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import oxbow.query.replay.Waiting;
import oxbow.query.sql.Directories;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlEngine;
import oxbow.query.sql.SqlException;
import oxbow.query.sql.SqlRequest;

/**
 * One answer full of rows. Writes a piece, and pulls on when the client has taken it: a client that
 * is slow stops the query, one that is gone ends it. Runs on a thread of its own.
 */
final class SqlAnswer {
  /** How often one looks after a file that is being made. */
  private static final Duration FILE_PATIENCE = Duration.ofMillis(200);

  private final SqlEngine engine;
  private final SqlRequest request;
  private final SqlFormat format;
  private final RowsOut out;
  private final SqlBounds bounds;
  private final HttpResponseWriter writer;
  private final Waiting waiting;
  private final Runnable ended;
  private boolean hasHeaders;

  /**
   * @param ended ends an answer that is whole; may be called again
   */
  SqlAnswer(
      SqlEngine engine,
      SqlRequest request,
      SqlFormat format,
      RowsOut out,
      SqlBounds bounds,
      HttpResponseWriter writer,
      Waiting waiting,
      Runnable ended) {
    this.engine = engine;
    this.request = request;
    this.format = format;
    this.out = out;
    this.bounds = bounds;
    this.writer = writer;
    this.waiting = waiting;
    this.ended = ended;
  }

  /** Returns whether it is whole: one that is not breaks off. Whoever calls it ends it. */
  boolean write() {
    try {
      if (format == SqlFormat.PARQUET) file();
      else stream();
      return true;
    } catch (Waiting.StoppedException _) {
      return stopped();
    } catch (RuntimeException e) {
      return waiting.isStopped() ? stopped() : fail(SqlJson.failure(e));
    }
  }

  private void stream() {
    try (RunningQuery query = engine.run(request)) {
      checkForm(query);
      stream(query);
      ended.run(); // before the query gives back what it held
    }
  }

  private void checkForm(RunningQuery query) {
    if (!query.isContinuous() || (format != SqlFormat.JSON && format != SqlFormat.PARQUET)) return;
    throw new SqlException(
        SqlException.Kind.INVALID, "a query that goes on comes as NDJSON, CSV or Arrow");
  }

  private void stream(RunningQuery query) {
    out.begin(query);
    if (query.isContinuous()) flush();
    while (true) {
      waiting.check();
      switch (query.next(bounds.heartbeat())) {
        case BATCH -> {
          out.batch(query.batch(), this::flush);
          if (query.isContinuous()) flush(); // nobody knows when more comes
        }
        case QUIET -> {
          if (query.isContinuous()) out.quiet(query.status());
          if (hasHeaders || query.isContinuous()) flush();
        }
        case END -> {
          out.end(query.status());
          flush();
          return;
        }
      }
    }
  }

  /** A Parquet file is whole before its first byte goes out: its start lies at its end. */
  private void file() {
    try {
      Files.createDirectories(bounds.files());
      Path directory = Files.createTempDirectory(bounds.files(), "result-");
      try {
        Path path = directory.resolve("rows.parquet");
        make(path);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
          send(file);
        }
        writer.close();
      } finally {
        Directories.delete(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The query has ended when this returns or throws: a slow client doesn't keep its place. */
  private void make(Path path) {
    try (RunningQuery query = engine.run(request.into(path))) {
      checkForm(query);
      do waiting.check();
      while (query.next(FILE_PATIENCE) != RunningQuery.Step.END);
    }
  }

  private void send(FileChannel file) throws IOException {
    writer.write(headers(OptionalLong.of(file.size())));
    hasHeaders = true;
    ByteBuffer piece = ByteBuffer.allocate(RowsOut.PIECE_BYTES);
    while (file.read(piece.clear()) > 0) {
      byte[] bytes = new byte[piece.flip().remaining()];
      piece.get(bytes);
      send(bytes);
    }
  }

  private void flush() {
    if (!hasHeaders) {
      writer.write(headers(OptionalLong.empty()));
      hasHeaders = true;
    }
    if (out.isEmpty()) waiting.check();
    else send(out.take());
  }

  private void send(byte[] bytes) {
    waiting.check();
    if (!writer.tryWrite(HttpData.wrap(bytes))) waiting.stop();
    waiting.await(writer.whenConsumed().handle((_, _) -> true));
    if (!writer.isOpen()) waiting.stop();
    waiting.check();
  }

  private ResponseHeaders headers(OptionalLong length) {
    ResponseHeadersBuilder headers =
        ResponseHeaders.builder(HttpStatus.OK)
            .contentType(format.type())
            .set(SqlJson.QUERY_ID, request.queryId().orElseThrow())
            .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
            .set("x-accel-buffering", "no");
    length.ifPresent(bytes -> headers.setLong(HttpHeaderNames.CONTENT_LENGTH, bytes));
    return headers.build();
  }

  /** The client is gone, or the server goes. */
  private boolean stopped() {
    return !hasHeaders && fail(new SqlException(SqlException.Kind.UNAVAILABLE, "the server stops"));
  }

  private boolean fail(SqlException failure) {
    if (!hasHeaders) {
      Optional<String> id = request.queryId();
      hasHeaders = true;
      return writer.tryWrite(SqlJson.refusalHead(failure, id))
          && writer.tryWrite(HttpData.ofUtf8(SqlJson.of(SqlJson.error(failure, id)) + "\n"));
    }
    if (out.isCutBy(failure)) return false;
    return writer.tryWrite(HttpData.wrap(out.take()));
  }
}

package oxbow.query.flight;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.time.Duration;
import org.apache.arrow.flight.BackpressureStrategy;
import org.apache.arrow.flight.BackpressureStrategy.CallbackBackpressureStrategy;
import org.apache.arrow.flight.BackpressureStrategy.WaitResult;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightProducer.ServerStreamListener;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;
import oxbow.query.sql.RunningQuery;
import oxbow.query.sql.SqlEngine;
import oxbow.query.sql.SqlRequest;

/**
 * Sends the rows of one query, as fast as the client takes them. Runs on a thread of its own; a
 * client that goes stops the query.
 */
final class RowStream implements Runnable {
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final long WAIT_MS = 1_000;

  private final SqlEngine engine;
  private final SqlRequest request;
  private final BufferAllocator allocator;
  private final ServerStreamListener listener;
  private final @Nullable Schema named;
  private final BackpressureStrategy pressure;

  RowStream(
      SqlEngine engine,
      SqlRequest request,
      BufferAllocator allocator,
      ServerStreamListener listener) {
    this(engine, request, allocator, listener, null);
  }

  /**
   * @param named what the columns are to be called, if not as the query has them
   */
  RowStream(
      SqlEngine engine,
      SqlRequest request,
      BufferAllocator allocator,
      ServerStreamListener listener,
      @Nullable Schema named) {
    this.engine = engine;
    this.request = request;
    this.allocator = allocator;
    this.listener = listener;
    this.named = named;
    this.pressure =
        new CallbackBackpressureStrategy() {
          @Override
          protected void cancelCallback() {
            super.cancelCallback();
            boolean _ = engine.cancel(request.queryId().orElseThrow());
          }
        };
    pressure.register(listener);
  }

  @Override
  public void run() {
    try (RunningQuery query = engine.run(request);
        VectorSchemaRoot root =
            VectorSchemaRoot.create(named == null ? query.schema() : named, allocator)) {
      listener.start(root);
      send(query, root);
    } catch (RuntimeException e) {
      if (listener.isCancelled()) return; // nobody is there to be told
      listener.error(FlightFailures.of(e));
    } catch (OutOfMemoryError e) {
      listener.error(
          CallStatus.RESOURCE_EXHAUSTED
              .withDescription("the server's memory is full")
              .toRuntimeException());
    }
  }

  private void send(RunningQuery query, VectorSchemaRoot root) {
    while (true) {
      if (!isTaken()) return;
      switch (query.next(PATIENCE)) {
        case BATCH -> {
          copy(query.batch(), root);
          listener.putNext();
        }
        case QUIET -> {}
        case END -> {
          listener.completed();
          return;
        }
      }
    }
  }

  /** Waits until the client has taken what it was sent; false: it is gone. */
  private boolean isTaken() {
    while (!listener.isCancelled()) {
      WaitResult result = pressure.waitForListener(WAIT_MS);
      if (result == WaitResult.READY) return true;
      if (result == WaitResult.CANCELLED) return false;
    }
    return false;
  }

  /** What the engine lends belongs to its own allocator, and is gone with the next batch. */
  private void copy(VectorSchemaRoot lent, VectorSchemaRoot root) {
    var bytes = new ByteArrayOutputStream();
    try {
      try (ArrowRecordBatch batch = new VectorUnloader(lent).getRecordBatch()) {
        Object _ = MessageSerializer.serialize(new WriteChannel(Channels.newChannel(bytes)), batch);
      }
      var in = new ReadChannel(Channels.newChannel(new ByteArrayInputStream(bytes.toByteArray())));
      try (ArrowRecordBatch own = MessageSerializer.deserializeRecordBatch(in, allocator)) {
        new VectorLoader(root).load(own);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

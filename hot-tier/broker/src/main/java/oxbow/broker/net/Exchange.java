package oxbow.broker.net;

import static oxbow.log.Invariants.invariant;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;
import oxbow.broker.wire.DecodedRequest;
import oxbow.broker.wire.ResponseEncoder;

/**
 * One request and what became of it. Settled once, from any thread; everything after that happens
 * on the connection's event loop.
 */
final class Exchange implements Request, Runnable {
  /** How a request is settled without an answer. */
  enum Silent {
    /** The client expects none. */
    NOTHING,
    /** It failed, and only closing the connection can tell. */
    CLOSE
  }

  private static final VarHandle OUTCOME;

  static {
    try {
      OUTCOME = MethodHandles.lookup().findVarHandle(Exchange.class, "outcome", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Connection connection;
  private final DecodedRequest request;
  private final Client client;
  private final long receivedNanos;
  private volatile @Nullable Object outcome;

  // Touched by the event loop only.
  private @Nullable ByteBuf frame;
  private final int frameBytes;
  private @Nullable Runnable abandoned;
  private long workNanos;
  @Nullable Exchange next; // in the connection's ResponseQueue

  /**
   * @param frame what the body borrows from, released with the answer; null: nothing is borrowed
   * @param frameBytes size of the request
   */
  Exchange(
      Connection connection,
      DecodedRequest request,
      Client client,
      long receivedNanos,
      @Nullable ByteBuf frame,
      int frameBytes) {
    this.connection = connection;
    this.request = request;
    this.client = client;
    this.receivedNanos = receivedNanos;
    this.frame = frame;
    this.frameBytes = frameBytes;
  }

  @Override
  public RequestHeader header() {
    return request.header();
  }

  @Override
  public AbstractRequest body() {
    return request.body();
  }

  @Override
  public Client client() {
    return client;
  }

  @Override
  public long receivedNanos() {
    return receivedNanos;
  }

  @Override
  public Executor thread() {
    return connection.thread();
  }

  @Override
  public boolean isAbandoned() {
    return connection.isClosed();
  }

  @Override
  public void giveBackFrame() {
    connection.giveBackFrame(this);
  }

  @Override
  public void whenAbandoned(Runnable then) {
    if (connection.isClosed()) then.run();
    else abandoned = then;
  }

  /** The connection is closed, and this was not settled. */
  void tellAbandoned() {
    Runnable then = abandoned;
    abandoned = null;
    if (then != null) then.run();
  }

  @Override
  public void answer(AbstractResponse response) {
    boolean isFirst = settle(response);
    if (!isFirst) ResponseEncoder.discard(response);
    invariant(isFirst, "a request was answered twice", header().correlationId());
  }

  @Override
  public void answerNothing() {
    boolean isFirst = settle(Silent.NOTHING);
    invariant(isFirst, "a request was answered twice", header().correlationId());
  }

  @Override
  public void fail(Throwable failure) {
    Throwable cause = unwrapped(failure);
    boolean isFirst = settle(errorResponse(cause));
    if (!isFirst || !(cause instanceof ApiException)) {
      connection.failedUnexpectedly(header(), !isFirst, cause);
    }
  }

  /** The API's own form of a failure, or {@link Silent#CLOSE} if it has none. */
  Object errorResponse(Throwable failure) {
    try {
      AbstractResponse response = body().getErrorResponse(0, failure);
      return response == null ? Silent.CLOSE : response;
    } catch (RuntimeException e) {
      connection.failedUnexpectedly(header(), false, e);
      return Silent.CLOSE;
    }
  }

  /** What it was settled with: a response or {@link Silent}; null: not yet. */
  @Nullable Object outcome() {
    return outcome;
  }

  int frameBytes() {
    return frameBytes;
  }

  /** Its handler returned after so long. */
  void worked(long nanos) {
    workNanos = nanos;
  }

  /** For how long its handler was at work; zero: it still is, or nobody asked. */
  long workNanos() {
    return workNanos;
  }

  /** Hands out the frame to be released, once. */
  @Nullable ByteBuf takeFrame() {
    ByteBuf taken = frame;
    frame = null;
    return taken;
  }

  /** Settled by another thread: the event loop goes on from here. */
  @Override
  public void run() {
    connection.settled(this);
  }

  private boolean settle(Object with) {
    if (!OUTCOME.compareAndSet(this, null, with)) return false;
    connection.settledAnywhere(this);
    return true;
  }

  private static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}

package oxbow.broker.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import oxbow.broker.net.Client;
import oxbow.broker.net.Request;
import oxbow.broker.wire.ResponseEncoder;

/**
 * A request that came from nowhere, for tests of handlers. Its thread is whoever calls. What it is
 * answered with is what the client would read: it was written in the request's version and read
 * again, file slices included (and released), so an answer that can't be written fails the test.
 */
public final class FakeRequest implements Request {
  private static final Client CLIENT =
      new Client(
          "127.0.0.1:9092-127.0.0.1:50000-0",
          InetAddress.getLoopbackAddress(),
          50_000,
          new ListenerName("PLAINTEXT"),
          KafkaPrincipal.ANONYMOUS,
          "test-client",
          "oxbow-test",
          "1");

  private final RequestHeader header;
  private final AbstractRequest body;
  private final Client client;
  private final CompletableFuture<AbstractResponse> answer = new CompletableFuture<>();
  private volatile boolean isAbandoned;
  private volatile boolean isFrameGivenBack;
  private volatile Executor thread = Runnable::run;
  private volatile Runnable abandoned = () -> {};

  /** From the usual client, in the version the body was built for. */
  public FakeRequest(AbstractRequest body) {
    this(body, CLIENT);
  }

  public FakeRequest(AbstractRequest body, Client client) {
    this.header = new RequestHeader(body.apiKey(), body.version(), client.clientId(), 7);
    this.body = body;
    this.client = client;
  }

  /** The usual client with another name. */
  public static Client client(String clientId) {
    return new Client(
        CLIENT.connectionId(),
        CLIENT.address(),
        CLIENT.port(),
        CLIENT.listener(),
        CLIENT.principal(),
        clientId,
        CLIENT.softwareName(),
        CLIENT.softwareVersion());
  }

  /** The usual client on another connection. */
  public static Client connection(String connectionId) {
    return new Client(
        connectionId,
        CLIENT.address(),
        CLIENT.port(),
        CLIENT.listener(),
        CLIENT.principal(),
        CLIENT.clientId(),
        CLIENT.softwareName(),
        CLIENT.softwareVersion());
  }

  /** Its connection has this thread instead of the caller's. */
  public FakeRequest on(Executor executor) {
    thread = executor;
    return this;
  }

  /** The client goes away. */
  public void abandon() {
    isAbandoned = true;
    if (!answer.isDone()) abandoned.run();
  }

  public boolean isAnswered() {
    return answer.isDone();
  }

  /** Completes with what the client reads; null: nothing (acks=0). Fails: it is disconnected. */
  public CompletableFuture<AbstractResponse> answer() {
    return answer;
  }

  /** Waits for the answer, for some seconds at most. */
  public <T extends AbstractResponse> T answer(Class<T> type) {
    try {
      return type.cast(answer.get(20, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      throw new AssertionError("the request was not answered", e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("the request was not answered in time", e);
    }
  }

  @Override
  public RequestHeader header() {
    return header;
  }

  @Override
  public AbstractRequest body() {
    return body;
  }

  @Override
  public Client client() {
    return client;
  }

  @Override
  public long receivedNanos() {
    return System.nanoTime();
  }

  @Override
  public Executor thread() {
    return thread;
  }

  @Override
  public boolean isAbandoned() {
    return isAbandoned;
  }

  /** Its body was read to its end before it was answered. */
  public boolean isFrameGivenBack() {
    return isFrameGivenBack;
  }

  @Override
  public void giveBackFrame() {
    if (isFrameGivenBack) throw new AssertionError("the frame was given back twice");
    isFrameGivenBack = true;
  }

  @Override
  public void whenAbandoned(Runnable then) {
    if (isAbandoned) then.run();
    else abandoned = then;
  }

  @Override
  public void answer(AbstractResponse response) {
    settle(response);
  }

  @Override
  public void answerNothing() {
    if (!answer.complete(null)) throw new AssertionError("the request was answered twice");
  }

  @Override
  public void fail(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    AbstractResponse response = body.getErrorResponse(0, cause);
    if (response != null) {
      settle(response);
    } else if (!answer.completeExceptionally(cause)) {
      throw new AssertionError("the request was answered twice", cause);
    }
  }

  private void settle(AbstractResponse response) {
    if (!answer.complete(asRead(response))) {
      throw new AssertionError("the request was answered twice");
    }
  }

  private AbstractResponse asRead(AbstractResponse response) {
    var encoder = new ResponseEncoder(header, response);
    ByteBufAllocator allocator = UnpooledByteBufAllocator.DEFAULT;
    ByteBuf buffer = allocator.heapBuffer(encoder.bufferBytes());
    encoder.encode(buffer, Integer.MAX_VALUE / 8);
    buffer.skipBytes(Integer.BYTES);
    ApiKeys api = header.apiKey();
    int headerBytes =
        new org.apache.kafka.common.requests.ResponseHeader(
                header.correlationId(), api.responseHeaderVersion(header.apiVersion()))
            .size();
    buffer.skipBytes(headerBytes);
    var copy = Unpooled.copiedBuffer(buffer).nioBuffer();
    buffer.release();
    return AbstractResponse.parseResponse(api, new ByteBufferAccessor(copy), header.apiVersion());
  }
}

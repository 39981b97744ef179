package oxbow.query.flight;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpHeadersBuilder;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.util.AsciiString;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of gRPC on Armeria's streams.
 *
 * <pre>
 *   message   compressed? 1 | length 4 | bytes       as often as there are messages
 *   trailers  grpc-status, grpc-message
 * </pre>
 *
 * What the call's listener is told it is told by one thread at a time, in order; it may wait. What
 * is written and not taken yet is bounded by {@link #isReady}, as far as the writer asks for it.
 */
final class GrpcCall<Q, A> extends ServerCall<Q, A> {
  private static final Logger log = LoggerFactory.getLogger(GrpcCall.class);
  private static final int PREFIX_BYTES = 5;
  private static final int MESSAGE_BYTES_MAX = 64 << 20;
  private static final long READY_BYTES = 256 << 10;
  private static final Status TOO_LARGE =
      Status.RESOURCE_EXHAUSTED.withDescription(
          "a message has at most " + MESSAGE_BYTES_MAX + " bytes");
  private static final String TYPE = "application/grpc";
  private static final String ENCODING = "grpc-encoding";
  private static final String IDENTITY = "identity";
  private static final String GZIP = "gzip";

  /** How messages may come. Ours go as they are: a client that takes others takes these too. */
  private static final String ACCEPTED = IDENTITY + "," + GZIP;

  private final MethodDescriptor<Q, A> method;
  private final HttpResponseWriter writer;
  private final Executor threads;

  /** What the client said that its compressed messages are. */
  private final String encoding;

  private final AtomicLong untakenBytes = new AtomicLong();

  // Told to the listener in turn; guarded by the queue.
  private final Queue<Runnable> told = new ArrayDeque<>();
  private boolean isTelling;

  // The client's messages; guarded by this.
  private byte[] held = new byte[1 << 12];
  private int heldBytes;
  private int wantedMessages;
  private boolean isHalfClosed;
  private boolean isHalfCloseTold;
  private @Nullable Subscription subscription;
  private boolean isAsking;

  private Listener<Q> listener = new Listener<>() {};
  private boolean hasHeaders; // guarded by this
  private boolean isClosed; // guarded by this
  private volatile boolean isCancelled; // set by the network's thread, read by the call's

  private GrpcCall(
      MethodDescriptor<Q, A> method, HttpResponseWriter writer, Executor threads, String encoding) {
    this.method = method;
    this.writer = writer;
    this.threads = threads;
    this.encoding = encoding;
  }

  /** The answer to a call of a method that nobody knows. */
  static HttpResponse unknown(String name) {
    return HttpResponse.of(
        ResponseHeaders.builder(HttpStatus.OK)
            .set("content-type", TYPE)
            .setInt("grpc-status", Status.Code.UNIMPLEMENTED.value())
            .set("grpc-message", encoded("there is no method " + name))
            .build());
  }

  static <Q, A> HttpResponse begin(
      ServiceRequestContext ctx,
      HttpRequest request,
      ServerMethodDefinition<Q, A> method,
      Executor threads,
      Set<GrpcCall<?, ?>> calls) {
    ctx.clearRequestTimeout();
    HttpResponseWriter writer = HttpResponse.streaming();
    String encoding = request.headers().get(ENCODING, IDENTITY);
    var call = new GrpcCall<>(method.getMethodDescriptor(), writer, threads, encoding);
    calls.add(call);
    var _ =
        writer
            .whenComplete()
            .handle((_, failure) -> {
              calls.remove(call);
              call.ended(failure);
              return null;
            });
    Metadata headers = metadata(request.headers());
    call.tell(() -> call.start(method, headers, request));
    return writer;
  }

  private void start(
      ServerMethodDefinition<Q, A> definition, Metadata headers, HttpRequest request) {
    if (!encoding.equals(IDENTITY) && !encoding.equals(GZIP)) {
      close(
          Status.UNIMPLEMENTED.withDescription("messages may be " + ACCEPTED + ", not " + encoding),
          new Metadata());
      return;
    }
    try {
      listener = definition.getServerCallHandler().startCall(this, headers);
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("flight call failed");
      close(
          Status.INTERNAL.withDescription("the server failed; its log tells why"), new Metadata());
      return;
    }
    request.subscribe(new Incoming());
    listener.onReady();
  }

  // ---- what the client sends

  private final class Incoming implements Subscriber<HttpObject> {
    @Override
    public void onSubscribe(Subscription given) {
      synchronized (GrpcCall.this) {
        subscription = given;
      }
      deliver();
    }

    @Override
    public void onNext(HttpObject object) {
      synchronized (GrpcCall.this) {
        isAsking = false;
        if (object instanceof HttpData data) {
          try (data) {
            hold(data.array());
          }
        }
      }
      deliver();
    }

    @Override
    public void onError(Throwable failure) {
      abort();
    }

    @Override
    public void onComplete() {
      synchronized (GrpcCall.this) {
        isHalfClosed = true;
      }
      deliver();
    }
  }

  private void hold(byte[] bytes) {
    if (heldBytes + bytes.length > held.length) {
      held = Arrays.copyOf(held, Math.max(heldBytes + bytes.length, 2 * held.length));
    }
    System.arraycopy(bytes, 0, held, heldBytes, bytes.length);
    heldBytes += bytes.length;
  }

  /** Hands on what is whole and wanted, and asks the client for more where there is room. */
  private void deliver() {
    Subscription asked = null;
    Status refusal = null;
    synchronized (this) {
      while (wantedMessages > 0 && refusal == null && heldBytes >= PREFIX_BYTES) {
        ByteBuffer in = ByteBuffer.wrap(held, 0, heldBytes);
        boolean isCompressed = in.get() != 0;
        int length = in.getInt();
        if (isCompressed && !encoding.equals(GZIP)) {
          refusal = Status.INTERNAL.withDescription("a compressed message without grpc-encoding");
        } else if (length < 0 || length > MESSAGE_BYTES_MAX) {
          refusal = TOO_LARGE;
        } else if (in.remaining() >= length) {
          byte[] message = new byte[length];
          in.get(message);
          heldBytes = in.remaining();
          System.arraycopy(held, in.position(), held, 0, heldBytes);
          wantedMessages--;
          tell(() -> receive(message, isCompressed));
        } else {
          break;
        }
      }
      if (isHalfClosed && heldBytes < PREFIX_BYTES && !isHalfCloseTold) {
        isHalfCloseTold = true;
        tell(() -> listener.onHalfClose());
      }
      if (wantedMessages > 0 && !isHalfClosed && !isAsking && subscription != null) {
        isAsking = true;
        asked = subscription;
      }
    }
    if (refusal != null) close(refusal, new Metadata());
    else if (asked != null) asked.request(1);
  }

  private void receive(byte[] message, boolean isCompressed) {
    Q parsed;
    try (var in = new ByteArrayInputStream(isCompressed ? unpacked(message) : message)) {
      parsed = method.parseRequest(in);
    } catch (IOException e) { // only unpacking does
      close(Status.INTERNAL.withDescription("a message isn't gzip as it says"), new Metadata());
      return;
    } catch (StatusRuntimeException e) {
      close(e.getStatus(), new Metadata());
      return;
    }
    listener.onMessage(parsed);
  }

  /** A few bytes may unpack to any number: no more are made of them than may be sent. */
  private static byte[] unpacked(byte[] message) throws IOException {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(message))) {
      byte[] unpacked = in.readNBytes(MESSAGE_BYTES_MAX + 1);
      if (unpacked.length > MESSAGE_BYTES_MAX) throw TOO_LARGE.asRuntimeException();
      return unpacked;
    }
  }

  @Override
  public void request(int messages) {
    synchronized (this) {
      wantedMessages = (int) Math.min(Integer.MAX_VALUE, (long) wantedMessages + messages);
    }
    deliver();
  }

  // ---- one thread at a time

  private void tell(Runnable what) {
    synchronized (told) {
      told.add(what);
      if (isTelling) return;
      isTelling = true;
    }
    threads.execute(this::tellAll);
  }

  private void tellAll() {
    while (true) {
      Runnable next;
      synchronized (told) {
        next = told.poll();
        if (next == null) {
          isTelling = false;
          return;
        }
      }
      try {
        next.run();
      } catch (RuntimeException e) {
        log.atError().setCause(e).log("flight call failed");
        close(
            Status.INTERNAL.withDescription("the server failed; its log tells why"),
            new Metadata());
      }
    }
  }

  // ---- what the server sends

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (hasHeaders || isClosed) return;
    hasHeaders = true;
    ResponseHeadersBuilder builder =
        ResponseHeaders.builder(HttpStatus.OK)
            .set("content-type", TYPE)
            .set("grpc-accept-encoding", ACCEPTED);
    copy(headers, builder);
    boolean _ = writer.tryWrite(builder.build());
  }

  @Override
  public void sendMessage(A message) {
    HttpData frame = frame(message);
    synchronized (this) {
      if (isClosed) return;
      sendHeaders(new Metadata());
      int length = frame.length();
      long _ = untakenBytes.addAndGet(length);
      if (!writer.tryWrite(frame)) return;
      var _ =
          writer
              .whenConsumed()
              .handle((_, _) -> {
                long left = untakenBytes.addAndGet(-length);
                boolean isReadyAgain = left < READY_BYTES && left + length >= READY_BYTES;
                if (isReadyAgain && !isCancelled) tell(() -> listener.onReady());
                return null;
              });
    }
  }

  private HttpData frame(A message) {
    try (InputStream in = method.streamResponse(message)) {
      int length = in.available(); // what both of gRPC's kinds of messages tell exactly
      byte[] frame = new byte[PREFIX_BYTES + length];
      ByteBuffer.wrap(frame).put((byte) 0).putInt(length);
      int read = in.readNBytes(frame, PREFIX_BYTES, length);
      if (read != length || in.read() != -1) {
        throw new IllegalStateException("a message of another length than it told: " + length);
      }
      return HttpData.wrap(frame);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean isReady() {
    return !isCancelled && untakenBytes.get() < READY_BYTES;
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (isClosed) return;
    sendHeaders(new Metadata());
    isClosed = true;
    HttpHeadersBuilder builder =
        HttpHeaders.builder().endOfStream(true).setInt("grpc-status", status.getCode().value());
    String description = status.getDescription();
    if (description != null) builder.set("grpc-message", encoded(description));
    copy(trailers, builder);
    if (writer.tryWrite(builder.build())) writer.close();
  }

  /** The client has the whole answer, or is gone. */
  private void ended(@Nullable Throwable failure) {
    boolean isWhole;
    synchronized (this) {
      isWhole = isClosed && failure == null;
      isClosed = true;
    }
    if (isWhole) {
      tell(() -> listener.onComplete());
    } else {
      isCancelled = true;
      tell(() -> listener.onCancel());
    }
  }

  /** Breaks the call off. */
  void abort() {
    writer.close(new IllegalStateException("the call was broken off"));
  }

  @Override
  public boolean isCancelled() {
    return isCancelled;
  }

  @Override
  public MethodDescriptor<Q, A> getMethodDescriptor() {
    return method;
  }

  @Override
  public Attributes getAttributes() {
    return Attributes.EMPTY;
  }

  // ---- headers

  private static Metadata metadata(HttpHeaders headers) {
    var metadata = new Metadata();
    for (Map.Entry<AsciiString, String> header : headers) {
      String name = header.getKey().toString();
      if (name.startsWith(":")) continue;
      if (name.endsWith("-bin")) {
        for (String each : header.getValue().split(",")) {
          metadata.put(
              Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER), decoded(each.strip()));
        }
      } else {
        metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), header.getValue());
      }
    }
    return metadata;
  }

  private static byte[] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException _) {
      return new byte[0];
    }
  }

  private static void copy(Metadata metadata, HttpHeadersBuilder headers) {
    for (String name : metadata.keys()) {
      if (name.endsWith("-bin")) {
        Iterable<byte[]> values =
            metadata.getAll(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER));
        if (values == null) continue;
        for (byte[] value : values) {
          headers.add(name, Base64.getEncoder().withoutPadding().encodeToString(value));
        }
      } else {
        Iterable<String> values =
            metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        if (values == null) continue;
        for (String value : values) headers.add(name, value);
      }
    }
  }

  /** Text in a header: what is not printable, and the percent sign, as their bytes in hex. */
  private static String encoded(String text) {
    var encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b <= '~' && b != '%') encoded.append((char) b);
      else encoded.append(String.format("%%%02X", b));
    }
    return encoded.toString();
  }
}

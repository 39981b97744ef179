package oxbow.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.RecvByteBufAllocator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;
import oxbow.broker.quota.ClientQuotas;
import oxbow.broker.wire.BadRequestException;
import oxbow.broker.wire.DecodedRequest;
import oxbow.broker.wire.ResponseEncoder;

/**
 * One client's connection: takes frames from its {@link FrameReader}, calls handlers, and sends
 * answers in request order. Hot path. Owned by its event loop; only {@link #settledAnywhere},
 * {@link #granted} and {@link #isClosed} are called from elsewhere.
 *
 * <p>It is read only while nothing holds it: each bound it can run into is one bit of {@link
 * #holds}, and whoever sets the bit sees to it that it is cleared.
 */
final class Connection extends ChannelInboundHandlerAdapter implements FrameBudget.Waiter {
  // Why a connection is not read.
  private static final int FULL_BUDGET = 1;
  private static final int FULL_QUEUE = 2;
  private static final int UNREAD_ANSWERS = 4;
  private static final int USED_UP_QUOTA = 8;
  private static final int DRAINING = 16;
  private static final int CLOSED = 32;
  private static final int OUT_OF_TURN = 64;

  private static final long MIB = 1 << 20;

  private final Port port;
  private final NetLoop loop;
  private final ListenerName listener;
  private final InetSocketAddress address;
  private final String id;
  private final FrameReader frames;
  private final ResponseQueue unanswered = new ResponseQueue();
  private final Turns turns = new Turns();
  private final Outbound outbound = new Outbound();

  private @Nullable ChannelHandlerContext ctx;
  private volatile boolean isClosed;
  int indexInLoop; // kept by NetLoop

  private Client client;
  private int holds;
  private int awaitedBytes; // asked of the budget
  private @Nullable Exchange waiting; // its turn has not come, while OUT_OF_TURN
  private boolean isServing; // in the middle of reading: answers are flushed at its end
  private boolean isFlushScheduled;
  private boolean isClosing; // closes once what was written is sent

  private long handlingNanos; // when the handler at work was called; only with quotas
  private long pauseEndNanos; // while USED_UP_QUOTA
  private long activeNanos; // last time a request came or was answered
  private long partialNanos; // when the frame that is not whole yet was begun; 0: there is none
  private long sendingNanos; // last time an answer being sent moved on; 0: none is sent
  private long sendingMark;

  /** What all connections of a port share. */
  record Port(
      NetConfig config,
      FrameBudget budget,
      Handlers handlers,
      ClientQuotas quotas,
      NetMeters meters,
      LongSupplier nanoClock) {}

  Connection(Port port, NetLoop loop, ListenerName listener, InetSocketAddress address, String id) {
    this.port = port;
    this.loop = loop;
    this.listener = listener;
    this.address = address;
    this.id = id;
    this.frames = new FrameReader(port.budget(), port.config().frameBytesMax());
    this.client =
        new Client(
            id,
            address.getAddress(),
            address.getPort(),
            listener,
            KafkaPrincipal.ANONYMOUS,
            "",
            Handlers.UNKNOWN_SOFTWARE,
            Handlers.UNKNOWN_SOFTWARE);
    this.activeNanos = port.nanoClock().getAsLong();
  }

  RecvByteBufAllocator readBuffers() {
    return () -> frames;
  }

  Executor thread() {
    return loop.executor();
  }

  boolean isClosed() {
    return isClosed;
  }

  InetSocketAddress address() {
    return address;
  }

  // ---- Reading.

  @Override
  public void channelActive(ChannelHandlerContext context) {
    ctx = context;
    loop.add(this);
    port.meters().opened();
    context.fireChannelActive();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf read = (ByteBuf) message;
    activeNanos = port.nanoClock().getAsLong();
    port.meters().bytesIn.add(frames.lastBytesRead());
    frames.takeRead(read);
    isServing = true;
    serve(context);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    isServing = false;
    flush(context);
  }

  /** Serves the whole frames there are, as long as nothing holds the connection. */
  private void serve(ChannelHandlerContext context) {
    try {
      while (holds == 0) {
        if (!context.channel().isWritable()) {
          hold(UNREAD_ANSWERS);
          break;
        }
        ByteBuf frame = frames.next(context.alloc());
        if (frame == null) break;
        partialNanos = 0;
        serve(frame);
      }
    } catch (BadRequestException e) {
      refuse(e);
    }
    if (holds != 0) return;
    if (frames.wantedBytes() > 0) {
      awaitBudget(frames.wantedBytes());
    } else if (!frames.isPartial()) {
      if (port.budget().isFull()) awaitBudget(0);
    } else if (partialNanos == 0) {
      partialNanos = activeNanos;
    }
  }

  private void serve(ByteBuf frame) {
    int frameBytes = frame.readableBytes();
    DecodedRequest request;
    try {
      request = port.handlers().decode(frame);
    } catch (BadRequestException e) {
      release(frame, frameBytes);
      throw e;
    }
    boolean isKept = request.isBorrowing();
    var exchange =
        new Exchange(
            this, request, client(request), activeNanos, isKept ? frame : null, frameBytes);
    if (!isKept) release(frame, frameBytes);
    unanswered.add(exchange);
    if (turns.mayBegin(exchange.header().apiKey())) {
      handle(exchange);
    } else {
      waiting = exchange;
      hold(OUT_OF_TURN);
    }
    if (unanswered.size() >= port.config().inFlightMax()) hold(FULL_QUEUE);
  }

  private void handle(Exchange exchange) {
    ApiKeys api = exchange.header().apiKey();
    turns.begin(api);
    boolean isMeasured = port.quotas().isActive();
    handlingNanos = isMeasured ? port.nanoClock().getAsLong() : 0;
    try {
      port.handlers().of(api).handle(exchange);
    } catch (RuntimeException | Error e) { // a handler's bug is its own request's failure only
      exchange.fail(e);
    }
    if (isMeasured) exchange.worked(port.nanoClock().getAsLong() - handlingNanos);
  }

  private void handleWaiting() {
    Exchange next = waiting;
    if (next == null || !turns.mayBegin(next.header().apiKey())) return;
    waiting = null;
    handle(next);
    unhold(OUT_OF_TURN);
  }

  private void release(ByteBuf frame, int frameBytes) {
    port.budget().give(frameBytes);
    frame.release();
  }

  private Client client(DecodedRequest request) {
    String clientId = request.header().clientId();
    String software = client.softwareName();
    String version = client.softwareVersion();
    if (request.body() instanceof ApiVersionsRequest asked && asked.isValid()) {
      software = Handlers.softwareOr(asked.data().clientSoftwareName());
      version = Handlers.softwareOr(asked.data().clientSoftwareVersion());
    }
    if (!client.clientId().equals(clientId)
        || !client.softwareName().equals(software)
        || !client.softwareVersion().equals(version)) {
      client =
          new Client(
              id,
              address.getAddress(),
              address.getPort(),
              listener,
              client.principal(),
              clientId,
              software,
              version);
    }
    return client;
  }

  /** A bug of ours, or a fault below: counted, and told now and then. */
  void failedUnexpectedly(RequestHeader request, boolean wasAnswered, Throwable failure) {
    port.meters().failed(request, wasAnswered, failure);
  }

  // ---- Answering.

  /** A request's body was read to its end, on whatever thread. */
  void giveBackFrame(Exchange exchange) {
    if (loop.executor().inEventLoop()) {
      ByteBuf frame = exchange.takeFrame();
      if (frame != null) release(frame, exchange.frameBytes());
      return;
    }
    try {
      loop.executor().execute(() -> giveBackFrame(exchange));
    } catch (RejectedExecutionException _) {
      // The port is closed; answering gives it back.
    }
  }

  /** A request of this connection was settled, on whatever thread. */
  void settledAnywhere(Exchange exchange) {
    if (loop.executor().inEventLoop()) {
      settled(exchange);
      return;
    }
    try {
      loop.executor().execute(exchange);
    } catch (RejectedExecutionException e) { // the port is closed, and with it this connection
      giveUp(exchange);
    }
  }

  /** A request was settled: sends every answer whose turn it is. */
  void settled(Exchange exchange) {
    ChannelHandlerContext context = ctx;
    if (isClosed || context == null) {
      giveUp(exchange);
      return;
    }
    turns.end(exchange.header().apiKey());
    Exchange first;
    while (!isClosing && (first = unanswered.pollSettled()) != null) send(context, first);
    if (!isClosing) handleWaiting();
    if (unanswered.size() < port.config().inFlightMax()) unhold(FULL_QUEUE);
    if (!isServing && !isFlushScheduled) {
      // Answers that other threads gave meanwhile stand in the loop's queue before this flush.
      isFlushScheduled = true;
      loop.executor().execute(this::flushScheduled);
    }
  }

  private void send(ChannelHandlerContext context, Exchange exchange) {
    ByteBuf frame = exchange.takeFrame();
    Object outcome = exchange.outcome();
    long bytes = 0;
    if (outcome instanceof AbstractResponse response) {
      bytes = sendResponse(context, exchange, response);
    } else if (outcome == Exchange.Silent.CLOSE) {
      closeAfterAnswers(context, exchange);
    } else if (port.quotas().isActive()) {
      usedUp(quotaPause(exchange, 0));
    }
    if (frame != null) release(frame, exchange.frameBytes());
    activeNanos = port.nanoClock().getAsLong();
    port.meters().bytesOut.add(bytes);
    port.meters().answered(exchange.header().apiKey(), activeNanos - exchange.receivedNanos());
  }

  private long sendResponse(
      ChannelHandlerContext context, Exchange exchange, AbstractResponse response) {
    try {
      var encoder = new ResponseEncoder(exchange.header(), response);
      if (port.quotas().isActive()) {
        int pauseMs = quotaPause(exchange, encoder.totalBytes());
        if (pauseMs > response.throttleTimeMs()) response.maybeSetThrottleTimeMs(pauseMs);
        usedUp(Math.max(pauseMs, response.throttleTimeMs()));
      }
      return outbound.send(context, encoder);
    } catch (RuntimeException e) {
      ResponseEncoder.discard(response);
      if (!(e instanceof UnsupportedVersionException)) {
        failedUnexpectedly(exchange.header(), false, e);
      }
      return sendInstead(context, exchange, e);
    }
  }

  private long sendInstead(ChannelHandlerContext context, Exchange exchange, RuntimeException why) {
    if (exchange.errorResponse(why) instanceof AbstractResponse response) {
      try {
        return outbound.send(context, new ResponseEncoder(exchange.header(), response));
      } catch (RuntimeException e) { // closing tells it
        why.addSuppressed(e);
      }
    }
    closeAfterAnswers(context, exchange);
    return 0;
  }

  /** What a request and its answer cost of its client's quotas: the pause until it may go on. */
  private int quotaPause(Exchange exchange, long answerBytes) {
    ClientQuotas quotas = port.quotas();
    int bytesPauseMs =
        switch (exchange.body()) {
          case ProduceRequest _ -> quotas.produced(exchange.client(), exchange.frameBytes());
          case FetchRequest fetch when !fetch.isFromFollower() ->
              quotas.fetched(exchange.client(), answerBytes);
          default -> 0;
        };
    if (exchange.header().apiKey().clusterAction) return bytesPauseMs; // brokers' own requests
    // Answered inside its handler, a request has worked until now.
    long workNanos =
        exchange.workNanos() > 0
            ? exchange.workNanos()
            : port.nanoClock().getAsLong() - handlingNanos;
    return Math.max(bytesPauseMs, quotas.worked(exchange.client(), workNanos));
  }

  private void usedUp(int pauseMs) {
    if (pauseMs <= 0) return;
    port.meters().throttles.increment();
    long end = port.nanoClock().getAsLong() + TimeUnit.MILLISECONDS.toNanos(pauseMs);
    if ((holds & USED_UP_QUOTA) != 0 && end - pauseEndNanos <= 0) return;
    pauseEndNanos = end;
    hold(USED_UP_QUOTA);
    var _ = loop.executor().schedule(this::endPause, pauseMs, TimeUnit.MILLISECONDS);
  }

  private void endPause() {
    long left = pauseEndNanos - port.nanoClock().getAsLong();
    if (left <= 0) {
      unhold(USED_UP_QUOTA);
    } else if (!isClosed) { // it was prolonged, or the timer was early
      var _ = loop.executor().schedule(this::endPause, left, TimeUnit.NANOSECONDS);
    }
  }

  private void closeAfterAnswers(ChannelHandlerContext context, Exchange exchange) {
    port.meters().closing(Closing.UNANSWERABLE, address, exchange.header().apiKey().name);
    hold(CLOSED);
    outbound.handOver(context);
    closeWhenSent(context);
  }

  private void flushScheduled() {
    isFlushScheduled = false;
    if (ctx != null && !isServing) flush(ctx);
  }

  private void flush(ChannelHandlerContext context) {
    outbound.handOver(context);
    context.flush();
    if ((holds & DRAINING) != 0 && unanswered.size() == 0) closeWhenSent(context);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (context.channel().isWritable()) unhold(UNREAD_ANSWERS);
    context.fireChannelWritabilityChanged();
  }

  // ---- Holding and going on.

  private void hold(int why) {
    if (holds == 0 && ctx != null) ctx.channel().config().setAutoRead(false);
    holds |= why;
  }

  private void unhold(int why) {
    if ((holds & why) == 0) return;
    holds &= ~why;
    if (holds != 0 || ctx == null) return;
    partialNanos = 0; // the time we did not read is not the client's
    if (isServing) { // the loop in serve() goes on by itself
      ctx.channel().config().setAutoRead(true);
      return;
    }
    isServing = true;
    activeNanos = port.nanoClock().getAsLong();
    serve(ctx);
    isServing = false;
    flush(ctx);
    if (holds == 0) ctx.channel().config().setAutoRead(true);
  }

  private void awaitBudget(int bytes) {
    hold(FULL_BUDGET);
    awaitedBytes = bytes;
    port.budget().await(this, bytes);
  }

  @Override
  public void granted() {
    try {
      loop.executor().execute(this::goOnWithGrant);
    } catch (RejectedExecutionException e) { // the port is closed
      if (awaitedBytes > 0) port.budget().give(awaitedBytes);
    }
  }

  private void goOnWithGrant() {
    int bytes = awaitedBytes;
    awaitedBytes = 0;
    if (isClosed || ctx == null) {
      if (bytes > 0) port.budget().give(bytes);
      return;
    }
    if (bytes > 0) frames.beginGranted(ctx.alloc());
    unhold(FULL_BUDGET);
  }

  /** Nothing that follows can be trusted; what came before is still answered. */
  private void refuse(BadRequestException bad) {
    port.meters().closing(Closing.of(bad.reason()), address, String.valueOf(bad.getMessage()));
    frames.close();
    hold(DRAINING);
  }

  /** Reads no further requests, and closes once those there are were answered. */
  void drain() {
    hold(DRAINING);
    if (ctx != null && !isServing) flush(ctx);
  }

  // ---- The end.

  /** Called now and then: closes the connection if the client keeps us waiting for too long. */
  void checkTimeouts(long now) {
    NetConfig config = port.config();
    if (isNotReading(now, config.writeTimeout().toNanos())) {
      close(Closing.NOT_READING, "no progress while an answer was sent");
    } else if (partialNanos != 0 && holds == 0 && now - partialNanos > frameNanosMax(config)) {
      close(Closing.FRAME_TIMEOUT, "a frame was begun and not finished");
    } else if (unanswered.size() == 0
        && sendingNanos == 0
        && now - activeNanos > config.idleMax().toNanos()) {
      close(Closing.IDLE, "");
    }
  }

  private long frameNanosMax(NetConfig config) {
    return config.frameTimeout().toNanos() + frames.partialBytes() * 1_000_000_000L / MIB;
  }

  private boolean isNotReading(long now, long nanosMax) {
    ChannelOutboundBuffer buffer = ctx == null ? null : ctx.channel().unsafe().outboundBuffer();
    if (buffer == null || buffer.isEmpty()) {
      sendingNanos = 0;
      return false;
    }
    long mark =
        buffer.totalPendingWriteBytes() * 31
            + buffer.currentProgress() * 7
            + System.identityHashCode(buffer.current());
    if (sendingNanos == 0 || mark != sendingMark) {
      sendingNanos = now;
      sendingMark = mark;
      return false;
    }
    return now - sendingNanos > nanosMax;
  }

  void close(Closing why, String detail) {
    if (isClosed || ctx == null) return;
    if (!isClosing) port.meters().closing(why, address, detail);
    isClosing = true;
    hold(CLOSED);
    var _ = ctx.close();
  }

  private void closeWhenSent(ChannelHandlerContext context) {
    if (isClosing) return;
    isClosing = true;
    context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    isClosed = true;
    holds |= CLOSED;
    port.budget().forget(this);
    frames.close();
    outbound.close();
    Exchange exchange;
    while ((exchange = unanswered.poll()) != null) {
      if (exchange.outcome() != null || exchange == waiting) giveUp(exchange);
      else exchange.tellAbandoned();
    }
    waiting = null;
    loop.remove(this);
    port.meters().closed();
    context.fireChannelInactive();
  }

  /** Releases what a request and its answer hold, when there is nobody to send it to. */
  private void giveUp(Exchange exchange) {
    ByteBuf frame = exchange.takeFrame();
    if (frame != null) release(frame, exchange.frameBytes());
    if (exchange.outcome() instanceof AbstractResponse response) ResponseEncoder.discard(response);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (isClosing || isClosed) return;
    if (cause instanceof IOException) {
      close(isPeerGone(cause) ? Closing.GONE : Closing.TRANSPORT, String.valueOf(cause));
    } else {
      port.meters().failed(address, cause);
      close(Closing.TRANSPORT, cause.getClass().getSimpleName());
    }
  }

  private static boolean isPeerGone(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    return cause instanceof ClosedChannelException
        || message.contains("Connection reset")
        || message.contains("Broken pipe");
  }
}

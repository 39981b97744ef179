package oxbow.broker.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FileRegion;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.network.ListenerName;
import org.jspecify.annotations.Nullable;

/**
 * Accepts the connections of one listener and hands them to the event loops in turn. At the bound
 * of all connections it stops accepting, so that clients wait in the kernel's queue; over the bound
 * of one address it closes. Owned by the event loop of the listener's channel.
 */
final class Acceptor extends ChannelInboundHandlerAdapter {
  // Answers handed to the socket, files included, above which no further requests are served.
  private static final WriteBufferWaterMark UNSENT_BYTES =
      new WriteBufferWaterMark(256 * 1024, 1024 * 1024);
  private static final MessageSizeEstimator.Handle WITH_FILES =
      message ->
          switch (message) {
            case ByteBuf bytes -> bytes.readableBytes();
            case FileRegion file -> (int) Math.min(file.count(), Integer.MAX_VALUE / 2);
            default -> 0;
          };

  private final ListenerName listener;
  private final Connection.Port port;
  private final ConnectionLimits limits;
  private final AcceptPace pace;
  private final List<NetLoop> loops;
  private final ByteBufAllocator allocator;
  private final AtomicLong accepted; // numbers the connections of all listeners

  // Accepted, but over the bound: NIO hands over several at once.
  private final ArrayDeque<Channel> waiting = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext ctx;

  Acceptor(
      ListenerName listener,
      Connection.Port port,
      ConnectionLimits limits,
      AcceptPace pace,
      List<NetLoop> loops,
      ByteBufAllocator allocator,
      AtomicLong accepted) {
    this.listener = listener;
    this.port = port;
    this.limits = limits;
    this.pace = pace;
    this.loops = loops;
    this.allocator = allocator;
    this.accepted = accepted;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    waiting.add((Channel) message);
    admit(context);
  }

  /** There may be room for those who wait. Called from any thread. */
  void roomWasMade() {
    ChannelHandlerContext context = ctx;
    if (context == null) return;
    try {
      context.executor().execute(() -> admit(context));
    } catch (RejectedExecutionException e) { // the port is closed: nobody waits any more
      return;
    }
  }

  private void admit(ChannelHandlerContext context) {
    if (!context.channel().isOpen()) return; // the end came before the room
    long pauseMs = 0;
    while (!waiting.isEmpty() && limits.hasRoom() && (pauseMs = pace.pauseMs()) == 0) {
      admit(context, waiting.remove());
    }
    if (pauseMs > 0) {
      var _ = context.executor().schedule(() -> admit(context), pauseMs, TimeUnit.MILLISECONDS);
    }
    boolean isOpen = waiting.isEmpty() && limits.hasRoom();
    context.channel().config().setAutoRead(isOpen);
  }

  private void admit(ChannelHandlerContext context, Channel channel) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress address)) {
      channel.unsafe().closeForcibly(); // gone before it was accepted
      return;
    }
    int delayMs = port.quotas().connected(address.getAddress());
    if (delayMs > 0) {
      port.meters().closing(Closing.ADDRESS_RATE, address, "too fast from this address");
      // Closed at once it would be back at once.
      var _ =
          context
              .executor()
              .schedule(() -> channel.unsafe().closeForcibly(), delayMs, TimeUnit.MILLISECONDS);
      return;
    }
    if (!limits.open(address.getAddress())) {
      port.meters().closing(Closing.ADDRESS_LIMIT, address, "too many from this address");
      channel.unsafe().closeForcibly();
      return;
    }
    channel.closeFuture().addListener(_ -> limits.close(address.getAddress()));
    long number = accepted.getAndIncrement();
    NetLoop loop = loops.get((int) (number % loops.size()));
    var connection = new Connection(port, loop, listener, address, id(channel, number));
    configure(channel.config(), connection);
    channel.pipeline().addLast(connection);
    loop.executor()
        .register(channel)
        .addListener(registered -> {
          if (!registered.isSuccess()) channel.unsafe().closeForcibly();
        });
  }

  private void configure(ChannelConfig config, Connection connection) {
    config.setAllocator(allocator);
    config.setRecvByteBufAllocator(connection.readBuffers());
    config.setWriteBufferWaterMark(UNSENT_BYTES);
    config.setMessageSizeEstimator(() -> WITH_FILES);
    config.setOption(ChannelOption.TCP_NODELAY, true);
    if (port.config().sendBufferBytes() > 0) {
      config.setOption(ChannelOption.SO_SNDBUF, port.config().sendBufferBytes());
    }
    if (port.config().receiveBufferBytes() > 0) {
      config.setOption(ChannelOption.SO_RCVBUF, port.config().receiveBufferBytes());
    }
  }

  /** As Kafka names connections: both ends and a number that is never used again. */
  private static String id(Channel channel, long number) {
    return text(channel.localAddress()) + "-" + text(channel.remoteAddress()) + "-" + number;
  }

  private static String text(@Nullable Object address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
        : "?";
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    for (Channel channel : waiting) channel.unsafe().closeForcibly();
    waiting.clear();
    context.fireChannelInactive();
  }
}

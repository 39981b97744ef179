package oxbow.broker.net;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.netty4.NettyEventExecutorMetrics;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.apache.kafka.common.network.ListenerName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.quota.ClientQuotas;
import oxbow.broker.wire.ApiTable;

/**
 * The broker's door for Kafka clients. Start here: it runs the event loops ({@code net-*}), opens
 * listeners and closes everything again. Bind once, open once, close once.
 *
 * <pre>
 *   listener -> {@link Acceptor} -> {@link Connection} -> {@link ApiHandler}
 *                                     {@link FrameReader} cuts requests, {@link FrameBudget} bounds them
 *                                     {@link ResponseQueue} keeps the order, {@link Outbound} sends
 * </pre>
 */
public final class KafkaPort implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KafkaPort.class);
  private static final boolean IS_EPOLL = Epoll.isAvailable();

  private final NetConfig config;
  private final ApiTable apis;
  private final ClientQuotas quotas;
  private final LongSupplier nanoClock;
  private final PooledByteBufAllocator allocator;
  private final FrameBudget budget;
  private final MeterRegistry registry;
  private final NetMeters meters;
  private final AtomicLong accepted = new AtomicLong();
  private final List<Reservation> reservations = new ArrayList<>();
  private final List<Channel> listening = new ArrayList<>();
  private final List<Acceptor> acceptors = new CopyOnWriteArrayList<>(); // event loops read it
  private final List<NetLoop> loops = new ArrayList<>();
  private @Nullable MultiThreadIoEventLoopGroup group;
  private boolean isClosed;

  /**
   * @param apis may be added to until {@link #open}
   * @param quotas what clients may use; those of connections count too
   * @param meters where the port's numbers are shown
   */
  public KafkaPort(
      NetConfig config,
      ApiTable apis,
      ClientQuotas quotas,
      MeterRegistry meters,
      LongSupplier nanoClock) {
    this.quotas = quotas;
    this.config = config;
    this.apis = apis;
    this.nanoClock = nanoClock;
    this.allocator = allocator(config.threads());
    this.budget = new FrameBudget(config.heldBytesMax(), config.heldRequestsMax());
    this.registry = meters;
    this.meters = new NetMeters(meters, budget, allocator, nanoClock);
  }

  /** Loads the network's native library, which {@link #bind} would do else. */
  public static void loadTransport() {
    log.atDebug().addKeyValue("epoll", IS_EPOLL).log("transport loaded");
  }

  /**
   * Takes the listeners' addresses, without listening: until {@link #open} clients are refused.
   * Returns where each will listen, by its name. If an address can't be had none is, and the
   * failure names its listener.
   */
  public synchronized Map<String, InetSocketAddress> bind(List<Listener> listeners) {
    if (group != null) throw new IllegalStateException("the Kafka port was bound before");
    IoHandlerFactory io = IS_EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    var threads = new DefaultThreadFactory("net", true);
    var started = new MultiThreadIoEventLoopGroup(config.threads(), threads, io);
    group = started;
    for (EventExecutor executor : started) {
      var loop = new NetLoop((EventLoop) executor, nanoClock);
      loop.start(checkMs());
      loops.add(loop);
    }
    new NettyEventExecutorMetrics(started).bindTo(registry);
    var bound = new LinkedHashMap<String, InetSocketAddress>();
    for (Listener listener : listeners) {
      Reservation reservation = reserve(listener);
      reservations.add(reservation);
      if (bound.put(listener.name(), reservation.address()) != null) {
        close();
        throw new IllegalArgumentException("listeners: " + listener.name() + " is there twice");
      }
    }
    return bound;
  }

  /**
   * Listens at the addresses taken, and serves what is in the table of APIs by now. Completes when
   * it listens at all of them.
   */
  public synchronized CompletionStage<Void> open() {
    if (isClosed) return CompletableFuture.failedFuture(new IllegalStateException("port closed"));
    apis.complete();
    meters.show(registry, apis.served());
    var port =
        new Connection.Port(
            config,
            budget,
            new Handlers(apis, config.decodedBytesMax()),
            quotas,
            meters,
            nanoClock);
    var limits = new ConnectionLimits(config, this::roomWasMade);
    var pace = new AcceptPace(config.connectionsPerSecondMax(), nanoClock);
    var opened = new ArrayList<CompletableFuture<Void>>();
    for (Reservation reservation : reservations) {
      var acceptor =
          new Acceptor(
              new ListenerName(reservation.listener().name()),
              port,
              limits,
              pace,
              List.copyOf(loops),
              allocator,
              accepted);
      acceptors.add(acceptor);
      opened.add(listen(reservation, acceptor));
    }
    return CompletableFuture.allOf(opened.toArray(CompletableFuture[]::new))
        .thenRun(() ->
            log.atInfo()
                .addKeyValue("transport", IS_EPOLL ? "epoll" : "nio")
                .addKeyValue("threads", config.threads())
                .addKeyValue("listeners", reservations.stream().map(Reservation::toString).toList())
                .log("kafka port open"));
  }

  /** Takes no new connections; those there are go on. */
  public synchronized void stopAccepting() {
    for (Channel channel : listening) channel.close().syncUninterruptibly();
    listening.clear();
  }

  /**
   * Reads no new requests and waits until those there are were answered and their connections
   * closed, but not for longer than given. Returns whether all of them were.
   */
  public boolean drain(Duration patience) throws InterruptedException {
    stopAccepting();
    for (NetLoop loop : loops) loop.executor().execute(loop::drain);
    return meters.awaitNone(patience);
  }

  /** Closes every connection at once and ends the event loops. */
  @Override
  public synchronized void close() {
    isClosed = true;
    stopAccepting();
    reservations.forEach(Reservation::release);
    MultiThreadIoEventLoopGroup running = group;
    if (running == null) return;
    running.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
  }

  private Reservation reserve(Listener listener) {
    var address =
        listener.host().isEmpty()
            ? new InetSocketAddress(listener.port())
            : new InetSocketAddress(listener.host(), listener.port());
    try {
      SocketChannel socket = SocketChannel.open();
      try {
        socket.setOption(StandardSocketOptions.SO_REUSEADDR, true).bind(address);
        return new Reservation(listener, socket, (InetSocketAddress) socket.getLocalAddress());
      } catch (IOException | UnresolvedAddressException e) {
        socket.close();
        throw e;
      }
    } catch (IOException | UnresolvedAddressException e) {
      close();
      throw unusable(listener, e);
    }
  }

  private CompletableFuture<Void> listen(Reservation reservation, Acceptor acceptor) {
    Listener listener = reservation.listener();
    ServerChannel channel =
        IS_EPOLL ? new EpollServerSocketChannel() : new NioServerSocketChannel();
    channel.pipeline().addLast(acceptor);
    channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
    channel.config().setOption(ChannelOption.SO_BACKLOG, config.backlog());
    if (config.receiveBufferBytes() > 0) {
      // Only a size set before the connection exists makes the TCP window as large.
      channel.config().setOption(ChannelOption.SO_RCVBUF, config.receiveBufferBytes());
    }
    int port = reservation.address().getPort();
    var address =
        listener.host().isEmpty()
            ? new InetSocketAddress(port)
            : new InetSocketAddress(listener.host(), port);
    EventLoop loop = loops.get(listening.size() % loops.size()).executor();
    listening.add(channel);
    var open = new CompletableFuture<Void>();
    GenericFutureListener<Future<? super Void>> done =
        bound -> {
          if (bound.isSuccess()) open.complete(null);
          else open.completeExceptionally(unusable(listener, bound.cause()));
        };
    loop.register(channel)
        .addListener(registered -> {
          if (!registered.isSuccess()) {
            done.operationComplete(registered);
            return;
          }
          reservation.release();
          channel.bind(address).addListener(done);
        });
    return open;
  }

  private static IllegalStateException unusable(Listener listener, Throwable cause) {
    return new IllegalStateException(
        "listeners: %s can't be opened at %s:%d"
            .formatted(listener.name(), listener.host(), listener.port()),
        cause);
  }

  /** An address that is ours, held by a socket at which nobody listens yet. */
  private record Reservation(Listener listener, SocketChannel socket, InetSocketAddress address) {
    void release() {
      try {
        socket.close();
      } catch (IOException e) {
        log.atWarn().addKeyValue("address", address).setCause(e).log("address not released");
      }
    }

    @Override
    public String toString() {
      return listener.name() + "=" + address;
    }
  }

  /** A pool of the port's own: one arena for each event loop, nothing on the heap. */
  private static PooledByteBufAllocator allocator(int threads) {
    return new PooledByteBufAllocator(
        true,
        0,
        threads,
        PooledByteBufAllocator.defaultPageSize(),
        PooledByteBufAllocator.defaultMaxOrder(),
        PooledByteBufAllocator.defaultSmallCacheSize(),
        PooledByteBufAllocator.defaultNormalCacheSize(),
        false); // threads of others that answer keep no caches: the loops do the writing
  }

  /** For tests: the pool of all buffers of this port. */
  PooledByteBufAllocator allocator() {
    return allocator;
  }

  private long checkMs() {
    Duration shortest = config.frameTimeout();
    if (config.writeTimeout().compareTo(shortest) < 0) shortest = config.writeTimeout();
    if (config.idleMax().compareTo(shortest) < 0) shortest = config.idleMax();
    return Math.clamp(shortest.toMillis() / 4, 10, 1000);
  }

  /** Called by event loops, which must not wait for a lock that {@link #close} holds. */
  private void roomWasMade() {
    for (Acceptor acceptor : acceptors) acceptor.roomWasMade();
  }
}

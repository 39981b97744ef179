package oxbow.server.http;

import com.linecorp.armeria.common.util.ThreadFactories;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Threads of the HTTP port that end with their last connection. Armeria asks its groups to end, the
 * ones that answer and then the ones that accept, and both would wait two seconds each for more.
 */
final class HttpLoops extends MultiThreadIoEventLoopGroup {
  private final Duration stopMax;

  HttpLoops(String name, int threads, Duration stopMax) {
    super(threads, ThreadFactories.newEventLoopThreadFactory(name, false), handlers());
    this.stopMax = stopMax;
  }

  /** Those that Armeria would take, so that both groups have the same. */
  private static IoHandlerFactory handlers() {
    return Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
  }

  @Override
  public Future<?> shutdownGracefully() {
    return shutdownGracefully(0, stopMax.toMillis(), TimeUnit.MILLISECONDS);
  }
}

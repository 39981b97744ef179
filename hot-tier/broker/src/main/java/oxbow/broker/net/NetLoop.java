package oxbow.broker.net;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * One event loop with its connections. Their timeouts are looked after by one pass now and then, so
 * that an idle connection costs no timer. Owned by the loop's thread.
 */
final class NetLoop {
  private final EventLoop executor;
  private final LongSupplier nanoClock;
  private final ArrayList<Connection> connections = new ArrayList<>();

  NetLoop(EventLoop executor, LongSupplier nanoClock) {
    this.executor = executor;
    this.nanoClock = nanoClock;
  }

  EventLoop executor() {
    return executor;
  }

  /** Starts looking after timeouts; ends with the loop. */
  void start(long checkMs) {
    var _ =
        executor.scheduleWithFixedDelay(
            this::checkTimeouts, checkMs, checkMs, TimeUnit.MILLISECONDS);
  }

  void add(Connection connection) {
    connection.indexInLoop = connections.size();
    connections.add(connection);
  }

  void remove(Connection connection) {
    Connection last = connections.removeLast();
    if (last == connection) return;
    connections.set(connection.indexInLoop, last);
    last.indexInLoop = connection.indexInLoop;
  }

  /** Lets every connection finish what it has begun. */
  void drain() {
    // Backwards: a connection that closes at once puts the last one in its place.
    for (int i = connections.size() - 1; i >= 0; i--) connections.get(i).drain();
  }

  private void checkTimeouts() {
    long now = nanoClock.getAsLong();
    for (int i = connections.size() - 1; i >= 0; i--) connections.get(i).checkTimeouts(now);
  }
}

package oxbow.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.HdrHistogram.Histogram;

/** Requests at full speed, each connection its next one after an answer. */
final class HttpLoad {
  /** What one load did. */
  record Done(long requests, double seconds, Histogram latencyMicros) {
    double perSecond() {
      return requests / seconds;
    }
  }

  private static final long LATENCY_MICROS_MAX = 120_000_000;

  private HttpLoad() {}

  /**
   * Sends so many requests, all of which have to be answered with 200.
   *
   * @param request the bytes of each, by its number from zero on
   */
  static Done run(int port, int connections, long requests, LongFunction<byte[]> request)
      throws InterruptedException {
    var next = new AtomicLong();
    var latency = new Histogram(LATENCY_MICROS_MAX, 3);
    long begin = System.nanoTime();
    try (ExecutorService threads = Executors.newFixedThreadPool(connections)) {
      List<Future<Histogram>> clients = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        clients.add(threads.submit(() -> ask(port, next, requests, request)));
      }
      for (Future<Histogram> client : clients) latency.add(client.get());
    } catch (ExecutionException e) {
      throw new IllegalStateException("a request failed", e.getCause());
    }
    return new Done(requests, (System.nanoTime() - begin) / 1e9, latency);
  }

  private static Histogram ask(
      int port, AtomicLong next, long requests, LongFunction<byte[]> request) throws IOException {
    var latency = new Histogram(LATENCY_MICROS_MAX, 3);
    try (var connection = new HttpConnection(port)) {
      for (long n = next.getAndIncrement(); n < requests; n = next.getAndIncrement()) {
        byte[] bytes = request.apply(n);
        long sent = System.nanoTime();
        String _ = connection.ask(bytes).require();
        latency.recordValue(Math.min((System.nanoTime() - sent) / 1000, LATENCY_MICROS_MAX));
      }
    }
    return latency;
  }
}

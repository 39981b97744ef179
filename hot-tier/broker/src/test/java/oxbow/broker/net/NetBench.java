package oxbow.broker.net;

import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import oxbow.broker.testing.TestSlice;
import oxbow.broker.wire.SlicedRecords;

/**
 * What the Kafka port itself costs: requests in, answers out, nothing appended. Prints throughput
 * and the CPU time of the {@code net-*} threads per GB; the client's is not counted. Arguments:
 * seconds per run; then names of runs, or none for all.
 */
final class NetBench {
  private static final int FILE_BYTES = 8 << 20;
  private static final int IN_FLIGHT = 5;

  private NetBench() {}

  private record Run(String name, AbstractRequest request, int bytes) {}

  public static void main(String[] args) throws Exception {
    int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    String only = args.length > 1 ? args[1] : "";
    Path file = Files.createTempFile("net-bench", ".log");
    Files.write(file, new byte[FILE_BYTES]);
    Run[] runs = {
      new Run("produce 1 KiB", Messages.produce(1, 1 << 10), 1 << 10),
      new Run("produce 16 KiB", Messages.produce(1, 16 << 10), 16 << 10),
      new Run("produce 128 KiB", Messages.produce(1, 128 << 10), 128 << 10),
      new Run("produce 1 MiB", Messages.produce(1, 1 << 20), 1 << 20),
      new Run("fetch 16 KiB", Messages.fetch(16 << 10), 16 << 10),
      new Run("fetch 64 KiB", Messages.fetch(64 << 10), 64 << 10),
      new Run("fetch 1 MiB", Messages.fetch(1 << 20), 1 << 20),
    };
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        var port =
            new PortFixture(
                NetConfig.DEFAULT,
                apis ->
                    apis.serve(ApiKeys.PRODUCE, NetBench::answerProduce)
                        .serve(ApiKeys.FETCH, request -> answerFetch(request, channel)))) {
      for (Run run : runs) {
        if (!run.name().contains(only)) continue;
        measure(run, port, 1);
        measure(run, port, seconds);
      }
      if ("idle connections".contains(only)) measureIdle(port, 2_000);
    } finally {
      Files.delete(file);
    }
  }

  /**
   * What connections cost that were used once; the client's ends are outside of the heap, mostly.
   */
  private static void measureIdle(PortFixture port, int count) throws IOException {
    long before = usedHeapBytes();
    double pool = port.gauge("oxbow.net.buffer.bytes");
    var clients = new ArrayList<SocketChannel>();
    ByteBuffer frame = ByteBuffer.wrap(WireClient.frame(Messages.fetch(1), 1));
    ByteBuffer answer = ByteBuffer.allocateDirect(4096);
    for (int i = 0; i < count; i++) {
      var client = SocketChannel.open(port.address);
      clients.add(client);
      send(client, frame);
      if (client.read(answer.clear()) < 0) throw new EOFException();
    }
    System.out.printf(
        Locale.ROOT,
        "idle             %d bytes of heap for each of %d connections, %.0f KiB more in the pool%n",
        (usedHeapBytes() - before) / count,
        count,
        (port.gauge("oxbow.net.buffer.bytes") - pool) / 1024);
    for (SocketChannel client : clients) client.close();
  }

  private static long usedHeapBytes() {
    for (int i = 0; i < 3; i++) System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static void measure(Run run, PortFixture port, int seconds) throws IOException {
    long cpu = netCpuNanos();
    long start = System.nanoTime();
    long count = load(run, port, TimeUnit.SECONDS.toNanos(seconds));
    double gib = (double) count * run.bytes() / (1 << 30);
    double took = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%-16s %8.0f MiB/s %9.0f requests/s %7.3f net CPU s/GiB%n",
        run.name(),
        gib * 1024 / took,
        count / took,
        (netCpuNanos() - cpu) / 1e9 / gib);
  }

  private static long load(Run run, PortFixture port, long nanos) throws IOException {
    ByteBuffer frame = ByteBuffer.allocateDirect(run.bytes() + 4096);
    frame.put(WireClient.frame(run.request(), 1)).flip();
    ByteBuffer answer = ByteBuffer.allocateDirect(2 << 20);
    long end = System.nanoTime() + nanos;
    long count = 0;
    try (SocketChannel client = SocketChannel.open(port.address)) {
      for (int i = 0; i < IN_FLIGHT; i++) send(client, frame);
      while (System.nanoTime() < end) {
        count += receive(client, answer, frame);
      }
    }
    return count;
  }

  private static void send(SocketChannel client, ByteBuffer frame) throws IOException {
    ByteBuffer bytes = frame.duplicate();
    while (bytes.hasRemaining()) client.write(bytes);
  }

  /** Reads what is there and sends one request for each whole answer. */
  private static int receive(SocketChannel client, ByteBuffer answers, ByteBuffer frame)
      throws IOException {
    if (client.read(answers) < 0) throw new EOFException();
    answers.flip();
    int count = 0;
    while (answers.remaining() >= 4
        && answers.remaining() - 4 >= answers.getInt(answers.position())) {
      answers.position(answers.position() + 4 + answers.getInt(answers.position()));
      count++;
    }
    answers.compact();
    for (int i = 0; i < count; i++) send(client, frame);
    return count;
  }

  private static void answerProduce(Request request) {
    request.answer(Messages.produced(Messages.bytes((ProduceRequest) request.body())));
  }

  private static void answerFetch(Request request, FileChannel channel) {
    int bytes = ((FetchRequest) request.body()).data().maxBytes();
    request.answer(Messages.fetched(new SlicedRecords(new TestSlice(channel, 0, bytes))));
  }

  private static long netCpuNanos() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long nanos = 0;
    for (long id : threads.getAllThreadIds()) {
      var info = threads.getThreadInfo(id);
      if (info != null && info.getThreadName().startsWith("net-")) {
        nanos += Math.max(0, threads.getThreadCpuTime(id));
      }
    }
    return nanos;
  }
}

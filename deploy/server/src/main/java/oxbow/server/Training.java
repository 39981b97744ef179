package oxbow.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import oxbow.server.config.ConfigSources;

/**
 * A short life of a server, so that the class cache made from it holds what every start needs, and
 * nothing that only its clients do: each class costs a start some microseconds. Run once when Oxbow
 * is built; the launcher shows how.
 */
public final class Training {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long POLL_NANOS = 10_000_000;

  private Training() {}

  /** Takes an empty directory, and the command that runs clients, to which an address is added. */
  public static void main(String[] arguments) throws Exception {
    Path data = Path.of(arguments[0]);
    try (RunningServer server = Wiring.start(config(data), Training::fail)) {
      server.ready().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      server.http().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      int port = server.kafka().values().iterator().next().getPort();
      runClients(Arrays.asList(arguments).subList(1, arguments.length), "127.0.0.1:" + port);
    }
    // The second start reads what the first has written: another path through the code. And it is
    // made as people make it.
    int port = freePort();
    String[] line = {
      "start", "--data", data.toString(), "--port", Integer.toString(port), "--http-port", "0"
    };
    Thread.ofPlatform().daemon().name("start").start(() -> Main.main(line));
    awaitPort(port);
    System.exit(0); // what Main does when it is told to stop
  }

  private static void runClients(List<String> command, String address) throws Exception {
    List<String> words = new ArrayList<>(command);
    words.add(address);
    Process clients = new ProcessBuilder(words).inheritIO().start();
    boolean isDone = clients.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (!isDone) clients.destroyForcibly();
    if (!isDone || clients.exitValue() != 0) throw new IllegalStateException("the clients failed");
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void awaitPort(int port) throws IOException {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        if (System.nanoTime() > until) throw e;
        LockSupport.parkNanos(POLL_NANOS);
      }
    }
  }

  private static void fail(RuntimeException reason) {
    throw reason;
  }

  private static ServerConfig config(Path data) {
    return ServerConfig.load(
        new ConfigSources(
            null,
            Map.of(),
            List.of(
                ConfigSources.flag("data.dir=" + data),
                ConfigSources.flag("listeners=PLAINTEXT://127.0.0.1:0"),
                ConfigSources.flag("http.port=0"))));
  }
}

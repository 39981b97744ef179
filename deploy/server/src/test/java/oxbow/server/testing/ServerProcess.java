package oxbow.server.testing;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, to be killed. */
public final class ServerProcess implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 20;

  private final Process process;
  private final int port;

  private ServerProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts one; returns when it takes connections. */
  public static ServerProcess start(Path data, List<String> settings) throws Exception {
    int port = freePort();
    Path config =
        Files.write(Files.createDirectories(data).resolveSibling("server.properties"), settings);
    Path output = data.resolveSibling("server.out");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-ea",
                "-cp",
                System.getProperty("java.class.path")));
    command.addAll(
        List.of(
            "oxbow.server.Main",
            "start",
            "--host",
            "127.0.0.1",
            "--data",
            data.toString(),
            "--port",
            Integer.toString(port),
            "--http-port",
            "0",
            "--config",
            config.toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(output.toFile()))
            .start();
    var started = new ServerProcess(process, port);
    TestServer.await(() -> {
      if (!process.isAlive()) throw new AssertionError(Files.readString(output));
      return started.isListening();
    });
    return started;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private boolean isListening() {
    try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  public String bootstrap() {
    return "127.0.0.1:" + port;
  }

  /** kill -9: nothing is tidied up. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the server survived");
    }
  }

  @Override
  public void close() {
    Process _ = process.destroyForcibly().onExit().join();
  }
}

package oxbow.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Ports of loopback. */
final class Ports {
  private Ports() {}

  /** A port nobody listens on. */
  static int free() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns when the process accepts connections; fails at once when it ends. */
  static void awaitListening(int port, ChildProcess process) {
    Await.until(
        "a listener on port " + port,
        Await.LONG,
        () -> {
          if (!process.isAlive()) {
            return true;
          }
          try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
          }
        });
    process.assertAlive();
  }
}

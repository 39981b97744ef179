package oxbow.server.http;

import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.server.ServerPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.server.registry.RegistryBounds.OwnPort;

/** Ports that serve one thing only, beside the HTTP port. */
final class OwnPorts {
  private static final Logger log = LoggerFactory.getLogger(OwnPorts.class);

  private OwnPorts() {}

  /**
   * A port to be opened.
   *
   * @param key names it in the configuration
   * @param lack what is told if another process has it and nobody insists
   * @return empty: another process has it
   */
  static Optional<ServerPort> open(String key, OwnPort wanted, String lack) {
    InetSocketAddress address = HttpPort.address(key, wanted.host(), wanted.port());
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(address);
    } catch (IOException e) {
      if (wanted.isRequired()) {
        throw new IllegalStateException(
            key + ": port " + wanted.port() + " can't be opened: " + e.getMessage(), e);
      }
      log.atWarn()
          .addKeyValue("port", wanted.port())
          .addKeyValue("reason", e.getMessage())
          .log(lack);
      return Optional.empty();
    }
    return Optional.of(new ServerPort(address, SessionProtocol.HTTP));
  }
}

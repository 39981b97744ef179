package oxbow.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import oxbow.server.config.ConfigKeys;
import oxbow.server.config.Settings;

/** Reads {@code max.connections.per.ip.overrides}: host names count for all their addresses. */
final class AddressLimits {
  private AddressLimits() {}

  static Map<InetAddress, Integer> of(Settings settings) {
    return read(
        settings,
        (name, rule) -> {
          throw new IllegalStateException(name + " " + rule + ", and was accepted before");
        });
  }

  /** Reads them, and reports each name whose address or number can't be used. */
  static Map<InetAddress, Integer> read(Settings settings, BiConsumer<String, String> refuse) {
    Map<InetAddress, Integer> limits = new HashMap<>();
    settings
        .get(ConfigKeys.CONNECTIONS_PER_ADDRESS_OVERRIDES)
        .forEach((name, text) -> {
          try {
            int max = Integer.parseInt(text);
            if (max < 0) throw new NumberFormatException("negative");
            for (InetAddress address : InetAddress.getAllByName(name)) limits.put(address, max);
          } catch (NumberFormatException e) {
            refuse.accept(name, "takes a number of connections");
          } catch (UnknownHostException e) {
            refuse.accept(name, "is no address and no host name that resolves");
          }
        });
    return limits;
  }
}

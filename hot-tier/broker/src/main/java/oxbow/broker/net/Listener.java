package oxbow.broker.net;

/**
 * Where the broker listens.
 *
 * @param name unique among the listeners, as clients and the cluster's metadata know it
 * @param host address or name to bind to; empty: every address
 * @param port zero: any free one
 */
public record Listener(String name, String host, int port) {
  public Listener {
    if (name.isBlank()) throw new IllegalArgumentException("listeners: a name is missing");
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("listeners: " + name + " has no valid port: " + port);
    }
  }
}

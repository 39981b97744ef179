package oxbow.server.config;

/**
 * A named address, as {@code listeners} gives it.
 *
 * @param host empty: every interface
 * @param port zero: any free one
 */
public record Listener(String name, String host, int port) {
  private static final int PORT_MAX = 65535;

  /** Reads {@code NAME://host:port}; an IPv6 address stands in brackets. */
  static Listener parse(String text) {
    int scheme = text.indexOf("://");
    int colon = text.lastIndexOf(':');
    if (scheme <= 0 || colon <= scheme) {
      throw new BadValueException("is written NAME://host:port, as in PLAINTEXT://:9092");
    }
    String name = text.substring(0, scheme);
    if (!name.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '_' || c == '-')) {
      throw new BadValueException("has a name of letters, digits, '_' and '-'");
    }
    String host = text.substring(scheme + 3, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new BadValueException(
          "takes an IPv6 address in brackets, as in PLAINTEXT://[::1]:9092");
    }
    int port;
    try {
      port = Integer.parseInt(text.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw new BadValueException("ends with a port number");
    }
    if (port < 0 || port > PORT_MAX) {
      throw new BadValueException("has a port between 0 and " + PORT_MAX);
    }
    return new Listener(name.toUpperCase(java.util.Locale.ROOT), host, port);
  }

  @Override
  public String toString() {
    return name + "://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}

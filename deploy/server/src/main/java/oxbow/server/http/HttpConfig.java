package oxbow.server.http;

/**
 * The HTTP port and its bounds.
 *
 * @param host empty: every interface
 * @param port zero: any free one
 * @param connectionsMax connections at a time
 * @param headerBytesMax headers of one request, and its first line
 * @param bodyBytesMax body of one request
 * @param requestTimeoutMs from a request's first byte to its answer
 * @param idleTimeoutMs silence after which a connection is closed
 */
public record HttpConfig(
    String host,
    int port,
    int connectionsMax,
    int headerBytesMax,
    long bodyBytesMax,
    long requestTimeoutMs,
    long idleTimeoutMs) {}

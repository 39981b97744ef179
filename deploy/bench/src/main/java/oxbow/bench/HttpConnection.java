package oxbow.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Locale;

/**
 * One connection of HTTP/1.1 to this machine, that costs as little as can be: the broker is
 * measured, on the same cores. One request at a time.
 */
final class HttpConnection implements AutoCloseable {
  private static final String LENGTH = "content-length:";
  private static final int HEAD_BYTES_MAX = 64 << 10;

  /** What came back. */
  record Answer(int status, String body) {
    /** The body of a good answer. */
    String require() {
      if (status != 200) throw new IllegalStateException("HTTP " + status + ": " + body);
      return body;
    }
  }

  private final Socket socket;
  private final InputStream in;
  private byte[] buffer = new byte[HEAD_BYTES_MAX];

  HttpConnection(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    in = socket.getInputStream();
  }

  /** A request as its bytes; an empty body is none. */
  static byte[] request(String method, String path, String body) {
    byte[] content = body.getBytes(UTF_8);
    String head =
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
            + (body.isEmpty()
                ? "\r\n"
                : "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    .formatted(content.length));
    byte[] start = head.getBytes(ISO_8859_1);
    byte[] whole = new byte[start.length + content.length];
    System.arraycopy(start, 0, whole, 0, start.length);
    System.arraycopy(content, 0, whole, start.length, content.length);
    return whole;
  }

  Answer ask(byte[] request) throws IOException {
    socket.getOutputStream().write(request);
    int filled = 0;
    int headEnd = -1;
    while (headEnd < 0) {
      filled = fill(filled);
      headEnd = headEnd(filled);
    }
    String head = new String(buffer, 0, headEnd, ISO_8859_1).toLowerCase(Locale.ROOT);
    int status = Integer.parseInt(head.substring(9, 12));
    int at = head.indexOf(LENGTH);
    if (at < 0) throw new IOException("an answer without a length: " + head);
    String length = head.substring(at + LENGTH.length(), head.indexOf('\r', at)).strip();
    int end = headEnd + Integer.parseInt(length);
    if (end > buffer.length) buffer = Arrays.copyOf(buffer, end);
    while (filled < end) filled = fill(filled);
    return new Answer(status, new String(buffer, headEnd, end - headEnd, UTF_8));
  }

  private int fill(int filled) throws IOException {
    if (filled == buffer.length) throw new IOException("an answer's head has no end");
    int count = in.read(buffer, filled, buffer.length - filled);
    if (count < 0) throw new IOException("the broker closed the connection");
    return filled + count;
  }

  /** Where the body begins; -1: the head isn't there to its end. */
  private int headEnd(int filled) {
    for (int i = 3; i < filled; i++) {
      if (buffer[i] == '\n' && buffer[i - 1] == '\r' && buffer[i - 2] == '\n') return i + 1;
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

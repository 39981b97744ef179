package oxbow.broker.net;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** The simplest client there is: a blocking socket and Kafka's own codec. */
public final class WireClient implements AutoCloseable {
  private final Socket socket = new Socket();
  private final DataInputStream in;
  private final OutputStream out;
  private int nextCorrelationId = 1;

  public WireClient(InetSocketAddress address) throws IOException {
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    socket.connect(address, 20_000);
    in = new DataInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  Socket socket() {
    return socket;
  }

  /** A request as it goes over the wire, its size in front. */
  static byte[] frame(AbstractRequest request, int correlationId) {
    return frame(header(request, correlationId), request);
  }

  static byte[] frame(RequestHeader header, AbstractRequest request) {
    ByteBuffer bytes = request.serializeWithHeader(header);
    return ByteBuffer.allocate(Integer.BYTES + bytes.remaining())
        .putInt(bytes.remaining())
        .put(bytes)
        .array();
  }

  static RequestHeader header(AbstractRequest request, int correlationId) {
    return new RequestHeader(request.apiKey(), request.version(), "wire-client", correlationId);
  }

  /** Sends a request and returns its header. */
  RequestHeader send(AbstractRequest request) throws IOException {
    RequestHeader header = header(request, nextCorrelationId++);
    send(frame(header, request));
    return header;
  }

  void send(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  void send(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
  }

  /** The next answer, without its size. */
  byte[] receive() throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  <T extends AbstractResponse> T receive(RequestHeader to, Class<T> type) throws IOException {
    return type.cast(AbstractResponse.parseResponse(ByteBuffer.wrap(receive()), to));
  }

  public <T extends AbstractResponse> T ask(AbstractRequest request, Class<T> type)
      throws IOException {
    return receive(send(request), type);
  }

  /** Whether the server closed the connection; reads away what it sent before. */
  boolean isClosedByServer() throws IOException {
    try {
      while (in.read() >= 0) {}
      return true;
    } catch (EOFException e) {
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

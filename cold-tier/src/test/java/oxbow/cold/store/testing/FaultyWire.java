package oxbow.cold.store.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and an S3 server and does to some requests what networks do. One request
 * per connection.
 */
public final class FaultyWire implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?im)^content-length: *(\\d+)");
  private static final Pattern HOP = Pattern.compile("(?im)^(connection|expect):[^\r]*\r\n");

  private final URI server;
  private final ServerSocket listening;
  private final Deque<Planned> plan = new ArrayDeque<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** What becomes of a request. */
  public enum Fault {
    /** The server answers that it is too busy. */
    SLOW_DOWN,
    /** The server fails. */
    INTERNAL_ERROR,
    /** The server says that the session token has expired. */
    EXPIRED_TOKEN,
    /** The connection is reset before the server sees anything. */
    RESET,
    /** The server does it, and the answer gets lost. */
    LOST_REPLY,
    /** The connection is reset in the middle of the answer's body. */
    CUT_BODY,
    /** One bit of the answer's body is wrong. */
    WRONG_BIT,
    /** Nobody ever answers. */
    SILENCE
  }

  private @Nullable Planned standing;

  private record Planned(Predicate<String> request, Fault fault) {}

  public FaultyWire(URI server) throws IOException {
    this.server = server;
    this.listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("faulty-wire").start(this::accept);
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + listening.getLocalPort());
  }

  /** The next request whose first line is such. */
  public void failNext(Predicate<String> request, Fault fault) {
    synchronized (plan) {
      plan.add(new Planned(request, fault));
    }
  }

  /** From now on every such request, of those that nothing else is planned for. */
  public void failAll(Predicate<String> request, Fault fault) {
    synchronized (plan) {
      standing = new Planned(request, fault);
    }
  }

  /** From now on what is planned and nothing else. */
  public void heal() {
    synchronized (plan) {
      standing = null;
    }
  }

  /** Every request that was to fail has. */
  public boolean isDone() {
    synchronized (plan) {
      return plan.isEmpty();
    }
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listening.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException _) {
        return; // closed
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      InputStream in = client.getInputStream();
      String head = head(in);
      if (head.toLowerCase(Locale.ROOT).contains("100-continue")) {
        client.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(ISO_8859_1));
      }
      byte[] body = in.readNBytes(length(head));
      Optional<Fault> fault = fault(head.lines().findFirst().orElse(""));
      if (fault.isEmpty()) client.getOutputStream().write(ask(head, body));
      else fail(fault.get(), client, head, body);
    } catch (IOException _) {
      // Whoever hung up, the other side learns of it by the closed socket.
    }
  }

  private void fail(Fault fault, Socket client, String head, byte[] body) throws IOException {
    switch (fault) {
      case SLOW_DOWN -> client.getOutputStream().write(error(503, "SlowDown"));
      case INTERNAL_ERROR -> client.getOutputStream().write(error(500, "InternalError"));
      case EXPIRED_TOKEN -> client.getOutputStream().write(error(400, "ExpiredToken"));
      case RESET -> reset(client);
      case LOST_REPLY -> {
        ask(head, body);
        reset(client);
      }
      case CUT_BODY -> {
        byte[] answer = ask(head, body);
        int bodyStart = bodyStart(answer);
        client.getOutputStream().write(answer, 0, (bodyStart + answer.length) / 2);
        reset(client);
      }
      case WRONG_BIT -> {
        byte[] answer = ask(head, body);
        answer[answer.length - 1] ^= 1;
        client.getOutputStream().write(answer);
      }
      case SILENCE -> {
        try {
          closed.await();
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private Optional<Fault> fault(String request) {
    synchronized (plan) {
      for (Planned planned : plan) {
        if (!planned.request().test(request)) continue;
        plan.remove(planned);
        return Optional.of(planned.fault());
      }
      return Optional.ofNullable(standing)
          .filter(planned -> planned.request().test(request))
          .map(Planned::fault);
    }
  }

  private static void reset(Socket client) throws IOException {
    client.setSoLinger(true, 0);
    client.close();
  }

  private static byte[] error(int status, String code) {
    String body = "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code></Error>";
    String head =
        "HTTP/1.1 %d %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n"
            .formatted(status, code, body.length());
    return (head + "Connection: close\r\n\r\n" + body).getBytes(ISO_8859_1);
  }

  private byte[] ask(String head, byte[] body) throws IOException {
    String once =
        HOP.matcher(head).replaceAll("").replaceFirst("\r\n\r\n$", "\r\nConnection: close\r\n\r\n");
    try (Socket upstream = new Socket(server.getHost(), server.getPort())) {
      upstream.getOutputStream().write(once.getBytes(ISO_8859_1));
      upstream.getOutputStream().write(body);
      return upstream.getInputStream().readAllBytes();
    }
  }

  private static String head(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    int matched = 0;
    while (matched < 4) {
      int c = in.read();
      if (c < 0) throw new EOFException();
      head.write(c);
      boolean isNext = c == (matched % 2 == 0 ? '\r' : '\n');
      matched = isNext ? matched + 1 : c == '\r' ? 1 : 0;
    }
    return head.toString(ISO_8859_1);
  }

  private static int length(String head) {
    Matcher length = LENGTH.matcher(head);
    return length.find() ? Integer.parseInt(length.group(1)) : 0;
  }

  private static int bodyStart(byte[] answer) {
    return new String(answer, ISO_8859_1).indexOf("\r\n\r\n") + 4;
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    listening.close();
  }
}

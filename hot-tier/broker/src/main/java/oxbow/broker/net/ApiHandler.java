package oxbow.broker.net;

/** Serves one API. Called on the connection's {@code net-*} thread; never waits. */
@FunctionalInterface
public interface ApiHandler {
  /**
   * Takes the request and sees to it that it is answered. What it throws is answered as a failure.
   */
  void handle(Request request);
}

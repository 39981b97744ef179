package oxbow.query.flight;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceOptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import org.jspecify.annotations.Nullable;
import oxbow.query.sql.SqlEngine;

/**
 * Flight SQL over HTTP/2. Costs nothing until somebody calls: everything behind it is made with the
 * first call.
 */
public final class FlightDoor implements HttpService, AutoCloseable {
  private final SqlEngine engine;
  private final String version;
  private @Nullable FlightServer server; // guarded by this
  private boolean isClosed;

  /**
   * Leaves the engine open: it belongs to whoever made it.
   *
   * @param version of this server, as drivers are told
   */
  public FlightDoor(SqlEngine engine, String version) {
    this.engine = engine;
    this.version = version;
  }

  @Override
  public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    return server().serve(ctx, request);
  }

  private synchronized FlightServer server() {
    if (isClosed) throw new IllegalStateException("the server stops");
    FlightServer made = server;
    if (made == null) {
      made = new FlightServer(engine, version);
      server = made;
    }
    return made;
  }

  /** Somebody has called. */
  public synchronized boolean isOpen() {
    return server != null;
  }

  /** Streams of rows may take longer, and be longer, than anything else. */
  @Override
  public ServiceOptions options() {
    return ServiceOptions.builder().maxRequestLength(0).requestTimeoutMillis(0).build();
  }

  /** Ends the calls under way. */
  @Override
  public synchronized void close() {
    isClosed = true;
    FlightServer made = server;
    server = null;
    if (made != null) made.close();
  }
}

package oxbow.server.http;

import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerPort;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import oxbow.query.flight.FlightDoor;
import oxbow.server.registry.RegistryBounds.OwnPort;

/** Where Flight SQL is served: at a port of its own, which costs nothing until somebody calls. */
final class FlightMount {
  private static final String KEY = "flight.port";
  private static final String LACK =
      "Flight SQL is not served: its port is taken, and flight.port names another";

  private final FlightDoor door;
  private final OwnPort wanted;
  private @Nullable ServerPort own;

  FlightMount(FlightDoor door, OwnPort wanted) {
    this.door = door;
    this.wanted = wanted;
  }

  void mountOn(ServerBuilder builder) {
    Optional<ServerPort> port = OwnPorts.open(KEY, wanted, LACK);
    if (port.isEmpty()) return;
    ServerPort opened = port.get();
    own = opened;
    builder.port(opened);
    builder.virtualHost(opened).serviceUnder("/", door);
    // A port's own host takes over the exact paths of the others, which aren't Flight's.
    builder.decorator((others, ctx, request) ->
        ctx.localAddress().getPort() == opened.actualPort()
            ? door.serve(ctx, request)
            : others.serve(ctx, request));
  }

  /** Where it listens, once it does. */
  Optional<InetSocketAddress> address() {
    ServerPort port = own;
    return port == null ? Optional.empty() : Optional.of(HttpPort.bound(port));
  }
}

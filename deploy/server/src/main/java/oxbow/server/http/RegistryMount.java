package oxbow.server.http;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServerPort;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import oxbow.schema.http.RegistryErrors;
import oxbow.schema.http.RegistryService;
import oxbow.server.registry.RegistryBounds;

/** Where the schema registry is served: below a path of the HTTP port, and at a port of its own. */
final class RegistryMount {
  private static final String KEY = "schema.registry.listeners";
  private static final String LACK =
      "the schema registry has no port of its own; it is served under /registry of the HTTP port,"
          + " and schema.registry.listeners names another";

  private final Supplier<RegistryService> services;
  private final RegistryBounds bounds;
  private @Nullable ServerPort own;

  RegistryMount(Supplier<RegistryService> services, RegistryBounds bounds) {
    this.services = services;
    this.bounds = bounds;
  }

  void mountOn(ServerBuilder builder) {
    RegistryService service = services.get();
    builder.serviceUnder("/registry/", service);
    Optional<ServerPort> port = bounds.own().flatMap(wanted -> OwnPorts.open(KEY, wanted, LACK));
    if (port.isEmpty()) return;
    ServerPort opened = port.get();
    own = opened;
    builder.port(opened);
    builder.virtualHost(opened).serviceUnder("/", service);
    // A port's own host takes over the exact paths of the others, which aren't the registry's.
    builder.decorator((others, ctx, request) ->
        ctx.localAddress().getPort() == opened.actualPort()
            ? service.serve(ctx, request)
            : others.serve(ctx, request));
  }

  /** Where it listens on its own, once it does. */
  Optional<InetSocketAddress> address() {
    ServerPort port = own;
    return port == null ? Optional.empty() : Optional.of(HttpPort.bound(port));
  }

  /** Errors of the registry's paths have the form its clients know. */
  ServerErrorHandler errors(ServerErrorHandler others) {
    var registrys = new RegistryErrors(bounds.bodyBytesMax());
    return new ServerErrorHandler() {
      private ServerErrorHandler handler(ServiceConfig config) {
        return config.service().as(RegistryService.class) == null ? others : registrys;
      }

      @Override
      public @Nullable HttpResponse onServiceException(ServiceRequestContext ctx, Throwable cause) {
        HttpResponse answer = handler(ctx.config()).onServiceException(ctx, cause);
        return answer == null ? others.onServiceException(ctx, cause) : answer;
      }

      @Override
      public @Nullable AggregatedHttpResponse onProtocolViolation(
          ServiceConfig config,
          @Nullable RequestHeaders headers,
          HttpStatus status,
          @Nullable String description,
          @Nullable Throwable cause) {
        return handler(config).onProtocolViolation(config, headers, status, description, cause);
      }

      @Override
      public @Nullable AggregatedHttpResponse renderStatus(
          @Nullable ServiceRequestContext ctx,
          ServiceConfig config,
          @Nullable RequestHeaders headers,
          HttpStatus status,
          @Nullable String description,
          @Nullable Throwable cause) {
        return handler(config).renderStatus(ctx, config, headers, status, description, cause);
      }
    };
  }
}

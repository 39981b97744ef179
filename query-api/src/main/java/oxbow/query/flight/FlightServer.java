package oxbow.query.flight;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.arrow.flight.FlightGrpcUtils;
import org.apache.arrow.flight.auth.ServerAuthHandler;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.query.sql.SqlEngine;

/** What stands behind the door once somebody came. Thread-safe. */
final class FlightServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FlightServer.class);
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("flight-", 0).factory());
  private final Set<GrpcCall<?, ?>> calls = ConcurrentHashMap.newKeySet();
  private final BufferAllocator allocator = new RootAllocator();
  private final FlightSql producer;
  private final ServerServiceDefinition service;

  @SuppressWarnings("deprecation") // the one form that is independent of a server of gRPC's own
  FlightServer(SqlEngine engine, String version) {
    this.producer = new FlightSql(engine, allocator, threads, version);
    BindableService bindable =
        FlightGrpcUtils.createFlightService(allocator, producer, ServerAuthHandler.NO_OP, threads);
    this.service = ServerInterceptors.intercept(bindable, new Welcome());
  }

  HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
    MediaType type = request.contentType();
    boolean isGrpc =
        type != null && type.type().equals("application") && type.subtype().startsWith("grpc");
    if (!isGrpc || !ctx.sessionProtocol().isMultiplex()) {
      return HttpResponse.of(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          MediaType.PLAIN_TEXT_UTF_8,
          "this port speaks Arrow Flight SQL; SQL over HTTP is at /api/v1/sql of the HTTP port\n");
    }
    String name = ctx.path().substring(1);
    ServerMethodDefinition<?, ?> method = service.getMethod(name);
    return method == null
        ? GrpcCall.unknown(name)
        : GrpcCall.begin(ctx, request, method, threads, calls);
  }

  /**
   * Nobody has to say who they are yet. Drivers that are given a name and a password want a token
   * for them all the same, and get one that means nothing.
   */
  private static final class Welcome implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String given = headers.get(AUTHORIZATION);
      if (given != null && given.startsWith("Basic ")) {
        var answer = new Metadata();
        answer.put(AUTHORIZATION, "Bearer anybody");
        call.sendHeaders(answer);
      }
      return next.startCall(call, headers);
    }
  }

  @Override
  public void close() {
    calls.forEach(GrpcCall::abort);
    producer.close();
    threads.close();
    try {
      allocator.close();
    } catch (IllegalStateException e) {
      // Told, and no reason to leave the rest of the server open.
      log.atError().setCause(e).log("flight left memory behind");
    }
  }
}

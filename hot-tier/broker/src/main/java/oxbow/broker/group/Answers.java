package oxbow.broker.group;

import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import oxbow.broker.net.Client;
import oxbow.broker.net.Request;

/** What every group API does around the coordinator. */
final class Answers {
  private Answers() {}

  /** Answers once the coordinator has; a failure becomes the API's own form of it. */
  static <T> void answer(
      Request request,
      CompletableFuture<T> result,
      Function<? super T, ? extends AbstractResponse> form) {
    CompletableFuture<?> _ =
        result
            .<AbstractResponse>thenApply(form)
            .whenComplete((response, failure) -> {
              if (failure == null) request.answer(response);
              else request.fail(unwrapped(failure));
            });
  }

  private static Throwable unwrapped(Throwable failure) {
    return failure.getCause() != null && failure instanceof CompletionException
        ? failure.getCause()
        : failure;
  }

  /** Who asks, as the coordinator wants to know. */
  static RequestContext context(Request request) {
    Client client = request.client();
    return new RequestContext(
        request.header(),
        client.connectionId(),
        client.address(),
        client.principal(),
        client.listener(),
        SecurityProtocol.PLAINTEXT,
        new ClientInformation(client.softwareName(), client.softwareVersion()),
        false);
  }

  /** The broker itself asks. */
  static RequestContext ownContext(ApiKeys api) {
    return new RequestContext(
        new RequestHeader(api, api.latestVersion(), "oxbow", 0),
        "own",
        InetAddress.getLoopbackAddress(),
        KafkaPrincipal.ANONYMOUS,
        new ListenerName("own"),
        SecurityProtocol.PLAINTEXT,
        ClientInformation.EMPTY,
        false);
  }
}

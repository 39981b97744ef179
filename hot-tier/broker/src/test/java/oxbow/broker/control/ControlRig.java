package oxbow.broker.control;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;
import oxbow.broker.net.ApiHandler;
import oxbow.broker.net.Client;
import oxbow.broker.net.Request;
import oxbow.broker.quota.ClientQuotas;
import oxbow.broker.quota.QuotaConfig;
import oxbow.broker.wire.ApiTable;

/** A control plane with one serving broker, and a way to call its APIs. */
final class ControlRig implements AutoCloseable {
  static final Uuid LOGS = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAZA");

  final ControlPlane plane;
  final MemoryLogLevels logLevels = new MemoryLogLevels();
  private final ClientQuotas quotas = new ClientQuotas(QuotaConfig.DEFAULT, System::nanoTime);
  private final ApiTable apis = new ApiTable();
  private final AtomicReference<@Nullable ControlException> fault = new AtomicReference<>();

  private ControlRig(ControlConfig config, TopicSettings settings) {
    plane = ControlPlane.start(config, settings, fault::set);
    plane.serveOn(apis, quotas, logLevels, List.of());
    plane.watchQuotas(quotas::change);
  }

  static ControlRig serving(Path directory) {
    return serving(ControlConfig.of(1, directory));
  }

  static ControlRig serving(ControlConfig config) {
    return serving(config, new TopicSettings());
  }

  static ControlRig serving(ControlConfig config, TopicSettings settings) {
    var rig = new ControlRig(config, settings);
    try {
      await(
          rig.plane.register(
              BrokerIdentity.of("PLAINTEXT", new ClusterView.Endpoint("localhost", 9092), LOGS)));
      await(rig.plane.ready());
    } catch (AssertionError e) {
      ControlException fatal = rig.fault.get();
      if (fatal != null) e.addSuppressed(fatal);
      rig.plane.close();
      throw e;
    }
    return rig;
  }

  <T extends AbstractResponse> T call(Class<T> response, AbstractRequest body) {
    ApiHandler handler = apis.handler(body.apiKey());
    if (handler == null) throw new IllegalArgumentException(body.apiKey() + " is not served");
    var request = new Call(body);
    try {
      handler.handle(request);
    } catch (RuntimeException e) {
      request.fail(e);
    }
    return response.cast(await(request.answer));
  }

  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("not completed", e);
    }
  }

  /** Waits for a condition that nothing tells about. */
  static void until(BooleanSupplier condition) {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadlineNanos) throw new AssertionError("not within 10 s");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  @Override
  public void close() {
    plane.close();
    ControlException fatal = fault.get();
    if (fatal != null) throw new AssertionError("fatal fault", fatal);
  }

  private static final class Call implements Request {
    private final AbstractRequest body;
    private final CompletableFuture<AbstractResponse> answer = new CompletableFuture<>();

    Call(AbstractRequest body) {
      this.body = body;
    }

    @Override
    public RequestHeader header() {
      return new RequestHeader(body.apiKey(), body.version(), "tester", 1);
    }

    @Override
    public AbstractRequest body() {
      return body;
    }

    @Override
    public Client client() {
      return new Client(
          "1",
          InetAddress.getLoopbackAddress(),
          40_000,
          new ListenerName("PLAINTEXT"),
          KafkaPrincipal.ANONYMOUS,
          "tester",
          "unknown",
          "unknown");
    }

    @Override
    public long receivedNanos() {
      return 0;
    }

    @Override
    public Executor thread() {
      return Runnable::run;
    }

    @Override
    public void answer(AbstractResponse response) {
      if (!answer.complete(response)) throw new AssertionError("answered twice");
    }

    @Override
    public void answerNothing() {
      throw new AssertionError("nothing answered");
    }

    @Override
    public void fail(Throwable failure) {
      AbstractResponse response = body.getErrorResponse(0, failure);
      if (response == null) throw new AssertionError("no error form", failure);
      answer(response);
    }

    @Override
    public boolean isAbandoned() {
      return false;
    }

    @Override
    public void whenAbandoned(Runnable then) {}

    @Override
    public void giveBackFrame() {}
  }

  /** Loggers that exist only here. */
  static final class MemoryLogLevels implements LogLevels {
    private final Map<String, String> levels =
        new TreeMap<>(Map.of(ROOT, "INFO", "oxbow.log", "INFO"));

    @Override
    public Map<String, String> levels() {
      return new TreeMap<>(levels);
    }

    @Override
    public void set(String logger, String level) {
      levels.put(logger, level);
    }

    @Override
    public void unset(String logger) {
      levels.put(logger, levels.get(ROOT));
    }
  }
}

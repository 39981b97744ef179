package oxbow.broker.control;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.DuplicateBrokerRegistrationException;
import org.apache.kafka.common.errors.StaleBrokerEpochException;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.controller.ControllerRequestContext;
import org.apache.kafka.metadata.BrokerHeartbeatReply;
import org.apache.kafka.metadata.VersionRange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.control.ControlException.Kind;

/**
 * This broker's standing with the controller: registers it, sends heartbeats, asks to be let in
 * once its logs are open, and to be let go before it stops. All state belongs to the timer's
 * thread.
 *
 * <pre>
 * REGISTERING -> FENCED -> SERVING -> LEAVING -> GONE
 *      ^___________|__________|   (the controller has forgotten this broker)
 * </pre>
 */
final class BrokerLife {
  private static final Logger log = LoggerFactory.getLogger(BrokerLife.class);
  private static final long RETRY_DELAY_MS_MIN = 5;
  private static final long CATCH_UP_DELAY_MS = 50;

  enum State {
    /** The controller does not know this incarnation. */
    REGISTERING,
    /** Known, and no replica of it counts. */
    FENCED,
    /** Its replicas count: it may lead and be in sync. */
    SERVING,
    /** The controller moves leadership away. */
    LEAVING,
    /** It may stop. */
    GONE
  }

  private final int nodeId;
  private final String clusterId;
  private final BrokerIdentity identity;
  private final Map<String, VersionRange> features;
  private final Duration heartbeatInterval;
  private final ControllerRoute controller;
  private final LongSupplier metadataOffset;
  private final BooleanSupplier hasPredecessor;
  private final ControlTimer timer;

  private final Uuid incarnation = Uuid.randomUuid();
  private final CompletableFuture<Long> registered = new CompletableFuture<>();
  private final CompletableFuture<Void> served = new CompletableFuture<>();
  private final CompletableFuture<Void> gone = new CompletableFuture<>();

  private State state = State.REGISTERING;
  private boolean isReady;
  private boolean isCallOut;
  private boolean isCallDue; // a call became due while another was out
  private long retryDelayMs = RETRY_DELAY_MS_MIN;
  private @Nullable Future<?> next;

  // Read by other threads, which name it in their own requests.
  private volatile long epoch = -1;

  /**
   * @param hasPredecessor whether a broker with our id and our log directories is registered
   */
  BrokerLife(
      int nodeId,
      String clusterId,
      BrokerIdentity identity,
      Map<String, VersionRange> features,
      Duration heartbeatInterval,
      ControllerRoute controller,
      LongSupplier metadataOffset,
      BooleanSupplier hasPredecessor,
      ControlTimer timer) {
    this.nodeId = nodeId;
    this.clusterId = clusterId;
    this.identity = identity;
    this.features = features;
    this.heartbeatInterval = heartbeatInterval;
    this.controller = controller;
    this.metadataOffset = metadataOffset;
    this.hasPredecessor = hasPredecessor;
    this.timer = timer;
  }

  /** Registers; completes with the broker epoch. */
  CompletableFuture<Long> start() {
    timer.execute(this::call);
    return registered.copy();
  }

  /** Asks to be let in; completes when this broker's replicas count. */
  CompletableFuture<Void> ready() {
    timer.execute(() -> {
      isReady = true;
      callNow();
    });
    return served.copy();
  }

  /** Asks to be let go; completes when this broker leads nothing any more. */
  CompletableFuture<Void> leave() {
    timer.execute(() -> {
      switch (state) {
        case SERVING -> {
          state = State.LEAVING;
          callNow();
        }
        case LEAVING, GONE -> {}
        case REGISTERING, FENCED -> end(); // leads nothing
      }
    });
    return gone.copy();
  }

  /** Gives up: no call follows. */
  void stop() {
    timer.execute(this::end);
  }

  private void end() {
    state = State.GONE;
    if (next != null) next.cancel(false);
    var closed = new ControlException(Kind.CLOSED, "the control plane was closed");
    registered.completeExceptionally(closed);
    served.completeExceptionally(closed);
    gone.complete(null);
  }

  long epoch() {
    return epoch;
  }

  /** The view has moved on: a broker that waits to catch up says so at once. */
  void metadataApplied() {
    if (served.isDone()) return;
    timer.execute(() -> {
      if (state == State.FENCED && isReady) callNow();
    });
  }

  private void callNow() {
    if (isCallOut) {
      isCallDue = true;
    } else {
      call();
    }
  }

  private void callAfter(long delayMs) {
    if (next != null) next.cancel(false);
    if (state == State.GONE) return;
    next = timer.schedule("heartbeat", this::call, delayMs, -1);
  }

  private void call() {
    if (isCallOut || state == State.GONE) return;
    if (next != null) next.cancel(false);
    isCallOut = true;
    switch (state) {
      case REGISTERING -> register();
      case FENCED, SERVING, LEAVING -> beat();
      case GONE -> {}
    }
  }

  private void register() {
    var request =
        new BrokerRegistrationRequestData()
            .setBrokerId(nodeId)
            .setClusterId(clusterId)
            .setIncarnationId(incarnation)
            .setListeners(listeners())
            .setFeatures(features())
            .setRack(identity.rack().orElse(null))
            .setLogDirs(identity.logDirectories().stream().sorted().toList());
    var _ =
        controller
            .call(active -> active.registerBroker(context(), request))
            .whenComplete((reply, failure) ->
                timer.execute(() -> {
                  isCallOut = false;
                  if (failure == null) {
                    registered(reply.epoch());
                  } else if (failure instanceof DuplicateBrokerRegistrationException) {
                    buryPredecessor(failure);
                  } else {
                    retry("not registered", failure);
                  }
                }));
  }

  private void registered(long newEpoch) {
    epoch = newEpoch;
    if (state == State.REGISTERING) state = State.FENCED;
    log.atInfo().addKeyValue("epoch", epoch).log("broker registered");
    registered.complete(epoch);
    retryDelayMs = RETRY_DELAY_MS_MIN;
    call();
  }

  /**
   * After a crash the controller takes the dead incarnation for alive until its session ends, and
   * the new one would wait for that. Whoever was registered with our log directories is dead, since
   * we hold their locks: it is taken off the list. Fencing it would not do, since a heartbeat in
   * its name is a sign of life. Its partitions are treated as after any crash.
   */
  private void buryPredecessor(Throwable failure) {
    if (!hasPredecessor.getAsBoolean() || state == State.GONE) {
      retry("not registered", failure);
      return;
    }
    isCallOut = true;
    var _ =
        controller
            .call(active -> active.unregisterBroker(context(), nodeId))
            .whenComplete((_, unburied) ->
                timer.execute(() -> {
                  isCallOut = false;
                  if (unburied == null) {
                    log.atInfo()
                        .addKeyValue("broker", nodeId)
                        .log("registration left by a crash removed");
                    call();
                  } else {
                    retry("registration left by a crash not removed", unburied);
                  }
                }));
  }

  private BrokerRegistrationRequestData.ListenerCollection listeners() {
    var listeners = new BrokerRegistrationRequestData.ListenerCollection();
    new TreeMap<>(identity.endpoints())
        .forEach((name, endpoint) ->
            listeners.add(
                new BrokerRegistrationRequestData.Listener()
                    .setName(name)
                    .setHost(endpoint.host())
                    .setPort(endpoint.port())
                    .setSecurityProtocol(
                        identity.protocols().getOrDefault(name, SecurityProtocol.PLAINTEXT).id)));
    return listeners;
  }

  private BrokerRegistrationRequestData.FeatureCollection features() {
    var collection = new BrokerRegistrationRequestData.FeatureCollection();
    features.forEach((name, range) ->
        collection.add(
            new BrokerRegistrationRequestData.Feature()
                .setName(name)
                .setMinSupportedVersion(range.min())
                .setMaxSupportedVersion(range.max())));
    return collection;
  }

  private void beat() {
    var request =
        new BrokerHeartbeatRequestData()
            .setBrokerId(nodeId)
            .setBrokerEpoch(epoch)
            .setCurrentMetadataOffset(metadataOffset.getAsLong())
            .setWantFence(!isReady)
            .setWantShutDown(state == State.LEAVING);
    var _ =
        controller
            .call(active -> active.processBrokerHeartbeat(context(), request))
            .whenComplete((reply, failure) ->
                timer.execute(() -> {
                  isCallOut = false;
                  if (failure == null) {
                    answered(reply);
                  } else if (failure instanceof StaleBrokerEpochException
                      || failure instanceof BrokerIdNotRegisteredException) {
                    log.atWarn().addKeyValue("epoch", epoch).log("forgotten by the controller");
                    if (state == State.LEAVING) {
                      end();
                    } else if (state != State.GONE) {
                      state = State.REGISTERING;
                      retry("not known", failure);
                    }
                  } else {
                    retry("heartbeat failed", failure);
                  }
                }));
  }

  private void answered(BrokerHeartbeatReply reply) {
    retryDelayMs = RETRY_DELAY_MS_MIN;
    switch (state) {
      case FENCED -> {
        if (!reply.isFenced()) {
          state = State.SERVING;
          log.atInfo().addKeyValue("epoch", epoch).log("broker serves");
          served.complete(null);
        }
      }
      case SERVING -> {
        if (reply.isFenced()) {
          state = State.FENCED;
          log.atWarn().addKeyValue("epoch", epoch).log("broker was fenced");
        }
      }
      case LEAVING -> {
        if (reply.shouldShutDown()) {
          end();
          return;
        }
      }
      case REGISTERING, GONE -> {}
    }
    boolean isNowDue = isCallDue;
    isCallDue = false;
    if (isNowDue) {
      call();
    } else if (state == State.LEAVING) {
      callAfter(RETRY_DELAY_MS_MIN);
    } else if (state == State.FENCED && isReady) {
      callAfter(Math.min(CATCH_UP_DELAY_MS, heartbeatInterval.toMillis()));
    } else {
      callAfter(heartbeatInterval.toMillis());
    }
  }

  private void retry(String what, Throwable failure) {
    if (state == State.GONE) return;
    log.atWarn().addKeyValue("retryDelayMs", retryDelayMs).setCause(failure).log(what);
    callAfter(retryDelayMs);
    retryDelayMs = Math.min(2 * retryDelayMs, heartbeatInterval.toMillis());
  }

  private static ControllerRequestContext context() {
    return Contexts.ofBroker();
  }
}

package oxbow.broker.control;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.controller.ControllerRequestContext;
import oxbow.broker.net.Request;
import oxbow.broker.quota.MutationQuota;

/** On whose behalf the controller is called, and until when the answer is of use. */
final class Contexts {
  private Contexts() {}

  /** This broker's own call. */
  static ControllerRequestContext ofBroker() {
    return new ControllerRequestContext(
        new RequestHeaderData(), KafkaPrincipal.ANONYMOUS, OptionalLong.empty());
  }

  /** This broker's own call, of no use after the timeout. */
  static ControllerRequestContext ofBroker(long timeoutNanos) {
    return new ControllerRequestContext(
        new RequestHeaderData(),
        KafkaPrincipal.ANONYMOUS,
        OptionalLong.of(System.nanoTime() + timeoutNanos));
  }

  /** A client's call without a time limit of its own. */
  static ControllerRequestContext of(Request request) {
    return new ControllerRequestContext(
        request.header().data(), request.client().principal(), OptionalLong.empty());
  }

  /** A client's call that has to be over in time, and uses a quota for what it changes. */
  static ControllerRequestContext of(Request request, int timeoutMs, MutationQuota quota) {
    return new ControllerRequestContext(
        request.header().data(),
        request.client().principal(),
        OptionalLong.of(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs)),
        quota::accept);
  }

  /** A client's call that has to be over in time. */
  static ControllerRequestContext of(Request request, int timeoutMs) {
    return new ControllerRequestContext(
        request.header().data(),
        request.client().principal(),
        OptionalLong.of(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs)));
  }
}
